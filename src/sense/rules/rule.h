// Kind "alarm" (folder alarms/): a condition over every entity of a type, what it means and what the operator should do (docs/alarms.md).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "city/city.h"
#include "feel/feel.h"
#include "sense/rules/alarm_state.h"

namespace machiya::sense::rules {

enum class Priority : std::uint8_t { high = 0, medium = 1, low = 2 };
std::string_view word(Priority priority);

/// What is taken of an attribute's values over a time.
enum class Take : std::uint8_t {
  last,    ///< of the entity as it is
  avg, min, max, sum, count,
  rate,    ///< change an hour from the first to the last value of the time
};

/// A name of the condition.
struct ValueRule {
  std::string name;
  std::string attribute;            ///< expanded
  feel::TypeKind type = feel::TypeKind::number;
  Take take = Take::last;
  std::int64_t over_us = 0;         ///< of windows
};

/// Immutable; any thread may evaluate.
struct Rule final : city::Definition {
  std::string id, hash, owner;
  int initiative = 0;
  city::Text name, cause, consequence, action;
  std::string type;                 ///< of entities, expanded
  Priority priority = Priority::medium;
  std::vector<ValueRule> values;    ///< in the order of the expressions' names
  feel::Expression applies, when, clear, suppress;   ///< not set: absent. `when` is absent with silence
  std::vector<std::string> silent;  ///< expanded attributes, any of which must speak; empty: no alarm of silence
  std::int64_t silent_us = 0;
  Manners manners;
  std::int64_t respond_us = 0;      ///< in which the operator should act; 0: not said
  std::int64_t every_us = 0;        ///< the condition is looked at so often without a change, too; 0: it is not
  bool windowed() const;
  /// Does a change of this attribute (expanded) matter?
  bool reads(std::string_view attribute) const;
  std::string_view main_attribute() const;   ///< the one that a page shows as a series; "" when none
};
using RulePtr = std::shared_ptr<const Rule>;

/// Behind the kind "entity-type": a type that has a definition brings its attributes' names.
city::Kind alarm_kind();
std::vector<RulePtr> rules_of(const city::City& city);

/// A type or an attribute as definitions name it: an IRI (it has a colon) as it is, otherwise behind `terms`, or as the standard's core context has it.
std::string expand(std::string_view name, std::string_view terms);
/// "PT5M", "P1DT2H": µs; nothing for months and years, and for what is no duration.
std::optional<std::int64_t> duration_us(std::string_view text);

}  // namespace machiya::sense::rules
