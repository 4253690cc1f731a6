// Answers in a scenario are written as plain YAML; what `2026` or `no` means is decided by the question it answers.
#pragma once
#include <functional>
#include <string>

#include "base/diagnostics.h"
#include "base/json.h"
#include "city/schema.h"

namespace machiya::city {

/// Turns the texts of `answers` (by question name, repeats as lists of maps) into the JSON an API client would send for
/// `procedure` (canonical body, blocks inlined): numbers, booleans, lists; everything else stays text. Reports names that
/// the procedure does not have. A text that is not what the question asks for stays text: scenarios may prove that it is
/// refused. `pointer` is that of `answers` in the definition.
void type_answers(json::Value& answers, const json::Value& procedure, const std::string& pointer, Diagnostics& faults);

/// The same for one answer of a type ("money", "yes-no", "place" …; "boolean" of formulas).
void type_answer(json::Value& value, const std::string& type);

/// Finds every object of `body` whose schema says x-answers and types it by the procedure that `find` gives for an id
/// (null: left as text).
void type_all_answers(json::Value& body, const SchemaNode& schema, const std::function<const json::Value*(const std::string&)>& find, Diagnostics& faults);
/// True when the schema has such objects at all.
bool has_answers(const SchemaNode& schema);

}  // namespace machiya::city
