#include "app/settings.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <algorithm>
#include <functional>
#include <map>

#include "app/host_gate.h"
#include "app/secret_settings.h"
#include "app/tell_channels.h"
#include "base/text.h"

namespace machiya::app {
namespace {

namespace fs = std::filesystem;

/// The folder that holds web/templates: MACHIYA_ROOT, a parent of the program, or the working folder.
Result<std::string> find_root() {
  if (const char* named = std::getenv("MACHIYA_ROOT")) return std::string(named);
  std::error_code ec;
  for (fs::path start : {fs::read_symlink("/proc/self/exe", ec).parent_path(), fs::current_path(ec)}) {
    for (fs::path here = start; !here.empty(); here = here.parent_path()) {
      if (fs::exists(here / "web" / "templates", ec)) return here.string();
      if (here == here.root_path()) break;
    }
  }
  return Error(ErrorCode::not_found, "no folder with web/templates beside the program; set MACHIYA_ROOT");
}

bool as_flag(const std::string& text, bool& ok) {
  ok = text == "yes" || text == "no" || text == "true" || text == "false";
  return text == "yes" || text == "true";
}

using Setter = std::function<bool(Settings&, const std::string&)>;
Setter text(std::string Settings::*member) {
  return [member](Settings& s, const std::string& v) { return s.*member = v, true; };
}
Setter flag(bool Settings::*member) {
  return [member](Settings& s, const std::string& v) { bool ok = false; s.*member = as_flag(v, ok); return ok; };
}
Setter whole(int Settings::*member, int least, int most) {
  return [=](Settings& s, const std::string& v) {
    char* end = nullptr;
    const long n = std::strtol(v.c_str(), &end, 10);
    if (v.empty() || *end != '\0' || n < least || n > most) return false;
    s.*member = static_cast<int>(n);
    return true;
  };
}

/// "a, b": what stands between commas; a second line with the same key adds to the first.
Setter list(std::vector<std::string> Settings::*member) {
  return [member](Settings& s, const std::string& v) {
    for (const std::string_view part : split(v, ',')) {
      if (trim(part).empty()) return false;
      (s.*member).emplace_back(trim(part));
    }
    return true;
  };
}

const std::map<std::string, Setter>& keys() {
  static const std::map<std::string, Setter> table = {
      {"demonstration", flag(&Settings::demonstration)}, {"city", text(&Settings::city)},
      {"scan-socket", text(&Settings::scan_socket)}, {"scan-required", flag(&Settings::scan_required)},
      {"tls-cert", text(&Settings::tls_cert)}, {"tls-key", text(&Settings::tls_key)},
      {"tls-redirect-listen", text(&Settings::tls_redirect_listen)},
      {"data", text(&Settings::data)}, {"store", text(&Settings::store)},
      {"key-file", text(&Settings::key_file)}, {"listen", text(&Settings::listen)},
      {"audit-key-file", text(&Settings::audit_key_file)}, {"audit-copy", text(&Settings::audit_copy)},
      {"base-url", text(&Settings::base_url)}, {"staff-url", text(&Settings::staff_url)}, {"smtp-url", text(&Settings::smtp_url)},
      {"smtp-from", text(&Settings::smtp_from)}, {"smtp-user", text(&Settings::smtp_user)},
      {"smtp-password", text(&Settings::smtp_password)}, {"smtp-starttls", flag(&Settings::smtp_starttls)},
      {"outbound", list(&Settings::outbound)}, {"outbound-internal", list(&Settings::outbound_internal)},
      {"outbound-ca-file", text(&Settings::outbound_ca_file)},
      {"jpki-roots", text(&Settings::jpki_roots)}, {"jpki-policy", text(&Settings::jpki_policy)},
      {"jpki-crls", text(&Settings::jpki_crls)}, {"jpki-ocsp", text(&Settings::jpki_ocsp)},
      {"trusted-proxy-hops", whole(&Settings::trusted_proxy_hops, 0, 8)},
      {"access-log", flag(&Settings::access_log)}, {"workers", whole(&Settings::workers, 1, 1024)},
      {"io-threads", whole(&Settings::io_threads, 1, 64)}, {"pg-writers", whole(&Settings::pg_writers, 1, 256)},
      {"metrics-clients", text(&Settings::metrics_clients)},
      {"sense", flag(&Settings::sense)},
      {"mqtt-listen", text(&Settings::mqtt_listen)}, {"mqtt-cert", text(&Settings::mqtt_cert)}, {"mqtt-key", text(&Settings::mqtt_key)},
      {"parts-list", text(&Settings::parts_list)},
      {"register-index-mb", whole(&Settings::register_index_mb, 0, 65536)},
      {"base-map-url", text(&Settings::base_map_url)}, {"base-map-attribution", text(&Settings::base_map_attribution)},
      {"rate-scale", [](Settings& s, const std::string& v) {
         char* end = nullptr;
         s.rate_scale = std::strtod(v.c_str(), &end);
         return !v.empty() && *end == '\0' && s.rate_scale >= 0;
       }},
  };
  return table;
}

/// "sign-in.line.client-id = …"; false for a name that no provider has.
bool set_sign_in(Settings& settings, const std::string& key, const std::string& value) {
  const auto parts = split(key, '.');
  if (parts.size() != 3 || parts[0] != "sign-in" || parts[1].empty() || value.empty()) return false;
  static constexpr std::string_view kNames[] = {"client-id", "issuer", "key-file", "key-id", "secret-file", "secret-env"};
  if (std::find(std::begin(kNames), std::end(kNames), parts[2]) == std::end(kNames)) return false;
  settings.sign_in[std::string(parts[1])][std::string(parts[2])] = value;
  return true;
}

Result<void> read_file(const std::string& path, Settings& settings, SecretSettings& secrets) {
  std::ifstream in(path);
  if (!in) return Error(ErrorCode::not_found, "cannot read the configuration", path);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const std::string_view content = trim(line);
    if (content.empty() || content.front() == '#') continue;
    const std::string where = path + ":" + std::to_string(number);
    const std::size_t equals = content.find('=');
    if (equals == std::string_view::npos) return Error(ErrorCode::invalid_input, "expected \"key = value\"", where);
    const std::string key(trim(content.substr(0, equals)));
    const std::string value(trim(content.substr(equals + 1)));
    if (SecretSettings::knows(key) || SecretSettings::is_file_key(key)) {
      MACHIYA_CHECK(secrets.from_configuration(key, value, path, where));
      continue;
    }
    if (set_sign_in(settings, key, value) || set_channel_setting(settings, key, value)) continue;
    const auto found = keys().find(key);
    if (found == keys().end()) return Error(ErrorCode::invalid_input, "unknown key \"" + key + "\"", where);
    if (!found->second(settings, value))
      return Error(ErrorCode::invalid_input, "this value does not fit \"" + key + "\"", where);
  }
  return {};
}

/// Keys of devices cross the network in MQTT's CONNECT.
Result<void> check_mqtt(const Settings& s) {
  if (s.mqtt_cert.empty() != s.mqtt_key.empty()) return Error(ErrorCode::invalid_input, "mqtt-cert and mqtt-key go together");
  if (s.mqtt_listen.empty()) return {};
  MACHIYA_CHECK(mqtt_address(s.mqtt_listen));
  if (s.mqtt_cert.empty() && !is_loopback(s.mqtt_listen)) return Error(ErrorCode::invalid_input, "mqtt-listen beyond this machine needs mqtt-cert and mqtt-key: keys of devices would cross the network in the clear");
  return {};
}

Result<void> check(const Settings& s) {
  MACHIYA_CHECK(check_mqtt(s));
  if (s.demonstration) {
    if (!is_loopback(s.listen))
      return Error(ErrorCode::invalid_input, "the demonstration listens on loopback only; write a configuration file (docs/operators.md) for " + s.listen);
    return {};
  }
  if (auto hosts = hosts_from(s.base_url, s.staff_url); !hosts.ok()) return hosts.error();
  if (!store_is_guarded(s.store)) return Error(ErrorCode::invalid_input, "the database is on another machine: add sslmode=verify-full (and sslrootcert) to the store");
  if (!s.smtp_starttls && !is_loopback(s.smtp_url.substr(std::min(s.smtp_url.size(), s.smtp_url.find("://") + 3)) + ":"))
    return Error(ErrorCode::invalid_input, "smtp-starttls = no is for a relay on this machine only: codes would cross the network in the clear");
  if (url_has_password(s.smtp_url)) return Error(ErrorCode::invalid_input, "smtp-url must not carry a password; use smtp-user and smtp-password-file");
  if (s.smtp_url.empty() || s.smtp_from.empty()) return Error(ErrorCode::invalid_input, "smtp-url and smtp-from are needed to mail log-in codes");
  if (s.tls_cert.empty() != s.tls_key.empty()) return Error(ErrorCode::invalid_input, "tls-cert and tls-key go together");
  if (!s.tls_redirect_listen.empty() && s.tls_cert.empty()) return Error(ErrorCode::invalid_input, "tls-redirect-listen needs tls-cert and tls-key");
  if (s.key_file.empty()) return Error(ErrorCode::invalid_input, "key-file is needed");
  std::error_code ec;
  const auto inside = fs::weakly_canonical(s.key_file, ec).lexically_relative(fs::weakly_canonical(s.data, ec));
  if (!inside.empty() && *inside.begin() != "..") return Error(ErrorCode::invalid_input, "key-file must lie outside the data folder: a stolen backup must not hold its key");
  return {};
}

}  // namespace

