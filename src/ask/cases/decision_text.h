// The text of a decision document: a definition's body with its placeholders filled.
#pragma once
#include <string>
#include <string_view>

#include "ask/cases/definitions.h"
#include "ask/records/records.h"
#include "base/json.h"
#include "base/time.h"

namespace machiya::cases {

struct DecisionFacts {
  const ProcedureInfo* procedure = nullptr;
  const json::Value* values = nullptr;
  const records::Terms* terms = nullptr;
  std::string number, lang, reason;
  std::int64_t fee = 0;
  Instant received, decided;
};
/// Placeholders: {procedure.name}, {number}, {applicant.name}, {received}, {date}, {fee}, {reason}, and {NAME} or
/// {answers.NAME} for an answer or calculated value. Unknown ones stay as they are, so that they are seen.
std::string fill_decision(std::string_view body, const DecisionFacts& facts);

/// A value as people read it: names joined, dates in the era, choices by their label. For lists and documents.
std::string readable(const json::Value& value, const FieldInfo* field, std::string_view lang);
/// "12,300".
std::string with_commas(std::int64_t n);

}  // namespace machiya::cases
