// What columns of a register say of rows of other registers: formulas that read the row behind a relation, roll-ups. Faults that need
// the other register's columns are found once the city holds them (link).
#include <algorithm>
#include <functional>
#include <set>

#include "ask/interview/answer_types.h"
#include "ask/registers/register_compiler.h"
#include "city/near.h"

namespace machiya::registers {

using interview::AnswerType;
using json::Value;

namespace {

bool name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c >= 'A' && c <= 'Z'); }

/// The names m of every "relation.m" in a FEEL text. Other ways to a member do not compile: only what is found here is in the type.
std::vector<std::string> members_read(std::string_view text, std::string_view relation) {
  std::vector<std::string> out;
  const auto skip = [&](std::size_t i) {
    while (i < text.size() && (text[i] == ' ' || text[i] == '\n')) ++i;
    return i;
  };
  for (std::size_t at = text.find(relation); at != std::string_view::npos; at = text.find(relation, at + 1)) {
    if (at > 0 && (name_char(text[at - 1]) || text[at - 1] == '.')) continue;
    std::size_t i = skip(at + relation.size());
    if (i >= text.size() || text[i] != '.') continue;
    i = skip(i + 1);
    std::size_t end = i;
    while (end < text.size() && name_char(text[end])) ++end;
    if (end > i) out.emplace_back(text.substr(i, end - i));
  }
  return out;
}

std::string text_of(const Value& v) { return v.is_string() ? v.as_string() : std::string(); }

/// Every FEEL text of a column that may read related rows, with its place.
std::vector<std::pair<std::string, std::string>> texts_of(const Value& in, const std::string& at) {
  std::vector<std::pair<std::string, std::string>> out;
  if (in.has("formula")) out.emplace_back(text_of(in["formula"]), child(at, "formula"));
  const Value& must = in["must"];
  if (must.is_string()) out.emplace_back(must.as_string(), child(at, "must"));
  for (std::size_t i = 0; i < must.size(); ++i)
    out.emplace_back(must[i].is_string() ? must[i].as_string() : must[i].text("test"), child(child(at, "must"), i));
  return out;
}

/// Roles that may read a column.
const std::vector<std::string>& readers_of(const Register& reg, const Column& column) { return column.read.empty() ? reg.rights.read : column.read; }

std::string near_of(const Register& other, const std::string& name) {
  std::vector<std::string> names;
  for (const Column& c : other.columns) names.push_back(c.name);
  return city::nearest(name, names);
}

}  // namespace

void RegisterCompiler::references() {
  for (Column& relation : out_->columns) {
    if (relation.kind != ColumnKind::relation) continue;
    for (std::size_t i = 0; i < out_->columns.size(); ++i) {
      for (const auto& [text, at] : texts_of(*written_[i], places_[i]))
        for (const std::string& name : members_read(text, relation.name)) check_reference(relation, name, out_->columns[i], at);
      for (const char* key : {"when", "default", "min", "max"})
        if (!members_read(text_of((*written_[i])[key]), relation.name).empty())
          error(child(places_[i], key), "関連する行を読めるのは formula と must だけです", "only formula and must read related rows");
    }
    if (relation.reads.empty()) continue;
    relation.indexed = true;   // rows are found by what they point to when that changes
    const auto* other = city_.get<Register>("register", relation.relation);
    std::vector<feel::Type::Member> members;
    for (const std::string& name : relation.reads) {
      const Column* column = other != nullptr ? other->column(name) : nullptr;
      const bool known = column != nullptr && column->kind != ColumnKind::relation && column->question != nullptr;
      members.emplace_back(name, known ? column->question->feel_type : feel::Type::any());
    }
    seen_.emplace_back(relation.name, feel::Type::context(std::move(members)));
  }
}

