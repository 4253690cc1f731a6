// The error file: the rows that were sent with one more column that says what is wrong, to be corrected and sent again.
#pragma once
#include "ask/registers/import_check.h"

namespace machiya::registers {

/// `faults` by row, as check_import gives them. An error column of an earlier round is left out.
Result<void> write_error_file(tables::Source& source, const tables::Info& info, const ImportPlan& plan, const std::vector<ImportFault>& faults,
                              std::string_view heading, tables::Writer& out);

}  // namespace machiya::registers
