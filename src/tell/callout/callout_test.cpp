// Call-outs on both databases: who is asked over which channel and when, that an answer ends it, and that the board says what the events say.
#include <atomic>

#include "tell/callout/callout.h"
#include "tell/messages/definitions.h"
#include "tell/sending/sender.h"
#include "tell/testing/city_house.h"

namespace machiya::callout {
namespace {

/// The machine's time and what the test adds.
class ShiftedClock final : public Clock {
 public:
  Instant now() const override { return Instant{real_.now().us + shift_.load()}; }
  void advance(std::int64_t us) { shift_ += us; }

 private:
  SystemClock real_;
  std::atomic<std::int64_t> shift_{0};
};

/// Takes what it is given, but not for addresses that are lost; keeps each one's link.
class Phone final : public tell::Channel {
 public:
  tell::HandOff hand_off(const tell::Parcel& parcel) override {
    tell::HandOff out = tell::whole(parcel, tell::Fate::accepted, "");
    std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < parcel.to.size(); ++i) {
      const tell::Addressee& to = parcel.to[i];
      if (lost && lost(to.address)) out.each[i] = {tell::Fate::refused, "lost"};
      else links_[to.address].push_back(to.own ? to.own->link : parcel.content->link);
    }
    return out;
  }
  int most() const override { return 500; }
  int cost(const tell::Parcel&) const override { return 1; }
  bool idempotent() const override { return true; }
  std::function<bool(const std::string&)> lost;
  std::map<std::string, std::vector<std::string>> links() const {
    std::lock_guard lock(mutex_);
    return links_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> links_;
};

class CalloutTest : public tell::testing::CityHouse<ShiftedClock> {
 protected:
  CalloutTest() : CityHouse(44) {
    migrate(Callouts::migrations());
    tell::testing::bring_osaka(files, {"calendar.yaml", "08-disaster/field.yaml", "08-disaster/simultaneous-broadcast/room.yaml"});
    files.write("08-disaster/simultaneous-broadcast/callouts/quake.yaml",
                "callout: quake\nversion: 1\nname: 参集\ntriggers: [quake]\ntitle: { ja: 参集してください, en: Come in }\nbody: { ja: 地震です。, en: An earthquake. }\nstages:\n  - { by: push, minutes: 2 }\n  - { by: sms, minutes: 3 }\n  - { by: voice, minutes: 3 }\n  - { by: deputy, minutes: 5 }\n");
    load_city({callout_kind()});
    callouts = make();
  }
  ~CalloutTest() override {
    if (sender) sender->stop();
  }
  std::unique_ptr<Callouts> make() {
    return std::make_unique<Callouts>(Parts{store(), *vault, *audit, *audiences, *ledger, *texts, clock, rng, [this] { return city; }, "https://city.example",
                                            [](const identity::Principal& who, std::string_view, std::string_view) { return who.name != "nobody"; }, [this] { return configured; },
                                            [this] { if (sender) sender->wake(); }, nullptr});
  }
  static std::string phone(int n) { return "+8190" + std::to_string(10'000'000 + n); }
  Entry person(int n, const std::string& department = "citizens") const { return {"E" + std::to_string(n), "職員" + std::to_string(n), "係員", department, {{"push", "app-" + std::to_string(n)}, {"sms", phone(n)}}, ""}; }
  Imported import(const std::vector<Entry>& list) {
    auto done = callouts->import(list, author, "r");
    EXPECT_TRUE(done.ok()) << done.error().to_string();
    return done.ok() ? *done : Imported{};
  }
  void start_sender() {
    tell::SenderOptions options;
    options.base_url = "https://city.example", options.first_retry_ms = 1;
    options.own = [this](store::ReadTx& tx, const std::string& message, const std::vector<std::int64_t>& recipients) { return callouts->tokens(tx, message, recipients); };
    options.changed = [this](std::int64_t) { changes_.notify_all(); };
    sender = std::make_unique<tell::Sender>(store(), *ledger, *audiences, clock, rng, options);
    sender->add({"push", *audiences->number("channel", "push"), &push, 0, 2, 2});
    sender->add({"sms", *audiences->number("channel", "sms"), &sms, 0, 2, 2});
    sender->start();
  }
  Callout begin(bool drill = false) {
    auto id = callouts->create("quake", {}, "", drill, author, "r");
    EXPECT_TRUE(id.ok()) << id.error().to_string();
    EXPECT_TRUE(callouts->start(*id, second, "r").ok());
    tick();
    return *callouts->find(*id, author);
  }
  int tick() {
    auto steps = callouts->tick();
    EXPECT_TRUE(steps.ok()) << steps.error().to_string();
    return steps.ok() ? *steps : -1;
  }
  Board board(const Callout& c) {
    clock.advance(Callouts::kFresh);
    return **callouts->board(c);
  }
  /// Until the messages of all stages so far have been handed over; the limit only ends a test that would hang.
  void wait(const Callout& c) {
    const Instant from = clock.now();
    for (int i = 0; i < 2400; ++i) {
      const Board b = **callouts->board(c);
      const bool done = b.made >= from && std::all_of(b.stages.begin(), b.stages.end(), [&](const Entered& s) {
        if (s.message == 0) return true;
        auto m = store().read([&](store::ReadTx& tx) { return ledger->message(tx, s.message); });
        return (*m)->state == tell::MessageState::done;
      });
      if (done) return;
      std::unique_lock lock(mutex_);
      changes_.wait_for(lock, std::chrono::milliseconds(50));
      sender->wake();
    }
    FAIL() << "the messages never ended";
  }
  std::string token_of(const Phone& channel, const std::string& address) {
    const auto links = channel.links();
    const auto found = links.find(address);
    return found == links.end() ? "" : found->second.back().substr(std::string("https://city.example/callout/").size());
  }
  void answers(const std::string& token, Duty duty, int minutes = 20, Health self = Health::good, Health family = Health::good) {
    Answer a{duty, {}, self, family};
    if (duty == Duty::comes) a.arrives = Instant{clock.now().us + minutes * kMinute};
    auto done = callouts->answer(token, a);
    EXPECT_TRUE(done.ok()) << done.error().to_string();
  }
  void expect_recount(const Callout& c) {
    const Board b = board(c);
    auto r = recount(store(), *ledger, c);
    ASSERT_TRUE(r.ok());
    EXPECT_EQ(b.all, r->all);
    EXPECT_EQ(b.departments, r->departments);
  }

