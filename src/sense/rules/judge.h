// One rule asked of one entity: names become values, expressions become yes, no or "cannot be told". Pure but for the windows that it is given.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feel/value.h"
#include "sense/entities/entity.h"
#include "sense/rules/ports.h"
#include "sense/rules/rule.h"

namespace machiya::sense::rules {

struct Verdict {
  bool applies = true;
  std::optional<bool> holds;        ///< nothing: it cannot be told
  std::optional<bool> suppress;     ///< nothing: the rule says nothing of it, or it cannot be told
  std::vector<feel::Value> values;  ///< by the order of the rule's names
};
/// What a rule looked at, for people: "level 0.34, rate 0.1"; what is absent, or long, is left out.
std::string shown(const Rule& rule, const std::vector<feel::Value>& values);

/// `active`: the condition held before, so its end is asked for. `windows` may be nullptr: values over a time are null then. Errors: those of the windows.
Result<Verdict> judge(const Rule& rule, const Entity& entity, std::string_view tenant, bool active, std::int64_t at_us, Windows* windows);

/// When one of the rule's `silent` attributes last spoke (µs); kNoTime when none ever did.
std::int64_t last_heard(const Rule& rule, const Entity& entity);

}  // namespace machiya::sense::rules
