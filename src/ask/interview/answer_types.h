// One unit for each answer type: reads what people really type, checks it, and says how it is asked.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ask/interview/messages.h"
#include "ask/interview/procedure.h"

namespace machiya::interview {

/// Texts by part name ("" for a type with one field, "year", "family" …). A part may come several times (choices).
using Parts = std::vector<std::pair<std::string, std::string>>;
std::string_view part(const Parts& parts, std::string_view name);

/// What a type made of an input. `value` is canonical and null when empty or wrong.
struct Reading {
  json::Value value;
  bool empty = false;                 ///< nothing was entered
  std::vector<Problem> problems;
};

/// How one part of a question is asked by a form.
struct PartInfo {
  std::string_view name;
  std::string_view label;             ///< message key of messages.def, "" for the question's own label
  std::string_view autocomplete;
  std::string_view input_mode;        ///< "numeric", "text" …
  std::string_view input_type = "text";
  bool required = true;               ///< when the question is
  int size = 0;                       ///< expected characters; 0: full width
};

struct TypeUnit {
  AnswerType type;
  std::string_view name;              ///< as in definitions
  Reading (*from_parts)(const Question& question, const World& world, const Parts& parts);
  /// Canonical JSON or what a program may send instead ("2025/12/1", "1,200").
  Reading (*from_json)(const Question& question, const World& world, const json::Value& value);
  feel::Type (*feel_type)(const Question& question);
  json::Value (*schema)(const Question& question);
  std::vector<PartInfo> (*parts)(const Question& question);
  /// Canonical value back into parts, for a form.
  Parts (*to_parts)(const Question& question, const json::Value& value);
};
const TypeUnit& unit_of(AnswerType type);

/// For people: the check page, PDF and lists. `none` for null.
std::string display(const Question& question, const json::Value& value, std::string_view lang);

// Shared by the units.
Reading wrong(MessageCode code, std::string part = {}, std::vector<std::pair<std::string, std::string>> args = {});
Reading nothing();
/// A JSON scalar as text (string, number, boolean).
std::string scalar_text(const json::Value& value);
/// from_json for types with one text field: the scalar goes through from_parts.
Reading scalar_through_parts(const Question& question, const World& world, const json::Value& value);
/// from_json for types whose value is an object of parts.
Reading object_through_parts(const Question& question, const World& world, const json::Value& value);
Parts single_part(const Question& question, const json::Value& value);
Parts object_parts(const Question& question, const json::Value& value);
/// What was typed as the {"raw": …} of a log entry and back.
json::Value raw_of_parts(const Parts& parts);
json::Value raw_of_json(const Question& question, const json::Value& value);
Parts parts_of_raw(const json::Value& raw);
/// Trimmed, control characters dropped (line breaks kept when `lines`), bounded.
std::string clean(std::string_view text, bool lines = false);
/// Katakana form of a reading; nothing when it holds anything else. Latin letters and spaces may stay for names.
bool to_reading(std::string_view text, std::string& out);

extern const TypeUnit kTextUnit, kLongTextUnit, kDigitsUnit, kEmailUnit, kPhoneUnit;
extern const TypeUnit kNameUnit, kOrganisationUnit, kBankAccountUnit;
extern const TypeUnit kAddressUnit, kPlaceUnit;
extern const TypeUnit kDateUnit, kMoneyUnit, kNumberUnit;
extern const TypeUnit kChoiceUnit, kChoicesUnit, kYesNoUnit, kDeclarationUnit, kInfoUnit;
extern const TypeUnit kPhotoUnit, kFileUnit;

}  // namespace machiya::interview
