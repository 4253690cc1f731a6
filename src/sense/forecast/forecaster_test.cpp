#include "sense/forecast/forecaster.h"

#include <gtest/gtest.h>

#include <cmath>

#include "platform/store/testing.h"
#include "sense/broker/journal_store.h"
#include "sense/entities/read.h"
#include "sense/entities/write.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_series();
}

namespace machiya::sense::forecast {
namespace {

const std::string kVocab = "https://uri.etsi.org/ngsi-ld/default-context/";

DayKind kind_of(Date day) { return weekday(day) == 0 ? DayKind::holiday : weekday(day) == 6 ? DayKind::saturday : DayKind::working; }

class Forecasts : public store::testing::StoreTest {
 protected:
  FakeClock clock{Instant{start_of_day_in_japan(make_date(2026, 11, 23)).us + 9 * kHour}};   // a Monday
  SeededRng rng{5};
  Contexts contexts{nullptr};
  std::unique_ptr<EntityStore> entities;
  std::unique_ptr<series::Store> numbers;
  std::unique_ptr<History> history;
  Plan plan{"spaces", "", kVocab + "Parking", kVocab + "free", kVocab + "total", kVocab + "expected", 0.0, 56 * kDay, {30 * kMinute, kHour}};
  std::unique_ptr<Forecaster> forecaster;

  Forecasts() {
    std::vector<store::Migration> all = journal_migrations();
    for (const auto& list : {history_migrations(), sql_migrations_series()}) all.insert(all.end(), list.begin(), list.end());
    migrate(all);
  }
  ~Forecasts() override { forecaster.reset(), history.reset(), numbers.reset(), entities.reset(); }

  void open() {
    const bool tables = store().engine() == store::Engine::postgres;
    auto journal = tables ? open_store_journal(store()) : open_file_journal(folder() + "/journal");
    ASSERT_TRUE(journal.ok());
    auto opened = EntityStore::open(std::move(*journal), clock, rng);
    ASSERT_TRUE(opened.ok());
    entities = std::move(*opened);
    auto columns = tables ? series::open_sql(store()) : series::open_files(folder() + "/series");
    ASSERT_TRUE(columns.ok());
    numbers = std::move(*columns);
    auto past = History::open(store(), *numbers, clock, rng);
    ASSERT_TRUE(past.ok());
    history = std::move(*past);
    history->follow(*entities);
    forecaster = std::make_unique<Forecaster>(*entities, *history, clock, Forecaster::Ports{[this] { return std::vector<Plan>{plan}; }, kind_of});
  }
  void write(const std::string& id, const std::string& text, bool temporal = false) {
    tree::Arena arena;
    const auto body = tree::parse(text, arena);
    ASSERT_TRUE(body.ok()) << text;
    const auto draft = read_entity(*body, temporal ? BodyOf::temporal : BodyOf::entity, *contexts.core(), arena);
    ASSERT_TRUE(draft.ok()) << draft.error().to_string();
    if (temporal) {
      ASSERT_TRUE(history->put("", *draft).ok());
      return;
    }
    ASSERT_TRUE(entities->write("", id, [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
      return current ? append_attributes(current, *draft, false, context) : create_entity(*draft, context);
    }).ok());
  }
  static std::string moment(std::int64_t us) { return to_iso_utc(Instant{us}).substr(0, 19) + "Z"; }
  static int usual_free(std::int64_t at) {
    const double hour = static_cast<double>(at - start_of_day_in_japan(date_in_japan(Instant{at})).us) / kHour;
    return 100 - static_cast<int>(80 * std::exp(-(hour - 13) * (hour - 13) / 18));
  }
  /// A parking, measured every quarter of an hour for three weeks.
  void parking(const std::string& id, std::int64_t weeks = 3) {
    std::string values;
    for (std::int64_t at = clock.now().us - weeks * 7 * kDay; at < clock.now().us; at += kSlot)
      values += (values.empty() ? "" : ",") + std::string(R"({"type":"Property","value":)") + std::to_string(usual_free(at)) + R"(,"observedAt":")" + moment(at) + "\"}";
    const std::string head = R"({"id":")" + id + R"(","type":"Parking",)";
    write(id, head + R"("total":{"type":"Property","value":100},"free":{"type":"Property","value":)" + std::to_string(usual_free(clock.now().us)) + R"(,"observedAt":")" + moment(clock.now().us) + "\"}}");
    ASSERT_TRUE(history->settle().ok());
    if (weeks > 0) write(id, head + "\"free\":[" + values + "]}", true);
  }
  /// [{"at", "expected", "low", "high"}] of an entity; null when it has no forecast.
  tree::Value forecast(const std::string& id) {
    held_ = entities->get("", id);
    const Attribute* found = held_ ? held_->attribute(plan.writes) : nullptr;
    return found == nullptr ? tree::Value() : found->instances[0].value;
  }

