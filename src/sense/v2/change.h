// The updates of NGSIv2 as functions from an entity to its successor, on those of entities/change.h. Pure; they write nothing when they refuse.
#pragma once
#include <string_view>

#include "base/result.h"
#include "sense/entities/change.h"
#include "sense/v2/names.h"

namespace machiya::sense::ngsiv2 {

enum class Action : std::uint8_t { append, append_strict, update, remove, replace };

struct Update {
  Action action = Action::append;
  const Draft* draft = nullptr;        ///< attributes that were sent
  bool override_metadata = false;      ///< else metadata that are not sent stay
  bool forced = false;                 ///< subscriptions fire even where nothing changed (forcedUpdate)
  bool whole = false;                  ///< remove: the entity itself
};

/// Error::where of what depends on the state (422).
inline constexpr std::string_view kUnprocessable = "Unprocessable", kPartial = "PartialUpdate", kTooMany = "TooManyResults";

/// An entity that is not there yet. invalid_input, conflict: of update operators.
Result<Change> make(const Draft& draft, const NameMap& names, const ChangeContext& context);
/// of an entity that is there. not_found, or conflict with kUnprocessable.
Result<Change> apply(const EntityPtr& before, const Update& update, const NameMap& names, const ChangeContext& context);
/// The value alone; type and metadata stay when the value may have them. not_found.
Result<Change> set_value(const EntityPtr& before, const std::string& iri, const tree::Value& value, bool forced, const NameMap& names, const ChangeContext& context);

}  // namespace machiya::sense::ngsiv2
