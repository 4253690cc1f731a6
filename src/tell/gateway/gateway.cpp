#include "tell/gateway/gateway.h"

#include <algorithm>
#include <set>

#include "platform/outbound/url.h"
#include "tell/gateway/retry_key.h"

namespace machiya::tell {
namespace {
constexpr std::int64_t kMostWaitMs = 3600 * 1000;
constexpr std::int64_t kBusyWaitMs = 1000;   // after a 429 that does not say how long

std::int64_t wait_of(const std::string& text, std::int64_t otherwise) {
  if (text.empty() || text.size() > 9 || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return otherwise;
  return std::min<std::int64_t>(std::stoll(text) * 1000, kMostWaitMs);
}

/// What one exchange came to. `stop`: this service is not asked again for this parcel.
struct Heard {
  Outcome outcome;
  bool stop = false, down = false;
  std::int64_t wait_ms = 0;
};

Heard judge(const Result<outbound::Answer>& answer, const GatewayRules& rules) {
  const std::string name(rules.name);
  if (!answer.ok()) {
    const Error& error = answer.error();
    if (error.code == ErrorCode::too_large) return {{Fate::unknown, name + "-answer"}};
    if (error.code == ErrorCode::unavailable && error.where != outbound::kUnsent) return {{Fate::unknown, name + "-no-answer"}, true, true};
    return {{Fate::again, name + (error.code == ErrorCode::unavailable ? "-unreached" : "-origin")}, true, true};
  }
  const int status = answer->status;
  const std::string reason = name + "-" + std::to_string(status);
  if (status >= 200 && status < 300) return {{Fate::accepted, reason}};
  if ((status == 404 || status == 410) && rules.is_dead(*answer)) return {{Fate::dead_address, reason}};
  if (status == 401 || status == 403 || status == 404 || status == 405) return {{Fate::again, reason}, true, true};
  if (status == 409 || status == 425) return {{Fate::again, reason}};
  if (status == 429 || status == 503) return {{Fate::again, reason}, true, false, wait_of(answer->retry_after, kBusyWaitMs)};
  return {{status == 408 || status >= 500 ? Fate::unknown : Fate::refused, reason}};
}
}  // namespace

HandOff post_each(const Parcel& parcel, const outbound::Outbound& door, const GatewayRules& rules, const RequestMaker& make) {
  const std::string name(rules.name);
  if (!is_uuid(parcel.key)) return whole(parcel, Fate::refused, name + "-key");
  HandOff out = whole(parcel, Fate::again, name + "-not-tried");
  std::set<std::string> left_alone;
  bool heard = false, down = false;
  for (std::size_t i = 0; i < parcel.to.size(); ++i) {
    const Addressee& to = parcel.to[i];
    auto made = make(to, to.own ? *to.own : *parcel.content, part_key(parcel.key, to.address));
    if (const auto* never = std::get_if<Outcome>(&made)) {
      out.each[i] = *never;
      continue;
    }
    outbound::Call& call = std::get<outbound::Call>(made);
    call.method = "POST";
    call.keep = true;   // all of them have a key
    const auto url = outbound::parse_url(call.url);
    const std::string origin = url.ok() ? url->origin() : std::string();
    if (left_alone.count(origin) > 0) continue;
    const Heard one = judge(door.call(call), rules);
    out.each[i] = one.outcome;
    if (one.stop) left_alone.insert(origin);
    down = down || one.down;
    heard = heard || !one.down;
    if (rules.one_service) out.wait_ms = std::max(out.wait_ms, one.wait_ms);
  }
  out.down = down && (rules.one_service || !heard);
  return out;
}

}  // namespace machiya::tell
