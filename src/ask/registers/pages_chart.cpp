// Counts and sums of a register as a picture and a table; every number leads to its rows.
#include <algorithm>

#include "ask/cases/web.h"
#include "ask/registers/pages_list.h"
#include "base/money.h"
#include "platform/pages/charts.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

constexpr std::size_t kShown = 60;   ///< bars of a column without an order of its own; the others are one bar without a link
constexpr std::size_t kSpans = 200;  ///< stretches of dates; earlier ones are one bar

std::string select_text(const Web& web, const Request& request, const std::string& key) { return text(web, request, "staff_charts." + key); }

/// "1,234.5": `sum` in units of 10^-decimals, without zeros at the end.
std::string decimal_text(std::int64_t sum, int decimals) {
  std::string digits = std::to_string(sum < 0 ? -sum : sum), fraction;
  if (decimals > 0) {
    if (digits.size() <= static_cast<std::size_t>(decimals)) digits.insert(0, static_cast<std::size_t>(decimals) + 1 - digits.size(), '0');
    fraction = digits.substr(digits.size() - static_cast<std::size_t>(decimals));
    digits.resize(digits.size() - static_cast<std::size_t>(decimals));
    while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  }
  return (sum < 0 ? "−" : "") + group_digits(std::atoll(digits.c_str())) + (fraction.empty() ? "" : "." + fraction);
}

/// What a chart shows of a cell.
struct Figure {
  const Web& web;
  const Request& request;
  const ChartRule& rule;
  const Column* of;
  int decimals;

  std::string number(std::int64_t sum, int places) const {
    const std::string lang = staff_language(request);
    if (of->type == interview::AnswerType::money && places == 0) return locale::format_yen(sum, lang);
    const std::string unit = of->question != nullptr ? of->question->unit.in(lang) : std::string();
    return decimal_text(sum, places) + (unit.empty() ? "" : lang == "en" ? " " + unit : unit);
  }
  std::string shown(const ChartCell& c) const {
    if (rule.measure == Measure::count) return group_digits(c.rows);
    if (rule.measure == Measure::sum) return number(c.sum, decimals);
    if (c.values == 0) return "";
    // Half up, one place more than the numbers have.
    const __int128 tenths = static_cast<__int128>(c.sum) * 20 + (c.sum < 0 ? -c.values : c.values);
    return number(static_cast<std::int64_t>(tenths / (2 * c.values)), decimals + 1);
  }
  double value(const ChartCell& c) const {
    if (rule.measure == Measure::count) return static_cast<double>(c.rows);
    double unit = 1;
    for (int i = 0; i < decimals; ++i) unit *= 10;
    if (rule.measure == Measure::sum) return static_cast<double>(c.sum) / unit;
    return c.values == 0 ? 0 : static_cast<double>(c.sum) / unit / static_cast<double>(c.values);
  }
  std::string share(const ChartCell& c, const ChartCell& total) const {
    if (rule.measure == Measure::average) return "";
    const double whole = value(total);
    if (!(whole > 0)) return "";
    char out[16];
    std::snprintf(out, sizeof out, "%.1f%%", value(c) / whole * 100);
    return out;
  }
};

/// Addresses of the rows behind a number: the search of the page and the value of its bar and series.
class Rows {
 public:
  Rows(const Request& request, const Register& reg, const View& view) : request_(request), reg_(reg) {
    for (auto& [name, value] : search_of(request, reg))
      if (std::find(std::begin(kChartNames), std::end(kChartNames), name) == std::end(kChartNames) && name != "group") search_.emplace_back(name, value);
    if (view.type == ViewType::chart) set(search_, "view", view.id), set(search_, "show", "rows");
    posted_ = request.method == http::Method::post;   // the search may hold a name: it stands in no address
  }
  std::string all() const { return posted_ ? std::string() : address_of(reg_, search_); }
  std::string of(const std::string& by, const ChartValue* bar, const std::string& split, const ChartValue* series, const ChartCell& cell) const {
    if (posted_ || cell.rows == 0) return {};
    http::Pairs search = search_;
    if (bar != nullptr) narrow(search, by, *bar);
    if (series != nullptr) narrow(search, split, *series);
    return address_of(reg_, search);
  }

