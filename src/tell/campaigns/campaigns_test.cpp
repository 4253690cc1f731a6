// Messages to many and about one's own case: who may, what is refused, what reaches the ledger.
#include "tell/campaigns/campaigns.h"

#include <set>

#include "tell/campaigns/case_messages.h"
#include "tell/testing/city_house.h"

namespace machiya::tell {
namespace {

class CampaignsTest : public testing::CityHouse<FakeClock> {
 protected:
  CampaignsTest() : CityHouse(3, *parse_rfc3339("2026-07-01T10:00:00+09:00")) {
    const std::string room = "01-life/line-messages/";
    testing::bring_osaka(files, {"01-life/field.yaml", room + "room.yaml", room + "channels", room + "audiences", room + "messages"});
    load_city({topics_kind(), segment_kind(), channel_kind(), message_kind()});
    migrate(Campaigns::migrations());
    CampaignParts parts{store(), *audiences, *ledger, *audit, *texts, clock, rng, [this] { return city; }, "https://city.example",
                        [this](const identity::Principal& who, std::string_view permission, std::string_view) { return !forbidden.contains(who.name + " " + std::string(permission)); },
                        [this] { return (std::int64_t{1} << line) | (std::int64_t{1} << mail); }, [this] { ++wakes; }};
    campaigns = std::make_unique<Campaigns>(std::move(parts));
  }
  Draft draft(const char* topic = "culture") {
    Draft out;
    out.title = city::Text(json::Value("花火大会")), out.body = city::Text(json::Value("8月1日です。"));
    out.topic = topic;
    return out;
  }
  std::string created(const Draft& d, Class cls = Class::many) {
    auto made = campaigns->create(d, cls, {author, "r"});
    EXPECT_TRUE(made.ok()) << made.error().to_string();
    return made.ok() ? *made : "";
  }
  Campaign found(const std::string& id) { return *campaigns->find(id, {author, "r"}); }
  std::int64_t person_with_line(const char* user, std::int64_t topics, const char* about = nullptr) { return subscribe(line, user, topics, 0, 0, about); }
  std::int64_t rows_of(std::int64_t message) {
    expand_all();
    return count(message, RowState::open);
  }

