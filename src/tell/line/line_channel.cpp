#include "tell/line/line_channel.h"

#include <algorithm>
#include <unordered_set>

#include "tell/gateway/retry_key.h"

namespace machiya::tell {
namespace {
json::Value only(json::Value message) {
  json::Value out = json::Value::array();
  out.push(std::move(message));
  return out;
}
/// Can nothing of this content be sent?
bool unreadable(const Content& content, LineForm form) {
  const auto faults = line_faults(content, form);
  return std::find(faults.begin(), faults.end(), "text") != faults.end();
}
}  // namespace

int LineChannel::cost(const Parcel& parcel) const {
  const auto own = static_cast<int>(std::count_if(parcel.to.begin(), parcel.to.end(), [](const Addressee& to) { return to.own != nullptr; }));
  const int shared = static_cast<int>(parcel.to.size()) - own;
  return own + (shared == 0 ? 0 : shared == 1 ? 1 : options_.multicast_cost);
}

HandOff LineChannel::hand_off(const Parcel& parcel) {
  HandOff out = whole(parcel, Fate::again, "line-not-tried");
  std::vector<std::size_t> shared, own;
  for (std::size_t i = 0; i < parcel.to.size(); ++i) {
    if (!is_line_user(parcel.to[i].address)) out.each[i] = {Fate::refused, "line-user"};
    else (parcel.to[i].own ? own : shared).push_back(i);
  }
  const auto note = [&](const LineReply& reply) {
    out.down = out.down || reply.down;
    out.wait_ms = std::max(out.wait_ms, reply.wait_ms);
    return reply.outcome;
  };
  if (!shared.empty()) {
    Outcome outcome{Fate::refused, "line-text"};
    if (!unreadable(*parcel.content, options_.form)) {
      const Addressee& first = parcel.to[shared[0]];
      if (shared.size() == 1) {
        outcome = note(api_.push(first.address, only(line_message(*parcel.content, first.leave, options_.form)), parcel.key));
      } else {
        std::vector<std::string> users;
        std::unordered_set<std::string_view> seen;
        for (const std::size_t i : shared)
          if (seen.insert(parcel.to[i].address).second) users.push_back(parcel.to[i].address);
        outcome = note(api_.multicast(users, only(line_message(*parcel.content, {}, options_.form)), parcel.key));
      }
    }
    for (const std::size_t i : shared) out.each[i] = outcome;
  }
  for (const std::size_t i : own) {
    if (out.down || out.wait_ms > 0) break;   // the others wait with the first: they were not tried
    const Addressee& to = parcel.to[i];
    if (unreadable(*to.own, options_.form)) out.each[i] = {Fate::refused, "line-text"};
    else out.each[i] = note(api_.push(to.address, only(line_message(*to.own, to.leave, options_.form)), part_key(parcel.key, to.address)));
  }
  return out;
}

}  // namespace machiya::tell
