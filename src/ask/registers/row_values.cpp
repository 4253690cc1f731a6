#include "ask/registers/row_values.h"

#include <algorithm>

#include "ask/interview/answer_types.h"
#include "ask/interview/interview.h"
#include "base/text.h"

namespace machiya::registers {

using interview::AnswerType;
using json::Value;

namespace {

const std::vector<std::string> kOneId = {"row"};

void add_error(std::vector<CellError>& out, CellError error) {
  for (const CellError& e : out)
    if (e.column == error.column && e.code == error.code) return;
  out.push_back(std::move(error));
}

/// "born.year" and "place/1" are told at their column.
std::string column_of(const std::string& field) { return field.substr(0, field.find_first_of("./")); }

Result<Values> evaluate(const Register& reg, const Values& entered, const Around& around, Instant now, std::string_view lang, std::vector<CellError>& errors) {
  interview::Situation situation;
  situation.now = now, situation.lang = lang, situation.references = around.related;
  MACHIYA_TRY(auto answers, interview::read_values(*reg.form, entered, situation, "staff", kOneId));
  interview::Log log;
  for (auto& answer : answers) log.append(std::move(answer));
  MACHIYA_TRY(auto state, interview::evaluate(*reg.form, log, situation));
  errors.clear();
  for (const auto& page : state.pages)
    for (const auto& e : page.errors) add_error(errors, {column_of(e.field), e.code, e.message});
  for (const auto& e : state.errors)
    if (reg.column(column_of(e.field)) != nullptr) add_error(errors, {column_of(e.field), e.code, e.message});
  return std::move(state.values);
}

bool has_deadlines(const Register& reg) {
  return std::any_of(reg.columns.begin(), reg.columns.end(), [](const Column& c) { return c.kind == ColumnKind::deadline; });
}

void drop_nulls(Values& values) {
  std::erase_if(values.members(), [](const auto& m) { return m.second.is_null(); });
}

void row_checks(const Register& reg, const Values& values, std::string_view state, Instant now, std::string_view lang, std::vector<CellError>& errors) {
  if (reg.checks.empty()) return;
  const auto slots = row_slots(reg, values, state);
  const feel::Environment environment(now);
  for (const RowCheck& check : reg.checks) {
    auto holds = check.must.evaluate(slots, environment);
    if (!holds.ok() || !holds->is_false()) continue;
    for (const std::string& column : check.columns) add_error(errors, {column, "must", check.message.in(lang)});
  }
}

}  // namespace

CellError fault_at(const Register& reg, const std::string& column, std::string_view code, std::string_view lang) {
  const Column* found = reg.column(column);
  const std::string label = found != nullptr && code != "unknown" ? found->label.in(lang) : column;
  const bool ja = lang == "ja" || lang == "ja-easy";
  std::string message;
  if (code == "unique") message = ja ? "「" + label + "」は、ほかの行と同じです" : label + ": another row has the same";
  else if (code == "relation") message = ja ? "「" + label + "」に当たる行がありません" : label + ": there is no such row";
  else if (code == "forbidden") message = ja ? "「" + label + "」を書き換える権限がありません" : label + ": you may not change it";
  else message = ja ? "「" + label + "」という列はありません" : label + ": there is no such column";
  return {column, std::string(code), std::move(message)};
}

Result<WorkedOut> work_out(const Register& reg, const Values& given, const Around& around, std::string_view state, Instant now,
                           const cases::WorkingDay& is_working_day, std::string_view lang) {
  WorkedOut out;
  Values entered = Value::object();
  std::vector<CellError> unknown;
  for (const auto& [name, value] : given.members()) {
    const Column* column = reg.column(name);
    if (column == nullptr) add_error(unknown, fault_at(reg, name, "unknown", lang));
    else if (column->entered() && !value.is_null()) entered.members().emplace_back(name, value);
  }
  for (const auto& [name, value] : around.rollups.members()) entered.members().emplace_back(name, value);
  MACHIYA_TRY(out.values, evaluate(reg, entered, around, now, lang, out.errors));
  if (has_deadlines(reg)) {
    fill_deadlines(reg, out.values, is_working_day);
    if (reg.deadlines_move_formulas) {
      for (const Column& c : reg.columns)
        if (c.kind == ColumnKind::deadline && !out.values[c.name].is_null()) entered.set(c.name, out.values[c.name]);
      MACHIYA_TRY(out.values, evaluate(reg, entered, around, now, lang, out.errors));
    }
  }
  drop_nulls(out.values);
  row_checks(reg, out.values, state, now, lang, out.errors);
  out.errors.insert(out.errors.begin(), unknown.begin(), unknown.end());
  return out;
}

// --- keys ---
namespace {

constexpr std::size_t kKeyBytes = 120, kPrefixBytes = 100;

std::uint64_t fnv(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

/// A long text keeps its beginning for the order and a digest of all of it for equality.
std::string bounded(std::string text) {
  if (text.size() <= kKeyBytes) return text;
  static constexpr char kHex[] = "0123456789abcdef";
  std::uint64_t hash = fnv(text);
  std::size_t end = kPrefixBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) --end;
  text.resize(end);
  text += '~';
  for (int i = 0; i < 16; ++i, hash >>= 4) text += kHex[hash & 15u];
  return text;
}

/// "10242" for 42: sign, number of digits, digits; a negative one with all digits turned round and an end above every digit.
std::string number_key(std::string text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.erase(0, 1);
  const std::size_t point = text.find('.');
  std::string whole = text.substr(0, point), fraction = point == std::string::npos ? "" : text.substr(point + 1);
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  const auto all = [](const std::string& s) { return s.find_first_not_of("0123456789") == std::string::npos; };
  if (!all(whole) || !all(fraction) || whole.size() > 60 || fraction.size() > 40) return {};   // an exponent: no answer has one
  if (whole.empty() && fraction.empty()) return "100";
  std::string key = std::to_string(100 + whole.size()).substr(1) + whole;
  if (!fraction.empty()) key += "." + fraction;
  if (!negative) return "1" + key;
  for (char& c : key)
    if (c != '.') c = static_cast<char>('9' - (c - '0'));
  return "0" + key + "~";
}

std::string folded_key(std::string_view text) {
  std::string folded = fold_for_search(text);
  if (folded.empty() && !trim(text).empty()) folded = "\x01";
  return bounded(std::move(folded));
}

bool is_number(AnswerType type) { return type == AnswerType::number || type == AnswerType::money; }
/// Kept and compared as they stand.
bool is_exact(const Column& c) {
  return c.kind == ColumnKind::relation || c.type == AnswerType::date || c.type == AnswerType::choice || c.type == AnswerType::choices;
}

}  // namespace

std::string key_of(const Column& column, const Value& value) {
  if (value.is_null()) return {};
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_number()) return is_number(column.type) ? number_key(value.number_text()) : bounded(value.number_text());
  if (value.is_string()) return is_exact(column) ? bounded(value.as_string()) : folded_key(value.as_string());
  return folded_key(search_text(column, value));
}