  std::unique_ptr<Campaigns> campaigns;
  std::set<std::string> forbidden;
  int wakes = 0;
  identity::Principal author = testing::staff("author", "policy-planning"), second = testing::staff("second", "policy-planning");
};
MACHIYA_ON_BOTH_ENGINES(CampaignsTest);

TEST_P(CampaignsTest, one_writes_and_another_releases) {
  const std::string id = created(draft());
  EXPECT_EQ(campaigns->release(id, {second, "r"}).error().code, ErrorCode::conflict);    // not handed in yet
  ASSERT_TRUE(campaigns->submit(id, {author, "r"}).ok());
  EXPECT_EQ(campaigns->release(id, {author, "r"}).error().code, ErrorCode::forbidden);
  EXPECT_EQ(found(id).state, CampaignState::waiting);
  ASSERT_TRUE(campaigns->release(id, {second, "r"}).ok());
  EXPECT_EQ(found(id).state, CampaignState::released);
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(campaigns->release(id, {second, "r"}).error().code, ErrorCode::conflict);    // once
  const auto message = store().read([&](store::ReadTx& tx) { return ledger->message(tx, found(id).message); });
  EXPECT_EQ((*contents_in((*message)->contents)).at("ja").link, "https://city.example/messages/" + id);
  std::vector<std::string> did;
  const auto history = campaigns->history(found(id));
  for (const auto& event : *history) did.push_back(event.what);
  EXPECT_EQ(did, (std::vector<std::string>{"create", "submit", "release"}));
}

TEST_P(CampaignsTest, whoever_changed_it_last_cannot_release_it_either) {
  const std::string id = created(draft());
  ASSERT_TRUE(campaigns->change(id, 1, draft("sports"), {second, "r"}).ok());
  ASSERT_TRUE(campaigns->submit(id, {author, "r"}).ok());
  for (const auto& who : {author, second}) EXPECT_EQ(campaigns->release(id, {who, "r"}).error().code, ErrorCode::forbidden);
  ASSERT_TRUE(campaigns->send_back(id, "日付を", {second, "r"}).ok());
  EXPECT_EQ(found(id).state, CampaignState::draft);
  EXPECT_EQ(campaigns->change(id, 1, draft(), {author, "r"}).error().code, ErrorCode::conflict);   // an old page
}

TEST_P(CampaignsTest, what_is_missing_or_unknown_is_refused_at_its_place) {
  EXPECT_EQ(campaigns->create(draft(""), Class::many, {author, "r"}).error().where, "topic");
  EXPECT_EQ(campaigns->create(draft("nosuch"), Class::many, {author, "r"}).error().where, "topic");
  Draft half = draft();
  half.body = city::Text(json::Value("{who}さん"));
  const std::string id = created(half);
  EXPECT_EQ(campaigns->submit(id, {author, "r"}).error().code, ErrorCode::invalid_input);   // nothing to put in for {who}
  half.slots["who"] = "皆";
  ASSERT_TRUE(campaigns->change(id, 1, half, {author, "r"}).ok());
  EXPECT_TRUE(campaigns->submit(id, {author, "r"}).ok());
}

TEST_P(CampaignsTest, permissions_are_asked_for_every_step) {
  forbidden = {"author message.write", "author emergency.write", "second message.release"};
  EXPECT_EQ(campaigns->create(draft(), Class::many, {author, "r"}).error().code, ErrorCode::forbidden);
  EXPECT_EQ(campaigns->create(draft(), Class::emergency, {author, "r"}).error().code, ErrorCode::forbidden);
  forbidden.erase("author message.write");
  const std::string id = created(draft());
  ASSERT_TRUE(campaigns->submit(id, {author, "r"}).ok());
  EXPECT_EQ(campaigns->release(id, {second, "r"}).error().code, ErrorCode::forbidden);
  EXPECT_EQ(campaigns->send_back(id, "", {second, "r"}).error().code, ErrorCode::forbidden);
}

TEST_P(CampaignsTest, it_reaches_those_who_chose_the_topic_and_fit_the_segment) {
  const std::int64_t culture = std::int64_t{1} << *audiences->number("topic", "culture");
  person_with_line("Ua", culture, R"({"ward":"kita"})"), person_with_line("Ub", culture, R"({"ward":"nishi"})"), person_with_line("Uc", 0, R"({"ward":"kita"})");
  Draft d = draft();
  d.segment = "kita-ward";
  const std::string id = created(d);
  ASSERT_TRUE(campaigns->submit(id, {author, "r"}).ok() && campaigns->release(id, {second, "r"}).ok());
  EXPECT_EQ(rows_of(found(id).message), 1);
}

TEST_P(CampaignsTest, an_emergency_for_wards_also_reaches_those_who_never_said_where_they_live) {
  person_with_line("Ukita", 0, R"({"ward":"kita"})"), person_with_line("Unishi", 0, R"({"ward":"nishi"})"), person_with_line("Usilent", 0);
  Draft d = draft("");
  d.wards = {"kita"};
  const std::string id = created(d, Class::emergency);
  ASSERT_TRUE(campaigns->submit(id, {author, "r"}).ok() && campaigns->release(id, {second, "r"}).ok());
  EXPECT_EQ(rows_of(found(id).message), 2);
}

TEST_P(CampaignsTest, a_cancelled_message_is_not_published) {
  const std::string id = created(draft());
  ASSERT_TRUE(campaigns->submit(id, {author, "r"}).ok() && campaigns->release(id, {second, "r"}).ok());
  EXPECT_EQ(campaigns->published(10)->size(), 1u);
  ASSERT_TRUE(campaigns->cancel(id, {author, "r"}).ok());
  EXPECT_TRUE(campaigns->published(10)->empty());
  EXPECT_FALSE((*campaigns->published_one(id)).has_value());
}

TEST_P(CampaignsTest, a_case_tells_its_person_at_the_mailbox_that_they_log_in_with) {
  CaseMessages messages({*audiences, *ledger, *texts, clock, rng, [this] { return city; }, "https://city.example",
                         [](store::ReadTx&, std::string_view number) -> Result<std::optional<std::int64_t>> { return number == "A-1" ? std::optional<std::int64_t>(7) : std::nullopt; },
                         [](store::ReadTx&, std::int64_t) -> Result<std::string> { return std::string("hanako@example.jp"); },
                         [](const std::string&) { return city::Text(json::Value("犬の登録")); }, [this] { ++wakes; }});
  events::Events bus(store(), clock);
  ASSERT_TRUE(messages.connect(bus).ok());
  const auto tell = [&](const char* type, const char* number, const char* state) {
    events::Event event;
    event.type = type, event.payload = json::Value::object({{"number", number}, {"procedure", "dog"}, {"state", state}});
    return store().write([&](store::Tx& tx) { return messages.told(tx, event); });
  };
  ASSERT_TRUE(tell("case.submitted.v1", "A-1", "received").ok());
  EXPECT_EQ(wakes, 1);
  const auto message = store().read([&](store::ReadTx& tx) { return ledger->message(tx, std::int64_t{1}); });
  const Contents contents = *contents_in((*message)->contents);
  EXPECT_EQ(contents.at("ja").title, "申請を受け付けました(A-1)");
  EXPECT_EQ(contents.at("ja").link, "https://city.example/applications/A-1");
  EXPECT_EQ(contents.size(), 6u);
  EXPECT_EQ(rows_of(1), 1);
  ASSERT_TRUE(tell("case.submitted.v1", "report-without-person", "received").ok());
  ASSERT_TRUE(tell("case.changed.v1", "A-1", "under-review").ok());   // no template for this state
  EXPECT_EQ(wakes, 1);
  ASSERT_TRUE(tell("case.changed.v1", "A-1", "correction").ok());
  EXPECT_EQ(wakes, 2);
  // Who left is not written to again.
  const auto id = *store().write([&](store::Tx& tx) { return audiences->recipient_of(tx, 7, 0); });
  ASSERT_TRUE(*store().write([&](store::Tx& tx) { return audiences->leave(tx, id, mail, "person"); }));
  ASSERT_TRUE(tell("case.decided.v1", "A-1", "granted").ok());
  EXPECT_EQ(rows_of(3), 0);
}

}  // namespace
}  // namespace machiya::tell
