// The service on both databases: submission, the state machine, four eyes, corrections, clocks, search, retention.
#include "ask/cases/cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "ask/cases/case_events.h"
#include "ask/cases/export_text.h"
#include "ask/cases/reports.h"
#include "ask/cases/statistics.h"
#include "base/log.h"
#include "platform/audit/audit.h"
#include "platform/events/events.h"
#include "platform/identity/identity.h"
#include "platform/jobs/jobs.h"
#include "platform/store/testing.h"
#include "platform/vault/vault.h"

namespace machiya::cases {
namespace {

constexpr std::string_view kProcedure = R"({"procedure":"dog","version":1,"kind":"notification","owner":"health","case":"permit","target":"P10D",
 "name":{"ja":"犬の登録","en":"Dog registration"},
 "pages":[{"page":"dog","title":{"ja":"犬"},"ask":[{"name":"dog_name","type":"text","label":{"ja":"名前"}},
  {"name":"born","type":"date","label":{"ja":"生年月日"}},{"name":"owner_name","type":"name","label":{"ja":"飼い主"}}]}]})";
constexpr std::string_view kReport = R"({"procedure":"fault","version":1,"owner":"construction","case":"permit","name":"通報",
 "map":{"public":true,"category":"kind","place":"place","photo":"photo"},
 "pages":[{"page":"p","title":"場所","ask":[{"name":"kind","type":"choice","label":"種類","options":[{"value":"hole","label":"穴"},{"value":"light","label":"街灯"}]},
  {"name":"place","type":"place","label":"場所"},{"name":"photo","type":"photo","label":"写真"}]}]})";
constexpr std::string_view kWorkflow = R"({"workflow":"permit","start":"received",
 "states":[{"state":"received","name":"受付","clock":"running"},{"state":"correction","name":"補正","clock":"stopped","opens":"correction"},
  {"state":"granted","name":"許可","end":"decided","outcome":"granted"},{"state":"refused","name":"不許可","end":"decided","outcome":"refused"},
  {"state":"stale","name":"期限切れ","end":"closed"},{"state":"withdrawn","name":"取下げ","end":"withdrawn"}],
 "actions":[
  {"action":"ask","name":"補正を求める","from":["received"],"to":"correction","by":"staff","permission":"case.review","needs":["fields","note"]},
  {"action":"answer","name":"補正","from":["correction"],"to":"received","by":"applicant"},
  {"action":"grant","name":"許可","from":["received"],"to":"granted","by":"staff","permission":"case.decide","four_eyes":true,"document":"permit"},
  {"action":"refuse","name":"不許可","from":["received"],"to":"refused","by":"staff","permission":"case.decide","needs":["reason"]},
  {"action":"young","name":"幼犬","from":["received"],"to":"granted","by":"staff","permission":"case.decide","when":"fee > 100000"},
  {"action":"lapse","name":"期限切れ","from":["correction"],"to":"stale","by":"system","after":"P30D"},
  {"action":"withdraw","name":"取下げ","from":["received","correction"],"to":"withdrawn","by":"applicant"}],
 "documents":[{"document":"permit","title":"許可書","body":"{applicant.name}様の犬「{dog_name}」を許可します。手数料{fee}。{unknown}"}],
 "retention":{"keep":"P5Y","from":"end","basis":"規程"}})";

constexpr std::string_view kPolicy = R"({"roles":{
 "clerk":{"permissions":["case.list","case.read","case.note","case.assign","case.review","case.decide","case.export"],"scope":"own-department"},
 "approver":{"permissions":["case.list","case.read","case.review","case.decide","case.approve"],"scope":"own-department"},
 "moderator":{"permissions":["report.release","photo.release","case.list","case.read"],"scope":"all"}}})";