bool store_is_guarded(const std::string& url) {
  if (url.rfind("postgres", 0) != 0) return true;
  const std::size_t begin = std::min(url.size(), url.find("://") + 3);
  const std::size_t query = std::min(url.find('?', begin), url.size());
  const std::string parameters = query < url.size() ? "&" + url.substr(query + 1) + "&" : "&";
  if (parameters.find("&sslmode=verify-full&") != std::string::npos) return true;
  std::string host = url.substr(begin, std::min(url.find('/', begin), query) - begin);
  if (const std::size_t at = host.rfind('@'); at != std::string::npos) host.erase(0, at + 1);
  const std::size_t named = parameters.find("&host=");
  if (named != std::string::npos) host = parameters.substr(named + 6, parameters.find('&', named + 1) - named - 6);
  if (parameters.find("&hostaddr=") != std::string::npos || host.find(',') != std::string::npos) return false;
  return host.empty() || host[0] == '/' || host.rfind("%2F", 0) == 0 || host[0] == ':' || is_loopback(host.find(':') == std::string::npos ? host + ":" : host);
}

Result<std::pair<std::string, std::uint16_t>> mqtt_address(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos || colon == 0) return Error(ErrorCode::invalid_input, "mqtt-listen is an address and a port", listen);
  std::string address = listen.substr(0, colon);
  if (address.front() == '[' && address.back() == ']') address = address.substr(1, address.size() - 2);
  if (address == "localhost") address = "127.0.0.1";
  char* end = nullptr;
  const long port = std::strtol(listen.c_str() + colon + 1, &end, 10);
  if (*end || port < 0 || port > 65'535 || colon + 1 == listen.size()) return Error(ErrorCode::invalid_input, "mqtt-listen has no such port", listen);
  return std::pair(std::move(address), static_cast<std::uint16_t>(port));
}