bool has_folded_keys(const Column& column) {
  static_assert(kWholeKey <= kPrefixBytes);
  return !is_exact(column) && !is_number(column.type) && column.type != AnswerType::yes_no && column.type != AnswerType::declaration;
}

std::vector<std::string> keys_of(const Column& column, const Value& value) {
  if (!value.is_array()) return {key_of(column, value)};
  std::vector<std::string> out;
  for (const Value& item : value.items()) out.push_back(key_of(column, item));
  if (out.empty()) out.emplace_back();
  return out;
}

std::optional<std::string> key_of_text(const Column& column, std::string_view text) {
  if (text.empty()) return std::string();
  if (column.type == AnswerType::yes_no || column.type == AnswerType::declaration) {
    if (text == "true" || text == "yes") return "true";
    if (text == "false" || text == "no") return "false";
    return std::nullopt;
  }
  if (is_number(column.type)) {
    std::string key = number_key(std::string(text));
    if (key.empty()) return std::nullopt;
    return key;
  }
  if (column.type == AnswerType::date && column.kind != ColumnKind::relation && !parse_iso_date(text)) return std::nullopt;
  return is_exact(column) ? bounded(std::string(text)) : folded_key(text);
}

std::int64_t state_field(const Register& reg) { return field_of(reg.id, "state"); }
std::int64_t open_field(const Register& reg) { return field_of(reg.id, "_open"); }

std::vector<UniqueKey> unique_of(const Register& reg, const Values& values) {
  std::vector<UniqueKey> out;
  for (const Column& c : reg.columns)
    if (c.unique && !c.personal)
      if (std::string key = key_of(c, values[c.name]); !key.empty()) out.push_back({{c.field, std::move(key)}, {c.name}});
  for (const auto& names : reg.unique) {
    std::string name, joined;
    bool whole = true;
    for (const std::string& part : names) {
      const Column* c = reg.column(part);
      const std::string key = c != nullptr ? key_of(*c, values[part]) : "";
      whole = whole && !key.empty();
      name += (name.empty() ? "" : "+") + part;
      joined += key + "\x1f";
    }
    if (whole) out.push_back({{field_of(reg.id, name), bounded(std::move(joined))}, names});
  }
  return out;
}

std::vector<dao::IndexEntry> index_of(const Register& reg, const Values& values, std::string_view state, bool ended) {
  std::vector<dao::IndexEntry> out;
  for (const Column& c : reg.columns)
    if (c.in_index())
      for (std::string& key : keys_of(c, values[c.name])) out.push_back({c.field, std::move(key)});
  if (!reg.unique.empty())
    for (UniqueKey& u : unique_of(reg, values))
      if (u.columns.size() > 1) out.push_back(std::move(u.entry));
  if (!reg.workflow.empty()) {
    out.push_back({state_field(reg), std::string(state)});
    if (!ended) out.push_back({open_field(reg), "1"});
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string search_field(const Register& reg, const Column& column) { return reg.id + "/" + column.name; }

std::string search_text(const Column& column, const Value& value) {
  if (value.is_null()) return {};
  if (column.question != nullptr && !value.is_string() && !value.is_number()) return interview::display(*column.question, value, "ja");
  if (column.type == AnswerType::choice && column.question != nullptr) return interview::display(*column.question, value, "ja");
  return value.is_string() ? value.as_string() : value.is_number() ? value.number_text() : "";
}

std::vector<std::pair<std::string, std::string>> search_terms(const Register& reg, const Values& values, bool personal) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Column& c : reg.columns)
    if (c.search && c.personal == personal)
      if (std::string text = search_text(c, values[c.name]); !text.empty()) out.emplace_back(search_field(reg, c), std::move(text));
  return out;
}

}  // namespace machiya::registers
