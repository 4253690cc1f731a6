#include "tell/ledger/ledger.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

#include "tell/ledger/ledger_dao.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_ledger();
}

namespace machiya::tell {
namespace dao = ledger_dao;
namespace {

constexpr std::int64_t kLeastSpan = 100, kMostSpan = 200'000;

/// Microseconds that pass: for the size of the next step only, never for what is decided.
class Stopwatch {
 public:
  std::int64_t us() const { return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The next span, from how long this one took.
std::int64_t next_span(std::int64_t span, std::int64_t took_us, std::int64_t aim_us) {
  const double factor = std::clamp(static_cast<double>(aim_us) / static_cast<double>(std::max<std::int64_t>(took_us, 1)), 0.25, 2.0);
  return std::clamp(static_cast<std::int64_t>(static_cast<double>(span) * factor), kLeastSpan, kMostSpan);
}

/// Counts in order of the rows what hand-offs and events say of them.
class Replayer {
 public:
  Replayer(std::vector<dao::Settled> hand_offs, std::vector<dao::LastEvent> events, bool cancelled) : hand_offs_(std::move(hand_offs)), events_(std::move(events)), cancelled_(cancelled) {}

  RowState expected(std::int64_t recipient, int channel, int lang) {
    while (event_ < events_.size() && before(events_[event_], recipient, channel)) ++event_;
    if (event_ < events_.size() && events_[event_].recipient == recipient && events_[event_].channel == channel) return events_[event_].state;
    // The last hand-off of this lane that begins at or before the recipient; ranges of one lane do not overlap.
    const auto at = std::upper_bound(hand_offs_.begin(), hand_offs_.end(), recipient, [&](std::int64_t r, const dao::Settled& h) {
      return std::tuple(channel, lang, r) < std::tuple(h.channel, h.lang, h.first);
    });
    if (at != hand_offs_.begin()) {
      const dao::Settled& h = *std::prev(at);
      if (h.channel == channel && h.lang == lang && recipient <= h.last) return h.open ? RowState::open : RowState::taken;
    }
    return cancelled_ ? RowState::cancelled : RowState::open;
  }

 private:
  static bool before(const dao::LastEvent& e, std::int64_t recipient, int channel) { return std::tuple(e.recipient, e.channel) < std::tuple(recipient, channel); }
  const std::vector<dao::Settled> hand_offs_;
  const std::vector<dao::LastEvent> events_;
  const bool cancelled_;
  std::size_t event_ = 0;
};

}  // namespace

std::string_view name_of(RowState state) {
  constexpr std::array<std::string_view, kRowStates> kNames = {"open", "taken", "refused", "dead-address", "no-address", "cancelled", "uncertain", "given-up", "came-back"};
  return kNames[static_cast<std::size_t>(state)];
}

bool Quiet::covers(Instant t) const {
  if (from < 0 || from == to) return false;
  const auto minute = static_cast<int>((t.us - start_of_day_in_japan(date_in_japan(t)).us) / kMinute);
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

std::string new_uuid(Rng& rng) {
  std::array<unsigned char, 16> bytes{};
  rng.fill(bytes.data(), bytes.size());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += "0123456789abcdef"[bytes[i] >> 4];
    out += "0123456789abcdef"[bytes[i] & 15];
  }
  return out;
}

std::vector<store::Migration> Ledger::migrations() { return sql_migrations_ledger(); }

Result<std::int64_t> Ledger::place(store::Tx& tx, const Order& order) {
  if (!is_public_id(order.public_id)) return Error(ErrorCode::invalid_input, "no public id", "public_id");
  MACHIYA_TRY(const auto known, dao::message(tx, order.public_id, 0));
  if (known) return Error(ErrorCode::conflict, "a message with this id was placed before", "public_id");
  MACHIYA_TRY(const std::int64_t last, dao::last_recipient(tx));
  const bool at_once = order.profiles.size() <= kInOneGo && order.recipients.size() <= kInOneGo;
  const bool whole = at_once && !(order.segmented && order.profiles.empty()) && !(order.listed && order.recipients.empty());
  MACHIYA_TRY(const std::int64_t id, dao::insert_message(tx, order, whole ? MessageState::expanding : MessageState::placing, last, clock_.now()));
  if (at_once) {
    MACHIYA_CHECK(dao::insert_profiles(tx, id, order.profiles));
    MACHIYA_CHECK(dao::insert_recipients(tx, id, order.recipients));
  }
  return id;
}

Result<void> Ledger::add_profiles(store::Tx& tx, std::int64_t message, const std::vector<std::int64_t>& profiles) { return dao::insert_profiles(tx, message, profiles); }
Result<void> Ledger::add_recipients(store::Tx& tx, std::int64_t message, const std::vector<std::int64_t>& recipients) { return dao::insert_recipients(tx, message, recipients); }

Result<std::int64_t> Ledger::last_added(store::ReadTx& tx, std::int64_t message) { return dao::last_added(tx, message); }

Result<void> Ledger::release(store::Tx& tx, std::int64_t message) {
  MACHIYA_TRY(const bool released, dao::set_state(tx, message, MessageState::placing, MessageState::expanding));
  if (!released) return Error(ErrorCode::conflict, "the message is on its way already");
  return {};
}

Result<std::optional<Ledger::Step>> Ledger::expand(const store::Lease& lease, std::int64_t aim_us) {
  // A look without a lock: most of the time there is nothing to do.
  MACHIYA_TRY(const auto waiting, store_.read([](store::ReadTx& tx) { return dao::next_expansion(tx); }));
  if (!waiting) return std::optional<Step>();
  auto step = store_.write([&](store::Tx& tx) -> Result<Step> {
    const Stopwatch watch;
    MACHIYA_CHECK(store::check_lease(tx, lease));
    MACHIYA_TRY(const auto e, dao::next_expansion(tx));
    Step out;
    if (!e) return out;
    out.message = e->message, out.cls = e->cls;
    MACHIYA_TRY(const auto next, dao::next_recipient(tx, *e, e->expanded_to));
    if (!next || *next > e->last_recipient) {
      out.done = true;
      MACHIYA_CHECK(dao::set_expanded(tx, e->message, e->last_recipient, true));
      return out;
    }
    const std::int64_t from = *next - 1, to = std::min(from + span_, e->last_recipient);
    const bool cancelled = e->state == MessageState::cancelling;
    MACHIYA_TRY(out.rows, dao::insert_rows(tx, *e, from, to, cancelled ? RowState::cancelled : RowState::open));
    if (out.rows > 0 && !cancelled) MACHIYA_CHECK(dao::add_to_lanes(tx, e->message, from, to));
    out.done = to >= e->last_recipient;
    MACHIYA_CHECK(dao::set_expanded(tx, e->message, to, out.done));
    out.work_us = watch.us();
    return out;
  });
  if (!step.ok()) return std::move(step).error();
  if (step->work_us > 0) span_ = next_span(span_, step->work_us, aim_us);
  return std::optional<Step>(*step);
}

Result<std::vector<Claim>> Ledger::claim(const store::Lease& lease, const Wanted& wanted) {
  const Instant now = clock_.now();
  std::vector<Claim> plan;
  struct Move {
    std::int64_t from;
  };
  std::vector<std::int64_t> lane_at;   // handed_to before each new claim; -1 for one that is tried again
  MACHIYA_CHECK(store_.read([&](store::ReadTx& tx) -> Result<void> {
    plan.clear(), lane_at.clear();
    MACHIYA_TRY(auto due, dao::due_hand_offs(tx, wanted.channel, now, wanted.parcels, wanted.emergencies_only));
    for (Claim& claim : due) {
      MACHIYA_TRY(claim.recipients, dao::open_rows(tx, claim.message, claim.channel, claim.lang, claim.first - 1, claim.last, claim.last - claim.first + 1));
      plan.push_back(std::move(claim)), lane_at.push_back(-1);
    }
    MACHIYA_TRY(const auto lanes, dao::open_lanes(tx, wanted.channel, now, wanted.emergencies_only));
    for (const dao::Lane& lane : lanes) {
      const auto room = static_cast<std::int64_t>(wanted.parcels) - static_cast<std::int64_t>(plan.size());
      if (room <= 0) break;
      if (lane.cls != Class::emergency && lane.quiet.covers(now)) continue;
      const int most = lane.own ? std::min(wanted.most, kMostOwn) : wanted.most;
      // While rows are still being made a parcel waits until it is full; an emergency does not wait.
      if (lane.state == MessageState::expanding && lane.cls != Class::emergency && lane.left < most) continue;
      std::int64_t limit = room * most;
      if (lane.state == MessageState::expanding && lane.cls != Class::emergency) limit = std::min(limit, lane.left / most * most);
      MACHIYA_TRY(const auto rows, dao::open_rows(tx, lane.message, wanted.channel, lane.lang, lane.handed_to, std::numeric_limits<std::int64_t>::max(), limit));
      std::int64_t at = lane.handed_to;
      for (std::size_t from = 0; from < rows.size(); from += static_cast<std::size_t>(most)) {
        Claim claim;
        claim.message = lane.message, claim.channel = wanted.channel, claim.lang = lane.lang, claim.cls = lane.cls, claim.drill = lane.drill, claim.own = lane.own;
        claim.recipients.assign(rows.begin() + static_cast<std::ptrdiff_t>(from),
                                rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), from + static_cast<std::size_t>(most))));
        claim.first = at + 1, claim.last = claim.recipients.back();
        claim.key = new_uuid(rng_);
        claim.created = now;
        lane_at.push_back(at);
        at = claim.last;
        plan.push_back(std::move(claim));
      }
    }
    return {};
  }));
  if (plan.empty()) return plan;
  std::vector<bool> held;
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
    held.assign(plan.size(), false);
    MACHIYA_CHECK(store::check_lease(tx, lease));
    std::set<std::int64_t> stopped;   // cancelled since the plan was made
    for (std::size_t i = 0; i < plan.size(); ++i) {
      Claim& claim = plan[i];
      MACHIYA_TRY(const auto state, dao::state_of(tx, claim.message));
      const bool over = !state || *state >= MessageState::cancelling;
      if (lane_at[i] < 0) {
        claim.cancelled = over;
        MACHIYA_TRY(const bool mine, dao::start_attempt(tx, claim.hand_off, lease.fence));
        held[i] = mine;
        continue;
      }
      if (over) continue;
      MACHIYA_TRY(const bool moved, dao::move_lane(tx, claim.message, claim.channel, claim.lang, lane_at[i], claim.last, static_cast<std::int64_t>(claim.recipients.size())));
      if (!moved) continue;
      MACHIYA_TRY(claim.hand_off, dao::insert_hand_off(tx, claim, lease.fence, now));
      held[i] = true;
    }
    return {};
  }));
  std::vector<Claim> out;
  for (std::size_t i = 0; i < plan.size(); ++i)
    if (held[i]) out.push_back(std::move(plan[i]));
  return out;
}