 private:
  static void set(http::Pairs& to, const std::string& name, std::string value) {
    std::erase_if(to, [&](const auto& pair) { return pair.first == name; });
    to.emplace_back(name, std::move(value));
  }
  void narrow(http::Pairs& search, const std::string& name, const ChartValue& v) const {
    const Column* column = reg_.column(name);
    if (column != nullptr && (v.from || v.to)) {
      const std::string from = "from." + name, to = "to." + name;
      std::string low = v.from ? to_iso(*v.from) : "", high = v.to ? to_iso(*v.to) : "";
      if (const std::string asked = bound_of(request_, *column, from); asked > low) low = asked;
      if (const std::string asked = bound_of(request_, *column, to); !asked.empty() && asked < high) high = asked;
      if (!low.empty()) set(search, from, low);
      if (!high.empty()) set(search, to, high);
      return;
    }
    // "-" asks for rows without a value; the text "-" itself has a space before it.
    set(search, "f." + name, v.value.empty() ? "-" : v.value == "-" ? " -" : v.value);
  }
  const Request& request_;
  const Register& reg_;
  http::Pairs search_;
  bool posted_ = false;
};

/// Many bars become few: earlier dates one stretch, rare values one bar.
void shorten(const Web& web, const Request& request, const ChartRule& rule, Chart& chart) {
  const bool dated = rule.bucket != Bucket::none;
  const std::size_t most = dated ? kSpans : kShown;
  if (chart.bars.size() <= most) return;
  const std::size_t from = dated ? 0 : most - 1, to = dated ? chart.bars.size() - most + 1 : chart.bars.size();
  ChartValue rest{"", select_text(web, request, dated ? "earlier" : "others"), {}, {}};
  if (dated) rest.to = add_days(*chart.bars[to].from, -1);
  std::vector<ChartCell> cells(chart.cells.front().size());
  ChartCell sum;
  const auto add = [](ChartCell& a, const ChartCell& b) { a.rows += b.rows, a.values += b.values, a.sum += b.sum; };
  for (std::size_t i = from; i < to; ++i) {
    add(sum, chart.bar_sums[i]);
    for (std::size_t s = 0; s < cells.size(); ++s) add(cells[s], chart.cells[i][s]);
  }
  const auto cut = [&](auto& list, auto one) {
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(from), list.begin() + static_cast<std::ptrdiff_t>(to));
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(from), std::move(one));
  };
  cut(chart.bars, rest), cut(chart.bar_sums, sum), cut(chart.cells, cells);
}

/// True for a bar that stands for several values: no filter says them.
bool is_rest(const ChartRule& rule, const Chart& chart, std::size_t i, std::size_t before) {
  return rule.bucket == Bucket::none && before > kShown && i + 1 == chart.bars.size();
}

std::string label_of(const Web& web, const Request& request, const ChartValue& v) { return v.label.empty() ? text(web, request, "staff_registers.no_value") : v.label; }

std::string name_of(const Web& web, const Request& request, const Register& reg, const std::string& column) {
  const Column* c = reg.column(column);
  return c != nullptr ? c->label.in(staff_language(request)) : text(web, request, "staff_registers.state");
}

std::string title_of(const Web& web, const Request& request, const Register& reg, const ChartRule& rule) {
  const std::string by = name_of(web, request, reg, rule.by);
  std::string key = rule.measure == Measure::count ? "by" : rule.measure == Measure::sum ? "sum_by" : "average_by";
  std::string out = text(web, request, "staff_charts." + key, {{"by", by}, {"of", rule.of.empty() ? "" : name_of(web, request, reg, rule.of)}});
  if (!rule.split.empty()) out = text(web, request, "staff_charts.split_by", {{"what", out}, {"split", name_of(web, request, reg, rule.split)}});
  return out;
}

/// Series beyond those that can be told apart are drawn as one; the table has them all.
std::vector<pages::StackBar::Part> parts_of(const Figure& figure, const Chart& chart, std::size_t bar, const std::vector<std::string>& links) {
  std::vector<pages::StackBar::Part> out;
  const std::size_t most = pages::kSeries;
  ChartCell rest;
  for (std::size_t s = 0; s < chart.cells[bar].size(); ++s) {
    const ChartCell& c = chart.cells[bar][s];
    if (chart.cells[bar].size() > most && s + 1 >= most) rest.rows += c.rows, rest.values += c.values, rest.sum += c.sum;
    else out.push_back({figure.value(c), figure.shown(c), links[s]});
  }
  if (chart.cells[bar].size() > most) out.push_back({figure.value(rest), figure.shown(rest), ""});
  return out;
}

