#include "sense/federation/sender.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace machiya::sense::federation {
namespace {

std::string key_of(const Request& request) {
  std::string out = request.registration->tenant + '\n' + request.registration->id + '\n' + request.method + ' ' + request.target + '\n' + request.body;
  for (const auto& [name, value] : request.headers) out += '\n' + name + ':' + value;
  return out;
}

}  // namespace

Sender::Sender(Call call, Registrations* registrations, Clock& clock, Options options) : call_(std::move(call)), registrations_(registrations), clock_(clock), options_(options) {}

std::vector<Reply> Sender::send(const std::vector<Request>& requests) {
  std::vector<Reply> out(requests.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < requests.size(); i = next++) out[i] = one(requests[i]);
  };
  std::vector<std::thread> helpers;
  for (std::size_t i = 1; i < std::min(requests.size(), options_.at_once); ++i) helpers.emplace_back(work);
  work();
  for (std::thread& t : helpers) t.join();
  return out;
}

Reply Sender::one(const Request& request) {
  const Registration& source = *request.registration;
  const std::string key = request.question && source.cache_us > 0 ? key_of(request) : std::string();
  if (!key.empty())
    if (auto kept = find_kept(request, key)) return std::move(*kept);
  if (cooling(source)) return {.kind = Reply::Kind::late};
  const std::int64_t timeout = std::min(source.timeout_us > 0 ? source.timeout_us : options_.timeout_us, options_.most_timeout_us);
  if (!enter(source.endpoint, timeout)) return {.kind = Reply::Kind::late};
  Reply out = ask(request, timeout);
  leave(source.endpoint);
  const bool failed = !out.came() || out.status == 502 || out.status == 503 || out.status == 504;
  if (failed) cool(source);
  if (registrations_ != nullptr) registrations_->asked(source, out.came() && out.status < 500);
  if (!key.empty() && out.good()) {
    std::lock_guard hold(mutex_);
    if (kept_.size() >= options_.most_kept) kept_.erase(std::ranges::min_element(kept_, {}, [](const auto& k) { return k.second.at_us; }));
    kept_[key] = {out, clock_.now().us};
  }
  return out;
}

Reply Sender::ask(const Request& request, std::int64_t timeout_us) {
  outbound::Call call;
  call.method = request.method, call.headers = request.headers, call.body = request.body;
  call.url = request.bare ? request.registration->endpoint + request.target : address_of(*request.registration, request.target);
  call.most_bytes = options_.most_bytes, call.timeout_ms = static_cast<int>(std::max<std::int64_t>(timeout_us / 1000, 1)), call.keep = request.question;
  call.reads = {"link", "location", "ngsild-entitymap"};
  const auto before = std::chrono::steady_clock::now();
  const Result<outbound::Answer> answer = call_(call);
  if (!answer.ok()) {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - before).count();
    return {.kind = took >= timeout_us ? Reply::Kind::late : Reply::Kind::away};
  }
  Reply out{.kind = Reply::Kind::answered, .status = answer->status, .body = answer->body, .content_type = answer->content_type};
  out.link = answer->header("link"), out.location = answer->header("location"), out.entity_map = answer->header("ngsild-entitymap");
  return out;
}

bool Sender::enter(const std::string& endpoint, std::int64_t timeout_us) {
  std::unique_lock hold(mutex_);
  const bool free = free_.wait_for(hold, std::chrono::microseconds(timeout_us), [&] {
    const auto it = busy_.find(endpoint);
    return it == busy_.end() || it->second < options_.for_each;
  });
  if (free) ++busy_[endpoint];
  return free;
}

void Sender::leave(const std::string& endpoint) {
  {
    std::lock_guard hold(mutex_);
    if (const auto it = busy_.find(endpoint); it != busy_.end() && --it->second == 0) busy_.erase(it);
  }
  free_.notify_all();
}

bool Sender::cooling(const Registration& registration) {
  std::lock_guard hold(mutex_);
  const auto it = cool_until_.find(registration.endpoint);
  if (it == cool_until_.end()) return false;
  if (it->second > clock_.now().us) return true;
  cool_until_.erase(it);
  return false;
}

void Sender::cool(const Registration& registration) {
  if (registration.cooldown_us <= 0) return;
  std::lock_guard hold(mutex_);
  cool_until_[registration.endpoint] = clock_.now().us + registration.cooldown_us;
}

std::optional<Reply> Sender::find_kept(const Request& request, const std::string& key) {
  std::lock_guard hold(mutex_);
  const auto it = kept_.find(key);
  if (it == kept_.end()) return std::nullopt;
  if (it->second.at_us + request.registration->cache_us <= clock_.now().us) {
    kept_.erase(it);
    return std::nullopt;
  }
  Reply out = it->second.reply;
  out.kind = Reply::Kind::kept;
  return out;
}

}  // namespace machiya::sense::federation
