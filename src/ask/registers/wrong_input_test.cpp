// What somebody gets wrong on the pages of registers: the page says so at its place, keeps what was typed, and claims nothing that is not so.
#include "ask/registers/case_testing.h"
#include "ask/registers/web_testing.h"

namespace machiya::registers::testing {
namespace {

class WrongInput : public RegistersWebTest {
 protected:
  http::Response upload(const std::string& target, const std::string& name, std::string_view content) {
    write_file(folder() + "/upload", content);
    http::Request r = http::testing::request(http::Method::post, target, "ja");
    r.files.push_back({"file", name, "", folder() + "/upload", content.size()});
    r.principal = std::make_shared<identity::Principal>(approver);
    return router.dispatch(r);
  }
};
MACHIYA_ON_BOTH_ENGINES(WrongInput);

TEST_P(WrongInput, a_bound_that_is_no_date_is_told_at_its_box_and_narrows_nothing) {
  add(hall->reg("works"), R"({"name":"橋の補修","phase":"plan","starts":"2026-05-20","place":{"lat":34.70,"lon":135.50}})", clerk);
  const std::string asked = "/staff/registers/works?from.starts=morning&to.starts=2026-06-30";
  for (const char* view : {"all", "phases", "months", "places", "bars", "paper", "figures"})
    for (const char* lang : {"ja", "en"}) {
      const auto r = ask(http::Method::get, asked + "&view=" + view + "&month=2026-05", clerk, {}, lang);
      EXPECT_EQ(r.status, 422) << view;
      EXPECT_TRUE(holds(r, "href=\"#filter-starts\"")) << view << r.body;
      EXPECT_TRUE(holds(r, "id=\"filter-starts-error\"")) << view;
      EXPECT_TRUE(holds(r, "value=\"morning\"")) << view;                      // what was typed stays
      EXPECT_TRUE(holds(r, "value=\"2026-06-30\"")) << view;
      EXPECT_FALSE(holds(r, "from.starts=morning")) << view << " " << r.body;   // no link carries it on: to a bulk edit, an export, another page
      EXPECT_EQ(r.body.find("⟦"), std::string::npos) << view << " " << lang;
    }
  EXPECT_TRUE(holds(get(asked, clerk), "to.starts=2026-06-30"));               // the other bound holds
  EXPECT_FALSE(holds(get("/staff/registers/works?from.starts=morning&to.starts=2026-04-30", clerk), "橋の補修"));
  EXPECT_TRUE(holds(get("/staff/registers/works?to.starts=morning", clerk), "href=\"#filter-starts-to\""));
  EXPECT_EQ(get("/staff/registers/works?from.starts=%20&f.starts=-", clerk).status, 200);
}

TEST_P(WrongInput, an_empty_comment_is_told_at_its_box) {
  const std::string row = "/staff/registers/works/rows/" + add(hall->reg("works"), R"({"name":"橋の補修","phase":"plan","starts":"2026-05-20"})", clerk).number;
  const auto r = post(row + "/comments", clerk, {{"comment", "  "}});
  EXPECT_EQ(r.status, 422);
  EXPECT_TRUE(holds(r, "href=\"#comment\"") && holds(r, "id=\"comment-error\"") && holds(r, "橋の補修")) << r.body;
  EXPECT_EQ(post(row + "/comments", clerk, {{"comment", "現地を見た"}}).status, 303);
}

TEST_P(WrongInput, what_is_no_table_is_not_imported) {
  for (const char* name : {"papers.pdf", "papers.csv"}) {
    const auto r = upload("/staff/registers/works/import", name, "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n");
    EXPECT_EQ(r.status, 422) << name;
    EXPECT_TRUE(holds(r, "href=\"#file\"") && holds(r, "CSVかExcel")) << r.body;
  }
  EXPECT_EQ(upload("/staff/registers/works/import", "works.csv", "工事名,段階,着手\n橋,計画,2026-05-01\n").status, 303);
}

class WrongInputOfCases : public CaseRowsTest, protected RegisterRoutes {
 protected:
  WrongInputOfCases() : RegisterRoutes(*hall, store(), clock, folder()) { clerk.id = 1; }
};
MACHIYA_ON_BOTH_ENGINES(WrongInputOfCases);

TEST_P(WrongInputOfCases, one_character_is_too_few_to_search_cases_for) {
  dog(R"({"dog_name":"ポチ","size":"small","born":"2025-01-10"})");
  deliver();
  const auto r = post("/staff/registers/dog", clerk, {{"q", "犬"}});
  EXPECT_EQ(r.status, 422);
  EXPECT_TRUE(holds(r, "href=\"#filter-q\"") && holds(r, "id=\"filter-q-error\"") && holds(r, "value=\"犬\"")) << r.body;
  EXPECT_EQ(post("/staff/registers/dog", clerk, {{"q", "子犬"}}).status, 200);
  EXPECT_EQ(post("/staff/registers/dog", clerk, {{"q", ""}}).status, 200);
}

}  // namespace
}  // namespace machiya::registers::testing
