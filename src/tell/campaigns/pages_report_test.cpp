// Calendar and reach of messages, on both databases.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "city/test_folder.h"
#include "platform/audit/audit.h"
#include "platform/locale/locale.h"
#include "platform/store/testing.h"
#include "platform/vault/vault.h"
#include "tell/campaigns/campaigns.h"
#include "tell/ledger/statistics.h"

namespace machiya::tell {
namespace {
using ::testing::ElementsAre;

class CalendarTest : public store::testing::StoreTest {
 protected:
  CalendarTest() {
    namespace fs = std::filesystem;
    const std::string from = std::string(MACHIYA_SOURCE_DIR) + "/city/osaka/", room = "01-life/line-messages";
    for (const char* file : {"wards.yaml", "departments.yaml", "policy.yaml"}) fs::copy_file(from + file, files.path() + "/" + file, fs::copy_options::overwrite_existing);
    for (const char* part : {"channels", "audiences", "messages"}) {
      fs::create_directories(files.path() + "/" + room + "/" + part);
      fs::copy(from + room + "/" + part, files.path() + "/" + room + "/" + part, fs::copy_options::recursive);
    }
    fs::copy_file(from + room + "/room.yaml", files.path() + "/" + room + "/room.yaml");
    fs::copy_file(from + "01-life/field.yaml", files.path() + "/01-life/field.yaml");
    std::ifstream in(from + "city.yaml");
    std::string about((std::istreambuf_iterator<char>(in)), {});
    files.write("city.yaml", about.replace(about.find("initiatives: 79"), 15, "initiatives: 1"));
    city = files.load({topics_kind(), segment_kind(), channel_kind(), message_kind()}).city;
    vault = std::move(*vault::Vault::open(folder() + "/master.key", true));
    for (const auto& list : {vault::Vault::migrations(), audit::Audit::migrations(), Audiences::migrations(), Ledger::migrations(), Campaigns::migrations()}) migrate(list);
    EXPECT_TRUE(vault->bind_to(store()).ok());
    audit = std::make_unique<audit::Audit>(store(), clock);
    texts = std::move(*locale::Catalogue::load(std::string(MACHIYA_SOURCE_DIR) + "/web/locale"));
    audiences = std::make_unique<Audiences>(store(), *vault, clock, rng);
    ledger = std::make_unique<Ledger>(store(), clock, rng);
    line = *audiences->number("channel", "line"), mail = *audiences->number("channel", "mail");
    campaigns = std::make_unique<Campaigns>(CampaignParts{store(), *audiences, *ledger, *audit, *texts, clock, rng, [this] { return city; }, "https://city.example",
                                                          [this](const identity::Principal&, std::string_view, std::string_view department) { return department != hidden; },
                                                          [this] { return (std::int64_t{1} << line) | (std::int64_t{1} << mail); }, [] {}});
  }
  static identity::Principal staff(const char* name, const char* department = "policy-planning") {
    identity::Principal out;
    out.kind = identity::PrincipalKind::staff, out.name = out.public_id = name, out.department = department;
    return out;
  }
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
  void expand() {
    auto lease = store().write([&](store::Tx& tx) { return store::take_lease(tx, clock, "tell-expander", "test", kHour); });
    while (true) {
      auto step = ledger->expand(**lease);
      ASSERT_TRUE(step.ok());
      if (!*step) break;
    }
  }
  std::int64_t person(const std::string& user, const char* about, bool both = false) {
    const std::int64_t culture = std::int64_t{1} << *audiences->number("topic", "culture");
    auto made = store().write([&](store::Tx& tx) -> Result<std::int64_t> {
      MACHIYA_TRY(const auto id, audiences->subscribe(tx, 0, line, user, culture, 0, "person"));
      if (both) {
        auto more = audiences->subscribe(tx, id, mail, user + "@x.example", culture, 0, "person");
        if (!more.ok()) return more.error();
      }
      if (about) MACHIYA_CHECK(audiences->describe(tx, id, *json::parse(about), "person"));
      return id;
    });
    EXPECT_TRUE(made.ok());
    return *made;
  }

  FakeClock clock{*parse_rfc3339("2026-07-01T10:00:00+09:00")};
  SeededRng rng{3};
  city::TestFolder files;
  std::shared_ptr<const city::City> city;
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<audit::Audit> audit;
  std::unique_ptr<locale::Catalogue> texts;
  std::unique_ptr<Audiences> audiences;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Campaigns> campaigns;
  std::string hidden = "none";
  int line = 0, mail = 0;
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
  expand();
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
  expand();
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
