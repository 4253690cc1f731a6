// A decision document as PDF (Pango and Cairo): A4, tagged, fonts embedded, the same bytes for the same document.
#pragma once
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace machiya::cases {

struct DocumentPages {
  std::string title, text, number;
  Instant issued;
};
/// The file's bytes.
Result<std::string> document_pdf(const DocumentPages& document);

}  // namespace machiya::cases
