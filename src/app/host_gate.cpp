#include "app/host_gate.h"

#include "base/text.h"

namespace machiya::app {
namespace {
constexpr std::string_view kScheme = "https://";
constexpr std::string_view kDefaultPort = ":443";

bool below(std::string_view path, std::string_view folder) {
  return starts_with(path, folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string without_default_port(std::string_view host) {
  if (host.size() > kDefaultPort.size() && host.substr(host.size() - kDefaultPort.size()) == kDefaultPort) host.remove_suffix(kDefaultPort.size());
  return lower_ascii(host);
}

Result<std::string> host_of(const std::string& url, const char* key) {
  const std::string_view rest = starts_with(url, kScheme) ? std::string_view(url).substr(kScheme.size()) : std::string_view();
  const std::string_view host = rest.substr(0, rest.find('/'));
  if (host.empty() || host.find_first_of("@?#\\ ") != std::string_view::npos)
    return Error(ErrorCode::invalid_input, std::string(key) + " must begin with https:// and a host name");
  return without_default_port(host);
}
}  // namespace

Result<Hosts> hosts_from(const std::string& base_url, const std::string& staff_url) {
  Hosts out;
  MACHIYA_TRY(out.citizens, host_of(base_url, "base-url"));
  out.citizens_url = base_url;
  while (!out.citizens_url.empty() && out.citizens_url.back() == '/') out.citizens_url.pop_back();
  if (staff_url.empty()) return out;
  MACHIYA_TRY(out.staff, host_of(staff_url, "staff-url"));
  if (out.staff == out.citizens) return Error(ErrorCode::invalid_input, "staff-url must be another name than base-url, or be left out");
  return out;
}

HostVerdict judge_host(const Hosts& hosts, std::string_view host_header, std::string_view path) {
  if (hosts.citizens.empty() || path == "/healthz" || path == "/readyz" || path == "/metrics") return HostVerdict::fine;
  const std::string host = without_default_port(host_header);
  if (host != hosts.citizens && (hosts.staff.empty() || host != hosts.staff)) return HostVerdict::unknown;
  if (hosts.staff.empty() || below(path, "/static")) return HostVerdict::fine;
  const bool console = below(path, "/staff");
  if (host == hosts.citizens) return console ? HostVerdict::not_here : HostVerdict::fine;
  // What the console's pages ask for beside its own: data of maps and towns, forms kept over a log-in.
  return console || below(path, "/api") || below(path, "/login/continue") ? HostVerdict::fine : HostVerdict::citizens_page;
}

void add_host_gate(http::Router& router, Hosts hosts) {
  router.gate([hosts = std::move(hosts)](http::Request& request, const http::Route&) -> std::optional<http::Response> {
    switch (judge_host(hosts, request.header("host"), request.path)) {
      case HostVerdict::fine: return std::nullopt;
      case HostVerdict::unknown: return http::problem(Error(ErrorCode::malformed_request, "this name is not served here"), request);
      case HostVerdict::not_here: return http::problem(Error(ErrorCode::not_found), request);
      case HostVerdict::citizens_page: break;
    }
    if (request.method != http::Method::get && request.method != http::Method::head) return http::problem(Error(ErrorCode::not_found), request);
    return http::see_other(hosts.citizens_url + request.target);
  });
}

}  // namespace machiya::app
