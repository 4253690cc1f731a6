// Charts on both databases: every number equals a plain count of the rows, and the list behind its link has exactly so many; rights; faults.
// Planted and caught: a link that takes the text "-" for rows without a value.
#include <map>
#include <random>
#include <regex>

#include "ask/registers/web_testing.h"
#include "base/text.h"

namespace machiya::registers::testing {
namespace {

constexpr std::string_view kJobs = R"(register: jobs
version: 1
name: { ja: 工事, en: Jobs }
owner: health
title: name
workflow: tree-care
columns:
  - { column: name, type: text, label: { ja: 名, en: Name }, unique: yes, search: yes }
  - { column: kind, type: choice, optional: yes, filter: yes, label: { ja: 種, en: Kind }, options: [ { value: new, label: { ja: 新, en: New } }, { value: mend, label: { ja: 直, en: Mend } }, { value: fell, label: { ja: 撤, en: Fell } } ] }
  - { column: marks, type: choices, optional: yes, filter: yes, label: { ja: 印, en: Marks }, options: [ { value: a, label: { ja: 甲, en: A } }, { value: b, label: { ja: 乙, en: B } }, { value: c, label: { ja: 丙, en: C } } ] }
  - { column: urgent, type: yes-no, optional: yes, filter: yes, label: { ja: 急, en: Urgent } }
  - { column: starts, type: date, optional: yes, filter: yes, label: { ja: 着手, en: Starts } }
  - { column: park, relation: parks, optional: yes, filter: yes, label: { ja: 公園, en: Park } }
  - { column: firm, type: text, optional: yes, filter: yes, label: { ja: 業者, en: Firm } }
  - { column: cost, type: money, optional: yes, filter: yes, label: { ja: 費用, en: Cost } }
  - { column: level, type: number, optional: yes, decimals: 2, filter: yes, label: { ja: 高さ, en: Level } }
  - { column: secret, type: money, optional: yes, filter: yes, label: { ja: 予定価格, en: Estimate }, read: [approver], write: [approver] }
views:
  - { view: all, type: list, name: { ja: 一覧, en: All } }
  - { view: urgent, type: list, name: { ja: 急, en: Urgent }, where: [ { column: kind, not: fell } ] }
  - { view: months, type: chart, by: starts, split: kind, name: { ja: 月, en: Months }, where: [ { column: starts, from: 2026-02-10 } ] }
  - { view: costs, type: chart, by: kind, measure: sum, of: cost, name: { ja: 費用, en: Costs } }
  - { view: secrets, type: chart, by: kind, measure: sum, of: secret, name: { ja: 予定, en: Estimates } }
)";

class Charts : public RegistersWebTest {
 protected:
  Charts() : RegistersWebTest({{"jobs", std::string(kJobs)}}) {}
  int pick(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); }
  void sow(int rows) {
    std::vector<std::string> parks_made;
    for (int i = 0; i < 4; ++i) parks_made.push_back(add(*parks, ("{\"name\":\"公園" + std::to_string(i) + "\"}").c_str(), clerk).number);
    const char* firms[] = {"大阪造園", "Umeda Works", "UMEDA WORKS", "-", "−", "O'Hara & 山本", "100%", "大阪造園 "};
    std::vector<Values> many;
    for (int i = 0; i < rows; ++i) {
      Values v = Values::object({{"name", "工事" + std::to_string(i)}});
      if (pick(5)) v.set("kind", std::vector<const char*>{"new", "mend", "fell"}[static_cast<std::size_t>(pick(3))]);
      if (pick(3)) {
        json::Value list = json::Value::array();
        for (const char* mark : {"a", "b", "c"})
          if (pick(2)) list.push(mark);
        if (list.size() > 0) v.set("marks", list);
      }
      if (pick(3)) v.set("urgent", pick(2) == 1);
      if (pick(6)) v.set("starts", to_iso(add_days(make_date(2025, 11, 3), pick(400))));
      if (pick(3)) v.set("park", parks_made[static_cast<std::size_t>(pick(4))]);
      if (pick(4)) v.set("firm", firms[pick(8)]);
      if (pick(4)) v.set("cost", pick(3) ? pick(1000) * 1000 : pick(2'000'000'000));
      if (pick(4)) v.set("level", *json::parse(std::to_string(pick(200) - 100) + "." + std::to_string(pick(100) + 100).substr(1)));
      if (pick(2)) v.set("secret", pick(100));
      many.push_back(v);
    }
    const auto done = registers->add_many(*jobs, many, "", approver, "r");
    ASSERT_TRUE(done.ok()) << done.error().to_string();
    auto first = registers->list(*jobs, {.limit = 20}, clerk);
    for (std::size_t i = 0; i < first->rows.size(); i += 2) (void)registers->act(*jobs, first->rows[i].number, first->rows[i].revision, i % 4 ? "doubt" : "fell", "理由", approver, "ja", "r");
  }
  static std::string unescaped(std::string s) {
    for (const auto& [from, to] : {std::pair{"&amp;", "&"}, {"&#39;", "'"}, {"&quot;", "\""}, {"&lt;", "<"}, {"&gt;", ">"}})
      for (std::size_t at = 0; (at = s.find(from, at)) != std::string::npos; at += std::string_view(to).size()) s.replace(at, std::string_view(from).size(), to);
    return s;
  }
  /// How many rows the list behind an address says it has.
  std::int64_t rows_behind(const std::string& address, const identity::Principal& who) {
    const auto page = get(address, who);
    EXPECT_EQ(page.status, 200) << address;
    std::smatch found;
    const std::string body = page.body;
    if (!std::regex_search(body, found, std::regex("count-line\">([0-9]+)件</p>"))) return ADD_FAILURE() << address << "\n" << body.substr(0, 3000), -1;
    return std::atoll(found[1].str().c_str());
  }
  static std::int64_t digits(std::string s) {
    std::erase(s, ',');
    return std::atoll(s.c_str());
  }

  std::mt19937 random{20261122};
  const Register* jobs = &hall->reg("jobs");
};
MACHIYA_ON_BOTH_ENGINES(Charts);

/// A number times 100, from its text.
std::int64_t hundredths(const json::Value& v) {
  std::string s = v.number_text();
  const bool negative = s[0] == '-';
  const std::size_t dot = s.find('.');
  std::string fraction = dot == std::string::npos ? "" : s.substr(dot + 1);
  fraction.resize(2, '0');
  const std::int64_t whole = std::llabs(std::atoll(s.substr(0, dot).c_str())) * 100 + std::atoll(fraction.c_str());
  return negative ? -whole : whole;
}

TEST_P(Charts, every_number_equals_a_plain_loop) {
  sow(160);
  const std::vector<Condition> filters = {{"kind", "is", "mend"}, {"marks", "has", "b"}, {"urgent", "is", "true"}, {"starts", "from", "2026-01-15"}, {"starts", "to", "2026-06-14"},
                                          {"cost", "from", "100000"}, {"kind", "not", "new"}, {"firm", "filled", ""}, {"state", "is", "living"}, {"level", "to", "12.5"}};
  const std::vector<std::string> by = {"kind", "urgent", "park", "state", "firm", "starts", "marks", "level"};
  for (int round = 0; round < 80; ++round) {
    Query query;
    for (int i = pick(3); i > 0; --i) query.where.push_back(filters[static_cast<std::size_t>(pick(static_cast<int>(filters.size())))]);
    ChartRule rule;
    rule.by = by[static_cast<std::size_t>(pick(static_cast<int>(by.size())))];
    if (rule.by == "starts") rule.bucket = std::vector<Bucket>{Bucket::year, Bucket::fiscal_year, Bucket::month, Bucket::day}[static_cast<std::size_t>(pick(4))];
    if (rule.by != "marks" && pick(2)) rule.split = rule.by == "kind" ? "urgent" : "kind";
    if (rule.by != "marks" && pick(2)) rule.measure = rule.split.empty() && pick(2) ? Measure::average : Measure::sum, rule.of = pick(2) ? "cost" : "level";
    const auto chart = registers->chart(*jobs, rule, query, clerk, "ja");
    ASSERT_TRUE(chart.ok()) << chart.error().to_string();
    std::map<std::pair<std::string, std::string>, ChartCell> plain;
    std::int64_t rows = 0;
    const auto key = [&](const Row& row, const std::string& name) -> std::string {
      if (name.empty()) return "";
      if (name == "state") return row.state;
      const json::Value& v = row.values[name];
      std::string s = v.is_null() ? "" : v.is_bool() ? v.as_bool() ? "true" : "false" : v.is_number() ? v.number_text() : v.as_string();
      if (name == "starts" && !s.empty()) {
        const Date d = *parse_iso_date(s);
        if (rule.bucket == Bucket::year) s = s.substr(0, 4);
        if (rule.bucket == Bucket::month) s = s.substr(0, 7);
        if (rule.bucket == Bucket::fiscal_year) s = std::to_string(civil(d).year - (civil(d).month < 4 ? 1 : 0));
      }
      if (name == "firm") s = fold_for_search(s);
      return s;
    };
    const auto each = registers->each(*jobs, query, clerk, "r", [&](const Row& row) {
      ++rows;
      std::vector<std::string> bars;
      if (rule.by == "marks")
        for (const json::Value& m : row.values["marks"].items()) bars.push_back(m.as_string());
      else bars.push_back(key(row, rule.by));
      if (bars.empty()) bars.emplace_back();
      for (const std::string& bar : bars) {
        ChartCell& c = plain[{bar, key(row, rule.split)}];
        ++c.rows;
        if (const json::Value& v = row.values[rule.of.empty() ? "cost" : rule.of]; !rule.of.empty() && !v.is_null()) ++c.values, c.sum += rule.of == "cost" ? v.as_int() : hundredths(v);
      }
      return true;
    });
    ASSERT_TRUE(each.ok());
    EXPECT_EQ(chart->total.rows, rows);
    for (std::size_t b = 0; b < chart->bars.size(); ++b)
      for (std::size_t s = 0; s < chart->cells[b].size(); ++s) {
        std::string bar = chart->bars[b].value;
        if (rule.by == "firm") bar = fold_for_search(bar);
        const auto found = plain.find({bar, chart->splits.empty() ? "" : chart->splits[s].value});
        const ChartCell want = found == plain.end() ? ChartCell() : found->second;
        EXPECT_EQ(chart->cells[b][s].rows, want.rows) << rule.by << " " << bar;
        EXPECT_EQ(chart->cells[b][s].values, want.values) << rule.by << " " << bar;
        EXPECT_EQ(chart->cells[b][s].sum, want.sum) << rule.by << " " << bar << " " << rule.of;
        if (found != plain.end()) plain.erase(found);
      }
    EXPECT_TRUE(plain.empty()) << rule.by;   // nothing was left out
    if (HasFailure()) return;
  }
}

TEST_P(Charts, the_list_behind_every_number_has_exactly_so_many_rows) {
  sow(90);
  const std::vector<std::string> filters = {"f.kind=mend", "f.marks=b", "f.urgent=true", "from.starts=2026%2F1%2F15", "to.starts=2026-06-14", "from.cost=100000", "f.state=living", "q=%E5%B7%A5%E4%BA%8B1", "f.kind=-",
                                            "f.firm=umeda+works", "group=kind", "sort=-cost", "f.starts=-"};
  const std::vector<std::string> rules = {"view=months", "view=costs", "count=kind&split=urgent", "count=firm", "count=marks", "count=park&split=state", "count=state&measure=sum&of=level",
                                          "count=starts&bucket=fiscal-year&split=kind", "count=starts&bucket=day", "count=urgent&measure=average&of=cost", "view=urgent&count=starts&bucket=year", "count=level", "view=months&count=kind"};
  const std::regex cell("<td class=\"number\"><a href=\"([^\"]+)\">([^<]*)<");
  int followed = 0;
  for (std::size_t round = 0; round < rules.size() * 3; ++round) {
    std::string address = "/staff/registers/jobs?" + rules[round % rules.size()];
    for (int i = pick(3); i > 0; --i) address += "&" + filters[static_cast<std::size_t>(pick(static_cast<int>(filters.size())))];
    const auto page = get(address, clerk);
    ASSERT_EQ(page.status, 200) << address << page.body.substr(0, 2000);
    const bool counts = address.find("of=") == std::string::npos && address.find("view=costs") == std::string::npos;
    int here = 0;
    for (std::sregex_iterator at(page.body.begin(), page.body.end(), cell), end; at != end && here < 25; ++at, ++here) {
      const std::string link = unescaped((*at)[1].str());
      EXPECT_EQ(rows_behind(link, clerk), digits((*at)[2].str())) << address << "\n" << link << (counts ? "" : " (rows)");
      if (HasFailure()) return;
    }
    followed += here;
  }
  EXPECT_GT(followed, 100);
}

TEST_P(Charts, nobody_counts_splits_or_sums_what_they_may_not_read) {
  sow(30);
  for (const ChartRule& rule : {ChartRule{.by = "secret"}, ChartRule{.by = "kind", .measure = Measure::sum, .of = "secret"}, ChartRule{.by = "kind", .measure = Measure::average, .of = "secret"}}) {
    EXPECT_EQ(code(registers->chart(*jobs, rule, {}, clerk, "ja")), ErrorCode::forbidden);
    EXPECT_TRUE(registers->chart(*jobs, rule, {}, approver, "ja").ok());
    EXPECT_EQ(code(registers->chart(*jobs, rule, {}, stranger, "ja")), ErrorCode::not_found);
  }
  EXPECT_EQ(code(registers->chart(*jobs, {.by = "kind"}, {.where = {{"secret", "from", "1"}}}, clerk, "ja")), ErrorCode::forbidden);
  EXPECT_EQ(code(registers->chart(*jobs, {.by = "name", .measure = Measure::sum, .of = "firm"}, {}, approver, "ja")), ErrorCode::invalid_input);
  EXPECT_EQ(get("/staff/registers/jobs?view=secrets", clerk).body.find("id=\"chart\""), std::string::npos);   // no such view for them: the first one
  EXPECT_EQ(get("/staff/registers/jobs?count=kind&measure=sum&of=secret", clerk).status, 403);
  EXPECT_NE(get("/staff/registers/jobs?view=secrets", approver).body.find("id=\"chart\""), std::string::npos);
  const auto seen = get("/staff/registers/jobs", clerk);
  EXPECT_EQ(seen.body.find("view=secrets"), std::string::npos);
  EXPECT_EQ(seen.body.find("<option value=\"secret\""), std::string::npos);
  EXPECT_NE(seen.body.find("view=costs"), std::string::npos);
  EXPECT_EQ(get("/staff/registers/jobs?count=nothing", clerk).status, 422);
  EXPECT_EQ(get("/staff/registers/jobs?count=marks&split=kind", clerk).status, 422);
}

TEST_P(Charts, faults_of_a_definition_stand_at_their_place) {
  const auto with = [&](const std::string& view) {
    define("jobs", std::string(kJobs) + "  - { view: x, type: chart, name: { ja: 図, en: Chart }, " + view + " }\n");
    return errors_of(load_city(city_folder()));
  };
  EXPECT_EQ(with("by: starts, bucket: fiscal-year, split: park"), "");
  for (const auto& [view, part] : {std::pair{"by: knd", "did you mean 'kind'?"}, {"by: name, split: firm", "split is a choice"}, {"by: kind, bucket: month", "columns of dates only"},
                                   {"by: kind, measure: sum", "of says what"}, {"by: kind, of: cost", "belongs to measure"}, {"by: kind, measure: sum, of: firm", "numbers or money"},
                                   {"by: kind, split: kind", "another column"}, {"by: kind, split: urgent, measure: average, of: cost", "stacked"}, {"by: marks, split: kind", "several choices"},
                                   {"split: kind", "by"}, {"by: kind, measure: most", "not allowed"}, {"by: kind, lanes: kind", "lanes"}})
    EXPECT_NE(with(view).find(part), std::string::npos) << view << ": " << with(view);
  const std::string at = with("by: kind, split: firm");
  const std::string line = std::to_string(1 + std::count(kJobs.begin(), kJobs.end(), '\n'));
  EXPECT_NE(at.find("jobs.yaml:" + line + ":"), std::string::npos) << at;
}

}  // namespace
}  // namespace machiya::registers::testing
