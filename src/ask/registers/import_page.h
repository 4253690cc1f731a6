// The pages of an import: sending a file, naming its columns, what became of it.
#pragma once
#include "ask/registers/import_desk.h"

namespace machiya::registers::detail {

std::string import_path(const Register& reg, std::string_view id = {}, std::string_view rest = {});
std::string import_text(const Web& web, const http::Request& request, std::string_view key, const locale::Args& args = {});
/// A word of Import::problem or of an error as a text.
std::string import_problem(const Web& web, const http::Request& request, std::string_view word, std::string_view where = {});

http::Response upload_page(const Web& web, const http::Request& request, const Register& reg, std::string problem);
/// `errors`: by index of the column of the file, or kNoColumn for the whole.
http::Response columns_page(const Web& web, const http::Request& request, const Register& reg, const Import& import, const ImportHead& head,
                            const std::vector<std::string>& chosen, const std::vector<std::pair<std::size_t, std::string>>& errors);
http::Response status_page(const Web& web, const http::Request& request, const Register& reg, const Import& import, std::string problem = {});

}  // namespace machiya::registers::detail