Result<std::int64_t> Ledger::take_over(const store::Lease& lease, int channel) {
  return store_.write([&](store::Tx& tx) -> Result<std::int64_t> {
    MACHIYA_CHECK(store::check_lease(tx, lease));
    return dao::take_over(tx, channel, lease.fence, clock_.now());
  });
}

Result<void> Ledger::settle(store::Tx& tx, const store::Lease& lease, const Claim& claim, const Settlement& settlement) {
  Settlement s = settlement;
  if (s.over) {
    const RowState end = claim.cancelled && !s.maybe ? RowState::cancelled : s.maybe ? RowState::uncertain : RowState::given_up;
    for (const std::int64_t recipient : s.again) s.ended.push_back({recipient, end, s.error});
    s.again.clear();
  }
  MACHIYA_CHECK(dao::settle(tx, claim.hand_off, lease.fence, s, !s.again.empty(), clock_.now()));
  std::array<std::vector<std::int64_t>, kRowStates> ended;
  std::vector<dao::EventRow> events;
  for (const Ending& ending : s.ended) {
    ended[static_cast<std::size_t>(ending.state)].push_back(ending.recipient);
    events.push_back({claim.message, ending.recipient, claim.channel, claim.hand_off, ending.state, ending.reason});
  }
  for (std::size_t state = 0; state < ended.size(); ++state) {
    auto done = dao::end_rows(tx, claim, ended[state], static_cast<RowState>(state));
    if (!done.ok()) return std::move(done).error();
  }
  MACHIYA_CHECK(dao::insert_events(tx, events, clock_.now()));
  // Who certainly was not reached here hears of it by their next channel; who may have been is left alone.
  std::vector<std::int64_t> unreached;
  for (const RowState state : {RowState::refused, RowState::dead_address, RowState::no_address, RowState::given_up})
    unreached.insert(unreached.end(), ended[static_cast<std::size_t>(state)].begin(), ended[static_cast<std::size_t>(state)].end());
  if (!unreached.empty() && !claim.cancelled) {
    auto more = dao::fall_back(tx, claim, unreached, [this] { return new_uuid(rng_); }, clock_.now());
    if (!more.ok()) return std::move(more).error();
  }
  if (s.taken.empty()) return {};
  auto taken = s.again.empty() ? dao::end_range(tx, claim, RowState::taken) : dao::end_rows(tx, claim, s.taken, RowState::taken);
  if (!taken.ok()) return std::move(taken).error();
  if (*taken != static_cast<std::int64_t>(s.taken.size())) return Error(ErrorCode::integrity_broken, "a hand-off covers other rows than it was made of");
  return {};
}

