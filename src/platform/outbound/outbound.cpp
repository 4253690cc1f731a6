#include "platform/outbound/outbound.h"

#include <curl/curl.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>

#include "base/text.h"
#include "platform/outbound/smtp_session.h"
#include "platform/outbound/url.h"

namespace machiya::outbound {
namespace {
constexpr std::size_t kMostHeaderBytes = 32 * 1024;
constexpr int kConnectMs = 5'000;
constexpr std::size_t kMostAddresses = 16;
constexpr std::size_t kMostKept = 16;       // connections at rest for one origin
constexpr long kKeptForS = 300;             // then the name is connected to anew, wherever it leads by then

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

Error refused(const std::string& origin, const char* why) { return Error(ErrorCode::forbidden, origin + ": " + why, "outbound"); }
Error failed(const std::string& origin, const std::string& why, const char* where = "outbound") { return Error(ErrorCode::unavailable, origin + ": " + why, where); }

Result<std::vector<Address>> ask_resolver(const std::string& host) {
  if (auto literal = parse_address(host)) return std::vector<Address>{*literal};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); code != 0) return Error(ErrorCode::unavailable, ::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  std::vector<Address> out;
  for (const addrinfo* one = found; one != nullptr && out.size() < kMostAddresses; one = one->ai_next) {
    Address address;
    address.v6 = one->ai_family == AF_INET6;
    if (address.v6) std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in6*>(one->ai_addr)->sin6_addr, 16);
    else if (one->ai_family == AF_INET) std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in*>(one->ai_addr)->sin_addr, 4);
    else continue;
    out.push_back(address);
  }
  return out;
}

/// What one exchange collects and may connect to.
struct Exchange {
  const std::vector<Address>& pinned;
  std::size_t most_bytes = 0;
  std::string body;
  std::size_t header_bytes = 0;
  bool oversize = false;
  std::string retry_after;
  const std::vector<std::string>* reads = nullptr;   ///< Call::reads
  std::vector<std::pair<std::string, std::string>> read = {};
};

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.body.size() + size * count > exchange.most_bytes) {
    exchange.oversize = true;
    return 0;
  }
  exchange.body.append(data, size * count);
  return size * count;
}
std::size_t take_header(char* data, std::size_t size, std::size_t count, void* user) {
  static constexpr std::string_view kRetryAfter = "retry-after:";
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.header_bytes += size * count;
  const std::string_view line(data, size * count);
  if (line.size() > kRetryAfter.size() && lower_ascii(line.substr(0, kRetryAfter.size())) == kRetryAfter) exchange.retry_after = trim(line.substr(kRetryAfter.size()));
  if (const std::size_t colon = line.find(':'); exchange.reads && colon != std::string_view::npos && !exchange.reads->empty())
    if (std::string name = lower_ascii(line.substr(0, colon)); std::find(exchange.reads->begin(), exchange.reads->end(), name) != exchange.reads->end())
      exchange.read.emplace_back(std::move(name), trim(line.substr(colon + 1)));
  if (exchange.header_bytes <= kMostHeaderBytes) return size * count;
  exchange.oversize = true;
  return 0;
}
/// The last look: libcurl connects to what was judged, or not at all.
curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* to) {
  const auto& exchange = *static_cast<const Exchange*>(user);
  Address address;
  address.v6 = to->family == AF_INET6;
  if (address.v6) std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in6*>(&to->addr)->sin6_addr, 16);
  else std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in*>(&to->addr)->sin_addr, 4);
  if (std::find(exchange.pinned.begin(), exchange.pinned.end(), address) == exchange.pinned.end()) return CURL_SOCKET_BAD;
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/// Nothing for a host that is an address already: libcurl asks nobody for it.
curl_slist* pinned(const Url& url, const std::vector<Address>& addresses) {
  if (parse_address(url.host)) return nullptr;
  std::string out = url.host + ":" + std::to_string(url.port) + ":";
  for (const Address& address : addresses) {
    if (out.back() != ':') out += ',';
    out += address.v6 ? "[" + address.text() + "]" : address.text();
  }
  return curl_slist_append(nullptr, out.c_str());
}

struct Upload {
  const std::string& text;
  std::size_t at = 0;
};
std::size_t read_upload(char* out, std::size_t size, std::size_t count, void* user) {
  auto& upload = *static_cast<Upload*>(user);
  const std::size_t n = std::min(size * count, upload.text.size() - upload.at);
  std::memcpy(out, upload.text.data() + upload.at, n);
  upload.at += n;
  return n;
}

/// What every conversation shares: the pinned address, no proxy, no redirect, no other protocol, limits, roots of trust ("": the machine's).
void set_common(CURL* curl, const char* protocols, const std::string& address, curl_slist* pin, Exchange& exchange, int timeout_ms, const std::string& ca_file) {
  if (!ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_URL, address.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
  curl_easy_setopt(curl, CURLOPT_RESOLVE, pin);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");   // the environment's proxy would resolve names anew
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(timeout_ms, kConnectMs)));
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
}
bool is_header_text(std::string_view text) { return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; }); }
}  // namespace

