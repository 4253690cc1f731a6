#include "tell/sending/handing.h"

#include <algorithm>
#include <unordered_map>

#include "platform/locale/locale.h"

namespace machiya::tell {
namespace {
constexpr std::size_t kKeptMessages = 64;
constexpr std::int64_t kLongestBackOffMs = 60'000;

/// Which of two ends of one person's addresses counts: one device that took it is enough.
int weight(Fate fate) {
  switch (fate) {
    case Fate::accepted: return 4;
    case Fate::unknown: return 3;
    case Fate::again: return 2;
    case Fate::refused: return 1;
    case Fate::dead_address: return 0;
  }
  return 0;
}
}  // namespace

Result<std::shared_ptr<const Contents>> Handing::contents(std::int64_t message, std::string& public_id) {
  {
    std::lock_guard lock(mutex_);
    if (const auto found = kept_.find(message); found != kept_.end()) {
      public_id = found->second.public_id;
      return found->second.contents;
    }
  }
  MACHIYA_TRY(const auto row, store_.read([&](store::ReadTx& tx) { return ledger_.message(tx, message); }));
  if (!row) return Error(ErrorCode::not_found, "the message of a hand-off is gone");
  MACHIYA_TRY(Contents parsed, contents_in(row->contents));
  auto shared = std::make_shared<const Contents>(std::move(parsed));
  public_id = row->public_id;
  std::lock_guard lock(mutex_);
  if (kept_.size() >= kKeptMessages) kept_.clear();
  kept_[message] = {shared, public_id};
  return std::shared_ptr<const Contents>(shared);
}

std::int64_t Handing::back_off_us(int attempt) {
  const std::int64_t ms = std::min(kLongestBackOffMs, static_cast<std::int64_t>(options_.first_retry_ms) << std::min(attempt - 1, 16));
  return ms * 1000 * static_cast<std::int64_t>(80 + rng_.below(41)) / 100;
}

Result<std::map<std::int64_t, std::shared_ptr<const Content>>> Handing::own_contents(const Content& content, const std::string& message, const std::vector<std::int64_t>& recipients) {
  std::map<std::int64_t, std::shared_ptr<const Content>> out;
  const std::size_t at = content.link.find(kOwnPart);
  const bool linked = at != std::string::npos, filled = has_own(content);
  if (!linked && !filled) return out;
  std::map<std::int64_t, std::string> parts;
  std::map<std::int64_t, OwnValues> values;
  MACHIYA_CHECK(store_.read([&](store::ReadTx& tx) -> Result<void> {
    parts.clear(), values.clear();
    if (linked && options_.own) {
      MACHIYA_TRY(parts, options_.own(tx, message, recipients));
    }
    if (filled && options_.values) {
      MACHIYA_TRY(values, options_.values(tx, message, content.lang, recipients));
    }
    return {};
  }));
  for (const std::int64_t recipient : recipients) {
    std::optional<Content> mine = filled ? with_own(content, values[recipient]) : content;
    if (!mine) continue;
    const auto part = parts.find(recipient);
    if (linked && part == parts.end()) mine->link.clear(), mine->link_text.clear();
    else if (linked) mine->link.replace(at, kOwnPart.size(), part->second);
    out[recipient] = std::make_shared<const Content>(std::move(*mine));
  }
  return out;
}

Result<Handing::Packed> Handing::pack(const Line& line, const Claim& claim) {
  Packed out;
  MACHIYA_TRY(const auto contents, this->contents(claim.message, out.parcel.message));
  out.parcel.key = claim.key;
  out.parcel.attempt = claim.attempt;
  const Content* content = for_language(*contents, locale::kLanguages[static_cast<std::size_t>(language_of(claim.lang))]);
  if (!content) return Error(ErrorCode::integrity_broken, "a message without content");
  out.parcel.content = std::shared_ptr<const Content>(contents, content);
  MACHIYA_CHECK(store_.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(const auto message, ledger_.message(tx, claim.message));
    out.cancelled = !message || message->state >= MessageState::cancelling;
    MACHIYA_TRY(out.reached, audiences_.addresses(tx, line.number, claim.recipients, claim.created));
    return {};
  }));
  MACHIYA_TRY(const auto own, own_contents(*content, out.parcel.message, claim.recipients));
  const bool each_own = has_own(*content);
  std::vector<Reached> reached;
  std::size_t at = 0;
  for (const std::int64_t recipient : claim.recipients) {
    const std::size_t before = at;
    if (each_own && !own.contains(recipient)) {
      out.valueless.push_back(recipient);
      while (at < out.reached.size() && out.reached[at].recipient == recipient) ++at;
      continue;
    }
    for (; at < out.reached.size() && out.reached[at].recipient == recipient; ++at) {
      const Reached& one = out.reached[at];
      out.parcel.to.push_back({recipient, one.address, options_.base_url.empty() ? std::string() : options_.base_url + "/leave/" + one.leave_id + "/" + line.id, own.empty() ? nullptr : own.at(recipient)});
      reached.push_back(one);
    }
    if (at == before) out.nobody.push_back(recipient);
  }
  out.reached = std::move(reached);   // one for each that is sent
  return out;
}

