#include "sense/rules/alarm_state.h"

#include <algorithm>
#include <array>

namespace machiya::sense::rules {
namespace {

constexpr std::array<std::string_view, 6> kStates = {"normal", "unacknowledged", "acknowledged", "returned", "latched", "latched-acknowledged"};
constexpr std::array<std::string_view, 4> kModes = {"in-service", "suppressed", "shelved", "out-of-service"};
constexpr std::array<std::string_view, 9> kWhats = {"", "raised", "cleared", "acknowledged", "reset", "withheld", "restored", "commented", "ended"};

void add(const Alarm& alarm, What what, std::int64_t at_us, Steps& steps) { steps.push_back({what, at_us, alarm.state, alarm.mode()}); }

/// The condition, delays counted, turned.
void turn(Alarm& alarm, const Manners& manners, bool holds, std::int64_t at_us, Steps& steps) {
  alarm.active = holds, alarm.due_us = 0;
  if (alarm.mode() != Mode::in_service) return;   // nobody is told of what is withheld
  if (holds) {
    alarm.state = State::unacknowledged;
    add(alarm, What::raised, at_us, steps);
    return;
  }
  const bool known = alarm.state == State::acknowledged;
  alarm.state = manners.latched ? (known ? State::latched_acknowledged : State::latched) : known ? State::normal : State::returned;
  add(alarm, What::cleared, at_us, steps);
}

/// Runs `change`, which may change the mode, and says what that means.
template <class Change>
void change_mode(Alarm& alarm, std::int64_t at_us, Steps& steps, const Change& change) {
  const Mode before = alarm.mode();
  change();
  const Mode after = alarm.mode();
  if (before == after) return;
  if (after != Mode::in_service) {
    alarm.state = State::normal;
    return add(alarm, What::withheld, at_us, steps);
  }
  add(alarm, What::restored, at_us, steps);
  if (!alarm.active) return;
  alarm.state = State::unacknowledged;
  add(alarm, What::raised, at_us, steps);
}

}  // namespace

std::string_view word(State state) { return kStates[static_cast<std::size_t>(state)]; }
std::string_view word(Mode mode) { return kModes[static_cast<std::size_t>(mode)]; }
std::string_view word(What what) { return kWhats[static_cast<std::size_t>(what)]; }
std::optional<State> state_of(std::string_view word) {
  const auto found = std::ranges::find(kStates, word);
  return found == kStates.end() ? std::nullopt : std::optional(static_cast<State>(found - kStates.begin()));
}
std::optional<Mode> mode_of(std::string_view word) {
  const auto found = std::ranges::find(kModes, word);
  return found == kModes.end() ? std::nullopt : std::optional(static_cast<Mode>(found - kModes.begin()));
}

std::int64_t Alarm::next_us() const { return std::min(due_us == 0 ? kNever : due_us, shelved_until_us == 0 ? kNever : shelved_until_us); }

void observe(Alarm& alarm, const Manners& manners, std::optional<bool> holds, std::int64_t at_us, Steps& steps) {
  if (!holds) return;
  if (*holds == alarm.active) {
    alarm.due_us = 0;   // it turned back before its time
    return;
  }
  const std::int64_t delay = *holds ? manners.on_delay_us : manners.off_delay_us;
  if (delay == 0) turn(alarm, manners, *holds, at_us, steps);
  else if (alarm.due_us == 0) alarm.due_us = at_us + delay;
}

void design(Alarm& alarm, bool on, std::int64_t at_us, Steps& steps) {
  change_mode(alarm, at_us, steps, [&] { alarm.suppressed = on; });
}

void elapse(Alarm& alarm, const Manners& manners, std::int64_t at_us, Steps& steps) {
  for (std::int64_t next = alarm.next_us(); next <= at_us; next = alarm.next_us()) {
    if (next == alarm.due_us) turn(alarm, manners, !alarm.active, next, steps);
    else change_mode(alarm, next, steps, [&] { alarm.shelved_until_us = 0; });
  }
}

void end(Alarm& alarm, std::int64_t at_us, bool keep_mode, Steps& steps) {
  const Alarm before = alarm;
  alarm.state = State::normal, alarm.active = false, alarm.due_us = 0;
  if (!keep_mode) alarm.suppressed = alarm.out_of_service = false, alarm.shelved_until_us = 0;
  if (before.state != State::normal || before.mode() != alarm.mode()) add(alarm, What::ended, at_us, steps);
}

Result<void> acknowledge(Alarm& alarm, std::int64_t at_us, Steps& steps) {
  switch (alarm.state) {
    case State::unacknowledged: alarm.state = State::acknowledged; break;
    case State::returned: alarm.state = State::normal; break;
    case State::latched: alarm.state = State::latched_acknowledged; break;
    default: return Error(ErrorCode::conflict, "there is nothing to acknowledge", "acknowledge");
  }
  add(alarm, What::acknowledged, at_us, steps);
  return {};
}

Result<void> reset(Alarm& alarm, std::int64_t at_us, Steps& steps) {
  if (alarm.state != State::latched_acknowledged) return Error(ErrorCode::conflict, "it is not a latched alarm that was acknowledged", "reset");
  alarm.state = State::normal;
  add(alarm, What::reset, at_us, steps);
  return {};
}

Result<void> shelve(Alarm& alarm, std::int64_t until_us, std::int64_t at_us, Steps& steps) {
  if (alarm.mode() == Mode::out_of_service) return Error(ErrorCode::conflict, "it is out of service", "shelve");
  const bool again = alarm.shelved_until_us != 0;
  change_mode(alarm, at_us, steps, [&] { alarm.shelved_until_us = until_us; });
  if (again) add(alarm, What::withheld, at_us, steps);
  return {};
}

Result<void> unshelve(Alarm& alarm, std::int64_t at_us, Steps& steps) {
  if (alarm.shelved_until_us == 0) return Error(ErrorCode::conflict, "it is not shelved", "unshelve");
  change_mode(alarm, at_us, steps, [&] { alarm.shelved_until_us = 0; });
  return {};
}

Result<void> take_out(Alarm& alarm, std::int64_t at_us, Steps& steps) {
  if (alarm.out_of_service) return Error(ErrorCode::conflict, "it is out of service", "take-out");
  change_mode(alarm, at_us, steps, [&] { alarm.out_of_service = true; });
  return {};
}

Result<void> put_back(Alarm& alarm, std::int64_t at_us, Steps& steps) {
  if (!alarm.out_of_service) return Error(ErrorCode::conflict, "it is not out of service", "put-back");
  change_mode(alarm, at_us, steps, [&] { alarm.out_of_service = false; });
  return {};
}

}  // namespace machiya::sense::rules
