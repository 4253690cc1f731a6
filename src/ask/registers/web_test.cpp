// The pages of registers over the real service: every page in both languages, forms that lose nothing, two people at one cell.
#include "ask/registers/web_testing.h"

namespace machiya::registers::testing {
namespace {

class RegisterPages : public RegistersWebTest {
 protected:
  void expect_page(const std::string& target, std::string_view part) {
    for (const char* lang : {"ja", "en"}) {
      const auto r = ask(http::Method::get, target, approver, {}, lang);
      EXPECT_EQ(r.status, 200) << target << r.body.substr(0, 300);
      EXPECT_NE(r.body.find(part), std::string::npos) << target << "\n" << r.body;
      EXPECT_EQ(r.body.find("⟦"), std::string::npos) << target << " " << lang;
    }
  }
  static http::Pairs work(std::string name, std::string phase) {
    return {{"asked", "name"}, {"asked", "phase"}, {"asked", "starts"}, {"asked", "ends"}, {"asked", "place"}, {"name", std::move(name)}, {"phase.asked", "1"}, {"phase", std::move(phase)},
            {"starts.era", "R"}, {"starts.year", "8"}, {"starts.month", "5"}, {"starts.day", "20"}, {"ends.year", ""}, {"place.lat", "34.70"}, {"place.lon", "135.50"}, {"reason", "新規"}};
  }
  const Register* works = &hall->reg("works");
};
MACHIYA_ON_BOTH_ENGINES(RegisterPages);

TEST_P(RegisterPages, every_page_renders_in_both_languages) {
  const Row row = add(*works, R"({"name":"橋の補修","phase":"plan","starts":"2026-05-20","ends":"2026-07-01","place":{"lat":34.70,"lon":135.50}})", clerk);
  const Row park = add(*parks, R"({"name":"扇町公園"})", clerk);
  const Row tree = add(*trees, (R"({"tag":"000001","species":"cherry","park":")" + park.number + "\"}").c_str(), clerk);
  const std::string base = "/staff/registers";
  expect_page(base, "/staff/registers/works");
  expect_page(base + "/works", "橋の補修");
  expect_page(base + "/works?f.phase=plan&from.starts=2026-05-01&q=" + http::url_encode("橋の補修"), "橋の補修");
  expect_page(base + "/works?group=phase", "table__group");
  for (const char* view : {"phases", "months", "places", "bars", "paper"}) expect_page(base + "/works?view=" + view, "橋の補修");
  expect_page(base + "/works/new", "name=\"starts.year\"");
  expect_page(base + "/works/bulk?f.phase=plan", "name=\"column\"");
  expect_page(base + "/works/rows/" + row.number, "橋の補修");
  expect_page(base + "/works/rows/" + row.number + "/change", "name=\"base\"");
  expect_page(base + "/park-trees?f.park=" + park.number, "扇町公園");
  expect_page(base + "/park-trees/rows/" + tree.number, "/actions/fell");
  expect_page(base + "/park-trees/rows/" + tree.number + "/actions/fell", "name=\"reason\"");
  expect_page(base + "/parks/rows/" + park.number, "000001");   // the tree points here
  EXPECT_FALSE(holds(get(base + "/works?f.phase=build", clerk), "橋の補修"));
  EXPECT_EQ(get(base + "/works/points.json?view=places", clerk).status, 200);
  EXPECT_TRUE(holds(get(base + "/works?from.starts=morning", clerk), "橋の補修"));   // no date: it asks for nothing
}

// Planted once: progress that knows of no reload before the walk has begun; every view of that moment was without a word.
TEST_P(RegisterPages, a_register_whose_index_is_behind_says_so_on_every_view) {
  add(*works, R"({"name":"橋の補修","phase":"build","starts":"2026-05-20","ends":"2026-07-01","place":{"lat":34.70,"lon":135.50},"why":"老朽化"})", clerk);
  ASSERT_TRUE(registers->tend_index().ok());
  ASSERT_TRUE(hall->jobs->run_due().ok());
  const std::string base = "/staff/registers/works", api = "/api/v1/registers/works";
  const std::string sought = "?f.why=" + http::url_encode("老朽化");
  const std::string_view ja = "1件のうち0件まで済み", en = "brought up to date: 0 of 1 rows", program = R"("indexing":{"done":0,"total":1})";
  EXPECT_FALSE(holds(get(base, clerk), "件まで済み"));
  define("works", replaced(std::string(kWorks), "{ column: why, type: text,", "{ column: why, type: text, filter: yes,"));
  reload();
  for (const char* view : {"all", "phases", "months", "places", "bars", "paper", "figures"}) {
    EXPECT_TRUE(holds(get(base + "?view=" + view, clerk), ja)) << view;
    EXPECT_TRUE(holds(ask(http::Method::get, base + "?view=" + view, clerk, {}, "en"), en)) << view;
  }
  EXPECT_TRUE(holds(get(base + "/bulk", approver), ja));
  EXPECT_FALSE(holds(get("/staff/registers/parks", clerk), "件まで済み"));   // another register has nothing to say
  for (const std::string& rows : {api + "/rows" + sought, api + "/counts?by=phase"}) EXPECT_TRUE(holds(get(rows, clerk), program)) << rows;
  EXPECT_FALSE(holds(get(base + sought, clerk), "橋の補修"));
  ASSERT_TRUE(registers->tend_index().ok());
  ASSERT_TRUE(hall->jobs->run_due().ok());
  EXPECT_TRUE(holds(get(base + sought, clerk), "橋の補修"));
  EXPECT_FALSE(holds(get(base, clerk), "件まで済み"));
  EXPECT_FALSE(holds(get(api + "/rows" + sought, clerk), "indexing"));
}

TEST_P(RegisterPages, who_may_not_read_finds_nothing) {
  const Row tree = add(*trees, R"({"tag":"000001","species":"cherry","cost":5000,"owner_name":"大阪 太郎"})", approver);
  EXPECT_EQ(get("/staff/registers/park-trees", stranger).status, 404);
  EXPECT_FALSE(holds(get("/staff/registers", stranger), "park-trees"));
  const std::string row = "/staff/registers/park-trees/rows/" + tree.number;
  for (const std::string& page : {row, row + "/change", std::string("/staff/registers/park-trees")}) {
    EXPECT_FALSE(holds(get(page, clerk), "大阪 太郎")) << page;
    EXPECT_FALSE(holds(get(page, clerk), "5,000")) << page;
  }
  EXPECT_TRUE(holds(get(row, approver), "大阪 太郎"));
  EXPECT_EQ(get("/staff/registers/park-trees/new", auditor).status, 403);
  EXPECT_EQ(get("/staff/registers/park-trees/bulk", clerk).status, 403);
  // Posting the column all the same changes nothing.
  for (const std::int64_t seen : {tree.revision, tree.revision + 7}) {
    const auto refused = post(row + "/cells", clerk, {{"revision", std::to_string(seen)}, {"c.cost", "1"}});
    EXPECT_GE(refused.status, 400) << refused.body;
    EXPECT_FALSE(holds(refused, "5000") || holds(refused, "5,000")) << refused.body;
  }
  EXPECT_EQ(registers->open(*trees, tree.number, approver, "r")->values["cost"].as_int(), 5000);
}

TEST_P(RegisterPages, a_form_keeps_what_was_typed_until_it_is_right) {
  auto wrong = work("橋の補修", "plan");
  for (auto& [name, value] : wrong)
    if (name == "starts.day") value = "41";
  const auto refused = post("/staff/registers/works/new", clerk, wrong);
  EXPECT_EQ(refused.status, 422);
  EXPECT_TRUE(holds(refused, "href=\"#f-starts\""));
  EXPECT_TRUE(holds(refused, "value=\"橋の補修\""));
  EXPECT_TRUE(holds(refused, "value=\"41\""));
  const auto more = post("/staff/registers/works/new", clerk, work("橋の補修", "build"));   // a question appears: it is shown before anything is saved
  EXPECT_EQ(more.status, 200);
  EXPECT_TRUE(holds(more, "name=\"why\""));
  EXPECT_EQ(registers->list(*works, {}, clerk)->total, 0);
  auto whole = work("橋の補修", "build");
  whole.insert(whole.end(), {{"asked", "why"}, {"why", "老朽化"}});
  const auto saved = post("/staff/registers/works/new", clerk, whole);
  ASSERT_EQ(saved.status, 303) << saved.body;
  const auto again = post("/staff/registers/works/new", clerk, whole);   // the name is taken: told at its field
  EXPECT_EQ(again.status, 422);
  EXPECT_TRUE(holds(again, "href=\"#f-name\""));
  const auto row = get(location(saved).substr(0, location(saved).find('?')), clerk);
  EXPECT_TRUE(holds(row, "老朽化"));
  EXPECT_TRUE(holds(row, "新規"));   // the reason
}

TEST_P(RegisterPages, a_row_shows_what_points_to_it_and_adds_one_there) {
  const Row park = add(*parks, R"({"name":"扇町公園"})", clerk), other = add(*parks, R"({"name":"中之島公園"})", clerk);
  const std::string page = "/staff/registers/parks/rows/" + park.number, fresh = "/staff/registers/park-trees/new?park=" + park.number;
  const auto empty = get(page, clerk);
  EXPECT_TRUE(holds(empty, fresh)) << empty.body;   // none yet: the way to the first one
  EXPECT_FALSE(holds(get(page, auditor), fresh));   // who may not write is not asked to
  const auto form = get(fresh, clerk);
  EXPECT_TRUE(holds(form, "<option value=\"" + park.number + "\" selected")) << form.body;
  EXPECT_FALSE(holds(form, "<option value=\"" + other.number + "\" selected"));
  EXPECT_FALSE(holds(get("/staff/registers/park-trees/new?park=00000000000000000000000000", clerk), "selected>扇町公園"));
  add(*trees, R"({"tag":"000123","park":"扇町公園","species":"zelkova"})", clerk);
  const auto one = get(page, clerk);
  EXPECT_TRUE(holds(one, "000123"));
  EXPECT_TRUE(holds(one, "/staff/registers/park-trees?f.park=" + park.number));
}

TEST_P(RegisterPages, two_people_at_one_cell_choose) {
  const Row row = add(*works, R"({"name":"橋","phase":"plan","starts":"2026-05-20"})", clerk);
  const std::string form = "/staff/registers/works/rows/" + row.number + "/change";
  const std::string base = R"({"name":"橋","phase":"plan","starts":"2026-05-20"})";
  auto typed = [&](std::string name, std::string end_year) {
    http::Pairs out = {{"base", base}, {"revision", std::to_string(row.revision)}, {"asked", "name"}, {"asked", "phase"}, {"asked", "starts"}, {"asked", "ends"}, {"asked", "place"},
                       {"name", std::move(name)}, {"phase.asked", "1"}, {"phase", "plan"}, {"starts.year", "2026"}, {"starts.month", "5"}, {"starts.day", "20"}};
    if (!end_year.empty()) out.insert(out.end(), {{"ends.year", end_year}, {"ends.month", "1"}, {"ends.day", "2"}});
    return out;
  };
  ASSERT_EQ(post(form, clerk, typed("大橋", "")).status, 303);
  const auto met = post(form, approver, typed("小橋", "2027"));
  ASSERT_EQ(met.status, 409);
  for (const char* part : {"橋", "大橋", "小橋", "担当 一郎", "over.name", "name=\"ends.year\" value=\"2027\""}) EXPECT_TRUE(holds(met, part)) << part;
  EXPECT_EQ(registers->open(*works, row.number, clerk, "r")->values.text("name"), "大橋");
  auto chosen = typed("小橋", "2027");
  const std::int64_t now = registers->open(*works, row.number, clerk, "r")->revision;
  for (auto& [name, value] : chosen)
    if (name == "revision") value = std::to_string(now);
  auto theirs = chosen, mine = chosen;
  theirs.emplace_back("over.name", "theirs"), mine.emplace_back("over.name", "mine");
  ASSERT_EQ(post(form, approver, theirs).status, 303);
  EXPECT_EQ(registers->open(*works, row.number, clerk, "r")->values.text("name"), "大橋");
  EXPECT_EQ(registers->open(*works, row.number, clerk, "r")->values.text("ends"), "2027-01-02");   // the rest of what was typed was kept
  ASSERT_EQ(post(form, approver, mine).status, 303);
  EXPECT_EQ(registers->open(*works, row.number, clerk, "r")->values.text("name"), "小橋");
}

TEST_P(RegisterPages, the_grid_and_the_board_save_through_the_same_rules) {
  const Row row = add(*works, R"({"name":"橋","phase":"plan","starts":"2026-05-20"})", clerk);
  const std::string here = "/staff/registers/works/rows/" + row.number;
  const auto wrong = post(here + "/cells", clerk, {{"revision", "1"}, {"c.starts", "いつか"}});
  EXPECT_EQ(wrong.status, 422);
  EXPECT_TRUE(holds(wrong, "\"column\":\"starts\""));
  const auto saved = post(here + "/cells", clerk, {{"revision", std::to_string(row.revision)}, {"c.starts", "R8.6.1"}, {"c.name", "橋梁"}});
  EXPECT_EQ(saved.status, 200) << saved.body;
  EXPECT_EQ(registers->open(*works, row.number, clerk, "r")->values.text("starts"), "2026-06-01");
  const auto late = post(here + "/cells", approver, {{"revision", std::to_string(row.revision)}, {"c.name", "小橋"}});
  EXPECT_EQ(late.status, 409);
  EXPECT_TRUE(holds(late, "\"theirs\":\"橋梁\""));
  const auto added = post("/staff/registers/works/cells", clerk, {{"c.name", "堤防"}, {"c.phase", "plan"}, {"c.starts", "２０２６年７月１日"}});
  EXPECT_EQ(added.status, 200) << added.body;
  EXPECT_TRUE(holds(added, "\"href\":\"/staff/registers/works/rows/"));
  EXPECT_EQ(registers->list(*works, {{{"starts", "is", "2026-07-01"}}}, clerk)->total, 1);
  EXPECT_EQ(post("/staff/registers/works/cells", clerk, {{"c.starts", "2026-07-02"}}).status, 422);   // has no name
  EXPECT_EQ(registers->list(*works, {}, clerk)->total, 2);
  const auto now = registers->open(*works, row.number, clerk, "r");
  EXPECT_EQ(post(here + "/move", clerk, {{"revision", std::to_string(now->revision)}, {"column", "starts"}, {"value", "2026-06-02"}, {"back", "/elsewhere"}}).status, 303);
  EXPECT_EQ(location(post(here + "/move", clerk, {{"revision", "99"}, {"column", "nothing"}})), "");
}

TEST_P(RegisterPages, many_rows_change_after_a_look_and_back) {
  for (int i = 0; i < 5; ++i) add(*trees, ("{\"tag\":\"00000" + std::to_string(i) + "\",\"species\":\"zelkova\"}").c_str(), approver);
  const std::string bulk = "/staff/registers/park-trees/bulk";
  http::Pairs form = {{"f.species", "zelkova"}, {"column", "species"}, {"value", "cherry"}, {"reason", "調査の誤り"}, {"action", "preview"}};
  const auto look = post(bulk, approver, form);
  EXPECT_TRUE(holds(look, "name=\"expected\" value=\"5\"")) << look.body;
  EXPECT_EQ(registers->list(*trees, {{{"species", "is", "cherry"}}}, approver)->total, 0);
  form.back().second = "do", form.emplace_back("expected", "4");
  EXPECT_TRUE(holds(post(bulk, approver, form), "name=\"expected\" value=\"5\""));   // other rows than were shown: shown again
  form.back().second = "5";
  const auto done = post(bulk, approver, form);
  ASSERT_TRUE(holds(done, "/undo\"")) << done.body;
  EXPECT_EQ(registers->list(*trees, {{{"species", "is", "cherry"}}}, approver)->total, 5);
  const std::size_t at = done.body.find(bulk + "/");
  EXPECT_EQ(post(done.body.substr(at, done.body.find('"', at) - at), approver, {}).status, 303);
  EXPECT_EQ(registers->list(*trees, {{{"species", "is", "zelkova"}}}, approver)->total, 5);
  form = {{"column", "girth"}, {"value", "太い"}, {"action", "preview"}};
  EXPECT_EQ(post(bulk, approver, form).status, 422);
}

TEST_P(RegisterPages, the_inbox_of_reminders_is_settled_by_its_buttons) {
  const auto tree = [&](const char* tag, const char* next) { return add(*trees, (std::string(R"({"tag":")") + tag + R"(","species":"cherry","next_inspection":")" + next + "\"}").c_str(), clerk); };
  const Row late = tree("000001", "2026-05-09"), today = tree("000002", "2026-05-11"), week = tree("000003", "2026-05-13"), later = tree("000004", "2026-05-20");
  expect_page("/staff/reminders", "000001");
  expect_page("/staff/reminders?part=week", "000003");
  expect_page("/staff/reminders?week=2026-05-18", "000004");
  expect_page("/staff/reminders?show=settled", "/staff/reminders");
  expect_page("/staff/registers/park-trees/rows/" + later.number, "name=\"act\"");
  EXPECT_FALSE(holds(get("/staff/reminders?part=today", clerk), "000001"));
  EXPECT_FALSE(holds(get("/staff/reminders?part=overdue", clerk), "000002"));
  EXPECT_FALSE(holds(get("/staff/reminders?register=all", stranger), "000001"));   // neither the row nor the reminder
  EXPECT_FALSE(holds(get("/staff/reminders?register=park-trees", stranger), "<option value=\"park-trees\""));
  const auto told = registers->reminders({}, clerk);
  ASSERT_EQ(told->items.size(), 4u);
  const std::string first = told->items[0].id, second = told->items[1].id;
  const auto took = post("/staff/reminders", clerk, {{"act", "take:" + first}, {"back", "/staff/reminders?part=overdue"}});
  EXPECT_EQ(location(took), "/staff/reminders?part=overdue&done=1");
  EXPECT_TRUE(holds(get("/staff/reminders", approver), "担当 一郎"));
  const auto unsaid = post("/staff/reminders", clerk, {{"act", "dismiss"}, {"pick", first}, {"pick", second}, {"reason", " "}});
  EXPECT_EQ(unsaid.status, 422);
  EXPECT_TRUE(holds(unsaid, "href=\"#reason\""));
  EXPECT_TRUE(holds(unsaid, "value=\"" + second + "\" aria-label=")) << unsaid.body;
  EXPECT_NE(unsaid.body.find("checked>"), std::string::npos);   // what was ticked stays so
  EXPECT_EQ(location(post("/staff/reminders", clerk, {{"act", "dismiss"}, {"pick", first}, {"pick", second}, {"reason", "重複"}, {"back", "https://elsewhere.example/"}})),
            "/staff/reminders?done=2");
  EXPECT_EQ(location(post("/staff/reminders", approver, {{"act", "done:" + first}})), "/staff/reminders?done=0");
  EXPECT_TRUE(holds(get("/staff/reminders?show=settled", clerk), "重複"));
  EXPECT_FALSE(holds(get("/staff/reminders", clerk), "000001"));
  EXPECT_EQ(post("/staff/reminders", auditor, {{"act", "done:" + told->items[2].id}}).status, 403);
  EXPECT_EQ(post("/staff/reminders", stranger, {{"act", "done:" + told->items[2].id}}).status, 404);
  EXPECT_EQ(post("/staff/reminders", clerk, {{"act", "burn"}}).status, 422);
}

TEST_P(RegisterPages, a_saved_search_belongs_to_one_person) {
  const std::string list = "/staff/registers/works";
  EXPECT_EQ(post(list + "/searches", clerk, {{"name", "計画中"}, {"search", "f.phase=plan&evil=1"}}).status, 303);
  EXPECT_TRUE(holds(get(list, clerk), "計画中"));
  EXPECT_FALSE(holds(get(list, clerk), "evil"));
  EXPECT_FALSE(holds(get(list, approver), "計画中"));
  EXPECT_EQ(post(list + "/searches", approver, {{"forget", "1"}}).status, 303);   // not theirs
  EXPECT_TRUE(holds(get(list, clerk), "計画中"));
  EXPECT_EQ(post(list + "/searches", clerk, {{"forget", "1"}}).status, 303);
  EXPECT_FALSE(holds(get(list, clerk), "計画中"));
}

TEST_P(RegisterPages, an_action_asks_for_its_reason_and_a_comment_stays) {
  const Row tree = add(*trees, R"({"tag":"000001","species":"cherry"})", clerk);
  const std::string row = "/staff/registers/park-trees/rows/" + tree.number;
  EXPECT_EQ(post(row + "/actions/fell", clerk, {{"revision", std::to_string(tree.revision)}}).status, 422);
  EXPECT_EQ(post(row + "/actions/fell", clerk, {{"revision", std::to_string(tree.revision)}, {"reason", "倒木のおそれ"}}).status, 303);
  EXPECT_EQ(post(row + "/actions/fell", clerk, {{"revision", std::to_string(tree.revision)}, {"reason", "もう一度"}}).status, 409);
  EXPECT_EQ(post(row + "/comments", clerk, {{"comment", "<b>現地で確認</b>"}}).status, 303);
  const auto page = get(row, clerk);
  EXPECT_TRUE(holds(page, "倒木のおそれ"));
  EXPECT_TRUE(holds(page, "&lt;b&gt;現地で確認"));
  EXPECT_TRUE(holds(page, "伐採済"));
}

}  // namespace
}  // namespace machiya::registers::testing
