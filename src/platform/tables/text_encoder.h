// UTF-8 as CP932 (Windows-31J), for the Excel of offices that cannot read anything else.
#pragma once
#include <string>
#include <string_view>

namespace machiya::tables {

/// What the character set does not have becomes 〓, as Japanese offices write it. `utf8` must be well-formed; what is not becomes 〓, too.
std::string to_cp932(std::string_view utf8);

}  // namespace machiya::tables
