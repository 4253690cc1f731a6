#include "tell/webpush/webpush_channel.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <vector>

#include "platform/http/conditional.h"
#include "tell/webpush/encryption.h"
#include "tell/webpush/payload.h"

namespace machiya::tell {
namespace {
constexpr const char* kUnreached = "push-unreached";
constexpr const char* kNoAnswer = "push-no-answer";
constexpr std::int64_t kMostWaitMs = 24 * 3600 * 1000;   // what a service asks for beyond a day is a mistake

/// Retry-After as seconds or as a date (RFC 9110 §10.2.3), in milliseconds from now; 0 for anything else.
std::int64_t wait_of(const std::string& text, Instant now) {
  if (text.empty()) return 0;
  std::int64_t ms = 0;
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) && text.size() <= 9) {
    ms = std::stoll(text) * 1000;
  } else if (const auto at = http::parse_http_date(text)) {
    ms = (at->us - now.us) / 1000;
  }
  return std::clamp<std::int64_t>(ms, 0, kMostWaitMs);
}

/// RFC 8030 §5, §7.3; RFC 8292 §4.2 for 403. 500, 502 and 504 may come from something that stands before the service, after it took the message.
Fate fate_of(int status) {
  if (status >= 200 && status < 300) return Fate::accepted;
  if (status == 404 || status == 410) return Fate::dead_address;
  if (status == 401 || status == 408 || status == 429 || status == 503) return Fate::again;
  return status >= 500 ? Fate::unknown : Fate::refused;
}
}  // namespace

struct WebPushChannel::Impl {
  WebPushOptions options;
  const outbound::Outbound& door;
  const Clock& clock;
  Rng& rng;
  std::unique_ptr<Vapid> vapid;
  std::mutex mutex;
  std::vector<std::unique_ptr<Sealer>> idle;   ///< working space of threads that are not sealing just now

  /// Gives its sealer back when it goes.
  class Borrowed {
   public:
    explicit Borrowed(Impl& impl) : impl_(impl) {
      std::lock_guard lock(impl_.mutex);
      if (!impl_.idle.empty()) {
        sealer_ = std::move(impl_.idle.back());
        impl_.idle.pop_back();
      }
    }
    ~Borrowed() {
      if (!sealer_) return;
      std::lock_guard lock(impl_.mutex);
      impl_.idle.push_back(std::move(sealer_));
    }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    Sealer& operator*() {
      if (!sealer_) sealer_ = std::make_unique<Sealer>();
      return *sealer_;
    }

   private:
    Impl& impl_;
    std::unique_ptr<Sealer> sealer_;
  };

  Result<outbound::Call> request(const Subscription& to, const std::string& payload, const std::string& message, bool emergency, Sealer& sealer) {
    outbound::Call call;
    call.method = "POST";
    call.url = to.endpoint;
    call.timeout_ms = options.timeout_ms;
    call.most_bytes = 64 * 1024;
    call.keep = true;   // a copy that goes twice bears the same topic and tag: the second takes the place of the first
    MACHIYA_TRY(const std::string authorization, vapid->authorization(to.origin, clock.now()));
    call.headers = {{"TTL", std::to_string(emergency ? options.emergency_ttl_s : options.ttl_s)},
                    {"Urgency", emergency ? "high" : "normal"},
                    {"Topic", push_topic(message)},
                    {"Content-Encoding", "aes128gcm"},
                    {"Content-Type", "application/octet-stream"},
                    {"Authorization", authorization}};
    MACHIYA_TRY(call.body, sealer.seal(to, payload, rng));
    return call;
  }

  Outcome send(const outbound::Call& call, HandOff& out) {
    const auto answer = door.call(call);
    if (answer.ok()) {
      const Fate fate = fate_of(answer->status);
      if (fate == Fate::again || fate == Fate::unknown) out.wait_ms = std::max(out.wait_ms, wait_of(answer->retry_after, clock.now()));
      return {fate, "push-" + std::to_string(answer->status)};
    }
    const Error& error = answer.error();
    if (error.code == ErrorCode::forbidden) return {Fate::refused, "push-origin"};
    // More than 64 KiB came back: whatever it says, the service has read the message.
    if (error.code == ErrorCode::too_large) return {Fate::unknown, "push-answer"};
    if (error.code != ErrorCode::unavailable) return {Fate::refused, "push-request"};
    return error.where == outbound::kUnsent ? Outcome{Fate::again, kUnreached} : Outcome{Fate::unknown, kNoAnswer};
  }
};

WebPushChannel::WebPushChannel() = default;
WebPushChannel::~WebPushChannel() = default;

Result<std::unique_ptr<WebPushChannel>> WebPushChannel::create(WebPushOptions options, const outbound::Outbound& door, const Clock& clock, Rng& rng) {
  if (options.ttl_s < 0 || options.emergency_ttl_s < 0 || options.most < 1) return Error(ErrorCode::invalid_input, "a TTL or a size of parcels that cannot be", "webpush");
  MACHIYA_TRY(auto vapid, Vapid::create(options.vapid));
  options.vapid.key_pem.clear();
  std::unique_ptr<WebPushChannel> out(new WebPushChannel());
  out->impl_.reset(new Impl{std::move(options), door, clock, rng, std::move(vapid), {}, {}});
  return out;
}

Result<void> WebPushChannel::takes(std::string_view text) const {
  MACHIYA_TRY(const Subscription subscription, parse_subscription(text));
  return impl_->door.allows(subscription.endpoint);
}
const std::string& WebPushChannel::public_key() const { return impl_->vapid->public_key(); }
int WebPushChannel::most() const { return impl_->options.most; }

Result<outbound::Call> WebPushChannel::request(std::string_view text, const Content& content, const std::string& message) const {
  MACHIYA_TRY(const Subscription to, parse_subscription(text));
  Impl::Borrowed sealer(*impl_);
  return impl_->request(to, push_payload(content, message), message, content.emergency, *sealer);
}

HandOff WebPushChannel::hand_off(const Parcel& parcel) {
  Impl& my = *impl_;
  HandOff out;
  out.each.reserve(parcel.to.size());
  Impl::Borrowed sealer(my);
  std::string shared;   // of the parcel's own content, made once
  std::set<std::string> silent;
  bool heard = false;
  for (const Addressee& to : parcel.to) {
    const auto subscription = parse_subscription(to.address);
    if (!subscription.ok()) {
      out.each.push_back({Fate::dead_address, "push-subscription"});
      continue;
    }
    // A service that did not answer is not asked again for each of its other browsers: they wait with it.
    if (silent.count(subscription->origin) > 0) {
      out.each.push_back({Fate::again, kUnreached});
      continue;
    }
    const Content& content = to.own ? *to.own : *parcel.content;
    if (!to.own && shared.empty()) shared = push_payload(content, parcel.message);
    auto call = my.request(*subscription, to.own ? push_payload(content, parcel.message) : shared, parcel.message, content.emergency, *sealer);
    out.each.push_back(call.ok() ? my.send(*call, out) : Outcome{Fate::refused, "push-sealing"});
    if (out.each.back().reason == kUnreached || out.each.back().reason == kNoAnswer) silent.insert(subscription->origin);
    else heard = true;
  }
  out.down = !heard && !silent.empty();
  return out;
}

}  // namespace machiya::tell
