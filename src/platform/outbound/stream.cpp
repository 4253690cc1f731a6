#include "platform/outbound/stream.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "platform/outbound/url.h"
#include "platform/outbound/wire.h"

namespace machiya::outbound {
namespace {

Error refused(const Url& url, const char* why) { return Error(ErrorCode::forbidden, url.origin() + ": " + why, "outbound"); }

Result<std::vector<Address>> ask(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int state = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); state != 0) return Error(ErrorCode::unavailable, ::gai_strerror(state));
  std::vector<Address> out;
  for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
    Address address;
    address.v6 = a->ai_family == AF_INET6;
    if (address.v6) std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in6*>(a->ai_addr)->sin6_addr, 16);
    else std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in*>(a->ai_addr)->sin_addr, 4);
    out.push_back(address);
  }
  ::freeaddrinfo(list);
  return out;
}

}  // namespace

Stream::Stream(std::unique_ptr<Wire> wire) : wire_(std::move(wire)) {}
Stream::~Stream() = default;
long Stream::read(char* out, std::size_t size) { return wire_->read_some(out, size); }
bool Stream::write(std::string_view bytes, int timeout_ms) {
  std::size_t handed = 0;
  return wire_->write(bytes, Wire::in(timeout_ms), handed);
}
int Stream::descriptor() const { return wire_->descriptor(); }
void Stream::readable_at(int bytes) { wire_->readable_at(bytes); }

Result<std::unique_ptr<Streams>> Streams::create(StreamOptions options) {
  for (auto& rule : options.rules) {
    MACHIYA_TRY(const Url url, parse_url(rule.origin));
    if (url.target != "/" || (url.scheme != "mqtt" && url.scheme != "mqtts")) return Error(ErrorCode::invalid_input, "no origin of mqtt or mqtts: " + url.origin(), "outbound");
    if (url.scheme == "mqtt" && !(rule.internal && options.plain_inside)) return refused(url, "a broker without TLS may not be called");
    rule.origin = url.origin();
  }
  if (!options.resolve) options.resolve = ask;
  return std::unique_ptr<Streams>(new Streams(std::move(options)));
}

Result<std::unique_ptr<Stream>> Streams::open(const std::string& text, int timeout_ms) const {
  MACHIYA_TRY(const Url url, parse_url(text));
  const auto rule = std::find_if(options_.rules.begin(), options_.rules.end(), [&url](const StreamRule& r) { return r.origin == url.origin(); });
  const bool listed = rule != options_.rules.end();
  if (!listed && !options_.this_machine) return refused(url, "not among the brokers that may be called");
  const auto until = Wire::in(timeout_ms);
  MACHIYA_TRY(const std::vector<Address> addresses, options_.resolve(url.host));
  if (addresses.empty()) return Error(ErrorCode::unavailable, url.origin() + ": the name has no address", "outbound");
  // One bad address condemns the name: which one would be tried is not for a name server to say.
  for (const Address& a : addresses) {
    const Reach reach = reach_of(a);
    const bool fits = listed ? reach == Reach::open || (rule->internal && reach != Reach::never) : is_this_machine(a);
    if (!fits) return refused(url, "the name leads to an address that may not be called");
  }
  MACHIYA_TRY(auto wire, Wire::connect(addresses, url.port, timeout_ms));
  if (url.scheme == "mqtts") MACHIYA_CHECK(wire->start_tls(url.host, true, options_.ca_file, until));
  return std::make_unique<Stream>(std::move(wire));
}

}  // namespace machiya::outbound
