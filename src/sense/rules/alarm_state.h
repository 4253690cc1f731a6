// The life of one alarm after ISA-18.2-2016 / IEC 62682:2014 §5.3 (state diagram): a condition with delays in front of it, what the operator has done, and
// the three ways to keep it quiet. Pure: every function is given the time.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::sense::rules {

/// Where an alarm that may speak stands. The letters are those of the standard's diagram.
enum class State : std::uint8_t {
  normal = 0,                 ///< A
  unacknowledged = 1,         ///< B: the condition holds, nobody has said that they know
  acknowledged = 2,           ///< C
  returned = 3,               ///< D: the condition is gone, nobody has said that they knew
  latched = 4,                ///< E: as D, of an alarm that an operator must reset
  latched_acknowledged = 5,   ///< F
};
/// Whether it may speak. Of several the later one in this list counts.
enum class Mode : std::uint8_t {
  in_service = 0,
  suppressed = 1,      ///< H: by design, because the definition's condition says so
  shelved = 2,         ///< G: by an operator, with an end
  out_of_service = 3,  ///< I: by an operator, until it is put back
};
/// What happened to an alarm; numbers are frozen (journal).
enum class What : std::uint8_t {
  raised = 1,        ///< to be acted on
  cleared = 2,       ///< the condition is gone
  acknowledged = 3,
  reset = 4,         ///< a latched one
  withheld = 5,      ///< shelved, suppressed or taken out of service
  restored = 6,      ///< may speak again
  commented = 7,
  ended = 8,         ///< its entity or its rule is no more
};
/// "unacknowledged", "returned" …; "in-service", "out-of-service" …; "raised" … : words of pages, events and scenarios.
std::string_view word(State state);
std::string_view word(Mode mode);
std::string_view word(What what);
std::optional<State> state_of(std::string_view word);
std::optional<Mode> mode_of(std::string_view word);

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// What of a definition concerns the life of its alarms, µs.
struct Manners {
  std::int64_t on_delay_us = 0, off_delay_us = 0;
  bool latched = false;
};

struct Alarm {
  State state = State::normal;
  bool active = false;              ///< the condition, delays counted
  std::int64_t due_us = 0;          ///< when `active` turns unless the condition turns back before; 0: it does not
  bool suppressed = false;          ///< by design
  std::int64_t shelved_until_us = 0;   ///< 0: not shelved
  bool out_of_service = false;
  Mode mode() const { return out_of_service ? Mode::out_of_service : shelved_until_us != 0 ? Mode::shelved : suppressed ? Mode::suppressed : Mode::in_service; }
  /// Nothing is to be remembered of it.
  bool quiet() const { return state == State::normal && !active && due_us == 0 && mode() == Mode::in_service; }
  /// When it changes by itself; kNever.
  std::int64_t next_us() const;
  friend bool operator==(const Alarm&, const Alarm&) = default;
};

/// One transition, for the journal and for events: where the alarm stands after it.
struct Step {
  What what = What::raised;
  std::int64_t at_us = 0;
  State state = State::normal;
  Mode mode = Mode::in_service;
};
using Steps = std::vector<Step>;

/// The condition is `holds` now; nothing: it cannot be told (no value), and all stays as it is.
void observe(Alarm& alarm, const Manners& manners, std::optional<bool> holds, std::int64_t at_us, Steps& steps);
/// The condition of the design (suppress) is `on` now.
void design(Alarm& alarm, bool on, std::int64_t at_us, Steps& steps);
/// What is due up to `at_us`, each at its own time.
void elapse(Alarm& alarm, const Manners& manners, std::int64_t at_us, Steps& steps);
/// Entity or rule is gone, or the rule no longer applies: normal, whatever was; shelving and the like end, too, unless `keep_mode`.
void end(Alarm& alarm, std::int64_t at_us, bool keep_mode, Steps& steps);

// What operators do. conflict: the alarm is in no state for it.
Result<void> acknowledge(Alarm& alarm, std::int64_t at_us, Steps& steps);
/// Of a latched alarm that was acknowledged (F).
Result<void> reset(Alarm& alarm, std::int64_t at_us, Steps& steps);
/// Anew, too, with another end.
Result<void> shelve(Alarm& alarm, std::int64_t until_us, std::int64_t at_us, Steps& steps);
Result<void> unshelve(Alarm& alarm, std::int64_t at_us, Steps& steps);
Result<void> take_out(Alarm& alarm, std::int64_t at_us, Steps& steps);
Result<void> put_back(Alarm& alarm, std::int64_t at_us, Steps& steps);

}  // namespace machiya::sense::rules