 private:
  EntityPtr held_;
};
MACHIYA_ON_BOTH_ENGINES(Forecasts);

TEST_P(Forecasts, StandAtTheEntityAsAnAttribute) {
  open();
  parking("urn:ngsi-ld:Parking:1");
  auto round = forecaster->round();
  ASSERT_TRUE(round.ok()) << round.error().to_string();
  EXPECT_EQ(round->written, 1u);
  EXPECT_EQ(round->learned, 1u);
  const tree::Value list = forecast("urn:ngsi-ld:Parking:1");
  ASSERT_EQ(list.items().size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const tree::Value& one = list.items()[i];
    const std::int64_t at = clock.now().us + plan.ahead_us[i];
    EXPECT_EQ(one["at"].text(), moment(at).substr(0, 19) + ".000Z");
    EXPECT_NEAR(one["expected"].number(), usual_free(at), 3);
    EXPECT_LE(one["low"].number(), one["expected"].number());
    EXPECT_EQ(one["expected"].text().find('.'), std::string_view::npos) << "bicycles are counted";
  }
  EXPECT_EQ(entities->get("", "urn:ngsi-ld:Parking:1")->attribute(plan.writes)->instances[0].kind, AttributeKind::json_property);
  ASSERT_TRUE(forecaster->skill("spaces", "urn:ngsi-ld:Parking:1"));
  EXPECT_EQ(forecaster->skill("spaces", "urn:ngsi-ld:Parking:1")->size(), 2u);

  // Five minutes later nothing is learned anew, and the forecast moves on.
  clock.advance(5 * kMinute);
  round = forecaster->round();
  ASSERT_TRUE(round.ok());
  EXPECT_EQ(round->learned, 0u);
  EXPECT_EQ(forecast("urn:ngsi-ld:Parking:1").items()[0]["at"].text(), moment(clock.now().us + 30 * kMinute).substr(0, 19) + ".000Z");
  clock.advance(kDay);
  EXPECT_EQ(forecaster->round()->learned, 1u);
}

TEST_P(Forecasts, ThatRestOnNothingAreNotMade) {
  open();
  parking("urn:ngsi-ld:Parking:new", 0);
  write("urn:ngsi-ld:Tree:1", R"({"id":"urn:ngsi-ld:Tree:1","type":"Tree","free":{"type":"Property","value":1}})");
  auto round = forecaster->round();
  ASSERT_TRUE(round.ok());
  EXPECT_EQ(round->written, 0u);
  EXPECT_EQ(round->unknown, 1u) << "and trees are not asked";
  EXPECT_TRUE(forecast("urn:ngsi-ld:Parking:new").is_null());
  EXPECT_FALSE(forecaster->skill("spaces", "urn:ngsi-ld:Parking:new"));
  round = forecaster->round();
  EXPECT_EQ(round->learned, 0u) << "it is tried again in an hour";
  clock.advance(kHour);
  EXPECT_EQ(forecaster->round()->learned, 1u);
}

TEST_P(Forecasts, LearningIsSpreadOverRounds) {
  open();
  for (int i = 0; i < 5; ++i) parking("urn:ngsi-ld:Parking:" + std::to_string(i), 2);
  auto round = forecaster->round(2);
  ASSERT_TRUE(round.ok());
  EXPECT_EQ(round->learned, 2u);
  EXPECT_TRUE(round->more);
  EXPECT_EQ(round->written, 2u);
  EXPECT_TRUE(forecaster->round(2)->more);
  round = forecaster->round(2);
  EXPECT_FALSE(round->more);
  EXPECT_EQ(round->written, 5u);
  plan.id = "other";   // the definition of before is gone: so is what was learned for it
  EXPECT_EQ(forecaster->round(1)->written, 1u);
  EXPECT_FALSE(forecaster->skill("spaces", "urn:ngsi-ld:Parking:0"));
}

}  // namespace
}  // namespace machiya::sense::forecast