class Texts final : public DefinitionSource {
 public:
  std::uint64_t revision() const override { return revision_; }
  std::optional<DefinitionText> find(std::string_view kind, std::string_view id) const override {
    for (const auto& [k, text] : all_)
      if (k == kind && text.id == id) return text;
    return std::nullopt;
  }
  std::vector<std::string> ids(std::string_view kind) const override {
    std::vector<std::string> out;
    for (const auto& [k, text] : all_)
      if (k == kind) out.push_back(text.id);
    return out;
  }
  void put(const std::string& kind, const std::string& id, std::string_view body) {
    std::erase_if(all_, [&](const auto& e) { return e.first == kind && e.second.id == id; });
    all_.push_back({kind, {id, vault::sha256_hex(body), 1, 3, std::make_shared<const std::string>(body)}});
    ++revision_;
  }

 private:
  std::vector<std::pair<std::string, DefinitionText>> all_;
  std::uint64_t revision_ = 1;
};

class NoSender final : public identity::CodeSender {
 public:
  Result<void> send(std::string_view, std::string_view, std::string_view) override { return {}; }
};

class CasesTest : public store::testing::StoreTest {
 protected:
  CasesTest() : clock(*parse_rfc3339("2026-05-01T10:00:00+09:00")) {
    auto opened = vault::Vault::open(folder() + "/master.key", true);
    EXPECT_TRUE(opened.ok());
    vault = std::move(*opened);
    for (const auto& list : {vault::Vault::migrations(), audit::Audit::migrations(), events::Events::migrations(), jobs::Jobs::migrations(),
                             identity::Identity::migrations(), Cases::migrations()})
      migrate(list);
    audit = std::make_unique<audit::Audit>(store(), clock);
    events = std::make_unique<events::Events>(store(), clock);
    jobs = std::make_unique<jobs::Jobs>(store(), clock);
    identity::Options options;
    options.policy_text = std::string(kPolicy);
    identity = std::make_unique<identity::Identity>(store(), *vault, *audit, clock, sender, options);
    texts.put("procedure", "dog", kProcedure);
    texts.put("procedure", "fault", kReport);
    texts.put("workflow", "permit", kWorkflow);
    Cases::declare(*events, *jobs);
    Ports ports;
    ports.definitions = &texts;
    ports.is_working_day = [](Date d) { return weekday(d) != 0 && weekday(d) != 6; };
    ports.departments = [] { return std::vector<std::string>{"health", "construction"}; };
    cases = std::make_unique<Cases>(Platform{store(), *vault, *audit, *events, *jobs, *identity, clock, rng}, ports);
    hanako = person("hanako@example.jp");
    taro = person("taro@example.jp");
    clerk = staff("clerk", "c1", {"clerk"}, "health");
    other_clerk = staff("clerk2", "c2", {"approver"}, "health");
    stranger = staff("road", "c3", {"clerk"}, "construction");
  }
  identity::Principal person(const char* email) {
    auto p = store().write([&](store::Tx& tx) { return identity->ensure_person(tx, email, identity::Assurance::contact); });
    EXPECT_TRUE(p.ok());
    return *p;
  }
  static identity::Principal staff(const char* name, const char* id, std::vector<std::string> roles, const char* department) {
    identity::Principal p;
    p.kind = identity::PrincipalKind::staff, p.name = name, p.public_id = id, p.roles = std::move(roles), p.department = department;
    return p;
  }
  Submission dog(const identity::Principal& who, std::string key = {}) {
    Submission s;
    s.procedure = "dog", s.applicant = who, s.idempotency_key = std::move(key), s.fee = 3550;
    s.values = *json::parse(R"({"dog_name":"ポチ","born":"2025-12-01","owner_name":{"family":"山田","given":"花子"}})");
    s.log = json::Value::array();
    s.search = {{"name", "山田 花子"}, {"kana", "ヤマダ ハナコ"}};
    return s;
  }
  std::string submitted() {
    auto r = cases->submit(dog(hanako));
    EXPECT_TRUE(r.ok()) << r.error().to_string();
    return r->number;
  }
  static Act act(std::string action) {
    Act a;
    a.action = std::move(action);
    return a;
  }
  std::string ask_for_name(const std::string& number) {
    Act a = act("ask");
    a.note = "名前を確かめる", a.fields = {"dog_name"};
    auto v = cases->act(number, a, clerk);
    EXPECT_TRUE(v.ok()) << v.error().to_string();
    return v->state;
  }
  static ErrorCode code(const auto& result) { return result.ok() ? ErrorCode::internal : result.error().code; }

