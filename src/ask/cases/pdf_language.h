// What Cairo does not write into a PDF's catalogue and a reader by ear needs (PDF/UA-1, ISO 14289-1 §7.1, §7.2): the language of
// the text, and that the window shows the title instead of the file's name.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::cases {

/// Appends an incremental update (ISO 32000-1 §7.5.6) with /Lang and /DisplayDocTitle to a finished PDF. `lang`: one of the
/// house's languages ("ja-easy" is Japanese). `internal` when the file has no classic cross-reference table. Pure.
Result<std::string> with_language(std::string pdf, std::string_view lang);

}  // namespace machiya::cases
