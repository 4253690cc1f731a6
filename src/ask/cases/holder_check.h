// Compares what the signing certificate says of its holder with the applicant in the answers. A difference is a warning for staff, never a refusal:
// certificates write rare characters otherwise, and people move.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "ask/cases/definitions.h"
#include "platform/jpki/holder.h"

namespace machiya::cases {

struct HolderDifference {
  std::string fact;               ///< "name", "birth_date", "address"
  std::string given, certified;
};
/// Of the questions that ask for the applicant's own name, birth date and address (prefill: person.…), as far as both sides say something.
std::vector<HolderDifference> holder_differences(const ProcedureInfo& procedure, const json::Value& values, const jpki::Holder& holder);

/// Addresses in one form: widths, spaces and hyphens, 一丁目3番20号 as 1-3-20.
std::string plain_address(std::string_view text);

}  // namespace machiya::cases