  std::unique_ptr<Callouts> callouts;
  std::vector<std::string> configured = {"push", "sms"};
  Phone push, sms;
  std::unique_ptr<tell::Sender> sender;
  identity::Principal author = tell::testing::staff("a", ""), second = tell::testing::staff("s", ""), nobody = tell::testing::staff("nobody", "");
  std::mutex mutex_;
  std::condition_variable changes_;
};
MACHIYA_ON_BOTH_ENGINES(CalloutTest);

TEST_P(CalloutTest, a_staff_list_is_taken_whole_or_not_at_all_and_its_names_are_sealed) {
  auto bad = import({person(1), person(1), person(2, "nosuch"), {"E9", "", "", "citizens", {}, ""}, {"E8", "x", "", "citizens", {{"sms", "abc"}}, ""}});
  ASSERT_EQ(bad.faults.size(), 4u);
  EXPECT_EQ(bad.faults[0].what, "twice");
  EXPECT_EQ(bad.faults[1].what, "department");
  EXPECT_EQ(bad.faults[2].what, "name");
  EXPECT_EQ(bad.faults[3].what, "address");
  EXPECT_TRUE(callouts->sizes(author)->empty());
  EXPECT_EQ(callouts->import({person(1)}, nobody, "r").error().code, ErrorCode::forbidden);
  EXPECT_EQ(import({person(1), person(2, "water")}).added, 2u);
  EXPECT_EQ(import({person(1)}).changed, 1u);
  const auto members = callouts->members("citizens", 0, 10, author);
  ASSERT_EQ(members->size(), 1u);
  EXPECT_EQ((*members)[0].name, "職員1");
  EXPECT_EQ((*members)[0].channels.size(), 2u);
  auto leaked = store().read([](store::ReadTx& tx) { return tx.query_one("SELECT count(*) FROM callout_member WHERE CAST(sealed AS TEXT) LIKE '%職員%'"); });
  if (leaked.ok()) { EXPECT_EQ((*leaked)->integer(0), 0); }   // PostgreSQL has no text of bytes that are none
  ASSERT_TRUE(callouts->remove((*members)[0].public_id, author, "r").ok());
  EXPECT_TRUE(callouts->members("citizens", 0, 10, author)->empty());
}

TEST_P(CalloutTest, an_address_that_somebody_has_with_the_city_stays_theirs) {
  const int number = *audiences->number("channel", "sms");
  auto citizen = store().write([&](store::Tx& tx) { return audiences->subscribe(tx, 0, number, phone(7), 6, 0, "person"); });
  ASSERT_TRUE(citizen.ok());
  import({person(7)});
  const auto recipient = store().read([&](store::ReadTx& tx) { return audiences->by_id(tx, *citizen); });
  EXPECT_EQ((*recipient)->channels[0].topics, 6);
  const auto member = callouts->members("citizens", 0, 10, author)->front();
  ASSERT_TRUE(callouts->remove(member.public_id, author, "r").ok());
  const auto after = store().read([&](store::ReadTx& tx) { return audiences->by_id(tx, *citizen); });
  EXPECT_EQ((*after)->channels.size(), 1u) << "leaving the list does not end what they chose themselves";
}

TEST_P(CalloutTest, it_takes_two_to_start_one) {
  import({person(1)});
  const auto id = callouts->create("quake", {}, "", false, author, "r");
  EXPECT_EQ(callouts->start(*id, author, "r").error().where, "start");
  EXPECT_EQ(callouts->start(*id, nobody, "r").error().code, ErrorCode::forbidden);
  tick();
  EXPECT_EQ(callouts->find(*id, author)->state, State::waiting);
  ASSERT_TRUE(callouts->start(*id, second, "r").ok());
  EXPECT_EQ(callouts->start(*id, second, "r").error().code, ErrorCode::conflict);
}

TEST_P(CalloutTest, a_trigger_starts_one_once) {
  import({person(1)});
  const auto first = callouts->trigger("quake", false, "k1", "jma", "r");
  ASSERT_TRUE(first.ok()) << first.error().to_string();
  EXPECT_EQ(*callouts->trigger("quake", false, "k1", "jma", "r"), *first);
  EXPECT_NE(*callouts->trigger("quake", false, "k2", "jma", "r"), *first);
  EXPECT_EQ(callouts->find(*first, author)->state, State::running);
  EXPECT_EQ(callouts->trigger("nosuch", false, "k3", "jma", "r").error().code, ErrorCode::not_found);
}

TEST_P(CalloutTest, who_does_not_answer_is_asked_over_the_next_channel_and_then_their_deputy_is) {
  auto list = std::vector<Entry>{person(1), person(2), person(3), {"E9", "代理", "", "water", {{"sms", phone(9)}}, ""}, {"E10", "なし", "", "citizens", {}, ""}};
  list[1].deputy = list[2].deputy = "E9";
  import(list);
  push.lost = [](const std::string& address) { return address == "app-2"; };
  start_sender();
  Callout c = begin();
  wait(c);
  EXPECT_EQ(board(c).all.called, 5);
  EXPECT_EQ(board(c).all.reached, 2) << "one was lost, two have no app";
  answers(token_of(push, "app-1"), Duty::comes, 20);
  clock.advance(2 * kMinute);
  EXPECT_GT(tick(), 0);
  wait(c);
  EXPECT_EQ(sms.links().count(phone(1)), 0u) << "who answered is asked no more";
  EXPECT_EQ(sms.links().count(phone(2)), 1u);
  EXPECT_EQ(sms.links().count(phone(3)), 1u);
  EXPECT_EQ(sms.links().count(phone(9)), 1u) << "has no app, but a telephone: called for themselves";
  clock.advance(3 * kMinute);
  tick();
  const Board b = board(c);
  ASSERT_GE(b.stages.size(), 3u);
  EXPECT_EQ(b.stages[2].reason, "not-configured") << "a stage that cannot be is said, not played";
  EXPECT_EQ(b.stages[2].message, 0);
  c = *callouts->find(c.public_id, author);
  EXPECT_EQ(c.stage, 3) << "and nothing is waited for there";
  expect_recount(c);
  clock.advance(5 * kMinute);
  tick();
  EXPECT_EQ(callouts->find(c.public_id, author)->state, State::over);
  answers(token_of(sms, phone(2)), Duty::cannot, 0, Health::hurt, Health::unknown);
  EXPECT_EQ(board(c).all.hurt, 1) << "answers are taken afterwards too";
  expect_recount(c);
}

TEST_P(CalloutTest, a_deputy_is_called_once_for_all_and_has_a_page_of_their_own) {
  std::vector<Entry> list = {person(1), person(2), {"E9", "代理", "", "water", {{"sms", phone(9)}}, ""}};
  list[0].deputy = list[1].deputy = "E9";
  import(list);
  start_sender();
  auto id = callouts->create("quake", {"citizens"}, "", false, author, "r");
  ASSERT_TRUE(callouts->start(*id, second, "r").ok());
  tick();
  Callout c = *callouts->find(*id, author);
  EXPECT_EQ(board(c).all.called, 2);
  for (const int minutes : {2, 3}) clock.advance(minutes * kMinute), tick();
  wait(c);
  EXPECT_EQ(sms.links().at(phone(9)).size(), 1u);
  EXPECT_EQ(board(c).all.called, 3);
  answers(token_of(sms, phone(9)), Duty::comes, 100);
  EXPECT_EQ(board(c).departments.at("water").within180, 1);
  expect_recount(c);
}

TEST_P(CalloutTest, every_answer_is_kept_the_last_counts_and_links_are_everybodys_own) {
  import({person(1), person(2)});
  start_sender();
  const Callout c = begin();
  wait(c);
  const std::string token = token_of(push, "app-1");
  EXPECT_NE(token, token_of(push, "app-2"));
  answers(token, Duty::comes, 20);
  answers(token, Duty::comes, 45);
  answers(token, Duty::cannot, 0, Health::hurt, Health::hurt);
  EXPECT_EQ(callouts->by_token(token)->last.duty, Duty::cannot);
  const auto kept = store().read([](store::ReadTx& tx) { return tx.query_one("SELECT count(*) FROM callout_answer"); });
  EXPECT_EQ((*kept)->integer(0), 3);
  EXPECT_EQ(board(c).all.comes, 0);
  EXPECT_EQ(board(c).all.answered, 1);
  expect_recount(c);
  EXPECT_EQ(callouts->answer("nosuch", {Duty::cannot, {}, Health::good, Health::good}).error().code, ErrorCode::not_found);
  EXPECT_EQ(callouts->answer(token, {Duty::comes, {}, Health::good, Health::good}).error().where, "arrives");
  EXPECT_EQ(callouts->answer(token, {}).error().where, "duty");
}

TEST_P(CalloutTest, nothing_of_a_drill_leaves_the_house) {
  import({person(1)});
  start_sender();
  const Callout c = begin(true);
  wait(c);
  EXPECT_EQ(board(c).all.asked, 1);
  EXPECT_TRUE(push.links().empty());
}

TEST_P(CalloutTest, two_processes_enter_each_stage_once) {
  std::vector<Entry> list;
  for (int i = 0; i < 40; ++i) list.push_back(person(i));
  import(list);
  start_sender();
  const auto id = callouts->create("quake", {}, "", false, author, "r");
  ASSERT_TRUE(callouts->start(*id, second, "r").ok());
  auto other = make();
  for (int round = 0; round < 4; ++round) {
    std::thread beside([&] { (void)other->tick(); });
    tick();
    beside.join();
    clock.advance(2 * kMinute);
  }
  tick();
  const Callout c = *callouts->find(*id, author);
  wait(c);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(push.links().at("app-" + std::to_string(i)).size(), 1u);
    EXPECT_EQ(sms.links().at(phone(i)).size(), 1u);
  }
  expect_recount(c);
}

/// 40,000 staff with MACHIYA_CALLOUT_STAFF=40000; prints what it found.
TEST_P(CalloutTest, with_three_in_ten_lost_on_the_first_channel_the_second_reaches_them_within_three_minutes) {
  const char* wanted = std::getenv("MACHIYA_CALLOUT_STAFF");
  const int staff = wanted ? std::atoi(wanted) : 1'500;
  const std::vector<std::string> departments = {"citizens", "water", "fire", "health", "construction"};
  for (int from = 0; from < staff; from += 5'000) {
    std::vector<Entry> list;
    for (int i = from; i < std::min(staff, from + 5'000); ++i) list.push_back(person(i, departments[static_cast<std::size_t>(i) % departments.size()]));
    ASSERT_TRUE(import(list).faults.empty());
  }
  // Lost without a word: the service took it, the person never sees it.
  SeededRng dice(7);
  std::set<std::string> lost;
  for (int i = 0; i < staff; ++i)
    if (dice.below(10) < 3) lost.insert("app-" + std::to_string(i));
  start_sender();
  const Instant simulated = clock.now();
  const Callout c = begin();
  wait(c);
  // Everybody who sees it answers within two minutes, half of them come. That they do so one after the other here takes no time of theirs.
  const Instant before = clock.now();
  const auto seen = push.links();
  int answered = 0;
  for (const auto& [address, links] : seen)
    if (!lost.count(address)) {
      ++answered;
      answers(links.back().substr(std::string("https://city.example/callout/").size()), answered % 2 ? Duty::comes : Duty::cannot, 10 + answered % 240);
    }
  clock.advance(before.us - clock.now().us);
  clock.advance(std::max<std::int64_t>(0, c.due.us - clock.now().us));
  tick();
  wait(c);
  std::size_t contacted = static_cast<std::size_t>(answered);
  const auto second_channel = sms.links();
  for (const std::string& address : lost) contacted += second_channel.count(phone(std::atoi(address.c_str() + 4)));
  const double minutes = static_cast<double>(clock.now().us - simulated.us) / kMinute;
  std::printf("%d staff, %zu lost on the first channel: %.2f %% contacted by the second %.2f simulated minutes after the start, of which the first stage waits 2\n", staff, lost.size(), 100.0 * static_cast<double>(contacted) / staff, minutes);
  EXPECT_EQ(second_channel.size(), lost.size()) << "nobody who answered is asked again";
  EXPECT_GE(static_cast<double>(contacted), 0.99 * staff);
  const Board b = board(c);
  EXPECT_EQ(b.all.called, staff);
  EXPECT_EQ(b.all.answered, answered);
  EXPECT_EQ(b.all.reached, staff);
  expect_recount(c);
}

}  // namespace
}  // namespace machiya::callout
