// A notice in the form of one outlet, and what of it cannot go there. Pure.
#pragma once
#include <string>
#include <vector>

#include "tell/bulletins/notice.h"
#include "tell/outlets/definition.h"

namespace machiya::tell {

struct Form {
  std::string part;           ///< of the outlet: a carrier; "" when it has none
  std::string content_type, body;   ///< as it leaves
  std::vector<bulletins::Problem> problems;
  std::string refused;        ///< the rule for which it does not go; "": it goes
};

/// What the operator says of an outlet and a form needs.
struct FormSettings {
  std::string sender;   ///< EDXL-DE senderID of Lアラート, "actor@domain"
};

/// One form for each part. A notice that the outlet cannot carry at all gives a form that is refused, with the reason; never an error.
std::vector<Form> forms_of(const OutletDefinition& outlet, const bulletins::Notice& notice, const city::City& city, const FormSettings& settings);

/// Five-digit codes of the wards that the notice is for; all of the city when it names none.
std::vector<std::string> municipalities_of(const bulletins::Notice& notice, const city::City& city);

}  // namespace machiya::tell