bool is_loopback(const std::string& listen) {
  return listen.rfind("127.", 0) == 0 || listen.rfind("[::1]:", 0) == 0 || listen.rfind("localhost:", 0) == 0;
}

const std::vector<OptionSpec>& settings_options() {
  static const std::vector<OptionSpec> specs = {
      {"config", "FILE", "operator's configuration; without it the server is the demonstration"},
      {"city", "DIR", "folder of the city's definitions (default city/osaka)"},
      {"data", "DIR", "database, files, caches (default var)"},
      {"store", "URL", "sqlite (default), sqlite:FILE or postgresql://…"},
      {"listen", "HOST:PORT", "default 127.0.0.1:8080"},
      {"mqtt-listen", "HOST:PORT", "devices by MQTT (default: off)"},
      {"channels", "FILE", "channels of the demonstration (tell.* and outbound* keys of a configuration)"},
      {"rate-scale", "N", "multiplies every rate limit; 0 switches them off (load tests)"},
      {"quiet", "", "no access log"},
  };
  return specs;
}

Result<Settings> settings_from(const Arguments& arguments) {
  Settings s;
  MACHIYA_TRY(s.root, find_root());
  s.city = s.root + "/city/osaka";
  s.data = s.root + "/var";
  s.parts_list = s.root + "/build/machiya.spdx.json";
  if (arguments.has("config")) {
    s.demonstration = false;
    SecretSettings secrets([&s](const std::string& key, const std::string& value) { return keys().at(key)(s, value); });
    MACHIYA_CHECK(read_file(arguments.value("config"), s, secrets));
    MACHIYA_CHECK(secrets.from_surroundings());
  }
  if (arguments.has("channels")) {
    if (!s.demonstration) return Error(ErrorCode::invalid_input, "--channels is for the demonstration; a configuration has these keys itself");
    SecretSettings none([](const std::string&, const std::string&) { return false; });
    MACHIYA_CHECK(read_file(arguments.value("channels"), s, none));
  }
  for (const char* key : {"city", "data", "listen", "mqtt-listen", "rate-scale"})
    if (arguments.has(key) && !keys().at(key)(s, arguments.value(key)))
      return Error(ErrorCode::invalid_input, std::string("this value does not fit --") + key);
  if (url_has_password(arguments.value("store")))
    return Error(ErrorCode::invalid_input, "a password on the command line is seen by every user of this machine; write store-file = PATH into a configuration");
  if (const std::string store = arguments.value("store"); !store.empty()) s.store = store == "sqlite" ? "" : store;
  if (arguments.has("quiet")) s.access_log = false;
  if (s.demonstration && s.key_file.empty()) {
    // Outside the data folder, as everywhere: beside it.
    std::string data = s.data;
    while (data.size() > 1 && data.back() == '/') data.pop_back();
    s.key_file = data + ".key";
    s.audit_copy = data + ".audit-heads";
  }
  MACHIYA_CHECK(check(s));
  return s;
}

}  // namespace machiya::app