struct Outbound::Impl {
  Options options;
  std::mutex mutex;
  struct Known {
    std::vector<Address> addresses;
    std::chrono::steady_clock::time_point until;
  };
  std::map<std::string, Known> names;                ///< by origin: what was asked and judged lately, for calls that keep
  std::map<std::string, std::vector<Handle>> kept;   ///< by origin: with connections that were made under this door's rules

  Handle take(const std::string& origin) {
    std::lock_guard lock(mutex);
    auto& rest = kept[origin];
    if (rest.empty()) return Handle(curl_easy_init(), &curl_easy_cleanup);
    Handle out = std::move(rest.back());
    rest.pop_back();
    return out;
  }
  void put_back(const std::string& origin, Handle handle) {
    curl_easy_reset(handle.get());   // forgets everything that was set, keeps connections and TLS sessions
    std::lock_guard lock(mutex);
    auto& rest = kept[origin];
    if (rest.size() < kMostKept) rest.push_back(std::move(handle));
  }

  /// The rule for an address; forbidden when there is none.
  Result<const Rule*> rule_for(const Url& url) const {
    for (const Rule& rule : options.rules)
      if (rule.origin == url.origin()) return &rule;
    static const Rule kThisMachine{"", true};
    if (options.this_machine) return &kThisMachine;
    return refused(url.origin(), "not among the origins that may be called");
  }
  /// Asked once for a call: what comes back is judged and then used.
  template <class Judge>
  Result<std::vector<Address>> addresses_of(const Url& url, Judge fits) const {
    auto found = options.resolve(url.host);
    if (!found.ok()) return failed(url.origin(), "the name is not known: " + found.error().detail, kUnsent);
    if (found->empty()) return failed(url.origin(), "the name has no address", kUnsent);
    // One bad address condemns the name: which one a library would try is not ours to say.
    if (!std::all_of(found->begin(), found->end(), fits)) return refused(url.origin(), "the name leads to an address that may not be called");
    return std::move(*found);
  }
  /// The same for calls that keep their connection, asked again when the answer is old.
  template <class Judge>
  Result<std::vector<Address>> known_addresses_of(const Url& url, Judge fits) {
    const auto now = std::chrono::steady_clock::now();
    {
      std::lock_guard lock(mutex);
      const auto known = names.find(url.origin());
      if (known != names.end() && now < known->second.until) return known->second.addresses;
    }
    MACHIYA_TRY(auto found, addresses_of(url, fits));
    std::lock_guard lock(mutex);
    names[url.origin()] = {found, now + std::chrono::milliseconds(options.name_ms)};
    return found;
  }
  /// Nobody answered there: the next call asks where the name leads by now.
  void forget_name(const std::string& origin) {
    std::lock_guard lock(mutex);
    names.erase(origin);
  }
  Result<std::vector<Address>> relay_addresses(const Url& url) const {
    if (url.scheme != "smtp" && url.scheme != "smtps") return refused(url.origin(), "no mail server");
    return addresses_of(url, [](const Address& address) { return reach_of(address) != Reach::never; });
  }
};

Outbound::Outbound() : impl_(std::make_unique<Impl>()) {}
Outbound::~Outbound() = default;

Result<std::unique_ptr<Outbound>> Outbound::create(Options options) {
  // libcurl's own set-up is not thread-safe; the composition root makes doors before threads start.
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return Error(ErrorCode::internal, "libcurl cannot start");
  for (Rule& rule : options.rules) {
    MACHIYA_TRY(const Url url, parse_url(rule.origin));
    if (url.target != "/" || (url.scheme != "https" && url.scheme != "http")) return Error(ErrorCode::invalid_input, "no origin of http or https: " + url.origin(), "outbound");
    if (url.scheme == "http" && !(rule.internal && options.http_on_loopback)) return refused(url.origin(), "plain http may not be called");
    rule.origin = url.origin();
  }
  if (!options.resolve) options.resolve = ask_resolver;
  std::unique_ptr<Outbound> out(new Outbound());
  out->impl_->options = std::move(options);
  return out;
}

Result<void> Outbound::allows(std::string_view text) const {
  MACHIYA_TRY(const Url url, parse_url(text));
  auto rule = impl_->rule_for(url);
  return rule.ok() ? Result<void>() : Result<void>(rule.error());
}

