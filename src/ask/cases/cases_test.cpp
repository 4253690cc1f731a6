// The service on both databases: submission, acts, four eyes, corrections, two clerks at once.
#include "ask/cases/cases_fixture.h"

namespace machiya::cases {
namespace {

class CaseActs : public CasesTest {};
MACHIYA_ON_BOTH_ENGINES(CaseActs);

TEST_P(CaseActs, a_submission_is_a_case_with_history_audit_and_event) {
  std::set<std::int64_t> seen;
  std::string number;
  ground->events.subscribe("probe", std::string(kCaseSubmitted), [&](store::Tx&, const events::Event& e) -> Result<void> {
    if (e.payload.text("number") == number) seen.insert(e.id);
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
  auto trail = ground->audit.of_object("case:" + number, 10);
  ASSERT_TRUE(trail.ok());
  ASSERT_FALSE(trail->empty());
  EXPECT_EQ(trail->front().entry.action, "case.submit");
  ASSERT_TRUE(ground->events.deliver_now().ok());
  EXPECT_EQ(seen, std::set<std::int64_t>{1});
}

TEST_P(CaseActs, the_same_key_gives_the_first_receipt) {
  auto first = cases->submit(dog(hanako, "k1")), again = cases->submit(dog(hanako, "k1")), other = cases->submit(dog(taro, "k1"));
  ASSERT_TRUE(first.ok() && again.ok() && other.ok());
  EXPECT_EQ(first->number, again->number);
  EXPECT_TRUE(again->repeated);
  EXPECT_NE(first->number, other->number);
  EXPECT_EQ(cases->own_cases(hanako, "ja")->size(), 1u);
}

TEST_P(CaseActs, many_clients_with_the_same_key_make_one_case) {
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

TEST_P(CaseActs, nobody_else_sees_a_case) {
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

TEST_P(CaseActs, four_eyes_are_two_people) {
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

TEST_P(CaseActs, a_returned_proposal_leaves_the_case_open) {
  const std::string number = submitted();
  ASSERT_TRUE(cases->act(number, act("grant"), clerk).ok());
  auto back = cases->confirm(number, false, {}, other_clerk);
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(back->proposal.empty());
  EXPECT_EQ(back->state, "received");
}

TEST_P(CaseActs, a_refusal_needs_its_reason_and_a_guard_holds) {
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

TEST_P(CaseActs, a_correction_opens_only_what_was_asked_and_stops_the_clock) {
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

TEST_P(CaseActs, of_two_clerks_at_once_one_is_told) {
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

}  // namespace
}  // namespace machiya::cases
