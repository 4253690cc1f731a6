// Outlets on both databases: everybody is reached once, in the outlet's form, whatever the gateway does; and nothing of a drill.
#include "tell/outlets/area.h"
#include "tell/outlets/testing_world.h"

#include <algorithm>
#include <thread>

namespace machiya::tell {
namespace {
using testing::OutletsTest;
using States = std::map<std::string, std::string>;

MACHIYA_ON_BOTH_ENGINES(OutletsTest);

TEST_P(OutletsTest, AnEmergencyGoesToEveryOutletOnceInItsForm) {
  const std::string id = released(order());
  const States before = states(id);
  EXPECT_EQ(before.at("cap"), "published");
  EXPECT_EQ(before.at("feeds"), "published");
  EXPECT_EQ(before.at("signage"), "published");
  EXPECT_EQ(before.at("l-alert"), "waits");
  EXPECT_EQ(run(), 7);   // four carriers, Lアラート, loudspeakers, newsrooms
  for (const auto& [where, state] : states(id)) EXPECT_EQ(state.substr(0, 9), "published") << where;
  EXPECT_EQ(run(), 0);
  ASSERT_EQ(gateways["area-mail"]->taken.size(), 4u);
  EXPECT_EQ(gateways["area-mail"]->keys.size(), 4u);   // each carrier under a key of its own
  const auto mail = json::parse(gateways["area-mail"]->taken[0].body);
  ASSERT_TRUE(mail.ok());
  EXPECT_EQ(mail->text("title"), "【警戒レベル４】避難指示");
  EXPECT_EQ(json::to_text((*mail)["municipalities"]), "[\"27107\"]");
  EXPECT_NE(mail->text("body").find("港区に避難指示を出しました。"), std::string::npos) << mail->text("body");
  const auto spoken = json::parse(gateways["wireless"]->taken[0].body);
  EXPECT_NE(spoken->text("text").find("みなとく"), std::string::npos) << spoken->text("text");
  EXPECT_NE(gateways["l-alert"]->taken[0].body.find("<EDXLDistribution"), std::string::npos);
  EXPECT_NE(gateways["l-alert"]->taken[0].body.find("27107"), std::string::npos);
}

TEST_P(OutletsTest, NothingOfADrillLeavesAndTheDatabaseItselfRefusesIt) {
  Draft draft = order();
  draft.drill = true;
  const std::string id = released(draft);
  EXPECT_EQ(run(), 0);
  for (const auto& [where, state] : states(id)) EXPECT_EQ(state.substr(0, 5), "drill") << where;
  for (const auto& [where, gateway] : gateways) EXPECT_EQ(gateway->calls, 0) << where;
  const auto rows = outlets->of(id);
  const auto cap = std::find_if(rows->begin(), rows->end(), [](const Publication& row) { return row.outlet == "cap"; });
  ASSERT_NE(cap, rows->end());
  EXPECT_NE(cap->body.find("<status>Exercise</status>"), std::string::npos);   // kept as it would have been
  auto forced = store().write([&](store::Tx& tx) { return tx.execute("UPDATE tell_publication SET state = 0 WHERE message = :id", {{"id", id}}); });
  EXPECT_FALSE(forced.ok());
}

TEST_P(OutletsTest, ASilentGatewayGetsTheSameKeyAgainAndIsGivenUpInTheEnd) {
  auto& gateway = *gateways["l-alert"];
  gateway.next = {Fate::unknown, Fate::again}, gateway.lost = true;
  const std::string id = released(order());
  run();
  EXPECT_EQ(states(id).at("l-alert"), "waits planned");
  EXPECT_EQ(run(), 0);   // not before its time
  clock.advance(3 * kSecond);
  EXPECT_EQ(run(), 1);
  clock.advance(5 * kSecond);
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(states(id).at("l-alert"), "published planned");
  EXPECT_EQ(gateway.keys.size(), 1u);   // taken twice under one key: a gateway that honours it acts once
  EXPECT_EQ(gateway.keys.begin()->second, 2);

  const std::string other = released(order());
  gateway.next.assign(20, Fate::again);
  for (int i = 0; i < 12; ++i) run(), clock.advance(2 * kMinute);
  EXPECT_EQ(states(other).at("l-alert"), "given-up planned");
  gateway.next.clear();
  ASSERT_TRUE(outlets->again(other, "l-alert", "").ok());
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(states(other).at("l-alert"), "published planned");
  EXPECT_EQ(outlets->again(other, "l-alert", "").error().code, ErrorCode::not_found);
}

TEST_P(OutletsTest, AnAllClearNeverOvertakesItsWarning) {
  auto& gateway = *gateways["wireless"];
  gateway.next = {Fate::again};
  const std::string warning = released(order());
  run();
  const auto made = campaigns->end(warning, {staff("a"), "r"});
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  EXPECT_EQ(campaigns->release(*made, {staff("a"), "r"}).error().code, ErrorCode::forbidden);   // the second person
  ASSERT_TRUE(campaigns->release(*made, {staff("b"), "r"}).ok());
  run();
  EXPECT_EQ(states(*made).at("wireless"), "waits");
  EXPECT_EQ(states(*made).at("l-alert").substr(0, 9), "published");
  clock.advance(5 * kSecond);
  run();
  ASSERT_EQ(gateway.taken.size(), 2u);
  EXPECT_EQ(gateway.taken[0].message, warning);
  EXPECT_EQ(gateway.taken[1].message, *made);
  EXPECT_EQ(gateway.taken[1].thread, warning);
}

TEST_P(OutletsTest, AnAllClearKeepsSlotsAndRefersToItsWarning) {
  const std::string warning = released(order());
  run();
  clock.advance(kHour);
  const auto made = campaigns->end(warning, {staff("a"), "r"});
  ASSERT_TRUE(made.ok());
  const auto draft = campaigns->find(*made, {staff("a"), "r"});
  EXPECT_EQ(draft->draft.from_template, "evacuation-lifted");
  EXPECT_EQ(draft->draft.follows, warning);
  EXPECT_EQ(draft->draft.wards, std::vector<std::string>{"minato"});
  EXPECT_EQ(draft->draft.slots.at("time"), "15:30");
  ASSERT_TRUE(campaigns->release(*made, {staff("b"), "r"}).ok());
  run();
  const auto rows = outlets->of(*made);
  const auto cap = std::find_if(rows->begin(), rows->end(), [](const Publication& row) { return row.outlet == "cap"; });
  ASSERT_NE(cap, rows->end());
  EXPECT_NE(cap->body.find("<references>city.example," + warning + ","), std::string::npos) << cap->body;
  EXPECT_NE(cap->body.find("<msgType>Update</msgType>"), std::string::npos);
  EXPECT_EQ(campaigns->end(*made, {staff("a"), "r"}).error().code, ErrorCode::not_found);   // nothing ends an all-clear
}

TEST_P(OutletsTest, ACancelTakesBackWhatHasNotLeft) {
  const std::string id = released(order());
  ASSERT_TRUE(campaigns->cancel(id, {staff("a"), "r"}).ok());
  EXPECT_EQ(run(), 0);
  for (const auto& [where, state] : states(id)) EXPECT_EQ(state, "withdrawn") << where;
}

TEST_P(OutletsTest, WhatIsTooLongIsSaidBeforeAndRefusedWhereItCannotGo) {
  Draft draft = order();
  draft.slots["shelter"] = "https://city.example/" + std::string(200, 'x');
  Campaign campaign;
  campaign.public_id = new_public_id(rng), campaign.cls = Class::emergency, campaign.draft = draft, campaign.changed = clock.now();
  const auto found = outlets->findings(campaign);
  ASSERT_TRUE(found.ok()) << found.error().to_string();
  const auto has = [&](const std::string& outlet, const std::string& rule) {
    return std::any_of(found->begin(), found->end(), [&](const OutletFinding& f) { return f.outlet == outlet && f.problem.rule == rule; });
  };
  EXPECT_TRUE(has("area-mail", "too-long"));
  EXPECT_TRUE(has("area-mail", "url"));
  EXPECT_TRUE(has("wireless", "address"));
  EXPECT_FALSE(has("l-alert", "too-long"));
  const std::string id = released(draft);
  run();
  EXPECT_EQ(states(id).at("area-mail/docomo").substr(0, 7), "refused");
  EXPECT_EQ(states(id).at("l-alert").substr(0, 9), "published");
  EXPECT_EQ(gateways["area-mail"]->calls, 0);
}

TEST_P(OutletsTest, OrdinaryMessagesGoOnlyWhereTheyMay) {
  Draft draft;
  draft.title = city::Text(json::Value("祭り")), draft.body = city::Text(json::Value("祭りがあります。")), draft.topic = "culture";
  const std::string id = released(draft, Class::many);
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(states(id), (States{{"feeds", "published"}, {"newsroom", "published planned"}}));
}

TEST_P(OutletsTest, EveryEmergencyOfTheCityFitsEveryOutletWithItsUsualWords) {
  for (const city::Loaded* loaded : city->all("message")) {
    const auto& t = static_cast<const Template&>(*loaded->definition);
    if (t.use != Use::emergency) continue;
    Draft draft = order(t.id);
    for (const Variable& v : t.variables)
      if (!v.choices.empty()) draft.slots[v.name] = v.choices.front().in("ja");
    Campaign campaign;
    campaign.public_id = new_public_id(rng), campaign.cls = Class::emergency, campaign.draft = draft, campaign.changed = clock.now();
    const auto found = outlets->findings(campaign);
    ASSERT_TRUE(found.ok()) << t.id << found.error().to_string();
    for (const OutletFinding& f : *found) ADD_FAILURE() << t.id << " " << f.outlet << "/" << f.part << " " << f.problem.rule << " " << f.problem.field << " " << f.problem.en;
    for (const Finding& f : campaigns->findings(draft, Class::many)) ADD_FAILURE() << t.id << " " << f.channel << " " << f.lang << " " << f.part << " " << f.detail;
  }
}

TEST_P(OutletsTest, ATriggerSendsOnceForItsKeyAndOnlyWhatNamesIt) {
  const Fired fired{"jma-tsunami-warning", {}, {"minato", "taisho"}, false, "quake-1", "client:prefecture", "r"};
  const auto first = campaigns->trigger(fired);
  ASSERT_TRUE(first.ok()) << first.error().to_string();
  const auto again = campaigns->trigger(fired);
  ASSERT_TRUE(again.ok()) << again.error().to_string();
  EXPECT_EQ(*again, *first);
  run();
  EXPECT_EQ(gateways["l-alert"]->taken.size(), 1u);
  Fired other = fired;
  other.wards = {"kita"};
  EXPECT_EQ(campaigns->trigger(other).error().code, ErrorCode::conflict);
  other = fired, other.trigger = "no-such", other.key = "2";
  EXPECT_EQ(campaigns->trigger(other).error().code, ErrorCode::not_found);
  other = fired, other.key = "3", other.slots = {{"colour", "red"}};
  EXPECT_EQ(campaigns->trigger(other).error().where, "slots");
  other = fired, other.key = "4", other.wards = {"atlantis"};
  EXPECT_EQ(campaigns->trigger(other).error().where, "wards");
  other = {"jma-tsunami-lifted", {}, {"minato", "taisho"}, false, "quake-1-end", "client:prefecture", "r"};
  const auto lifted = campaigns->trigger(other);
  ASSERT_TRUE(lifted.ok()) << lifted.error().to_string();
  EXPECT_EQ(campaigns->find(*lifted, {staff("a"), "r"})->draft.follows, *first);
  run();
}

TEST_P(OutletsTest, TownsNarrowWhoIsMeantAndTheRatioSaysSo) {
  const std::vector<std::string> known = {"築港", "磯路", "池島", "波除"};
  campaigns->use_towns([&](std::string_view code) { return code == "27107" ? known : std::vector<std::string>(); });
  Draft draft = order();
  draft.wards = {"minato", "taisho"};
  draft.towns = {"港区 築港"};
  const AreaReach reach = area_reach(*city, draft, {"area-mail", "signage"}, [&](std::string_view code) { return campaigns->towns_of(code).size(); });
  const std::int64_t minato = city->ward("minato")->population, taisho = city->ward("taisho")->population;
  EXPECT_EQ(reach.meant, minato / 4 + taisho);
  EXPECT_TRUE(reach.estimated);
  ASSERT_EQ(reach.outlets.size(), 2u);
  EXPECT_EQ(reach.outlets[0].people, minato + taisho);
  EXPECT_DOUBLE_EQ(reach.outlets[0].ratio, static_cast<double>(minato + taisho) / static_cast<double>(minato / 4 + taisho));
  EXPECT_GT(reach.outlets[1].ratio, reach.outlets[0].ratio);
  draft.towns = {"港区 なにもない町"};
  EXPECT_EQ(campaigns->create(draft, Class::emergency, {staff("a"), "r"}).error().where, "towns");
  draft.towns = {"大正区 三軒家"};
  EXPECT_EQ(campaigns->create(draft, Class::emergency, {staff("a"), "r"}).error().where, "towns");
  draft.towns = {"港区　築港"}, draft.wards = {"minato"};
  // Three people: in the town, in another of the ward, and one who did not say.
  const auto add = [&](const std::string& address, const json::Value& about) {
    auto made = store().write([&](store::Tx& tx) -> Result<void> {
      MACHIYA_TRY(const std::int64_t recipient, audiences->subscribe(tx, 0, line, address, 0, 0, "person"));
      return about.size() == 0 ? Result<void>() : audiences->describe(tx, recipient, about, "person");
    });
    EXPECT_TRUE(made.ok());
  };
  add("in", json::Value::object({{"ward", "minato"}, {"town", "築港"}}));
  add("elsewhere", json::Value::object({{"ward", "minato"}, {"town", "磯路"}}));
  add("silent", json::Value::object());
  const std::string id = released(draft);
  auto leased = store().write([&](store::Tx& tx) { return store::take_lease(tx, clock, "tell-expander", "me", kMinute); });
  ASSERT_TRUE(leased.ok() && *leased);
  while (true) {
    auto step = ledger->expand(**leased);
    ASSERT_TRUE(step.ok());
    if (!*step) break;
  }
  const auto counted = store().read([&](store::ReadTx& tx) -> Result<std::vector<std::int64_t>> {
    MACHIYA_TRY(const auto message, ledger->message(tx, id));
    return ledger->count(tx, message->id);
  });
  ASSERT_TRUE(counted.ok());
  EXPECT_EQ((*counted)[static_cast<std::size_t>(RowState::open)], 2);
}

TEST_P(OutletsTest, ThreadsHandOverByThemselves) {
  outlets->start();
  const std::string id = released(order());
  outlets->wake();
  const auto waits = [&] {
    const States now = states(id);
    return std::any_of(now.begin(), now.end(), [](const auto& one) { return one.second == "waits"; });
  };
  while (waits()) std::this_thread::yield();
  outlets->stop();
  EXPECT_EQ(gateways["area-mail"]->taken.size(), 4u);
  EXPECT_EQ(states(id).at("l-alert").substr(0, 9), "published");
}

}  // namespace
}  // namespace machiya::tell
