// What exactly a person signs: one document of an application, the same bytes for whoever makes it.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace machiya::cases {

/// A signature is of this version of the form and no other.
inline constexpr std::string_view kSignedForm = "machiya-application-1";

struct SignedParts {
  std::string procedure, hash, title;   ///< hash: of the definition; title: its Japanese name
  int version = 1;
  std::string reference;                ///< the draft, or the Idempotency-Key of a request: a signature serves one application only
  std::string correction_of;            ///< number of the case that is corrected; "" for a new one
  std::string applicant, agent;         ///< public ids of the person, and of who files for them
  Instant answered;                     ///< of the last answer
  json::Value values;                   ///< answers and calculated values, as they are sent
  std::int64_t fee = 0;
  std::vector<std::pair<std::string, std::string>> files;   ///< public id and SHA-256 (hexadecimal) of each file as it is kept
};

/// Canonical JSON (json::to_canonical) of: form, procedure {id, version, definition, name}, reference, correction_of?, applicant, agent?, answered,
/// answers, fee, files [{blob, sha256}] in the order of their ids.
std::string signed_document(SignedParts parts);

/// Is the document one of this procedure with these answers, no more and no less? Else invalid_input, "signature-other".
Result<void> check_signed_document(std::string_view document, std::string_view procedure, const json::Value& values);

}  // namespace machiya::cases
