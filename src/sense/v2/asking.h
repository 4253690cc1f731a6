// Questions of NGSIv2 (GET /v2/entities, POST /v2/op/query, the conditions of subscriptions) as one EntityQuery. Pure.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/v2/names.h"
#include "sense/query/query.h"

namespace machiya::sense::ngsiv2 {

/// {"id" | "idPattern", "type" | "typePattern"} of a body: op/query, subscriptions. invalid_input.
Result<EntitySelector> read_selector(const tree::Value& body, const NameMap& names);
/// idPattern. invalid_input with Orion's description.
Result<TextPattern> read_id_pattern(std::string_view text);
/// typePattern: found in the type's name as NGSIv2 shows it.
Result<TypeSelection> read_type_pattern(std::string_view text, const NameMap& names);

struct ExpressionWords {
  std::string_view q, mq, georel, geometry, coords;
};
/// q, mq, georel, geometry, coords into the query. invalid_input.
Result<void> read_expression(const ExpressionWords& words, const NameMap& names, EntityQuery& out);
/// {"q": …}: other members are refused.
Result<void> read_expression(const tree::Value& body, const NameMap& names, EntityQuery& out);
/// "temperature,!humidity".
Result<Ordering> read_order(std::string_view text, const EntityQuery& query, const NameMap& names);

}  // namespace machiya::sense::ngsiv2