  FakeClock clock;
  SeededRng rng{42};
  NoSender sender;
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<audit::Audit> audit;
  std::unique_ptr<events::Events> events;
  std::unique_ptr<jobs::Jobs> jobs;
  std::unique_ptr<identity::Identity> identity;
  Texts texts;
  std::unique_ptr<Cases> cases;
  identity::Principal hanako, taro, clerk, other_clerk, stranger;
};
MACHIYA_ON_BOTH_ENGINES(CasesTest);

TEST_P(CasesTest, a_submission_is_a_case_with_history_audit_and_event) {
  int seen = 0;
  std::string number;
  events->subscribe("probe", std::string(kCaseSubmitted), [&](store::Tx&, const events::Event& e) -> Result<void> {
    seen += e.payload.text("number") == number;
    return {};
  });
  number = submitted();
  auto view = cases->view_own(number, hanako, "r1");
  ASSERT_TRUE(view.ok()) << view.error().to_string();
  EXPECT_EQ(view->state, "received");
  EXPECT_EQ(view->values.text("dog_name"), "ポチ");
  EXPECT_EQ(view->fee, 3550);
  ASSERT_EQ(view->timeline.size(), 1u);
  EXPECT_EQ(view->timeline[0].action, "submit");
  EXPECT_EQ(view->days_left, 10);
  auto trail = audit->of_object("case:" + number, 10);
  ASSERT_TRUE(trail.ok());
  ASSERT_FALSE(trail->empty());
  EXPECT_EQ(trail->front().entry.action, "case.submit");
  ASSERT_TRUE(events->deliver_now().ok());
  EXPECT_EQ(seen, 1);
}

TEST_P(CasesTest, the_same_key_gives_the_first_receipt) {
  auto first = cases->submit(dog(hanako, "k1")), again = cases->submit(dog(hanako, "k1")), other = cases->submit(dog(taro, "k1"));
  ASSERT_TRUE(first.ok() && again.ok() && other.ok());
  EXPECT_EQ(first->number, again->number);
  EXPECT_TRUE(again->repeated);
  EXPECT_NE(first->number, other->number);
  EXPECT_EQ(cases->own_cases(hanako, "ja")->size(), 1u);
}

TEST_P(CasesTest, many_clients_with_the_same_key_make_one_case) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::set<std::string> numbers;
  std::atomic<int> failed{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      auto r = cases->submit(dog(hanako, "same"));
      std::lock_guard lock(mutex);
      if (r.ok()) numbers.insert(r->number);
      else ++failed;
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(numbers.size(), 1u);
}

TEST_P(CasesTest, nobody_else_sees_a_case) {
  const std::string number = submitted();
  EXPECT_EQ(code(cases->view_own(number, taro, "r")), ErrorCode::not_found);
  EXPECT_EQ(code(cases->withdraw(number, {}, taro)), ErrorCode::not_found);
  EXPECT_EQ(code(cases->document(number, taro, "r")), ErrorCode::not_found);
  EXPECT_EQ(code(cases->view_staff(number, stranger, "r")), ErrorCode::forbidden);
  EXPECT_EQ(code(cases->act(number, act("refuse"), stranger)), ErrorCode::forbidden);
  EXPECT_EQ(code(cases->view_staff(number, hanako, "r")), ErrorCode::forbidden);
  EXPECT_EQ(code(cases->inbox({.department = "health"}, stranger)), ErrorCode::forbidden);
  EXPECT_TRUE(cases->inbox({}, stranger)->rows.empty());
  EXPECT_TRUE(cases->search("山田", stranger, "ja", "r")->empty());
  EXPECT_TRUE(cases->own_cases(taro, "ja")->empty());
}

