#include "sense/subscriptions/notifier.h"

#include <algorithm>
#include <charconv>

namespace machiya::sense {
namespace {

constexpr std::int64_t kLongestWait = 3'600'000'000;

class HttpNotifier final : public Notifier {
 public:
  HttpNotifier(const outbound::Outbound& door, int timeout_ms) : door_(door), timeout_ms_(timeout_ms) {}

  Handed hand_over(const Parcel& parcel) override {
    outbound::Call call;
    call.method = parcel.method, call.url = parcel.uri, call.body = parcel.body, call.keep = true;
    call.timeout_ms = parcel.timeout_us > 0 ? std::clamp(static_cast<int>(parcel.timeout_us / 1000), 1, 60'000) : timeout_ms_;
    if (!parcel.content_type.empty()) call.headers.emplace_back("Content-Type", parcel.content_type);
    call.headers.insert(call.headers.end(), parcel.headers.begin(), parcel.headers.end());
    call.headers.emplace_back("Expect", "");   // a hundred-continue would cost a round trip
    const auto answer = door_.call(call);
    if (!answer.ok()) return {Handed::State::unreachable, answer.error().detail, 0};
    if (answer->status < 300) return {};
    const bool later = answer->status >= 500 || answer->status == 429 || answer->status == 408;
    return {later ? Handed::State::unreachable : Handed::State::refused, "HTTP " + std::to_string(answer->status), wait_of(answer->retry_after)};
  }

 private:
  const outbound::Outbound& door_;
  int timeout_ms_;

  // Seconds; a date is not looked at (RFC 9110 §10.2.3): the back-off is used then.
  static std::int64_t wait_of(const std::string& retry_after) {
    std::int64_t seconds = 0;
    const auto end = std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
    return end.ec == std::errc() && end.ptr == retry_after.data() + retry_after.size() && seconds > 0 ? std::min(seconds * 1'000'000, kLongestWait) : 0;
  }
};

}  // namespace

std::vector<Handed> Notifier::hand_over_all(std::span<const Parcel> parcels) {
  std::vector<Handed> out;
  for (const Parcel& parcel : parcels) out.push_back(hand_over(parcel));
  return out;
}

std::unique_ptr<Notifier> make_http_notifier(const outbound::Outbound& door, int timeout_ms) { return std::make_unique<HttpNotifier>(door, timeout_ms); }

std::string mqtt_message(const Parcel& parcel) {
  if (parcel.bare) return parcel.body;
  std::string out = "{\"metadata\":{\"Content-Type\":";
  tree::write_string(parcel.content_type, out);
  for (const auto& [key, value] : parcel.headers) out += ',', tree::write_string(key, out), out += ':', tree::write_string(value, out);
  return out + "},\"body\":" + parcel.body + "}";
}

Result<MqttTarget> mqtt_target(const Parcel& parcel) {
  MqttTarget out;
  out.tls = parcel.uri.starts_with("mqtts://");
  out.port = out.tls ? 8883 : 1883;
  const std::size_t from = parcel.uri.find("://"), slash = from == std::string::npos ? from : parcel.uri.find('/', from + 3);
  const bool no_topic = slash == std::string::npos || slash + 1 == parcel.uri.size();
  if (from == std::string::npos || (no_topic && parcel.topic.empty())) return Error(ErrorCode::invalid_input, "mqtt://host/topic is expected", "endpoint/uri");
  out.topic = parcel.topic.empty() ? parcel.uri.substr(slash + 1) : parcel.topic;
  std::string authority = parcel.uri.substr(from + 3, slash == std::string::npos ? slash : slash - from - 3);
  if (const std::size_t at = authority.rfind('@'); at != std::string::npos) {
    const std::size_t colon = authority.find(':');
    out.user = authority.substr(0, std::min(colon, at));
    if (colon < at) out.password = authority.substr(colon + 1, at - colon - 1);
    authority.erase(0, at + 1);
  }
  if (const std::size_t colon = authority.rfind(':'); colon != std::string::npos && authority.find(']', colon) == std::string::npos) {
    const auto end = std::from_chars(authority.data() + colon + 1, authority.data() + authority.size(), out.port);
    if (end.ec != std::errc() || end.ptr != authority.data() + authority.size()) return Error(ErrorCode::invalid_input, "the port is no number", "endpoint/uri");
    authority.resize(colon);
  }
  if (authority.empty()) return Error(ErrorCode::invalid_input, "a host is expected", "endpoint/uri");
  out.host = authority;
  if (!parcel.user.empty()) out.user = parcel.user, out.password = parcel.password;
  for (const auto& [key, value] : parcel.notifier) {
    if (key == "MQTT-QoS") out.qos = value == "2" ? 2 : value == "1" ? 1 : 0;
    if (key == "MQTT-Version") out.version_5 = value != "mqtt3.1.1";
  }
  return out;
}

}  // namespace machiya::sense