Result<void> Ledger::came_back(store::Tx& tx, std::int64_t message, std::int64_t recipient, int channel, std::string_view reason) {
  MACHIYA_TRY(const bool taken, dao::end_taken(tx, message, recipient, channel, RowState::came_back));
  if (!taken) return Error(ErrorCode::not_found, "no row of the ledger that was taken");
  return dao::insert_events(tx, {{message, recipient, channel, 0, RowState::came_back, std::string(reason)}}, clock_.now());
}

Result<void> Ledger::cancel(store::Tx& tx, std::int64_t message) {
  MACHIYA_TRY(const bool cancelled, dao::cancel(tx, message, clock_.now()));
  if (!cancelled) return Error(ErrorCode::conflict, "the message is done or was cancelled before");
  return {};
}

Result<std::int64_t> Ledger::tidy(std::int64_t aim_us) {
  std::optional<dao::Sweep> sweep;
  bool finish = false;
  MACHIYA_CHECK(store_.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(finish, dao::anything_to_finish(tx, clock_.now()));
    MACHIYA_TRY(sweep, dao::next_sweep(tx));
    return {};
  }));
  if (finish) return store_.write([&](store::Tx& tx) { return dao::finish_messages(tx, clock_.now()); });
  if (!sweep) return std::int64_t{0};
  std::int64_t took = 0;
  auto swept = store_.write([&](store::Tx& tx) -> Result<std::int64_t> {
    const Stopwatch watch;
    const std::int64_t to = std::min(sweep->swept_to + sweep_span_, sweep->expanded_to);
    MACHIYA_TRY(const std::int64_t rows, dao::cancel_rows(tx, sweep->message, sweep->swept_to, to));
    MACHIYA_CHECK(dao::set_swept(tx, sweep->message, to, to >= sweep->expanded_to));
    took = watch.us();
    return rows + 1;
  });
  if (swept.ok()) sweep_span_ = next_span(sweep_span_, took, aim_us);
  return swept;
}

