// The service on both databases: search, inbox, exports, retention, rules kept, automatic actions, statistics, reports, facts.
#include "ask/cases/cases_fixture.h"

namespace machiya::cases {
namespace {

class CaseLists : public CasesTest {};
MACHIYA_ON_BOTH_ENGINES(CaseLists);

TEST_P(CaseLists, search_finds_by_number_name_and_kana) {
  const std::string number = submitted();
  for (const char* text : {"山田", "花子", "やまだ", "ヤマダ", "ﾊﾅｺ"}) EXPECT_EQ(cases->search(text, clerk, "ja", "r")->size(), 1u) << text;
  EXPECT_EQ(cases->search(number, clerk, "ja", "r")->size(), 1u);
  EXPECT_TRUE(cases->search("田山", clerk, "ja", "r")->empty());
  EXPECT_TRUE(cases->search("山", clerk, "ja", "r")->empty());
}

TEST_P(CaseLists, after_the_retention_nothing_personal_is_left) {
  const std::string number = submitted();
  ASSERT_TRUE(cases->withdraw(number, {}, hanako).ok());
  EXPECT_EQ(*cases->erase_due(10), 0);
  clock.advance(5 * 366 * kDay);
  EXPECT_EQ(*cases->erase_due(10), 1);
  EXPECT_EQ(code(cases->view_staff(number, clerk, "r")), ErrorCode::gone);
  EXPECT_TRUE(cases->search("山田", clerk, "ja", "r")->empty());
  auto left = store().read([&](store::ReadTx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(auto row, records::find_record(tx, number));
    EXPECT_TRUE(row->sealed.empty() && row->sealed_log.empty() && !row->person);
    MACHIYA_TRY(auto events_left, records::events_of(tx, row->id));
    for (const auto& e : events_left) EXPECT_TRUE(e.sealed.empty());
    return records::count_tokens(tx, row->id);
  });
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(*left, 0);
  EXPECT_EQ(ground->audit.of_object("case:" + number, 1)->front().entry.action, "record.erase");
}

TEST_P(CaseLists, an_open_case_keeps_the_rules_it_began_with) {
  const std::string number = submitted();
  std::string changed(kWorkflow);
  changed.replace(changed.find("\"state\":\"received\",\"name\":\"受付\""), 34, "\"state\":\"received\",\"name\":\"新受付\"");
  const std::size_t at = changed.find(R"("needs":["reason"])");
  changed.replace(at, 18, R"("needs":["note"])");
  texts.put("workflow", "permit", changed);
  EXPECT_EQ(cases->act(number, act("refuse"), clerk).error().where, "reason");
  const std::string newer = submitted();
  EXPECT_EQ(cases->act(newer, act("refuse"), clerk).error().where, "note");
  EXPECT_EQ(cases->view_staff(number, clerk, "r")->rules->workflow->state("received")->name.in("ja"), "受付");
}

TEST_P(CaseLists, automatic_actions_wait_and_do_not_touch_a_case_that_moved) {
  const std::string number = submitted(), moved = submitted();
  ask_for_name(number);
  ask_for_name(moved);
  ASSERT_TRUE(cases->resubmit(moved, dog(hanako), {}, hanako).ok());
  ground->jobs.handle(std::string(kAutomaticJob), [&](const jobs::Job& job) {
    return cases->run_automatic(job.payload.text("number"), job.payload.text("action"), job.payload.text("state"));
  });
  ASSERT_TRUE(ground->jobs.run_due().ok());
  EXPECT_EQ(cases->view_staff(number, clerk, "r")->state, "correction");
  clock.advance(31 * kDay);
  ASSERT_TRUE(ground->jobs.run_due().ok());
  EXPECT_EQ(cases->view_staff(number, clerk, "r")->state, "stale");
  EXPECT_EQ(cases->view_staff(moved, clerk, "r")->state, "received");
}

TEST_P(CaseLists, the_inbox_pages_are_stable_and_counted) {
  std::vector<std::string> numbers;
  for (int i = 0; i < 7; ++i) numbers.push_back(submitted());
  clock.advance(11 * kDay);
  InboxFilter f;
  f.department = "health", f.limit = 3;
  std::vector<std::string> seen;
  for (;;) {
    auto page = cases->inbox(f, clerk);
    ASSERT_TRUE(page.ok());
    for (const CaseRow& row : page->rows) seen.push_back(row.number);
    if (seen.size() == 3) submitted();   // a new case does not shift the pages
    if (!page->more) break;
    f.after = seen.back();
  }
  std::reverse(numbers.begin(), numbers.end());
  EXPECT_EQ(seen, numbers);
  f = {};
  f.department = "health", f.overdue = true;
  EXPECT_EQ(cases->inbox(f, clerk)->rows.size(), 7u);
  EXPECT_EQ(cases->inbox(f, clerk)->counts[0].overdue, 7);
}

TEST_P(CaseLists, a_bulk_decision_says_before_what_it_will_do) {
  const std::string good = submitted(), gone = submitted();
  ASSERT_TRUE(cases->withdraw(gone, {}, hanako).ok());
  Act a = act("refuse");
  a.reason = "理由";
  auto preview = cases->preview({good, gone, "R8-0000-0000-0000"}, a, clerk);
  ASSERT_TRUE(preview.ok());
  EXPECT_TRUE((*preview)[0].possible);
  EXPECT_EQ((*preview)[1].problem, "conflict");
  EXPECT_EQ((*preview)[2].problem, "not_found");
  EXPECT_EQ(cases->view_staff(good, clerk, "r")->state, "received");
  ASSERT_TRUE(cases->act_on_many({good, gone}, a, clerk).ok());
  EXPECT_EQ(cases->view_staff(good, clerk, "r")->state, "refused");
}

TEST_P(CaseLists, exports_hold_every_row_and_no_formula) {
  for (int i = 0; i < 3; ++i) {
    Submission s = dog(hanako);
    s.values.set("dog_name", i == 1 ? "=HYPERLINK(\"x\")" : "-5");
    ASSERT_TRUE(cases->submit(s).ok());
  }
  InboxFilter f;
  f.department = "health", f.procedure = "dog";
  auto rules = *cases->definitions().current("dog");
  std::string csv = csv_head(rules->procedure.get(), "ja");
  auto n = cases->export_cases(f, clerk, "r", [&](const CaseView& v) {
    csv += csv_line(v, rules->procedure.get(), "ja");
    return true;
  });
  ASSERT_TRUE(n.ok()) << n.error().to_string();
  EXPECT_EQ(*n, 3);
  EXPECT_NE(csv.find("\"'=HYPERLINK(\"\"x\"\")\""), std::string::npos) << csv;
  EXPECT_NE(csv.find(",-5,"), std::string::npos);
  EXPECT_NE(csv.find("名前"), std::string::npos);
  EXPECT_EQ(code(cases->export_cases(f, stranger, "r", [](const CaseView&) { return true; })), ErrorCode::forbidden);
}

TEST_P(CaseLists, statistics_come_from_events) {
  Statistics statistics(store(), clock);
  statistics.subscribe(ground->events);   // before the first event: consumers are known when a process starts
  const std::string number = submitted();
  clock.advance(4 * kDay);
  Act a = act("refuse");
  a.reason = "理由";
  ASSERT_TRUE(cases->act(number, a, clerk).ok());
  for (int i = 0; i < 5; ++i) statistics.visited("dog", "dog", 1);
  statistics.visited("dog", "sent", 2);
  ASSERT_TRUE(statistics.flush().ok());
  ASSERT_TRUE(ground->events.deliver_now().ok());
  auto days = statistics.state_days("dog", "2026-01", "2026-12");
  ASSERT_TRUE(days.ok() && days->size() == 1);
  EXPECT_EQ(days->front().state, "received");
  EXPECT_EQ(days->front().median, 4);
  auto counts = statistics.counts("2026-01", "2026-12");
  ASSERT_TRUE(counts.ok());
  std::set<std::string> what;
  for (const auto& c : *counts) what.insert(c.what);
  EXPECT_TRUE(what.count("submitted") && what.count("decided:refused")) << counts->size();
  auto steps = statistics.steps("dog", "2026-01", "2026-12");
  ASSERT_EQ(steps->size(), 2u);
  EXPECT_EQ(steps->front().visits, 5);
}

TEST_P(CaseLists, a_report_is_public_without_its_photo_until_released) {
  Submission s;
  s.procedure = "fault", s.category = "hole", s.lat = 34.6937, s.lon = 135.5023, s.blobs = {"blob1"};
  s.values = *json::parse(R"({"kind":"hole","place":{"lat":34.6937,"lon":135.5023},"photo":[{"blob":"blob1","type":"image/jpeg"}]})");
  s.log = json::Value::array();
  auto receipt = cases->submit(s);
  ASSERT_TRUE(receipt.ok()) << receipt.error().to_string();
  Reports reports(*cases);
  auto seen = reports.find(receipt->number, "ja");
  ASSERT_TRUE(seen.ok());
  EXPECT_EQ(seen->category_label, "穴");
  EXPECT_TRUE(seen->photo.empty());
  auto near = reports.nearby("fault", "hole", 34.6938, 135.5023, 50, "ja");
  ASSERT_TRUE(near.ok());
  ASSERT_EQ(near->size(), 1u);
  EXPECT_NEAR(near->front().metres, 11.1, 0.3);
  EXPECT_TRUE(reports.nearby("fault", "light", 34.6938, 135.5023, 50, "ja")->empty());
  EXPECT_TRUE(reports.nearby("fault", "hole", 34.7038, 135.5023, 50, "ja")->empty());
  auto moderator = staff("mod", "m1", {"moderator"}, "construction");
  EXPECT_EQ(code(reports.moderate(receipt->number, records::Publicity::released, stranger, "r")), ErrorCode::forbidden);
  ASSERT_TRUE(reports.moderate(receipt->number, records::Publicity::released, moderator, "r").ok());
  EXPECT_EQ(reports.find(receipt->number, "ja")->photo, "blob1");
  ASSERT_TRUE(reports.moderate(receipt->number, records::Publicity::hidden, moderator, "r").ok());
  EXPECT_EQ(code(reports.find(receipt->number, "ja")), ErrorCode::not_found);
  EXPECT_TRUE(reports.list({})->empty());
  // An ordinary case is never public.
  EXPECT_EQ(code(reports.find(submitted(), "ja")), ErrorCode::not_found);
}

TEST_P(CaseLists, facts_of_a_person_are_found_and_replaced) {
  auto& records = cases->records();
  auto put = [&](const char* family) {
    return store().write([&](store::Tx& tx) {
      return records.put_facts(tx, hanako.id, *json::parse(std::string(R"({"name":{"family":")") + family + "\"}}"), {{"name", family}},
                               clerk.actor(), "免許証", "r");
    });
  };
  ASSERT_TRUE(put("山田").ok());
  ASSERT_TRUE(put("鈴木").ok());
  EXPECT_EQ((*records.facts_of(hanako.id))["name"].text("family"), "鈴木");
  EXPECT_EQ(records.facts_of(taro.id)->size(), 0u);
  EXPECT_EQ(records.search("person", "鈴木", 10)->size(), 1u);
  EXPECT_TRUE(records.search("person", "山田", 10)->empty());
}

}  // namespace
}  // namespace machiya::cases
