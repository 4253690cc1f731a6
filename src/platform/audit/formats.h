// Audit rows as log collectors read them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/audit/audit.h"

namespace machiya::audit {

enum class Format : std::uint8_t {
  json,     ///< one object a line (JSON Lines)
  cef,      ///< Common Event Format, version 0
  syslog    ///< RFC 5424 with structured data, facility 13 (log audit)
};
std::optional<Format> format_named(std::string_view name);
/// One line without its end, whatever stands in the row.
std::string to_line(const Audit::Record& record, Format format);

}  // namespace machiya::audit
