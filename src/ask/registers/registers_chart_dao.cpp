// Counts over the index of the columns: no row is opened but one for each bar, to say how its value is written.
#include <algorithm>
#include <unordered_map>

#include "ask/interview/answer_types.h"
#include "ask/registers/list_sql.h"

namespace machiya::registers {

using interview::AnswerType;
using json::Value;

namespace {

/// Digits behind the point that a sum keeps. A formula without an end of its own is cut there, row by row.
int decimals_of(const Column* of) {
  if (of == nullptr || of->type == AnswerType::money || of->question == nullptr) return 0;
  return of->kind == ColumnKind::formula ? 6 : of->question->decimals;
}

/// The number of an index key in units of 10^-decimals: see number_key() in row_values.cpp, whose inverse this is.
std::int64_t scaled(std::string_view key, int decimals) {
  const bool negative = key[0] == '0';
  __int128 out = 0;
  int places = -1;
  for (const char c : key.substr(3)) {
    if (c == '~') break;
    if (c == '.') {
      places = 0;
      continue;
    }
    if (places == decimals) break;
    out = out * 10 + (negative ? '9' - c : c - '0');
    if (places >= 0) ++places;
    if (out > INT64_MAX) return negative ? INT64_MIN / 4 : INT64_MAX / 4;
  }
  for (int i = std::max(places, 0); i < decimals && out <= INT64_MAX; ++i) out *= 10;
  const std::int64_t whole = out > INT64_MAX / 4 ? INT64_MAX / 4 : static_cast<std::int64_t>(out);
  return negative ? -whole : whole;
}

void add_up(ChartCell& to, const ChartCell& more) {
  to.rows += more.rows, to.values += more.values;
  if (__builtin_add_overflow(to.sum, more.sum, &to.sum)) to.sum = more.sum > 0 ? INT64_MAX : INT64_MIN;
}

/// A value as it is met: where it stands, and a row that has it.
struct Seen {
  std::vector<std::string> values;
  std::vector<std::int64_t> samples;
  std::unordered_map<std::string, std::size_t> places;
  std::size_t of(const std::string& value, std::int64_t sample) {
    const auto [at, fresh] = places.try_emplace(value, values.size());
    if (fresh) values.push_back(value), samples.push_back(sample);
    return at->second;
  }
};

std::string key_sql(const char* alias, Bucket bucket) {
  const std::string value = std::string(alias) + ".value";
  switch (bucket) {
    case Bucket::year: return "substr(" + value + ", 1, 4)";
    case Bucket::fiscal_year:
    case Bucket::month: return "substr(" + value + ", 1, 7)";
    default: return value;
  }
}

/// "2026-05" → "2026" or, by fiscal years, "2026" for April 2026 to March 2027.
std::string bucket_key(std::string key, Bucket bucket) {
  if (bucket != Bucket::fiscal_year || key.size() != 7) return key;
  const int year = std::atoi(key.substr(0, 4).c_str()) - (std::atoi(key.substr(5).c_str()) < 4 ? 1 : 0);
  char out[8];
  std::snprintf(out, sizeof out, "%04d", year);
  return out;
}

ChartValue span_of(const std::string& key, Bucket bucket, std::string_view lang) {
  ChartValue out{key, key, {}, {}};
  const std::string first = key + (bucket == Bucket::year ? "-01-01" : bucket == Bucket::fiscal_year ? "-04-01" : bucket == Bucket::month ? "-01" : "");
  out.from = parse_iso_date(first);
  if (!out.from) return out;
  const int months = bucket == Bucket::month ? 1 : 12;
  out.to = bucket == Bucket::day ? *out.from : add_days(add_months(*out.from, months), -1);
  if (bucket == Bucket::fiscal_year) out.label = lang == "en" ? "FY " + key : key + "年度";
  else if (bucket == Bucket::year && lang != "en") out.label = key + "年";
  return out;
}

std::string next_key(const ChartValue& v, Bucket bucket) {
  const std::string next = to_iso(add_days(*v.to, 1));
  return bucket == Bucket::day ? next : bucket == Bucket::month ? next.substr(0, 7) : next.substr(0, 4);
}

}  // namespace

std::string Registers::Impl::rows_with(Sql& sql, const Plan& plan, std::int64_t field, bool many) const {
  int own = -1;   // a condition on the column itself bounds the walk
  for (std::size_t i = 0; i < plan.ranges.size() && !many; ++i)
    if (plan.ranges[i].field == field && !plan.ranges[i].negated && !plan.ranges[i].has) own = static_cast<int>(i);
  if (plan.all && (own < 0 || own != plan.driver)) return " FROM " + sql.keys(*plan.all) + " CROSS JOIN record_value v WHERE v.record = k.record AND v.field = " + sql.bind(field);
  const std::string walk = own >= 0 ? sql.match("v", plan.ranges[static_cast<std::size_t>(own)]) : "v.field = " + sql.bind(field);
  return " FROM record_value v WHERE " + walk + sql.others(plan.ranges, own, "v.record", false);
}

Result<void> Registers::Impl::label_bars(store::ReadTx& tx, const Register& reg, const Column* column, const std::vector<std::int64_t>& samples, const Access& access,
                                         const identity::Principal& who, std::string_view lang, std::vector<ChartValue>& out) const {
  if (column == nullptr) {
    const auto city = p.city();
    const cases::Workflow* workflow = workflow_of(reg, *city);
    for (ChartValue& v : out)
      if (const cases::State* state = workflow != nullptr ? workflow->state(v.value) : nullptr) v.label = state->name.in(lang);
    return {};
  }
  std::unordered_map<std::int64_t, Row> rows;   // as it was written: keys are folded
  for (std::size_t from = 0; from < samples.size(); from += 500) {
    const std::vector<std::int64_t> some(samples.begin() + static_cast<std::ptrdiff_t>(from), samples.begin() + static_cast<std::ptrdiff_t>(std::min(samples.size(), from + 500)));
    MACHIYA_TRY(auto stored, dao::rows_of(tx, some));
    std::vector<Row> shown_rows;
    for (dao::StoredRow& row : stored) {
      MACHIYA_TRY(const FullRow whole, full(tx, reg, std::move(row), reg.of_cases && Access::is_answer(*column)));
      shown_rows.push_back(shown(reg, whole, access));
    }
    if (column->kind == ColumnKind::relation) MACHIYA_CHECK(add_titles(tx, reg, shown_rows, who));
    for (Row& row : shown_rows) rows.emplace(row.id, std::move(row));
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto row = rows.find(i < samples.size() ? samples[i] : 0);
    if (const interview::Option* option = column->question != nullptr ? column->question->option(out[i].value) : nullptr) out[i].label = option->label.in(lang);
    else if (out[i].value.empty() || row == rows.end()) continue;
    else if (column->kind == ColumnKind::relation) out[i].label = row->second.titles.count(column->name) ? row->second.titles.at(column->name) : out[i].value;
    else if (const Value& value = row->second.values[column->name]; !value.is_array()) {
      out[i].label = interview::display(*column->question, value, lang);
      if (value.is_string()) out[i].value = value.as_string();
      else if (value.is_number()) out[i].value = value.number_text();
    }
  }
  return {};
}

namespace {

/// The values in the order that people expect, by their places in `seen`.
std::vector<std::size_t> order_of(const Seen& seen, const Column* column, const cases::Workflow* workflow, const std::vector<ChartCell>& sums) {
  std::vector<std::size_t> out(seen.values.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = i;
  const auto rank = [&](const std::string& value) -> std::size_t {
    if (column == nullptr) {
      for (std::size_t i = 0; workflow != nullptr && i < workflow->states.size(); ++i)
        if (workflow->states[i].id == value) return i;
    } else if (column->question != nullptr && column->kind != ColumnKind::relation) {
      if (column->type == AnswerType::yes_no) return value == "true" ? 0 : 1;
      for (std::size_t i = 0; i < column->question->options.size(); ++i)
        if (column->question->options[i].value == value) return i;
    }
    return SIZE_MAX;
  };
  const bool plain = column != nullptr && column->kind != ColumnKind::relation && (column->type == AnswerType::date || column->type == AnswerType::number || column->type == AnswerType::money);
  std::stable_sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) {
    const std::string &x = seen.values[a], &y = seen.values[b];
    if (x.empty() != y.empty()) return y.empty();
    if (plain) return x < y;
    if (const std::size_t r = rank(x), s = rank(y); r != s) return r < s;
    return sums[a].rows != sums[b].rows ? sums[a].rows > sums[b].rows : x < y;
  });
  return out;
}

/// Stretches of dates without a row between others, so that time runs evenly; not when that would be very many.
void fill_gaps(Chart& chart, Bucket bucket, std::string_view lang) {
  constexpr std::size_t kMost = 120;
  std::vector<ChartValue> bars;
  std::vector<std::size_t> from;
  for (std::size_t i = 0; i < chart.bars.size(); ++i) {
    while (!bars.empty() && bars.back().to && chart.bars[i].from && bars.size() <= kMost && *bars.back().to < add_days(*chart.bars[i].from, -1)) {
      bars.push_back(span_of(next_key(bars.back(), bucket), bucket, lang));
      from.push_back(SIZE_MAX);
    }
    bars.push_back(chart.bars[i]), from.push_back(i);
  }
  if (bars.size() > kMost) return;
  const std::vector<ChartCell> none(std::max<std::size_t>(chart.splits.size(), 1));
  std::vector<std::vector<ChartCell>> cells;
  std::vector<ChartCell> sums;
  for (const std::size_t i : from) cells.push_back(i == SIZE_MAX ? none : chart.cells[i]), sums.push_back(i == SIZE_MAX ? ChartCell() : chart.bar_sums[i]);
  chart.bars = std::move(bars), chart.cells = std::move(cells), chart.bar_sums = std::move(sums);
}

}  // namespace

