// The pages of registers show procedures too: every view in both languages, the way to the case, the search in the body, the export.
#include "ask/cases/web.h"
#include "ask/registers/case_testing.h"
#include "ask/registers/web_testing.h"

namespace machiya::registers::testing {
namespace {

class CasePages : public CaseRowsTest, protected RegisterRoutes {
 protected:
  CasePages() : RegisterRoutes(*hall, store(), clock, folder()) {}
};
MACHIYA_ON_BOTH_ENGINES(CasePages);

TEST_P(CasePages, every_view_leads_to_the_case) {
  const std::string a = dog(R"({"dog_name":"ポチ","size":"small","born":"2025-01-10"})"), b = dog(R"({"dog_name":"ハナ","size":"large","born":"2025-02-10"})");
  ASSERT_TRUE(cases->act(b, act("grant"), clerk).ok());
  deliver();
  const std::string base = "/staff/registers/dog", page = "/staff/cases/" + a;
  for (const char* view : {"", "?view=all", "?view=board", "?view=calendar", "?view=answers", "?f.size=small&sort=-born", "?group=size", "?from._due=2026-05-01&to._due=2026-05-31"})
    for (const char* lang : {"ja", "en"}) {
      const auto r = ask(http::Method::get, base + view, clerk, {}, lang);
      EXPECT_EQ(r.status, 200) << view;
      EXPECT_TRUE(holds(r, "href=\"" + page + "\"")) << view << " " << lang << r.body;
      EXPECT_EQ(r.body.find("⟦"), std::string::npos) << view << " " << lang;
      EXPECT_FALSE(holds(r, "/rows/") || holds(r, base + "/new") || holds(r, "data-grid")) << view;   // nothing is changed here
    }
  EXPECT_FALSE(holds(get(base, clerk), b));                    // it has ended
  EXPECT_TRUE(holds(get(base + "?view=all", clerk), b));
  EXPECT_TRUE(holds(get(base + "?f.state=granted", clerk), b));   // who asks for a state means it: a board leads here
  EXPECT_FALSE(holds(get(base, clerk), "ポチ"));               // sealed answers stand in the table of answers only
  EXPECT_TRUE(holds(get(base + "?view=answers", clerk), "ポチ"));
  EXPECT_FALSE(holds(get(base + "?view=answers", auditor), "ポチ"));
  EXPECT_TRUE(holds(get(base + "?view=answers", auditor), a));
  const auto row = get(base + "/rows/" + a, clerk);
  EXPECT_EQ(row.status, 303);
  EXPECT_TRUE(holds(get("/staff/registers", clerk), "href=\"/staff/registers/dog\""));
  EXPECT_EQ(get(base, helper).status, 404);
  EXPECT_EQ(get(base + "/new", clerk).status, 403);
  // A name is searched for in the body of a POST; an address does not carry it.
  EXPECT_TRUE(holds(ask(http::Method::post, base, clerk, {{"q", "大阪 花子"}}), page));
  EXPECT_FALSE(holds(ask(http::Method::post, base, clerk, {{"q", "京都"}}), page));
  EXPECT_TRUE(holds(get(base + "?q=" + http::url_encode("京都"), clerk), page));
}

// One search for both: the same folding, each with its rights.
TEST_P(CasePages, a_search_finds_cases_and_rows_by_their_rights) {
  cases::Statistics statistics(store(), clock);
  http::Hub hub;
  cases::Web cases_web{*cases, statistics, *templates, *texts, web.staff_frame, web.staff_frame, web.city, hub, {}, {}, folder() + "/work"};
  cases_web.search_rows = [this](const http::Request& request, std::string_view text) { return found_rows(web, request, text); };
  cases::add_staff_routes(router, cases_web);
  const std::string number = dog(R"({"dog_name":"ポチ","size":"small","born":"2025-01-10"})");
  auto saved = registers->add(hall->reg("parks"), *json::parse(R"({"name":"大阪 花子 記念公園"})"), "登録", clerk, "ja", "r");
  ASSERT_TRUE(saved.ok() && saved->row);
  const std::string row = "/staff/registers/parks/rows/" + saved->row->number, page = "/staff/cases/" + number;
  for (const char* text : {"花子", "大阪　花子", "大阪 花子"}) {
    const auto both = ask(http::Method::post, "/staff/search", clerk, {{"q", text}});
    EXPECT_TRUE(holds(both, page) && holds(both, row)) << text << both.body;
  }
  const auto of_register = ask(http::Method::post, "/staff/search", clerk, {{"q", "記念公園"}});
  EXPECT_TRUE(holds(of_register, row) && !holds(of_register, page));
  const auto other = ask(http::Method::post, "/staff/search", stranger, {{"q", "花子"}});   // of another department
  EXPECT_EQ(other.status, 200);
  EXPECT_FALSE(holds(other, page) || holds(other, row));
  const auto watcher = ask(http::Method::post, "/staff/search", auditor, {{"q", "花子"}});   // reads registers, opens no case
  EXPECT_TRUE(holds(watcher, row) && !holds(watcher, page));
  EXPECT_FALSE(holds(ask(http::Method::post, "/staff/search", clerk, {{"q", "花"}}), row));
}

TEST_P(CasePages, exports_hold_what_may_be_exported) {
  const std::string a = dog(R"({"dog_name":"ポチ","size":"small","born":"2025-01-10"})");
  deliver();
  const auto file = get("/staff/registers/dog/export.csv?view=answers", clerk);
  ASSERT_EQ(file.status, 200);
  std::ifstream in(file.file);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  for (const std::string& part : {a, std::string("ポチ"), std::string("小型"), std::string("3550"), std::string("2026-05-11")}) EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(get("/staff/registers/dog/export.csv", auditor).status, 403);
  EXPECT_FALSE(holds(get("/staff/registers/dog", auditor), "export.csv"));
}

}  // namespace
}  // namespace machiya::registers::testing
