// Charts of a register: which columns can be counted by, split by and summed; one rule for definitions and for what people choose.
#include "ask/registers/register_compiler.h"

namespace machiya::registers {

using interview::AnswerType;
using json::Value;

std::optional<Bucket> bucket_of(std::string_view text) {
  constexpr std::pair<std::string_view, Bucket> kNames[] = {{"year", Bucket::year}, {"fiscal-year", Bucket::fiscal_year}, {"month", Bucket::month}, {"day", Bucket::day}};
  for (const auto& [name, bucket] : kNames)
    if (name == text) return bucket;
  return std::nullopt;
}

std::optional<Measure> measure_of(std::string_view text) {
  constexpr std::pair<std::string_view, Measure> kNames[] = {{"count", Measure::count}, {"sum", Measure::sum}, {"average", Measure::average}};
  for (const auto& [name, measure] : kNames)
    if (name == text) return measure;
  return std::nullopt;
}

namespace {

/// The fault of a name that must be an indexed column (or "state"); `column` is null for the state.
std::optional<ChartFault> indexed(const Register& reg, const char* key, const std::string& name, const Column*& column) {
  column = reg.column(name);
  if (column == nullptr && name == "state" && !reg.workflow.empty()) return std::nullopt;
  if (column == nullptr) return ChartFault{key, "列「" + name + "」はありません", "there is no column '" + name + "'"};
  if (column->filter && !column->personal && !column->moves) return std::nullopt;
  return ChartFault{key, "列「" + name + "」で数えるには、その列に filter: yes が要ります", "to count by or sum column '" + name + "' it needs filter: yes"};
}
bool is_dated(const Column* c) { return c != nullptr && c->kind != ColumnKind::relation && c->type == AnswerType::date; }

}  // namespace

std::optional<ChartFault> check_chart(const Register& reg, ChartRule& rule) {
  const Column *by = nullptr, *split = nullptr, *of = nullptr;
  if (auto fault = indexed(reg, "by", rule.by, by)) return fault;
  if (!is_dated(by) && rule.bucket != Bucket::none) return ChartFault{"bucket", "bucket は日付の列で数えるときだけです", "bucket is for columns of dates only"};
  if (is_dated(by) && rule.bucket == Bucket::none) rule.bucket = Bucket::month;
  const bool several = by != nullptr && by->kind != ColumnKind::relation && by->type == AnswerType::choices;
  if (several && (!rule.split.empty() || rule.measure != Measure::count))
    return ChartFault{rule.split.empty() ? "measure" : "split", "いくつも選べる列では、件数だけを数えます", "by a column of several choices only rows are counted"};
  if (!rule.split.empty()) {
    if (auto fault = indexed(reg, "split", rule.split, split)) return fault;
    const bool few = split == nullptr || split->kind == ColumnKind::relation || split->type == AnswerType::choice || split->type == AnswerType::yes_no;
    if (!few) return ChartFault{"split", "split は choice、yes-no、関連の列か state です", "split is a choice, yes-no or relation column, or state"};
    if (rule.split == rule.by) return ChartFault{"split", "split は by と別の列です", "split is another column than by"};
  }
  if (rule.measure == Measure::count) {
    if (!rule.of.empty()) return ChartFault{"of", "of は measure: sum か average のときに書きます", "of belongs to measure: sum or average"};
    return std::nullopt;
  }
  if (rule.of.empty()) return ChartFault{"measure", "何の合計や平均かを of に書きます", "of says what is summed or averaged"};
  if (auto fault = indexed(reg, "of", rule.of, of)) return fault;
  if (of == nullptr || of->kind == ColumnKind::relation || (of->type != AnswerType::number && of->type != AnswerType::money))
    return ChartFault{"of", "of は数か金額の列です", "of is a column of numbers or money"};
  if (rule.measure == Measure::average && !rule.split.empty())
    return ChartFault{"split", "平均は積み重ねられません。split を書きません", "averages cannot be stacked: no split"};
  return std::nullopt;
}

void RegisterCompiler::chart(const Value& in, const std::string& at, View& out) {
  ChartRule rule;
  rule.by = in.text("by"), rule.split = in.text("split"), rule.of = in.text("of");
  rule.bucket = bucket_of(in.text("bucket")).value_or(Bucket::none);
  rule.measure = measure_of(in.text("measure")).value_or(Measure::count);
  for (const char* key : {"by", "split", "of"}) {   // an unknown name with the nearest one
    const std::string& name = in.text(key);
    if (!name.empty() && name != "state" && find(name) == nullptr) return void(need(name, child(at, key)));
  }
  if (const auto fault = check_chart(*out_, rule)) return error(in.has(fault->key) ? child(at, fault->key) : at, fault->ja, fault->en);
  out.chart = std::move(rule);
}

}  // namespace machiya::registers