Result<Answer> Outbound::call(const Call& call) const {
  MACHIYA_TRY(const Url url, parse_url(call.url));
  MACHIYA_TRY(const Rule* rule, impl_->rule_for(url));
  const bool plain = url.scheme == "http";
  const auto fits = [&](const Address& address) {
    if (rule->origin.empty()) return is_this_machine(address);   // no rule of its own
    const Reach reach = reach_of(address);
    return plain ? reach == Reach::loopback : reach == Reach::open || (rule->internal && reach != Reach::never);
  };
  MACHIYA_TRY(const std::vector<Address> addresses, call.keep ? impl_->known_addresses_of(url, fits) : impl_->addresses_of(url, fits));
  const bool with_body = call.method == "POST" || call.method == "PUT" || call.method == "PATCH";
  if (!with_body && call.method != "GET" && call.method != "DELETE") return Error(ErrorCode::invalid_input, "a method that is not used here", "method");
  Handle curl = call.keep ? impl_->take(url.origin()) : Handle(curl_easy_init(), &curl_easy_cleanup);
  if (!curl) return failed(url.origin(), "no memory");
  List headers(nullptr, &curl_slist_free_all);
  for (const auto& [name, value] : call.headers) {
    if (!is_header_text(name) || !is_header_text(value)) return Error(ErrorCode::invalid_input, "a header that cannot be sent", "headers");
    headers.reset(curl_slist_append(headers.release(), (name + ": " + value).c_str()));
  }
  const List pin(pinned(url, addresses), &curl_slist_free_all);
  Exchange exchange{addresses, call.most_bytes};
  exchange.reads = &call.reads;
  const std::string address = url.origin() + url.target;
  set_common(curl.get(), plain ? "http" : "https", address, pin.get(), exchange, call.timeout_ms, impl_->options.ca_file);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "machiya");
  curl_easy_setopt(curl.get(), CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  if (with_body) {
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(call.body.size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, call.body.data());
    if (call.method != "POST") curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, call.method.c_str());
  } else if (call.method == "DELETE") {
    curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, "DELETE");
  }
  curl_easy_setopt(curl.get(), CURLOPT_MAXLIFETIME_CONN, kKeptForS);
  const CURLcode state = curl_easy_perform(curl.get());
  if (exchange.oversize) return Error(ErrorCode::too_large, url.origin() + ": the answer is larger than expected", "outbound");
  if (state != CURLE_OK) {
    long sent = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_REQUEST_SIZE, &sent);
    if (call.keep) impl_->forget_name(url.origin());
    return failed(url.origin(), curl_easy_strerror(state), sent == 0 ? kUnsent : "outbound");
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || (status >= 300 && status < 400)) return refused(url.origin(), "it answers with a redirect, and redirects are not followed");
  const char* type = nullptr;
  curl_easy_getinfo(curl.get(), CURLINFO_CONTENT_TYPE, &type);
  Answer answer{static_cast<int>(status), type ? lower_ascii(type) : std::string(), std::move(exchange.body), std::move(exchange.retry_after), std::move(exchange.read)};
  if (call.keep) impl_->put_back(url.origin(), std::move(curl));
  return answer;
}

Result<std::unique_ptr<SmtpSession>> Outbound::open_mail(const SmtpOptions& options) const {
  MACHIYA_TRY(const Url url, parse_url(options.url));
  MACHIYA_TRY(const std::vector<Address> addresses, impl_->relay_addresses(url));
  return SmtpSession::open(options, addresses, impl_->options.ca_file);
}

Result<void> Outbound::send(const Mail& mail) const {
  MACHIYA_TRY(const Url url, parse_url(mail.url));
  MACHIYA_TRY(const std::vector<Address> addresses, impl_->relay_addresses(url));
  const Handle curl(curl_easy_init(), &curl_easy_cleanup);
  if (!curl) return failed(url.origin(), "no memory");
  const std::string from = "<" + mail.from + ">", to = "<" + mail.to + ">";
  const List recipients(curl_slist_append(nullptr, to.c_str()), &curl_slist_free_all);
  const List pin(pinned(url, addresses), &curl_slist_free_all);
  Exchange exchange{addresses, kMostHeaderBytes};
  Upload upload{mail.text};
  const std::string address = url.origin() + url.target;
  set_common(curl.get(), "smtp,smtps", address, pin.get(), exchange, mail.timeout_s * 1000, impl_->options.ca_file);
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, read_upload);
  curl_easy_setopt(curl.get(), CURLOPT_READDATA, &upload);
  curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
  // Credentials never go over a line that anybody reads.
  const bool tls = mail.require_tls || !mail.user.empty();
  curl_easy_setopt(curl.get(), CURLOPT_USE_SSL, static_cast<long>(tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  if (!tls) {
    // Opportunistic encryption (RFC 7435): better than none, and there is no name to check a local relay against.
    curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!mail.user.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_USERNAME, mail.user.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, mail.password.c_str());
  }
  const CURLcode state = curl_easy_perform(curl.get());
  return state == CURLE_OK ? Result<void>() : Result<void>(failed(url.origin(), curl_easy_strerror(state)));
}

}  // namespace machiya::outbound
