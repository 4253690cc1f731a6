// Calendar and reach of messages, on both databases.
#include <gmock/gmock.h>

#include "tell/campaigns/campaigns.h"
#include "tell/ledger/statistics.h"
#include "tell/testing/city_house.h"

namespace machiya::tell {
namespace {
using ::testing::ElementsAre;

class CalendarTest : public testing::CityHouse<FakeClock> {
 protected:
  CalendarTest() : CityHouse(3, *parse_rfc3339("2026-07-01T10:00:00+09:00")) {
    const std::string room = "01-life/line-messages/";
    testing::bring_osaka(files, {"01-life/field.yaml", room + "room.yaml", room + "channels", room + "audiences", room + "messages"});
    load_city({topics_kind(), segment_kind(), channel_kind(), message_kind()});
    migrate(Campaigns::migrations());
    campaigns = std::make_unique<Campaigns>(CampaignParts{store(), *audiences, *ledger, *audit, *texts, clock, rng, [this] { return city; }, "https://city.example",
                                                          [this](const identity::Principal&, std::string_view, std::string_view department) { return department != hidden; },
                                                          [this] { return (std::int64_t{1} << line) | (std::int64_t{1} << mail); }, [] {}});
  }
  static identity::Principal staff(const char* name, const char* department = "policy-planning") { return testing::staff(name, department); }
  std::string written(const char* title, std::optional<Instant> start, const identity::Principal& who) {
    Draft draft;
    draft.title = city::Text(json::Value(title)), draft.body = city::Text(json::Value("本文です。")), draft.topic = "culture", draft.start = start;
    auto made = campaigns->create(draft, Class::many, {who, "r"});
    EXPECT_TRUE(made.ok()) << made.error().to_string();
    return *made;
  }
  void release(const std::string& id) {
    ASSERT_TRUE(campaigns->submit(id, {author, "r"}).ok());
    ASSERT_TRUE(campaigns->release(id, {second, "r"}).ok());
  }
  static Instant at(const char* text) { return *parse_rfc3339(text); }
  std::vector<std::string> titles(const char* from, const char* to) {
    auto all = campaigns->starting(at(from), at(to), 100, {author, "r"});
    EXPECT_TRUE(all.ok());
    std::vector<std::string> out;
    for (const Campaign& one : *all) out.push_back(one.draft.title.in("ja"));
    return out;
  }
  std::vector<std::string> in_july() { return titles("2026-07-01T00:00:00+09:00", "2026-08-01T00:00:00+09:00"); }
  std::vector<std::string> in_august() { return titles("2026-08-01T00:00:00+09:00", "2026-09-01T00:00:00+09:00"); }
  std::int64_t message_of(const std::string& id) { return campaigns->find(id, {author, "r"})->message; }
  std::int64_t person(const std::string& user, const char* about, bool both = false) {
    const std::int64_t id = subscribe(line, user, topic("culture"), 0, 0, about);
    if (both) subscribe(mail, user + "@x.example", topic("culture"), 0, id);
    return id;
  }

