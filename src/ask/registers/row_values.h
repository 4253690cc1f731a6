// A row's values by its definition: worked out, checked, turned into index keys and search texts. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "ask/registers/register_row_dao.h"
#include "ask/registers/registers.h"

namespace machiya::registers {

struct WorkedOut {
  Values values;                   ///< canonical, formulas and deadlines too; empty columns are absent
  std::vector<CellError> errors;
};
/// What rows of other registers tell of one row: see Register::reads_others().
struct Around {
  std::vector<std::pair<std::string, feel::Value>> related;   ///< by relation: a context of the columns that are read
  Values rollups = json::Value::object();
  std::vector<std::pair<std::int64_t, std::int64_t>> rests_on;   ///< (key, revision) of the related rows
};
/// `given`: what people entered; members of formulas, deadlines and roll-ups are ignored.
Result<WorkedOut> work_out(const Register& reg, const Values& given, const Around& around, std::string_view state, Instant now,
                           const cases::WorkingDay& is_working_day, std::string_view lang);
/// A fault of the service itself: "unique", "relation", "forbidden", "unknown".
CellError fault_at(const Register& reg, const std::string& column, std::string_view code, std::string_view lang);

/// Byte order is the order of values; "" for an empty one. At most 120 bytes.
std::string key_of(const Column& column, const json::Value& value);
/// Keys of the column are its texts as searches fold them; one below kWholeKey bytes is the whole text.
bool has_folded_keys(const Column& column);
inline constexpr std::size_t kWholeKey = 96;
/// The key of a condition's text ("12", "2026-04-01", "oak"); nothing when it is no value of the column.
std::optional<std::string> key_of_text(const Column& column, std::string_view text);
/// Several for a column with several choices.
std::vector<std::string> keys_of(const Column& column, const json::Value& value);
std::int64_t state_field(const Register& reg);
/// Pseudo-column of registers with a workflow: "1" while the row is open.
std::int64_t open_field(const Register& reg);
/// Every entry of the row in record_value, sorted, without doubles.
std::vector<dao::IndexEntry> index_of(const Register& reg, const Values& values, std::string_view state, bool ended);
struct UniqueKey {
  dao::IndexEntry entry;
  std::vector<std::string> columns;
};
/// What no other row may have; empty values are free.
std::vector<UniqueKey> unique_of(const Register& reg, const Values& values);

/// (field, text) of the columns with `search`, as search tokens are made of them.
std::vector<std::pair<std::string, std::string>> search_terms(const Register& reg, const Values& values, bool personal);
std::string search_field(const Register& reg, const Column& column);
std::string search_text(const Column& column, const json::Value& value);

}  // namespace machiya::registers