TEST_P(CasesTest, four_eyes_are_two_people) {
  const std::string number = submitted();
  Act proposal = act("grant");
  proposal.note = "要件を満たす";
  auto proposed = cases->act(number, proposal, other_clerk);
  ASSERT_TRUE(proposed.ok()) << proposed.error().to_string();
  EXPECT_EQ(proposed->state, "received");
  EXPECT_EQ(proposed->proposal, "grant");
  EXPECT_EQ(code(cases->act(number, act("grant"), clerk)), ErrorCode::conflict);
  EXPECT_EQ(code(cases->confirm(number, true, {}, other_clerk)), ErrorCode::forbidden);   // the same person
  EXPECT_EQ(code(cases->confirm(number, true, {}, clerk)), ErrorCode::forbidden);         // not an approver
  EXPECT_TRUE(cases->view_own(number, hanako, "r")->proposal.empty());
  auto boss = staff("boss", "c9", {"approver"}, "health");
  auto done = cases->confirm(number, true, {}, boss);
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  EXPECT_EQ(done->state, "granted");
  EXPECT_EQ(done->outcome, "granted");
  EXPECT_TRUE(done->ended);
  auto document = cases->document(number, hanako, "r");
  ASSERT_TRUE(document.ok()) << document.error().to_string();
  EXPECT_EQ(document->text, "山田 花子様の犬「ポチ」を許可します。手数料3,550円。{unknown}");
  EXPECT_EQ(code(cases->act(number, act("refuse"), clerk)), ErrorCode::conflict);
}

TEST_P(CasesTest, a_returned_proposal_leaves_the_case_open) {
  const std::string number = submitted();
  ASSERT_TRUE(cases->act(number, act("grant"), clerk).ok());
  auto back = cases->confirm(number, false, {}, other_clerk);
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(back->proposal.empty());
  EXPECT_EQ(back->state, "received");
}

TEST_P(CasesTest, a_refusal_needs_its_reason_and_a_guard_holds) {
  const std::string number = submitted();
  auto without = cases->act(number, act("refuse"), clerk);
  EXPECT_EQ(code(without), ErrorCode::invalid_input);
  EXPECT_EQ(without.error().where, "reason");
  EXPECT_EQ(code(cases->act(number, act("young"), clerk)), ErrorCode::precondition_failed);
  Act a = act("refuse");
  a.reason = "要件を満たさないため";
  auto done = cases->act(number, a, clerk);
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(cases->view_own(number, hanako, "r")->timeline.back().reason, "要件を満たさないため");
}

TEST_P(CasesTest, a_correction_opens_only_what_was_asked_and_stops_the_clock) {
  const std::string number = submitted();
  clock.advance(3 * kDay);
  EXPECT_EQ(ask_for_name(number), "correction");
  clock.advance(20 * kDay);
  auto open = cases->view_own(number, hanako, "r");
  ASSERT_TRUE(open.ok());
  EXPECT_EQ(open->asked, std::vector<std::string>{"dog_name"});
  EXPECT_EQ(open->days_left, 7);
  EXPECT_FALSE(open->clock_running);
  EXPECT_TRUE(open->timeline.back().note.empty());   // internal
  Submission wrong = dog(hanako);
  wrong.values.set("born", "2020-01-01");
  EXPECT_EQ(code(cases->resubmit(number, wrong, {}, hanako)), ErrorCode::invalid_input);
  Submission right = dog(hanako);
  right.values.set("dog_name", "タロ");
  right.search = {{"name", "山田 太郎"}};
  EXPECT_EQ(code(cases->resubmit(number, right, {}, taro)), ErrorCode::not_found);
  auto done = cases->resubmit(number, right, {}, hanako);
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  EXPECT_EQ(done->state, "received");
  EXPECT_EQ(done->values.text("dog_name"), "タロ");
  EXPECT_EQ(done->days_left, 7);
  EXPECT_EQ(code(cases->resubmit(number, right, {}, hanako)), ErrorCode::conflict);
  EXPECT_TRUE(cases->search("花子", clerk, "ja", "r")->empty());
  EXPECT_EQ(cases->search("太郎", clerk, "ja", "r")->size(), 1u);
}