/// The chart itself, and its table.
void fill(const Web& web, const Request& request, const Register& reg, const View& view, const ChartRule& rule, Chart chart, Data& data) {
  const std::size_t before = chart.bars.size();
  shorten(web, request, rule, chart);
  const Figure figure{web, request, rule, rule.of.empty() ? nullptr : reg.column(rule.of), chart.decimals};
  const Rows rows(request, reg, view);
  const bool split = !rule.split.empty();
  std::vector<std::string> series;
  for (std::size_t s = 0; s < chart.splits.size() && s < pages::kSeries; ++s)
    series.push_back(chart.splits.size() > pages::kSeries && s + 1 == pages::kSeries ? select_text(web, request, "others") : label_of(web, request, chart.splits[s]));
  if (series.empty()) series.push_back("");
  std::vector<pages::StackBar> bars;
  Data heads{Data::List{}}, lines{Data::List{}}, feet{Data::List{}};
  const auto head = [&](std::string label) { heads.push(Data().set("label", std::move(label))); };
  for (const ChartValue& v : chart.splits) head(label_of(web, request, v));
  head(split ? select_text(web, request, "sum") : text(web, request, "staff_registers.rows"));
  if (!split && figure.of != nullptr) head(select_text(web, request, rule.measure == Measure::sum ? "measure.sum" : "measure.average"));
  if (rule.measure != Measure::average) head(select_text(web, request, "share"));
  const auto cell = [](std::string shown, std::string href) { return Data().set("text", std::move(shown)).set("href", std::move(href)); };
  const auto line_of = [&](const ChartValue* bar, bool linked, const std::vector<ChartCell>& cells, const ChartCell& sum, Data& to, std::vector<std::string>& links) {
    const std::string all = linked ? rows.of(rule.by, bar, "", nullptr, sum) : std::string();
    for (std::size_t s = 0; s < cells.size(); ++s) {
      links.push_back(split && linked ? rows.of(rule.by, bar, rule.split, &chart.splits[s], cells[s]) : all);
      if (split) to.push(cell(figure.shown(cells[s]), links.back()));
    }
    to.push(cell(split ? figure.shown(sum) : group_digits(sum.rows), all));
    if (!split && figure.of != nullptr) to.push(cell(figure.shown(sum), ""));
    if (rule.measure != Measure::average) to.push(cell(figure.share(sum, chart.total), ""));
    return all;
  };
  for (std::size_t i = 0; i < chart.bars.size(); ++i) {
    const bool linked = !is_rest(rule, chart, i, before);
    Data cells{Data::List{}};
    std::vector<std::string> links;
    const std::string all = line_of(&chart.bars[i], linked, chart.cells[i], chart.bar_sums[i], cells, links), label = label_of(web, request, chart.bars[i]);
    const bool gap = rule.bucket != Bucket::none && chart.bar_sums[i].rows == 0;   // the picture shows that nothing was; the table need not
    if (!gap) lines.push(Data().set("label", label).set("href", all).set("cells", std::move(cells)));
    bars.push_back({label, figure.shown(chart.bar_sums[i]), all, parts_of(figure, chart, i, links)});
  }
  std::vector<std::string> unused;
  line_of(nullptr, true, split ? chart.split_sums : std::vector<ChartCell>{chart.total}, chart.total, feet, unused);
  const std::string title = title_of(web, request, reg, rule);
  data.set("chart", pages::stack_chart("chart", title, series, bars, rule.bucket != Bucket::none));
  data.set("counted", Data().set("caption", title).set("by", name_of(web, request, reg, rule.by)).set("columns", std::move(heads)).set("rows", std::move(lines)).set("foot", std::move(feet)));
  data.set("count", text(web, request, "staff_registers.count", {{"rows", group_digits(chart.total.rows)}})).set("rows_href", rows.all());
  if (chart.bars.empty()) data.set("empty", true);
  if (request.method == http::Method::post) data.set("unlinked", true);
}

}  // namespace

std::optional<ChartRule> chart_asked(const Request& request, const View& view) {
  ChartRule rule;
  rule.by = param_of(request, "count");
  if (rule.by.empty()) {
    if (view.type != ViewType::chart || param_of(request, "show") == "rows") return std::nullopt;
    return view.chart;
  }
  rule.split = param_of(request, "split"), rule.of = param_of(request, "of");
  rule.bucket = bucket_of(param_of(request, "bucket")).value_or(Bucket::none);
  rule.measure = measure_of(param_of(request, "measure")).value_or(Measure::count);
  return rule;
}