Result<std::optional<Ledger::Message>> Ledger::message(store::ReadTx& tx, std::string_view public_id) {
  if (public_id.empty()) return std::optional<Message>();
  return dao::message(tx, public_id, 0);
}
Result<std::optional<Ledger::Message>> Ledger::message(store::ReadTx& tx, std::int64_t id) { return dao::message(tx, {}, id); }
Result<std::vector<LaneTally>> Ledger::progress(store::ReadTx& tx, std::int64_t message) { return dao::progress(tx, message); }
Result<std::vector<std::int64_t>> Ledger::count(store::ReadTx& tx, std::int64_t message) { return dao::count(tx, message); }
Result<std::vector<Ledger::Line>> Ledger::lines_of(store::ReadTx& tx, std::int64_t recipient, int limit) { return dao::lines_of(tx, recipient, limit); }
Result<std::vector<Ledger::Reason>> Ledger::reasons(store::ReadTx& tx, std::int64_t message) { return dao::reasons(tx, message); }
Result<std::optional<Instant>> Ledger::next_due(store::ReadTx& tx, int channel) { return dao::next_due(tx, channel); }

Result<void> Ledger::rows(store::ReadTx& tx, std::int64_t message, const std::function<void(std::int64_t, int, RowState)>& each) {
  return dao::stream_rows(tx, message, [&](std::int64_t recipient, int channel, int, RowState state) {
    each(recipient, channel, state);
    return true;
  });
}

Result<Ledger::Replay> Ledger::replay(std::int64_t message) {
  Replay out;
  MACHIYA_CHECK(store_.read([&](store::ReadTx& tx) -> Result<void> {
    out = {};
    MACHIYA_TRY(const auto about, dao::message(tx, {}, message));
    if (!about) return Error(ErrorCode::not_found, "no such message");
    MACHIYA_TRY(auto hand_offs, dao::hand_offs(tx, message));
    MACHIYA_TRY(auto events, dao::last_events(tx, message));
    Replayer replayer(std::move(hand_offs), std::move(events), about->state >= MessageState::cancelling);
    return dao::stream_rows(tx, message, [&](std::int64_t recipient, int channel, int lang, RowState state) {
      ++out.rows;
      if (replayer.expected(recipient, channel, lang) != state) ++out.differing;
      return true;
    });
  }));
  return out;
}

}  // namespace machiya::tell
