// Lists against a plain filter written here: every operator, both orders, page by page.
#include "ask/registers/testing.h"

namespace machiya::registers::testing {
namespace {

class Lists : public RegistersTest {
 protected:
  struct Tree {
    std::string tag, species;
    int girth;   ///< -1000: empty
  };
  std::vector<Tree> sown;
  void SetUp() override {
    SeededRng dice(7);
    std::vector<Values> rows;
    for (int i = 0; i < 120; ++i) {
      const std::string tag = std::to_string(1000000 + i).substr(1);
      Tree t{tag, dice.below(2) ? "zelkova" : "cherry", dice.below(5) == 0 ? -1000 : static_cast<int>(dice.below(200)) - 100};
      Values v = Values::object({{"tag", t.tag}, {"species", t.species}});
      if (t.girth != -1000) v.set("girth", t.girth);
      rows.push_back(v), sown.push_back(t);
    }
    auto done = registers->add_many(*trees, rows, "", approver, "r");
    ASSERT_TRUE(done.ok()) << done.error().to_string();
  }
  /// Every tag of the query, page by page.
  std::vector<std::string> tags(Query query) {
    std::vector<std::string> out;
    query.limit = 7;
    for (int page = 0; page < 100; ++page) {
      auto listing = registers->list(*trees, query, clerk);
      EXPECT_TRUE(listing.ok()) << listing.error().to_string();
      if (!listing.ok()) return out;
      for (const Row& row : listing->rows) out.push_back(row.values.text("tag"));
      total = listing->total;
      query.after = listing->next;
      if (listing->next.empty()) break;
    }
    return out;
  }
  std::int64_t total = 0;
};
MACHIYA_ON_BOTH_ENGINES(Lists);

TEST_P(Lists, filters_and_orders_agree_with_a_plain_loop) {
  struct Case {
    std::vector<Condition> where;
    std::function<bool(const Tree&)> fits;
  };
  const std::vector<Case> cases = {
      {{}, [](const Tree&) { return true; }},
      {{{"species", "is", "cherry"}}, [](const Tree& t) { return t.species == "cherry"; }},
      {{{"species", "not", "cherry"}}, [](const Tree& t) { return t.species != "cherry"; }},
      {{{"girth", "from", "-20"}, {"girth", "to", "35"}}, [](const Tree& t) { return t.girth >= -20 && t.girth <= 35; }},
      {{{"girth", "to", "-5"}, {"species", "is", "zelkova"}}, [](const Tree& t) { return t.girth != -1000 && t.girth <= -5 && t.species == "zelkova"; }},
      {{{"girth", "empty", ""}}, [](const Tree& t) { return t.girth == -1000; }},
      {{{"girth", "filled", ""}, {"tag", "has", "11"}}, [](const Tree& t) { return t.girth != -1000 && t.tag.find("11") != std::string::npos; }},
      {{{"state", "is", "living"}, {"girth", "from", "50"}}, [](const Tree& t) { return t.girth >= 50; }},
  };
  for (std::size_t i = 0; i < cases.size(); ++i)
    for (const int order : {0, 1, 2}) {
      std::vector<Tree> wanted;
      for (const Tree& t : sown)
        if (cases[i].fits(t)) wanted.push_back(t);
      std::reverse(wanted.begin(), wanted.end());   // newest first
      Query query;
      query.where = cases[i].where;
      if (order) query.sort = Sort{"girth", order == 2};
      std::vector<std::string> plain;
      for (const Tree& t : wanted) plain.push_back(t.tag);
      auto got = tags(query);
      EXPECT_EQ(total, static_cast<std::int64_t>(wanted.size())) << i;
      if (order) {   // equal girths may stand in any order: compare the girths, and the set
        std::map<std::string, int> girth;
        for (const Tree& t : sown) girth[t.tag] = t.girth;
        for (std::size_t k = 1; k < got.size(); ++k)
          EXPECT_TRUE(order == 1 ? girth[got[k - 1]] <= girth[got[k]] : girth[got[k - 1]] >= girth[got[k]]) << i << " " << got[k];
        std::sort(got.begin(), got.end()), std::sort(plain.begin(), plain.end());
      }
      EXPECT_EQ(got, plain) << i << " order " << order;
    }
}

TEST_P(Lists, search_chart_and_export_see_the_same_rows) {
  Query query;
  query.search = "００００１1";
  EXPECT_EQ(tags(query), std::vector<std::string>{"000011"});
  auto chart = registers->chart(*trees, {.by = "species"}, {}, clerk, "en");
  ASSERT_TRUE(chart.ok());
  for (std::size_t i = 0; i < chart->bars.size(); ++i)
    EXPECT_EQ(chart->bar_sums[i].rows, std::count_if(sown.begin(), sown.end(), [&](const Tree& s) { return s.species == chart->bars[i].value; }));
  EXPECT_EQ(chart->total.rows, 120);
  EXPECT_EQ(chart->bars.front().label, "Zelkova");
  std::set<std::string> seen;
  auto count = registers->each(*trees, {}, clerk, "r", [&](const Row& row) { return seen.insert(row.number).second; });
  ASSERT_TRUE(count.ok());
  EXPECT_EQ(*count, 120);
  EXPECT_EQ(code(registers->list(*trees, {.where = {{"cost", "from", "1"}}}, clerk)), ErrorCode::forbidden);
  EXPECT_TRUE(registers->list(*trees, {.where = {{"cost", "from", "1"}}}, approver).ok());
}

}  // namespace
}  // namespace machiya::registers::testing
