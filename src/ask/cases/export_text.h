// Exports as CSV and JSON: one case a row, every answer a column when one procedure is chosen.
#pragma once
#include <string>
#include <vector>

#include "ask/cases/cases.h"

namespace machiya::cases {

/// A CSV field after RFC 4180. A text that a spreadsheet would take for a formula (= + - @ tab CR) gets an apostrophe
/// in front, except plain numbers (OWASP, CSV injection).
std::string csv_field(std::string_view text);
/// Head line and one line per case. Without a procedure only the common columns.
std::string csv_head(const ProcedureInfo* procedure, std::string_view lang);
std::string csv_line(const CaseView& view, const ProcedureInfo* procedure, std::string_view lang);
/// One case with its answers by name.
json::Value export_json(const CaseView& view);

}  // namespace machiya::cases
