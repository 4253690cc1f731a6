#include "ask/cases/signed_document.h"

#include <algorithm>

namespace machiya::cases {

using json::Value;

std::string signed_document(SignedParts parts) {
  std::sort(parts.files.begin(), parts.files.end());
  Value files = Value::array();
  for (const auto& [blob, sha256] : parts.files) files.push(Value::object({{"blob", blob}, {"sha256", sha256}}));
  Value out = Value::object({{"form", kSignedForm}, {"reference", parts.reference}, {"applicant", parts.applicant}, {"answered", to_iso_japan(parts.answered)}, {"fee", parts.fee}});
  out.set("procedure", Value::object({{"id", parts.procedure}, {"version", parts.version}, {"definition", parts.hash}, {"name", parts.title}}));
  if (!parts.agent.empty()) out.set("agent", parts.agent);
  if (!parts.correction_of.empty()) out.set("correction_of", parts.correction_of);
  out.set("answers", std::move(parts.values));
  out.set("files", std::move(files));
  return json::to_canonical(out);
}

Result<void> check_signed_document(std::string_view document, std::string_view procedure, const Value& values) {
  const auto read = json::parse(document);
  if (read.ok() && read->text("form") == kSignedForm && (*read)["procedure"].text("id") == procedure && json::to_canonical((*read)["answers"]) == json::to_canonical(values)) return {};
  return Error(ErrorCode::invalid_input, "the signature is of another application", "signature-other");
}

}  // namespace machiya::cases
