// Rows as the cells of a table, so that an export can be imported again.
#pragma once
#include "ask/registers/import_columns.h"
#include "ask/registers/web.h"
#include "platform/tables/table_file.h"

namespace machiya::registers::detail {

/// One value by its parts: days and numbers as such, choices by their label, a relation by the title of its row.
tables::Cell export_cell(const Target& target, const Row& row, std::string_view lang);
/// Appends a row's members as JSON text, without braces: "number", "state", "created", "changed", "values", "titles".
void write_members(const Register& reg, const Row& row, const std::vector<Target>& targets, std::string& out);

/// A fresh path in the work folder; what was left there by earlier requests is removed after ten minutes.
Result<std::string> work_file(const Web& web, std::string_view extension);
/// The finished file as a download that no cache keeps.
http::Response send_table(const std::string& path, std::string_view name, std::string_view extension);
void add_export_routes(http::Router& router, const Web& web);

}  // namespace machiya::registers::detail
