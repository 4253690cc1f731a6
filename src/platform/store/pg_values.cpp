#include "platform/store/pg_values.h"

#include <libpq-fe.h>

#include <charconv>
#include <cstdlib>

namespace machiya::store {

namespace {

bool is_text_type(PgTypeId type) { return type == kPgText || type == kPgVarchar || type == kPgBpchar; }

int hex_digit(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

std::string from_hex(const char* text, std::size_t size) {
  std::string out;   // "\x" and two digits a byte (bytea_output = hex, set when the connection opens)
  out.reserve(size / 2);
  for (std::size_t i = 2; i + 1 < size; i += 2) out += static_cast<char>(hex_digit(text[i]) * 16 + hex_digit(text[i + 1]));
  return out;
}

}  // namespace

PgTypeId own_type(const Param::Variant& value) {
  if (std::holds_alternative<std::int64_t>(value)) return kPgInt8;
  if (std::holds_alternative<double>(value)) return kPgFloat8;
  if (std::holds_alternative<Bytes>(value)) return kPgBytea;
  return kPgText;
}

Result<void> check_type(const Param::Variant& value, PgTypeId type, const std::string& name) {
  if (std::holds_alternative<std::string>(value) && type == kPgBytea)
    return Error(ErrorCode::internal, "parameter :" + name + " must be Bytes");
  if (std::holds_alternative<Bytes>(value) && type != kPgBytea)
    return Error(ErrorCode::internal, "parameter :" + name + " must not be Bytes");
  if (std::holds_alternative<double>(value) && is_text_type(type))
    return Error(ErrorCode::internal, "parameter :" + name + " must be text");
  return {};
}

std::string number_text(const Param::Variant& value) {
  if (const auto* n = std::get_if<std::int64_t>(&value)) return std::to_string(*n);
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::get<double>(value));
  return std::string(buffer, end.ptr);
}

Param::Variant read_cell(const char* text, std::size_t size, PgTypeId type) {
  switch (type) {
    case kPgBool: return std::int64_t{text[0] == 't'};
    case kPgBytea: return Bytes{from_hex(text, size)};
    case kPgFloat4:
    case kPgFloat8: return std::strtod(text, nullptr);
    case kPgInt2:
    case kPgInt4:
    case kPgInt8:
    case kPgOid:
    case kPgNumeric: {   // sum() of integers is numeric: an integer again when it fits
      std::int64_t n = 0;
      const auto end = std::from_chars(text, text + size, n);
      if (end.ec == std::errc() && end.ptr == text + size) return n;
      return std::strtod(text, nullptr);
    }
    default: return std::string(text, size);
  }
}

Rows read_rows(pg_result* result) {
  const int n = PQntuples(result), columns = PQnfields(result);
  Rows rows;
  rows.reserve(static_cast<std::size_t>(n));
  for (int r = 0; r < n; ++r) {
    std::vector<Param::Variant> cells;
    cells.reserve(static_cast<std::size_t>(columns));
    for (int c = 0; c < columns; ++c) {
      if (PQgetisnull(result, r, c)) cells.emplace_back(std::monostate{});
      else cells.push_back(read_cell(PQgetvalue(result, r, c), static_cast<std::size_t>(PQgetlength(result, r, c)), PQftype(result, c)));
    }
    rows.emplace_back(std::move(cells));
  }
  return rows;
}

Error pg_error(const std::string& sqlstate, const char* primary, const char* constraint) {
  const std::string_view kind = std::string_view(sqlstate).substr(0, 2);
  std::string detail = "postgresql " + (sqlstate.empty() ? std::string("connection") : sqlstate);
  if (constraint) detail += std::string(": ") + constraint;
  if ((kind == "42" || kind == "25" || kind == "0A") && primary) detail += std::string(": ") + primary;   // names, never values
  if (sqlstate == "23505" || sqlstate == "23503" || sqlstate == "23P01") return Error(ErrorCode::conflict, detail);
  if (sqlstate == "53100") return Error(ErrorCode::storage_full, detail);
  if (sqlstate == "58030" || kind == "58") return Error(ErrorCode::storage_failed, detail);
  if (kind == "XX") return Error(ErrorCode::integrity_broken, detail);
  if (sqlstate.empty() || kind == "08" || kind == "53" || kind == "57" || kind == "40" || kind == "55") return Error(ErrorCode::unavailable, detail);
  if (sqlstate == "54000" || kind == "54") return Error(ErrorCode::too_large, detail);
  return Error(ErrorCode::internal, detail);
}

}  // namespace machiya::store
