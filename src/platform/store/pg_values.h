// Values between Param and PostgreSQL's text and binary forms, chosen by the type that the server inferred.
#pragma once
#include <string>

#include "platform/store/pg_connection.h"
#include "platform/store/store.h"

namespace machiya::store {

// Type ids of pg_type.dat; fixed for ever by PostgreSQL.
inline constexpr PgTypeId kPgBool = 16, kPgBytea = 17, kPgInt8 = 20, kPgInt2 = 21, kPgInt4 = 23, kPgText = 25, kPgOid = 26,
                          kPgFloat4 = 700, kPgFloat8 = 701, kPgBpchar = 1042, kPgVarchar = 1043, kPgNumeric = 1700;

/// The type that a value has of itself, for parameters whose place does not tell.
PgTypeId own_type(const Param::Variant& value);
/// An error when a value cannot be meant for this type (text for bytes or the reverse), as a STRICT table refuses it.
Result<void> check_type(const Param::Variant& value, PgTypeId type, const std::string& name);
/// The text form of a number.
std::string number_text(const Param::Variant& value);
/// One cell from its text form.
Param::Variant read_cell(const char* text, std::size_t size, PgTypeId type);
/// All rows of a result.
Rows read_rows(pg_result* result);

/// What an SQLSTATE means for the caller. Never carries the server's message where it could hold a value.
Error pg_error(const std::string& sqlstate, const char* primary, const char* constraint);

}  // namespace machiya::store