  std::unique_ptr<Campaigns> campaigns;
  std::string hidden = "none";
  identity::Principal author = staff("author"), second = staff("second");
};
MACHIYA_ON_BOTH_ENGINES(CalendarTest);

TEST_P(CalendarTest, a_message_stands_where_it_begins) {
  const std::string at_once = written("すぐ", {}, author), in_a_month = written("来月", at("2026-08-01T00:00:00+09:00"), author), passed = written("過ぎた時刻", at("2026-06-01T09:00:00+09:00"), author);
  EXPECT_TRUE(in_july().empty());   // what begins at its release has no day yet
  EXPECT_THAT(in_august(), ElementsAre("来月"));
  clock.advance(kDay);
  release(at_once), release(in_a_month), release(passed);
  EXPECT_THAT(in_july(), ElementsAre("すぐ", "過ぎた時刻"));
  EXPECT_THAT(in_august(), ElementsAre("来月"));
  EXPECT_TRUE(titles("2026-06-01T00:00:00+09:00", "2026-07-01T00:00:00+09:00").empty());
}

TEST_P(CalendarTest, a_changed_day_moves_it_a_cancelled_one_stays_and_a_dropped_one_goes) {
  const std::string moved = written("動く", at("2026-07-10T09:00:00+09:00"), author), dropped = written("やめる", at("2026-07-11T09:00:00+09:00"), author), cancelled = written("止める", at("2026-07-12T09:00:00+09:00"), author);
  Draft draft = campaigns->find(moved, {author, "r"})->draft;
  draft.start = at("2026-08-10T09:00:00+09:00");
  ASSERT_TRUE(campaigns->change(moved, 1, draft, {author, "r"}).ok());
  ASSERT_TRUE(campaigns->cancel(dropped, {author, "r"}).ok());
  release(cancelled);
  ASSERT_TRUE(campaigns->cancel(cancelled, {author, "r"}).ok());
  EXPECT_THAT(in_july(), ElementsAre("止める"));
  EXPECT_THAT(in_august(), ElementsAre("動く"));
}

TEST_P(CalendarTest, other_departments_messages_are_not_on_it) {
  written("自分の", at("2026-07-10T09:00:00+09:00"), author), written("よその", at("2026-07-10T10:00:00+09:00"), staff("other", "parks"));
  hidden = "parks";
  EXPECT_THAT(in_july(), ElementsAre("自分の"));
}

TEST_P(CalendarTest, people_are_counted_by_the_ward_they_named_each_once) {
  for (int i = 0; i < 12; ++i) person("Uk" + std::to_string(i), i % 2 ? R"({"ward":"kita"})" : R"({"ward":"kita","age":"30s"})", true);
  person("Un", R"({"ward":"nishi"})"), person("Us", nullptr), person("Ua", R"({"age":"30s"})");
  const std::string id = written("催し", {}, author);
  release(id);
  expand_all();
  person("Ulate", R"({"ward":"nishi"})");   // was not there
  const auto reach = campaigns->ward_reach(message_of(id));
  ASSERT_TRUE(reach.ok()) << reach.error().to_string();
  EXPECT_EQ(reach->wards.size(), 2u);
  EXPECT_EQ(reach->wards.at("kita"), 12);
  EXPECT_EQ(reach->wards.at("nishi"), 1);
  EXPECT_EQ(reach->silent, 2);
}

TEST_P(CalendarTest, reports_count_rows_and_times_by_channel_and_language) {
  for (int i = 0; i < 3; ++i) person("U" + std::to_string(i), nullptr, i == 0);
  const std::string id = written("催し", {}, author);
  release(id);
  expand_all();
  const std::int64_t message = message_of(id);
  auto held = store().write([&](store::Tx& tx) { return store::take_lease(tx, clock, "line", "test", kHour); });
  const auto claims = *ledger->claim(**held, {line, 500, 1, false});
  ASSERT_EQ(claims.size(), 1u);
  const Instant handed = clock.now();
  clock.advance(5 * kSecond);
  Settlement s;
  s.taken = {claims[0].recipients[0], claims[0].recipients[1]};
  s.ended = {{claims[0].recipients[2], RowState::refused, "line-400"}};
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return ledger->settle(tx, **held, claims[0], s); }).ok());
  std::vector<std::string> seen;
  auto cells = store().read([&](store::ReadTx& tx) { return ledger_statistics::cells(tx, message); });
  for (const auto& cell : *cells) seen.push_back((cell.channel == line ? "line " : "mail ") + std::string(name_of(cell.state)) + " " + std::to_string(cell.rows));
  EXPECT_THAT(seen, ::testing::UnorderedElementsAre("line taken 2", "line refused 1", "mail open 1"));
  auto windows = store().read([&](store::ReadTx& tx) { return ledger_statistics::windows(tx, message); });
  ASSERT_EQ(windows->size(), 1u);
  EXPECT_EQ(windows->front().first, handed);
  EXPECT_EQ(windows->front().last.us, handed.us + 5 * kSecond);
}

}  // namespace
}  // namespace machiya::tell