Result<Chart> Registers::chart(const Register& reg, const ChartRule& asked, const Query& query, const identity::Principal& who, std::string_view lang) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  ChartRule rule = asked;
  if (const auto fault = check_chart(reg, rule)) return Error(ErrorCode::invalid_input, fault->en, fault->key);
  const auto column_of = [&](const std::string& name) { return name.empty() || name == "state" ? nullptr : reg.column(name); };
  const Column *by = column_of(rule.by), *split = column_of(rule.split), *of = column_of(rule.of);
  for (const Column* c : {by, split, of})
    if (c != nullptr && !access.read(*c)) return Error(ErrorCode::forbidden, "no right to this column", c->name);
  const auto city = impl.p.city();
  const cases::Workflow* workflow = impl.workflow_of(reg, *city);
  const bool many = by != nullptr && by->type == AnswerType::choices && by->kind != ColumnKind::relation;
  return impl.p.store.read([&](store::ReadTx& tx) -> Result<Chart> {
    Chart out;
    out.decimals = decimals_of(of);
    MACHIYA_TRY(const Impl::Plan plan, impl.plan(tx, reg, query, access, "case.list", {rule.by, rule.split, rule.of}));
    if (!plan.all && plan.driver >= 0 && plan.ranges[static_cast<std::size_t>(plan.driver)].rows <= kCounted) MACHIYA_CHECK(impl.gather(tx, plan));
    Seen bars, splits;
    std::vector<std::vector<ChartCell>> cells;   // by place in `bars`, then in `splits`
    Sql sql{tx.engine(), "", {}, {}};
    std::string columns = key_sql("v", rule.bucket), joins, where, groups = "1";
    std::string tail = impl.rows_with(sql, plan, by != nullptr ? by->field : state_field(reg), many);
    const std::size_t at = tail.find(" WHERE v.");
    if (!rule.split.empty()) {
      columns += ", s.value", groups += ", 2";
      joins += " CROSS JOIN record_value s", where += " AND s.record = v.record AND s.field = " + sql.bind(split != nullptr ? split->field : state_field(reg));
    } else {
      columns += ", ''";
    }
    if (of != nullptr) {
      columns += ", m.value", groups += ", m.value";
      joins += " CROSS JOIN record_value m", where += " AND m.record = v.record AND m.field = " + sql.bind(of->field);
    } else {
      columns += ", ''";
    }
    tail.insert(at, joins);
    const std::string text = "SELECT " + columns + ", COUNT(*), MIN(v.record)" + tail + where + " GROUP BY " + groups;
    bool too_many = false;
    MACHIYA_CHECK(tx.stream(text, sql.binds(), [&](const store::Row& r) {
      const std::size_t b = bars.of(bucket_key(r.text(0), rule.bucket), r.integer(4)), s = splits.of(r.text(1), r.integer(4));
      if (bars.values.size() > kMostBars || splits.values.size() > kMostBars) return too_many = true, false;
      if (cells.size() <= b) cells.resize(b + 1);
      if (cells[b].size() <= s) cells[b].resize(s + 1);
      ChartCell more{r.integer(3), 0, 0};
      if (const std::string& key = r.text(2); of != nullptr && key.size() > 2) {
        more.values = more.rows;
        if (__builtin_mul_overflow(scaled(key, out.decimals), more.rows, &more.sum)) more.sum = INT64_MAX;
      }
      add_up(cells[b][s], more);
      return true;
    }));
    if (too_many) return Error(ErrorCode::limit_exceeded, "too many different values to count by", "by");
    for (auto& row : cells) row.resize(std::max<std::size_t>(splits.values.size(), 1));
    std::vector<ChartCell> bar_sums(bars.values.size()), split_sums(std::max<std::size_t>(splits.values.size(), 1));
    for (std::size_t b = 0; b < cells.size(); ++b)
      for (std::size_t s = 0; s < cells[b].size(); ++s) add_up(bar_sums[b], cells[b][s]), add_up(split_sums[s], cells[b][s]), add_up(out.total, cells[b][s]);
    const auto bar_order = order_of(bars, by, workflow, bar_sums), split_order = order_of(splits, split, workflow, split_sums);
    std::vector<std::int64_t> bar_samples, split_samples;
    for (const std::size_t b : bar_order) {
      out.bars.push_back(rule.bucket == Bucket::none || bars.values[b].empty() ? ChartValue{bars.values[b], bars.values[b], {}, {}} : span_of(bars.values[b], rule.bucket, lang));
      out.bar_sums.push_back(bar_sums[b]), bar_samples.push_back(bars.samples[b]);
      out.cells.emplace_back();
      for (const std::size_t s : split_order) out.cells.back().push_back(cells[b][s]);
    }
    if (!rule.split.empty())
      for (const std::size_t s : split_order)
        out.splits.push_back({splits.values[s], splits.values[s], {}, {}}), out.split_sums.push_back(split_sums[s]), split_samples.push_back(splits.samples[s]);
    if (rule.bucket == Bucket::none) MACHIYA_CHECK(impl.label_bars(tx, reg, by, bar_samples, access, who, lang, out.bars));
    if (!rule.split.empty()) MACHIYA_CHECK(impl.label_bars(tx, reg, split, split_samples, access, who, lang, out.splits));
    if (rule.bucket != Bucket::none) fill_gaps(out, rule.bucket, lang);
    if (many) {   // a row with several choices stands in several bars, and once in the whole
      Sql whole{tx.engine(), "", {}, {}};
      const std::string rows = impl.rows_with(whole, plan, by->field, true);
      MACHIYA_TRY(const auto row, tx.query_one("SELECT COUNT(DISTINCT v.record)" + rows, whole.binds()));
      out.total.rows = row ? row->integer(0) : 0;
    }
    return out;
  });
}

}  // namespace machiya::registers
