// Recipients, consent and segments on both databases.
#include "tell/audiences/opt_in_expiry.h"
#include "tell/audiences/segment.h"
#include "tell/testing/house.h"

namespace machiya::tell {
namespace {

class AudiencesTest : public testing::TellTest {
 protected:
  template <class F>
  auto write(F work) { return store().write([&](store::Tx& tx) { return work(tx); }); }
  Recipient recipient(std::int64_t id) {
    auto found = store().read([&](store::ReadTx& tx) { return audiences->by_id(tx, id); });
    EXPECT_TRUE(found.ok() && *found);
    return **found;
  }
  std::vector<Reached> addresses(int channel, const std::vector<std::int64_t>& recipients) {
    auto found = store().read([&](store::ReadTx& tx) { return audiences->addresses(tx, channel, recipients, clock.now()); });
    EXPECT_TRUE(found.ok()) << found.error().to_string();
    return found.ok() ? *found : std::vector<Reached>();
  }
  std::vector<std::string> consents(std::int64_t id) {
    std::vector<std::string> out;
    const auto found = store().read([&](store::ReadTx& tx) { return audiences->consents(tx, id); });
    for (const auto& consent : *found) out.push_back(consent.what);
    return out;
  }
  void describe(std::int64_t id, const char* text) {
    ASSERT_TRUE(write([&](store::Tx& tx) { return audiences->describe(tx, id, *json::parse(text), "person"); }).ok());
  }
};
MACHIYA_ON_BOTH_ENGINES(AudiencesTest);

TEST_P(AudiencesTest, an_address_is_sealed_and_found_again_by_its_digest) {
  const auto a = subscribe(mail, "hanako@example.jp", disaster);
  ASSERT_EQ(addresses(mail, {a}).size(), 1u);
  EXPECT_EQ(addresses(mail, {a})[0].address, "hanako@example.jp");
  EXPECT_EQ(*store().read([&](store::ReadTx& tx) { return audiences->by_address(tx, mail, "hanako@example.jp"); }), a);
  auto stored = store().read([](store::ReadTx& tx) { return tx.query_one("SELECT sealed, digest FROM recipient_address"); });
  EXPECT_EQ((*stored)->text(0).find("hanako"), std::string::npos);
  EXPECT_EQ((*stored)->text(1).find("hanako"), std::string::npos);
}

TEST_P(AudiencesTest, nothing_goes_to_an_address_that_was_only_asked_for) {
  const auto token = write([&](store::Tx& tx) { return audiences->ask(tx, mail, "taro@example.jp", disaster, 2); });
  ASSERT_TRUE(token.ok());
  EXPECT_FALSE((*store().read([&](store::ReadTx& tx) { return audiences->by_address(tx, mail, "taro@example.jp"); })).has_value());
  EXPECT_EQ(write([&](store::Tx& tx) { return audiences->confirm(tx, new_public_id(rng), "mail-link"); }).error().code, ErrorCode::not_found);
  const auto id = write([&](store::Tx& tx) { return audiences->confirm(tx, *token, "mail-link"); });
  ASSERT_TRUE(id.ok()) << id.error().to_string();
  EXPECT_EQ(recipient(*id).lang, 2);
  EXPECT_EQ(recipient(*id).channels[0].topics, disaster);
  EXPECT_EQ(consents(*id), (std::vector<std::string>{"asked", "confirmed"}));
  EXPECT_EQ(write([&](store::Tx& tx) { return audiences->confirm(tx, *token, "mail-link"); }).error().code, ErrorCode::not_found);   // once
}

TEST_P(AudiencesTest, requests_that_nobody_confirmed_are_forgotten_with_their_address) {
  const auto kept = subscribe(mail, "known@example.jp", disaster);
  for (const char* address : {"unknown@example.jp", "known@example.jp"})
    ASSERT_TRUE(write([&](store::Tx& tx) { return audiences->ask(tx, mail, address, sports, 0); }).ok());
  FakeClock later{Instant{clock.now().us + (Audiences::kOptInHours - 1) * kHour}};
  EXPECT_EQ(*expire_opt_ins(store(), *vault, later, 10), 0);
  later.advance(2 * kHour);
  EXPECT_EQ(*expire_opt_ins(store(), *vault, later, 10), 2);
  EXPECT_EQ(recipient(kept).channels.size(), 1u);   // who was known before stays as they were
  auto left = store().read([](store::ReadTx& tx) { return tx.query_one("SELECT (SELECT count(*) FROM recipient), (SELECT count(*) FROM recipient_address), (SELECT count(*) FROM opt_in)"); });
  for (int i = 0; i < 3; ++i) EXPECT_EQ((*left)->integer(static_cast<std::size_t>(i)), i < 2 ? 1 : 0);
}

TEST_P(AudiencesTest, one_mailbox_is_one_person_whoever_proves_it_last) {
  const auto guest = subscribe(mail, "a@example.jp", sports);
  const auto person = write([&](store::Tx& tx) { return audiences->recipient_of(tx, 77, 0); });
  ASSERT_TRUE(person.ok());
  EXPECT_EQ(subscribe(mail, "a@example.jp", disaster, 0, *person), *person);
  EXPECT_TRUE(recipient(guest).channels.empty());
  EXPECT_EQ(recipient(*person).channels.size(), 1u);
  EXPECT_EQ(*write([&](store::Tx& tx) { return audiences->recipient_of(tx, 77, 0); }), *person);
}

TEST_P(AudiencesTest, who_left_is_not_reached_and_a_dead_device_takes_only_itself_along) {
  const int push = *audiences->number("channel", "push");
  const auto a = subscribe(push, "device-1", disaster);
  subscribe(push, "device-2", disaster, 0, a);
  const auto devices = addresses(push, {a});
  ASSERT_EQ(devices.size(), 2u);
  ASSERT_TRUE(write([&](store::Tx& tx) { return audiences->failed(tx, a, push, devices[0].id, false, "push-410"); }).ok());
  EXPECT_EQ(addresses(push, {a}).size(), 1u);
  EXPECT_EQ(recipient(a).channels.size(), 1u);
  ASSERT_TRUE(*write([&](store::Tx& tx) { return audiences->leave(tx, a, push, "person"); }));
  EXPECT_FALSE(*write([&](store::Tx& tx) { return audiences->leave(tx, a, push, "person"); }));
  EXPECT_TRUE(addresses(push, {a}).empty());
  EXPECT_TRUE(recipient(a).channels.empty());
}

TEST_P(AudiencesTest, an_address_dies_after_the_third_soft_failure) {
  const auto a = subscribe(mail, "full@example.jp", disaster);
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(write([&](store::Tx& tx) { return audiences->failed(tx, a, mail, 0, true, "smtp-452"); }).ok());
    EXPECT_EQ(addresses(mail, {a}).size(), i < 3 ? 1u : 0u) << i;
  }
}

TEST_P(AudiencesTest, nothing_of_an_erased_recipient_is_left) {
  const auto a = subscribe(mail, "gone@example.jp", disaster);
  ASSERT_TRUE(write([&](store::Tx& tx) { return audiences->erase(tx, a); }).ok());
  for (const char* table : {"recipient", "recipient_address", "reach", "consent_event"}) {
    auto rows = store().read([&](store::ReadTx& tx) { return tx.query_one("SELECT count(*) FROM " + std::string(table)); });
    EXPECT_EQ((*rows)->integer(0), 0) << table;
  }
}

TEST_P(AudiencesTest, a_segment_holds_those_who_told_what_it_asks_for) {
  for (int i = 0; i < 25; ++i) describe(subscribe(line, "U" + std::to_string(i), disaster), i < 12 ? R"({"ward":"kita","events":["birth"]})" : R"({"ward":"kita","age":"30s"})");
  subscribe(line, "Usilent", disaster);
  const auto people = [&](const char* who) {
    auto segment = Segment::compile(who);
    EXPECT_TRUE(segment.ok()) << segment.error().to_string();
    return *store().read([&](store::ReadTx& tx) { return segment->preview(tx, -1, 0, clock.now()); });
  };
  EXPECT_EQ(people("ward = \"kita\"").people, 20);   // 25, told in tens
  EXPECT_EQ(people("list contains(events, \"birth\")").people, 10);
  EXPECT_EQ(people("age = \"80-and-over\"").people, 0);
  EXPECT_FALSE(people("age = \"80-and-over\"").few);
  describe(subscribe(line, "Uone", disaster), R"({"ward":"naniwa"})");
  EXPECT_TRUE(people("ward = \"naniwa\"").few);      // one person is nobody to look at
  EXPECT_EQ(people("ward = \"naniwa\"").people, 0);
  EXPECT_EQ(Segment::compile("ward = ").error().code, ErrorCode::definition_error);
  EXPECT_EQ(Segment::compile("disability = \"x\"").error().code, ErrorCode::definition_error);
  EXPECT_EQ(checked_attributes(*json::parse(R"({"religion":"x"})")).error().where, "religion");
}

TEST_P(AudiencesTest, a_message_to_a_segment_reaches_nobody_else) {
  describe(subscribe(line, "Ukita", disaster), R"({"ward":"kita"})");
  describe(subscribe(line, "Unishi", disaster), R"({"ward":"nishi"})");
  auto segment = Segment::compile("ward = \"kita\"");
  Order meant = order(disaster);
  meant.segmented = true;
  meant.profiles = *store().read([&](store::ReadTx& tx) { return segment->profiles(tx, clock.now()); });
  const auto message = place(meant);
  expand_all();
  EXPECT_EQ(count(message, RowState::open), 1);
}

}  // namespace
}  // namespace machiya::tell