TEST_P(CasesTest, of_two_clerks_at_once_one_is_told) {
  const std::string number = submitted();
  auto seen = cases->view_staff(number, clerk, "r");
  ASSERT_TRUE(seen.ok());
  Act first = act("refuse"), second = act("refuse");
  first.reason = second.reason = "理由";
  first.revision = second.revision = seen->revision;
  std::atomic<int> done{0}, conflicts{0};
  auto go = [&](const identity::Principal& who, const Act& a) {
    auto r = cases->act(number, a, who);
    if (r.ok()) ++done;
    else if (r.error().code == ErrorCode::conflict) ++conflicts;
  };
  std::thread a(go, clerk, first), b(go, other_clerk, second);
  a.join(), b.join();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(conflicts, 1);
}

TEST_P(CasesTest, search_finds_by_number_name_and_kana) {
  const std::string number = submitted();
  for (const char* text : {"山田", "花子", "やまだ", "ヤマダ", "ﾊﾅｺ"}) EXPECT_EQ(cases->search(text, clerk, "ja", "r")->size(), 1u) << text;
  EXPECT_EQ(cases->search(number, clerk, "ja", "r")->size(), 1u);
  EXPECT_TRUE(cases->search("田山", clerk, "ja", "r")->empty());
  EXPECT_TRUE(cases->search("山", clerk, "ja", "r")->empty());
}

TEST_P(CasesTest, after_the_retention_nothing_personal_is_left) {
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
  EXPECT_EQ(audit->of_object("case:" + number, 1)->front().entry.action, "record.erase");
}

TEST_P(CasesTest, an_open_case_keeps_the_rules_it_began_with) {
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

TEST_P(CasesTest, automatic_actions_wait_and_do_not_touch_a_case_that_moved) {
  const std::string number = submitted(), moved = submitted();
  ask_for_name(number);
  ask_for_name(moved);
  ASSERT_TRUE(cases->resubmit(moved, dog(hanako), {}, hanako).ok());
  jobs->handle(std::string(kAutomaticJob), [&](const jobs::Job& job) {
    return cases->run_automatic(job.payload.text("number"), job.payload.text("action"), job.payload.text("state"));
  });
  ASSERT_TRUE(jobs->run_due().ok());
  EXPECT_EQ(cases->view_staff(number, clerk, "r")->state, "correction");
  clock.advance(31 * kDay);
  ASSERT_TRUE(jobs->run_due().ok());
  EXPECT_EQ(cases->view_staff(number, clerk, "r")->state, "stale");
  EXPECT_EQ(cases->view_staff(moved, clerk, "r")->state, "received");
}

TEST_P(CasesTest, the_inbox_pages_are_stable_and_counted) {
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

TEST_P(CasesTest, a_bulk_decision_says_before_what_it_will_do) {
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

TEST_P(CasesTest, exports_hold_every_row_and_no_formula) {
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

TEST_P(CasesTest, statistics_come_from_events) {
  Statistics statistics(store(), clock);
  statistics.subscribe(*events);   // before the first event: consumers are known when a process starts
  const std::string number = submitted();
  clock.advance(4 * kDay);
  Act a = act("refuse");
  a.reason = "理由";
  ASSERT_TRUE(cases->act(number, a, clerk).ok());
  for (int i = 0; i < 5; ++i) statistics.visited("dog", "dog", 1);
  statistics.visited("dog", "sent", 2);
  ASSERT_TRUE(statistics.flush().ok());
  ASSERT_TRUE(events->deliver_now().ok());
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

TEST_P(CasesTest, a_report_is_public_without_its_photo_until_released) {
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

TEST_P(CasesTest, facts_of_a_person_are_found_and_replaced) {
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