Settlement Handing::put_back(const Claim& claim, std::string_view why, std::int64_t wait_us) const {
  Settlement out;
  out.again = claim.recipients;
  out.maybe = claim.maybe;
  out.due = Instant{clock_.now().us + wait_us};
  out.error = why;
  return out;
}

Settlement Handing::hand_over(const Line& line, const Claim& claim, const Packed& packed, Report& report, std::vector<Reached>& dead) {
  Settlement out;
  for (const std::int64_t recipient : packed.nobody) out.ended.push_back({recipient, RowState::no_address, "no-address"});
  for (const std::int64_t recipient : packed.valueless) out.ended.push_back({recipient, RowState::refused, "no-values"});
  report.cost = packed.parcel.to.empty() ? 0 : line.channel->cost(packed.parcel);
  if (packed.parcel.to.empty()) return out;
  HandOff handed = line.channel->hand_off(packed.parcel);
  handed.each.resize(packed.parcel.to.size());   // a channel that says nothing of an addressee took nothing
  report.down = handed.down, report.wait_ms = handed.wait_ms;
  bool unknown = false;
  for (std::size_t i = 0; i < handed.each.size();) {
    const std::int64_t recipient = packed.parcel.to[i].recipient;
    Outcome best = handed.each[i];
    for (; i < handed.each.size() && packed.parcel.to[i].recipient == recipient; ++i) {
      if (handed.each[i].fate == Fate::dead_address) dead.push_back(packed.reached[i]);
      if (weight(handed.each[i].fate) > weight(best.fate)) best = handed.each[i];
    }
    switch (best.fate) {
      case Fate::accepted: out.taken.push_back(recipient); break;
      case Fate::refused: out.ended.push_back({recipient, RowState::refused, best.reason}); break;
      case Fate::dead_address: out.ended.push_back({recipient, RowState::dead_address, best.reason}); break;
      case Fate::unknown: unknown = true; [[fallthrough]];
      case Fate::again:
        out.again.push_back(recipient);
        if (out.error.empty()) out.error = best.reason;
    }
  }
  out.maybe = !out.again.empty() && (unknown || claim.maybe);
  out.over = !out.again.empty() && claim.attempt >= line.attempts;
  out.due = Instant{clock_.now().us + std::max(handed.wait_ms * 1000, back_off_us(claim.attempt))};
  report.accepted = static_cast<std::int64_t>(out.taken.size()), report.failed = static_cast<std::int64_t>(out.ended.size());
  report.again = static_cast<std::int64_t>(out.again.size());
  report.error = out.error;
  return out;
}

Result<void> Handing::settle(const store::Lease& lease, const Line& line, const Claim& claim, const Settlement& settlement, const std::vector<Reached>& dead) {
  return store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(ledger_.settle(tx, lease, claim, settlement));
    for (const Reached& one : dead) MACHIYA_CHECK(audiences_.failed(tx, one.recipient, line.number, one.id, false, "channel"));
    return {};
  });
}

}  // namespace machiya::tell
