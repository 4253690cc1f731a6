// What a definition says of single rows: the values that expressions see, deadlines, dates of conditions.
#include "ask/registers/register.h"

namespace machiya::registers {

/// FNV-1a of "register/column" without its sign: stable for ever, because rows are indexed by it.
std::int64_t field_of(std::string_view register_id, std::string_view column) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto take = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  };
  take(register_id);
  take("/");
  take(column);
  return static_cast<std::int64_t>(hash & 0x7fffffffffffffffu);
}

/// A relation stands for its number here: only formulas and `must`s see the row behind it.
static feel::Type row_type(const Column& column) { return column.kind == ColumnKind::relation ? feel::Type::string() : column.question->feel_type; }

feel::Scope row_scope(const std::vector<Column>& columns) {
  feel::Scope scope;
  for (const Column& column : columns) scope.add(column.name, column.question != nullptr ? row_type(column) : feel::Type::any());
  scope.add("state", feel::Type::string());
  return scope;
}

std::vector<feel::Value> row_slots(const Register& reg, const json::Value& values, std::string_view state) {
  std::vector<feel::Value> out;
  out.reserve(reg.columns.size() + 1);
  for (const Column& column : reg.columns) {
    auto value = feel::from_json(values[column.name], row_type(column));
    out.push_back(value.ok() ? std::move(*value) : feel::Value());
  }
  out.push_back(state.empty() ? feel::Value() : feel::Value::string(std::string(state)));
  return out;
}

Date deadline_date(Date from, const cases::Period& period, const cases::WorkingDay& is_working_day) {
  return date_in_japan(cases::add_period(start_of_day_in_japan(from), period, is_working_day));
}

std::string file_owner_of(const Register& reg, std::string_view number) { return "register:" + reg.id + "/" + std::string(number); }

void fill_deadlines(const Register& reg, json::Value& values, const cases::WorkingDay& is_working_day) {
  for (const Column& column : reg.columns) {   // in order: a deadline may count from an earlier one
    if (column.kind != ColumnKind::deadline) continue;
    const auto from = parse_iso_date(values.text(column.deadline_from));
    values.set(column.name, from ? json::Value(to_iso(deadline_date(*from, column.deadline, is_working_day))) : json::Value());
  }
}

std::string value_on(std::string_view value, Date today) {
  constexpr std::string_view kToday = "today";
  if (value.substr(0, kToday.size()) != kToday) return std::string(value);
  const std::string_view rest = value.substr(kToday.size());
  if (rest.empty()) return to_iso(today);
  const auto period = cases::parse_period(rest.substr(1));
  if ((rest[0] != '+' && rest[0] != '-') || !period || period->us != 0 || period->working_days != 0) return std::string(value);
  const int sign = rest[0] == '-' ? -1 : 1;
  return to_iso(add_days(add_months(today, sign * period->months), sign * period->days));
}

}  // namespace machiya::registers
