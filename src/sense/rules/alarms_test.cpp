// Alarms on both databases: what is told at changes, at deadlines, after a crash, when the definitions change, and by operators.
#include <random>

#include "sense/rules/rules_fixture.h"

namespace machiya::sense::rules {
namespace {

class AlarmsOver : public RulesFixture {};
MACHIYA_ON_BOTH_ENGINES(AlarmsOver);

constexpr const char* kHigh = "values: [ { value: n, attribute: n } ]\nlimit: { value: n, above: 10, deadband: 2 }\n";

TEST_P(AlarmsOver, ALimitWithADeadband) {
  define("high", kHigh);
  open();
  set("urn:t:1", "10"), set("urn:t:2", "11");
  EXPECT_EQ(news(), Words{"raised high urn:t:2 unacknowledged"});
  EXPECT_EQ(row("urn:t:2", "high").value, "n 11");
  set("urn:t:2", "9");
  EXPECT_EQ(news(), Words{}) << "within the band";
  set("urn:t:2", "8.0");
  EXPECT_EQ(news(), Words{"cleared high urn:t:2 returned"});
  EXPECT_EQ(row("urn:t:1", "high").id, 0) << "what was never anything has no row";
}

TEST_P(AlarmsOver, AValueThatIsNotThereChangesNothing) {
  define("high", kHigh);
  open();
  set("urn:t:1", "11");
  put("urn:t:1", R"("n":{"type":"Property","value":"broken"})");
  EXPECT_EQ(news(), Words{"raised high urn:t:1 unacknowledged"});
  EXPECT_TRUE(row("urn:t:1", "high").alarm.active);
}

TEST_P(AlarmsOver, DelaysAreDeadlines) {
  define("high", std::string(kHigh) + "on-delay: PT1M\noff-delay: PT2M\n");
  open();
  set("urn:t:1", "11");
  pass(59 * kSecond);
  EXPECT_EQ(news(), Words{});
  pass(kSecond);
  EXPECT_EQ(news(), Words{"raised high urn:t:1 unacknowledged"});
  const std::int64_t raised = clock.now().us;
  EXPECT_EQ(row("urn:t:1", "high").raised_us, raised);
  set("urn:t:1", "1");
  pass(kMinute);
  set("urn:t:1", "12"), set("urn:t:1", "1");
  pass(90 * kSecond);
  EXPECT_EQ(news(), Words{}) << "it came again in between";
  pass(kHour);
  EXPECT_EQ(news(), Words{"cleared high urn:t:1 returned"});
  EXPECT_EQ(row("urn:t:1", "high").changed_us, raised + 3 * kMinute) << "at its own time, however late it is looked at";
}

TEST_P(AlarmsOver, ADelayThatRunsWhenTheProcessDiesIsNotForgotten) {
  define("high", std::string(kHigh) + "on-delay: PT1M\n");
  open();
  set("urn:t:1", "11");
  EXPECT_EQ(news(), Words{});
  crash();
  pass(10 * kMinute);
  EXPECT_EQ(news(), Words{"raised high urn:t:1 unacknowledged"});
  EXPECT_EQ(clock.now().us - row("urn:t:1", "high").raised_us, 9 * kMinute);
}

// The engine dies after every step of a random walk, before or after it has judged: what is told is what a plain count says, once each.
TEST_P(AlarmsOver, NothingIsLostOrToldTwiceHoweverOftenItDies) {
  define("high", kHigh);
  open();
  std::mt19937 random(3);
  std::map<std::string, bool> active;
  Words expected, told;
  for (int step = 0; step < 120; ++step) {
    const std::string id = "urn:t:" + std::to_string(random() % 3);
    const int value = static_cast<int>(random() % 16);
    set(id, std::to_string(value));
    bool& now = active[id];
    if (!now && value > 10) now = true, expected.push_back("raised high " + id + " unacknowledged");
    else if (now && value <= 8) now = false, expected.push_back("cleared high " + id + " returned");
    pass(kSecond);
    if (random() % 3 == 0)
      for (const std::string& one : news()) told.push_back(one);
    if (random() % 5 == 0) crash();
  }
  for (const std::string& one : news()) told.push_back(one);
  EXPECT_EQ(told, expected);
  EXPECT_GT(expected.size(), 10u);
}

TEST_P(AlarmsOver, MoreChangesThanThereIsRoomForAreReadFromTheJournal) {
  options.most_waiting = 4;
  define("high", kHigh);
  open();
  Words expected;
  for (int i = 0; i < 40; ++i) {
    set("urn:t:1", i % 2 == 0 ? "11" : "1");
    expected.push_back(i % 2 == 0 ? "raised high urn:t:1 unacknowledged" : "cleared high urn:t:1 returned");
  }
  EXPECT_EQ(news(), expected);
  set("urn:t:1", "11");
  EXPECT_EQ(news(), Words{"raised high urn:t:1 unacknowledged"}) << "and the feed works again";
}

TEST_P(AlarmsOver, ASensorThatIsSilent) {
  define("silent", "silent: { attributes: [n], for: PT30M }\n");
  open();
  set("urn:t:1", "1");
  pass(20 * kMinute);
  set("urn:t:1", "1");
  set("urn:t:1", "5", "other");
  pass(29 * kMinute);
  EXPECT_EQ(news(), Words{});
  pass(kMinute);
  EXPECT_EQ(news(), Words{"raised silent urn:t:1 unacknowledged"});
  set("urn:t:1", "6", "other");
  EXPECT_EQ(news(), Words{}) << "another attribute says nothing of this one";
  set("urn:t:1", "1");
  EXPECT_EQ(news(), Words{"cleared silent urn:t:1 returned"});
  pass(kHour);
  EXPECT_EQ(news(), Words{"raised silent urn:t:1 unacknowledged"});
}

TEST_P(AlarmsOver, AfterAStartSilenceIsCountedAnew) {
  define("silent", "silent: { attributes: [n], for: PT30M }\n");
  open();
  set("urn:t:1", "1");
  EXPECT_EQ(news(), Words{});
  pass(kDay);   // the house was closed, nobody could have been heard
  dead.push_back(std::move(alarms));
  open();
  EXPECT_EQ(news(), Words{});
  pass(30 * kMinute);
  EXPECT_EQ(news(), Words{"raised silent urn:t:1 unacknowledged"});
}

TEST_P(AlarmsOver, ValuesOverATime) {
  define("mean", "values: [ { value: mean, attribute: n, take: avg, over: PT10M } ]\nwhen: mean > 10\n");
  define("fast", "values: [ { value: rise, attribute: n, take: rate, over: PT1H } ]\nwhen: rise > 30\n");
  define("many", "values: [ { value: times, attribute: n, take: count, over: PT10M } ]\nwhen: times >= 4\n");
  open();
  for (const char* n : {"4", "8", "12"}) set("urn:t:1", n), pass(kMinute);
  EXPECT_EQ(news(), Words{"raised fast urn:t:1 unacknowledged"}) << "8 in two minutes";
  set("urn:t:1", "40");
  EXPECT_EQ(news(), (Words{"raised many urn:t:1 unacknowledged", "raised mean urn:t:1 unacknowledged"}));
  EXPECT_EQ(row("urn:t:1", "mean").value, "mean 16");
  pass(12 * kMinute);
  EXPECT_EQ(news(), Words{"cleared many urn:t:1 returned"}) << "time passes without a change; no value is no mean";
}

TEST_P(AlarmsOver, TextsTruthsAndTheEntitiesThatARuleIsAbout) {
  define("open", "values: [ { value: door, attribute: door, type: text }, { value: used, attribute: used, type: yes-no } ]\napplies: used\nwhen: door = \"open\"\n");
  open();
  put("urn:t:1", R"("door":{"type":"Property","value":"open"},"used":{"type":"Property","value":false})");
  put("urn:t:2", R"("door":{"type":"Property","value":"open"},"used":{"type":"Property","value":true})");
  EXPECT_EQ(news(), Words{"raised open urn:t:2 unacknowledged"});
  put("urn:t:2", R"("used":{"type":"Property","value":false})");
  EXPECT_EQ(news(), Words{"cleared open urn:t:2 normal"});
}

TEST_P(AlarmsOver, SuppressedByDesign) {
  define("high", "values: [ { value: n, attribute: n }, { value: mode, attribute: mode, type: text } ]\nwhen: n > 10\nsuppress: mode = \"maintenance\"\n");
  open();
  put("urn:t:1", R"("n":{"type":"Property","value":11},"mode":{"type":"Property","value":"run"})");
  EXPECT_EQ(news(), Words{"raised high urn:t:1 unacknowledged"});
  put("urn:t:1", R"("mode":{"type":"Property","value":"maintenance"})");
  EXPECT_EQ(news(), Words{"withheld high urn:t:1 normal"});
  set("urn:t:1", "1"), set("urn:t:1", "20");
  EXPECT_EQ(news(), Words{});
  put("urn:t:1", R"("mode":{"type":"Property","value":"run"})");
  EXPECT_EQ(news(), (Words{"restored high urn:t:1 normal", "raised high urn:t:1 unacknowledged"}));
}

TEST_P(AlarmsOver, AnEntityThatGoesTakesItsAlarmsAlong) {
  define("high", kHigh);
  open();
  set("urn:t:1", "11");
  drop("urn:t:1");
  EXPECT_EQ(news(), (Words{"raised high urn:t:1 unacknowledged", "cleared high urn:t:1 normal"}));
  set("urn:t:1", "12");
  EXPECT_EQ(news(), Words{"raised high urn:t:1 unacknowledged"});
}

TEST_P(AlarmsOver, NewDefinitionsJudgeWhatIsThereAndOldOnesEnd) {
  define("high", kHigh);
  open();
  set("urn:t:1", "15");
  EXPECT_EQ(news(), Words{"raised high urn:t:1 unacknowledged"});
  define("low", "values: [ { value: n, attribute: n } ]\nlimit: { value: n, below: 16 }\n");
  alarms->use(defined());
  EXPECT_EQ(news(), Words{"raised low urn:t:1 unacknowledged"});
  crash();
  EXPECT_EQ(news(), Words{}) << "not again at the next start";
  std::filesystem::remove(folder_.path() + "/alarms/high.yaml");
  alarms->use(defined());
  EXPECT_EQ(news(), Words{"cleared high urn:t:1 normal"});
  define("high", "values: [ { value: n, attribute: n } ]\nlimit: { value: n, above: 14 }\n");
  alarms->use(defined());
  EXPECT_EQ(news(), Words{"raised high urn:t:1 unacknowledged"});
}

TEST_P(AlarmsOver, OperatorsAndTheirTraces) {
  define("high", std::string(kHigh) + "latched: yes\n");
  open();
  set("urn:t:1", "11");
  news();
  const std::string id = row("urn:t:1", "high").public_id;
  allowed = false;
  EXPECT_EQ(alarms->acknowledge(id, deed()).error().code, ErrorCode::forbidden);
  allowed = true;
  ASSERT_TRUE(alarms->acknowledge(id, deed()).ok());
  EXPECT_EQ(alarms->acknowledge(id, deed()).error().code, ErrorCode::conflict);
  ASSERT_TRUE(alarms->comment(id, "見に行きます", deed()).ok());
  set("urn:t:1", "1");
  news();
  ASSERT_TRUE(alarms->reset(id, deed()).ok());
  EXPECT_EQ(alarms->shelve(id, Instant{clock.now().us + 8 * kDay}, "工事", deed()).error().where, "until");
  EXPECT_EQ(alarms->shelve(id, Instant{clock.now().us + kHour}, " ", deed()).error().where, "reason");
  ASSERT_TRUE(alarms->shelve(id, Instant{clock.now().us + kHour}, "工事", deed()).ok());
  EXPECT_EQ(row("urn:t:1", "high").reason, "工事");
  set("urn:t:1", "11");
  EXPECT_EQ(news(), Words{"withheld high urn:t:1 normal"});
  pass(2 * kHour);
  EXPECT_EQ(news(), (Words{"restored high urn:t:1 normal", "raised high urn:t:1 unacknowledged"}));
  EXPECT_EQ(row("urn:t:1", "high").reason, "");
  ASSERT_TRUE(alarms->take_out(id, "交換", deed()).ok());
  ASSERT_TRUE(alarms->put_back(id, deed()).ok());
  const auto lines = alarms->history(row("urn:t:1", "high"), 100);
  ASSERT_TRUE(lines.ok());
  std::string all;
  for (auto it = lines->rbegin(); it != lines->rend(); ++it) all += std::string(word(it->step.what)) + (it->actor.empty() ? "" : "!") + (it->note.empty() ? "" : "(" + it->note + ")") + " ";
  EXPECT_EQ(all, "raised(n 11) acknowledged! commented!(見に行きます) cleared reset! withheld!(工事) restored raised(n 11) withheld!(交換) restored! raised! ");
  EXPECT_EQ(audit->of_object("alarm:" + id, 100)->size(), 6u);
}

TEST_P(AlarmsOver, ListsAndCounts) {
  define("high", kHigh);
  open();
  for (int i = 0; i < 5; ++i) set("urn:t:" + std::to_string(i), "11"), pass(kSecond);
  news();
  ASSERT_TRUE(alarms->acknowledge(row("urn:t:4", "high").public_id, deed()).ok());
  ASSERT_TRUE(alarms->shelve(row("urn:t:0", "high").public_id, Instant{clock.now().us + kHour}, "x", deed()).ok());
  const auto open_ones = alarms->list({}, 10);
  std::string order;
  for (const AlarmRow& one : *open_ones) order += one.entity.substr(6);
  EXPECT_EQ(order, "3214") << "what nobody has acknowledged comes first, the newest before";
  EXPECT_EQ(alarms->list({AlarmFilter::Show::unacknowledged, {}, {}}, 10)->size(), 3u);
  EXPECT_EQ(alarms->list({AlarmFilter::Show::withheld, {}, {}}, 10)->size(), 1u);
  EXPECT_EQ(alarms->list({AlarmFilter::Show::open, Priority::low, {}}, 10)->size(), 0u);
  EXPECT_EQ(alarms->list({AlarmFilter::Show::open, {}, std::vector<std::string>{"other"}}, 10)->size(), 0u);
  EXPECT_EQ(alarms->list({AlarmFilter::Show::open, {}, std::vector<std::string>{"other", "high"}}, 10)->size(), 4u);
  EXPECT_EQ(alarms->counts(std::vector<std::string>())->unacknowledged, 0);
  const auto counts = alarms->counts({});
  EXPECT_EQ(counts->open[0], 4);
  EXPECT_EQ(counts->unacknowledged, 3);
  EXPECT_EQ(counts->withheld, 1);
  pass(2 * kDay);
  EXPECT_EQ(alarms->raised(0, clock.now().us)->all.size(), 5u);
  EXPECT_EQ(alarms->raised(0, clock.now().us)->standing, 4);
}

TEST_P(AlarmsOver, TheJournalMayBeCutBehindTheCursor) {
  define("high", kHigh);
  open();
  for (int i = 0; i < 5; ++i) set("urn:t:1", "1");
  news();
  ASSERT_TRUE(alarms->tend().ok());
  EXPECT_EQ(alarms->needed(), entities->last() + 1);
  crash();
  set("urn:t:1", "11");
  EXPECT_EQ(news(), Words{"raised high urn:t:1 unacknowledged"});
}

}  // namespace
}  // namespace machiya::sense::rules