void RegisterCompiler::check_reference(Column& relation, const std::string& name, const Column& reader, const std::string& at) {
  if (std::find(relation.reads.begin(), relation.reads.end(), name) == relation.reads.end()) relation.reads.push_back(name);
  if (relation.relation == out_->id)
    return error(at, "同じ台帳の行は式から読めません(循環になります)", "an expression does not read rows of its own register: that would be a circle");
  if (relation.personal) return error(at, "個人情報の関連からは読めません", "nothing is read through a personal relation");
  if (reader.kind == ColumnKind::formula && reader.unique)
    error(at, "関連する行から求める列は unique にできません", "a formula that rests on related rows cannot be unique: another row's change could break it");
  const auto* other = city_.get<Register>("register", relation.relation);
  if (other == nullptr) return;
  const Column* column = other->column(name);
  if (column == nullptr) {
    const std::string near = near_of(*other, name);
    return error(at, "台帳「" + other->id + "」に列「" + name + "」はありません" + (near.empty() ? "" : "。「" + near + "」の誤りではありませんか"),
                 "register '" + other->id + "' has no column '" + name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  check_readers(reader, *other, *column, at);
  if (column->moves)
    error(at, "「" + other->id + "." + name + "」は見るときに求める列です。元の日付などを読みます", "'" + other->id + "." + name + "' is worked out when it is looked at: read what it rests on");
}

/// What is worked out from a column of another register tells of it: nobody reads it who may not read that column. Personal values stay
/// under the key of their own row.
void RegisterCompiler::check_readers(const Column& reader, const Register& other, const Column& read, const std::string& at) {
  if (read.personal)
    error(at, "「" + other.id + "." + read.name + "」は個人情報です。ほかの行に写せません", "'" + other.id + "." + read.name + "' is personal: it is not copied into other rows");
  const auto& allowed = readers_of(other, read);
  const Value& known = city_.policy()["roles"];
  for (const std::string& role : readers_of(*out_, reader)) {
    const bool there = other.owner == out_->owner || known[role].text("scope") == "all";
    if (there && std::find(allowed.begin(), allowed.end(), role) != allowed.end()) continue;
    return error(at, "役割「" + role + "」は「" + other.id + "." + read.name + "」を読めないのに、この列から内容が知れます。この列の read を狭めます",
                 "role '" + role + "' may not read '" + other.id + "." + read.name + "', of which this column tells: give it fewer readers");
  }
}

// --- roll-ups ---

void RegisterCompiler::rollup(const Value& in, const std::string& at, Column& out) {
  out.kind = ColumnKind::rollup;
  out.moves = true;
  const Value& rule = in["rollup"];
  const std::string here = child(at, "rollup");
  out.rollup.of = rule.text("of"), out.rollup.by = rule.text("by"), out.rollup.on = rule.text("on"), out.rollup.when = rule.text("when");
  constexpr std::pair<const char*, RollupKind> kKinds[] = {{"sum", RollupKind::sum}, {"min", RollupKind::min}, {"max", RollupKind::max}, {"latest", RollupKind::latest}};
  int said = 0;
  for (const auto& [key, kind] : kKinds)
    if (rule.has(key)) out.rollup.kind = kind, out.rollup.column = rule.text(key), ++said;
  if (said > 1) error(here, "sum、min、max、latest はどれか一つだけ書きます(なければ件数)", "say one of sum, min, max and latest (none: how many)");
  if (rule.has("on") && out.rollup.kind != RollupKind::latest) error(child(here, "on"), "on は latest と一緒に書きます", "on goes with latest");
  const auto type = interview::answer_type_of(in.has("type") ? in.text("type") : "number");
  if (out.rollup.kind == RollupKind::count && type != AnswerType::number) error(child(at, "type"), "件数の type は number です", "how many is a number");
  out.type = type.value_or(AnswerType::number);
}

void RegisterCompiler::check_rollups() {
  for (std::size_t i = 0; i < out_->columns.size(); ++i)
    if (out_->columns[i].kind == ColumnKind::rollup) check_rollup(out_->columns[i], child(places_[i], "rollup"));
}

const Column* RegisterCompiler::rolled(const Register& other, const std::string& name, const Column& reader, const std::string& at) {
  const Column* column = other.column(name);
  if (column == nullptr) {
    const std::string near = near_of(other, name);
    error(at, "台帳「" + other.id + "」に列「" + name + "」はありません" + (near.empty() ? "" : "。「" + near + "」の誤りではありませんか"),
          "register '" + other.id + "' has no column '" + name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"));
    return nullptr;
  }
  check_readers(reader, other, *column, at);
  if (column->moves)
    error(at, "「" + other.id + "." + name + "」は見るときに求める列なので集計できません", "'" + other.id + "." + name + "' is worked out when it is looked at: it is not rolled up");
  return column;
}

void RegisterCompiler::check_rollup(const Column& column, const std::string& at) {
  const Rollup& r = column.rollup;
  const auto* other = city_.get<Register>("register", r.of);
  if (other == nullptr) return;
  const Column* by = rolled(*other, r.by, column, child(at, "by"));
  if (by != nullptr && (by->kind != ColumnKind::relation || by->relation != out_->id || !by->filter))
    error(child(at, "by"), "「" + r.by + "」は、この台帳を指す filter: yes の関連ではありません", "'" + r.by + "' is no relation to this register with filter: yes");
  if (r.kind != RollupKind::count) {
    const char* key = r.kind == RollupKind::sum ? "sum" : r.kind == RollupKind::min ? "min" : r.kind == RollupKind::max ? "max" : "latest";
    const Column* source = rolled(*other, r.column, column, child(at, key));
    if (source != nullptr && (source->type != column.type || source->kind == ColumnKind::relation))
      error(child(at, key), "「" + r.column + "」の型は " + std::string(interview::answer_type_name(source->type)) + " です。同じ type にします",
            "'" + r.column + "' is of type " + std::string(interview::answer_type_name(source->type)) + ": give the roll-up the same type");
    const bool number = column.type == AnswerType::number || column.type == AnswerType::money;
    if ((r.kind == RollupKind::sum && !number) || (r.kind != RollupKind::latest && !number && column.type != AnswerType::date))
      error(child(at, key), "sum は数と金額、min と max は数、金額、日付の列に使います", "sum takes numbers and money, min and max those and dates");
  }
  if (!r.on.empty())
    if (const Column* on = rolled(*other, r.on, column, child(at, "on")); on != nullptr && on->type != AnswerType::date)
      error(child(at, "on"), "「" + r.on + "」は日付の列ではありません", "'" + r.on + "' is no column of dates");
  if (r.when.empty()) return;
  auto test = feel::compile(r.when, row_scope(other->columns));
  if (!test.ok()) return error(child(at, "when"), "FEEL の式に誤りがあります：" + test.error().detail, test.error().detail);
  if (!may_meet(test->type(), feel::Type::boolean())) error(child(at, "when"), "式の型は boolean でなければなりません", "the expression must give boolean, not " + test->type().to_string());
  for (const std::string& name : test->uses())
    if (name != "state") rolled(*other, name, column, child(at, "when"));
}

// --- circles ---
namespace {

/// (register, column) of every kept column that a formula reads.
using Place = std::pair<const Register*, const Column*>;

std::vector<Place> rests_on(const city::City& city, const Place& at) {
  std::vector<Place> out;
  if (at.second->calculation == nullptr) return out;
  const interview::Formula& value = at.second->calculation->value;
  for (const std::string& name : value.expression ? value.expression.uses() : value.decision ? value.decision.uses() : std::vector<std::string>()) {
    const Column* used = at.first->column(name);
    if (used == nullptr) continue;
    if (used->kind == ColumnKind::formula) out.emplace_back(at.first, used);
    const auto* other = used->reads.empty() ? nullptr : city.get<Register>("register", used->relation);
    if (other == nullptr) continue;
    for (const std::string& member : members_read(value.expression.source(), name))
      if (const Column* read = other->column(member)) out.emplace_back(other, read);
  }
  return out;
}

}  // namespace

void check_circles(const city::City& city, const Register& reg, Diagnostics& faults) {
  for (std::size_t i = 0; i < reg.columns.size(); ++i) {
    if (reg.columns[i].kind != ColumnKind::formula) continue;
    std::set<Place> seen;
    const std::function<bool(const Place&)> reaches = [&](const Place& at) {
      for (const Place& next : rests_on(city, at)) {
        if (next.second == &reg.columns[i]) return true;
        if (seen.insert(next).second && reaches(next)) return true;
      }
      return false;
    };
    if (reaches({&reg, &reg.columns[i]}))
      faults.error(child(child("/columns", i), "formula"), "この計算列は、ほかの台帳を通って自分自身から求めることになります(循環)", "this formula rests on itself by way of other registers: a circle");
  }
}

}  // namespace machiya::registers