Data count_by_of(const Web& web, const Request& request, const Register& reg, const ChartRule& now) {
  const std::string lang = staff_language(request);
  const identity::Principal& who = identity::principal_of(request);
  Data by{Data::List{}}, split{Data::List{}}, of{Data::List{}};
  const auto offer = [&](Data& to, const std::string& name, const std::string& label, ChartRule rule, bool chosen) {
    if (!check_chart(reg, rule)) to.push(option(name, label, chosen));
  };
  bool sums = false;
  const std::string other = reg.workflow.empty() ? reg.title : "state";   // any column that is not the one in question
  if (!reg.workflow.empty()) {
    const std::string state = text(web, request, "staff_registers.state");
    offer(by, "state", state, {.by = "state"}, now.by == "state"), offer(split, "state", state, {.by = reg.title, .split = "state"}, now.split == "state");
  }
  for (const Column& c : reg.columns) {
    if (!c.filter || !web.registers.may_read(reg, c, who)) continue;
    offer(by, c.name, c.label.in(lang), {.by = c.name}, now.by == c.name);
    offer(split, c.name, c.label.in(lang), {.by = other, .split = c.name}, now.split == c.name);
    ChartRule sum{.by = other, .measure = Measure::sum, .of = c.name};
    if (!check_chart(reg, sum)) of.push(option(c.name, c.label.in(lang), now.of == c.name)), sums = true;
  }
  Data kept{Data::List{}}, buckets{Data::List{}}, measures{Data::List{}};
  for (const auto& [name, value] : search_of(request, reg))
    if (std::find(std::begin(kChartNames), std::end(kChartNames), name) == std::end(kChartNames)) kept.push(Data().set("name", name).set("value", value));
  for (const char* bucket : {"year", "fiscal-year", "month", "day"}) buckets.push(option(bucket, select_text(web, request, std::string("bucket.") + bucket), bucket_of(bucket) == (now.bucket == Bucket::none ? Bucket::month : now.bucket)));
  for (const char* measure : {"count", "sum", "average"}) measures.push(option(measure, select_text(web, request, std::string("measure.") + measure), measure_of(measure) == now.measure));
  Data selects{Data::List{}};
  const auto choice = [&](const char* name, const char* label, Data options) { return select(name, select_text(web, request, label), std::move(options)); };
  selects.push(choice("count", "column", std::move(by)).set("always", true)).push(choice("bucket", "bucket", std::move(buckets)).set("always", true));
  selects.push(choice("split", "split", std::move(split)).set("none", select_text(web, request, "no_split")));
  if (sums) selects.push(choice("measure", "measure", std::move(measures)).set("always", true)).push(choice("of", "of", std::move(of)).set("always", true));
  Data out = Data().set("action", path_of(reg)).set("kept", std::move(kept)).set("selects", std::move(selects));
  if (!param_of(request, "count").empty()) out.set("open", true);
  return out;
}

Response show_chart(const Web& web, const Request& request, const Register& reg, const View& view, const ChartRule& asked) {
  ChartRule rule = asked;
  if (rule.measure == Measure::count) rule.of.clear();   // the form sends every choice; only those that belong together count
  if (const Column* by = reg.column(rule.by); by == nullptr || !is_date(*by)) rule.bucket = Bucket::none;
  Data data = view_page(web, request, reg, view);
  data.set("count_by", count_by_of(web, request, reg, rule));
  auto chart = check_chart(reg, rule) ? Result<Chart>(Error(ErrorCode::invalid_input, "cannot be counted like this"))
                                      : web.registers.chart(reg, rule, query_of_request(web, request, reg), identity::principal_of(request), staff_language(request));
  if (!chart.ok() && chart.error().code != ErrorCode::invalid_input && chart.error().code != ErrorCode::limit_exceeded) return http::problem(chart.error(), request);
  if (!chart.ok()) {
    data.set("refused", select_text(web, request, chart.error().code == ErrorCode::limit_exceeded ? "too_many" : "impossible"));
    return render(web, request, "registers/chart", std::move(data), 422);
  }
  const Column* by = reg.column(rule.by);
  if (const std::string only = param_of(request, "f." + rule.by); by != nullptr && by->type == interview::AnswerType::choices && !only.empty() && only != "-")
    for (std::size_t i = chart->bars.size(); i-- > 0;)   // an address holds one value of a column: the bars of others would lead elsewhere
      if (chart->bars[i].value != only) {
        const auto at = static_cast<std::ptrdiff_t>(i);
        chart->bars.erase(chart->bars.begin() + at), chart->cells.erase(chart->cells.begin() + at), chart->bar_sums.erase(chart->bar_sums.begin() + at);
      }
  fill(web, request, reg, view, rule, std::move(*chart), data);
  return render_view(web, request, "registers/chart", std::move(data));
}

}  // namespace machiya::registers::detail
