#include "tests/load/run.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <charconv>
#include <memory>
#include <thread>

#include "base/text.h"
#include "tests/load/client.h"

namespace machiya::load {
namespace {
Error bad(const char* why) { return Error(ErrorCode::invalid_input, why); }

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/// One thread's clients; ends when all have finished or the time is over.
void run_thread(Shared& shared, Report& report, int first, int count, std::int64_t end_us) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::unique_ptr<Client>> clients;
  std::size_t finished = 0;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<Client>(shared, report, first + i, epoll));
    if (!clients.back()->start()) {
      ++report.errors;
      ++finished;
    } else {
      finished += clients.back()->is_finished();
    }
  }
  epoll_event events[256];
  while (finished < clients.size()) {
    const int n = ::epoll_wait(epoll, events, 256, 50);
    for (int i = 0; i < n; ++i) {
      auto* client = static_cast<Client*>(events[i].data.ptr);
      if (client->is_finished()) continue;
      client->on_ready(events[i].events);
      finished += client->is_finished();
    }
    if (end_us > 0 && now_us() >= end_us) {
      shared.stop = true;
      break;  // requests on their way are not counted
    }
  }
  clients.clear();
  ::close(epoll);
}

json::Value latency(const Histogram& h) {
  auto ms = [](std::int64_t us) { return json::Value(static_cast<double>(us) / 1000); };
  return json::Value::object({{"p50", ms(h.quantile(0.50))}, {"p95", ms(h.quantile(0.95))}, {"p99", ms(h.quantile(0.99))}, {"max", ms(h.max())}});
}

double rounded(double v) { return static_cast<double>(static_cast<std::int64_t>(v * 10)) / 10; }
}  // namespace

Result<Place> parse_place(std::string_view url) {
  if (!starts_with(url, "http://")) return bad("the address begins with http://");
  url.remove_prefix(7);
  const std::size_t slash = std::min(url.find('/'), url.size());
  Place place;
  place.authority = url.substr(0, slash);
  place.path = slash < url.size() ? std::string(url.substr(slash)) : "/";
  std::string host = place.authority;
  const std::size_t colon = host.rfind(':');
  if (colon != std::string::npos && host.find(']', colon) == std::string::npos) {
    const char* end = host.data() + host.size();
    const auto [stop, ec] = std::from_chars(host.data() + colon + 1, end, place.port);
    if (ec != std::errc() || stop != end || place.port == 0) return bad("the port is no number");
    host.resize(colon);
  }
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (!is_loopback(host)) return bad("only loopback addresses are put under load");
  place.host = host;
  return place;
}

void Report::merge(const Report& other) {
  requests += other.requests;
  passes += other.passes;
  errors += other.errors;
  unexpected += other.unexpected;
  reconnects += other.reconnects;
  bytes += other.bytes;
  for (const auto& [status, n] : other.statuses) statuses[status] += n;
  request_us.merge(other.request_us);
  pass_us.merge(other.pass_us);
  for (const auto& s : other.samples)
    if (samples.size() < 5) samples.push_back(s);
}

json::Value Report::to_json(const Options& options) const {
  json::Value codes = json::Value::object();
  for (const auto& [status, n] : statuses) codes.set(std::to_string(status), n);
  json::Value list = json::Value::array();
  for (const auto& s : samples) list.push(s);
  json::Value out = json::Value::object();
  out.set("connections", options.connections);
  out.set("threads", options.threads);
  out.set("seconds", static_cast<double>(static_cast<std::int64_t>(seconds * 1000)) / 1000);
  out.set("requests", requests);
  out.set("requests_per_second", rounded(seconds > 0 ? static_cast<double>(requests) / seconds : 0));
  out.set("passes", passes);
  out.set("passes_per_second", rounded(seconds > 0 ? static_cast<double>(passes) / seconds : 0));
  out.set("request_ms", latency(request_us));
  out.set("pass_ms", latency(pass_us));
  out.set("statuses", std::move(codes));
  out.set("unexpected", unexpected);
  out.set("errors", errors);
  out.set("reconnects", reconnects);
  out.set("bytes", static_cast<std::int64_t>(bytes));
  out.set("samples", std::move(list));
  return out;
}

Result<Report> run(const Options& options) {
  if (options.seconds <= 0 && options.passes <= 0) return bad("a run needs a bound: seconds or passes");
  if (options.seconds > 600) return bad("at most 600 seconds");
  if (options.connections < 1 || options.connections > 20'000 || options.threads < 1 || options.threads > 64) return bad("connections 1…20000, threads 1…64");
  const int threads = std::min(options.threads, options.connections);
  Shared shared{options};
  std::vector<Report> reports(static_cast<std::size_t>(threads));
  std::vector<std::thread> running;
  const std::int64_t begin = now_us();
  // A run by passes ends by itself; should the server hang, the limit of all runs does.
  const std::int64_t end = begin + static_cast<std::int64_t>((options.seconds > 0 ? options.seconds : 600) * 1e6);
  int first = 0;
  for (int t = 0; t < threads; ++t) {
    const int count = options.connections / threads + (t < options.connections % threads);
    running.emplace_back(run_thread, std::ref(shared), std::ref(reports[static_cast<std::size_t>(t)]), first, count, end);
    first += count;
  }
  for (auto& thread : running) thread.join();
  Report report;
  report.seconds = static_cast<double>(now_us() - begin) / 1e6;
  for (const Report& r : reports) report.merge(r);
  if (report.requests == 0 && report.errors > 0) return Error(ErrorCode::unavailable, "no request was answered");
  return report;
}

}  // namespace machiya::load
