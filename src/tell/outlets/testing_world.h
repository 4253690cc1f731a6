// For tests: the city's own emergencies and outlets over a fresh database, campaigns that release into the outlets' ledger, gateways that do as
// they are told.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tell/outlets/archive_notice.h"
#include "tell/outlets/publications.h"
#include "tell/testing/city_house.h"
#include "tell/testing/released.h"

namespace machiya::tell::testing {

/// Remembers what it took, once for each key, and answers as `next` says (then: takes).
class PlannedGateway final : public Gateway {
 public:
  Taken put(const Publication& p) override {
    ++calls;
    const Fate fate = next.empty() ? Fate::accepted : next.front();
    if (!next.empty()) next.erase(next.begin());
    if (lost || fate == Fate::accepted) keys[p.key]++, taken.push_back(p);
    lost = false;
    return {{fate, "planned"}, wait_ms};
  }
  std::vector<Fate> next;
  bool lost = false;   ///< the next one is taken whatever is answered
  std::int64_t wait_ms = 0;
  int calls = 0;
  std::map<std::string, int> keys;
  std::vector<Publication> taken;
};

class OutletsTest : public CityHouse<FakeClock> {
 protected:
  OutletsTest() : CityHouse(7, *parse_rfc3339("2026-06-03T05:30:00Z")) {
    const std::string broadcast = "08-disaster/simultaneous-broadcast/", messages = "01-life/line-messages/";
    bring_osaka(files, {"01-life/field.yaml", "08-disaster/field.yaml", broadcast + "room.yaml", broadcast + "messages", broadcast + "outlets", messages + "room.yaml", messages + "channels", messages + "audiences"});
    load_city({topics_kind(), segment_kind(), channel_kind(), message_kind(), outlet_kind()});
    for (const auto& list : {Campaigns::migrations(), Publications::migrations()}) migrate(list);
    campaigns = std::make_unique<Campaigns>(parts());
    archive = std::make_unique<Archive>(*campaigns, clock, [this] { return city; }, "https://city.example");
    open_outlets({"area-mail", "l-alert", "wireless", "newsroom"});
  }
  CampaignParts parts() {
    CampaignParts out{store(), *audiences, *ledger, *audit, *texts, clock, rng, [this] { return city; }, "https://city.example",
                      [](const identity::Principal&, std::string_view, std::string_view) { return true; }, [this] { return std::int64_t{1} << line; }, [] {}};
    out.publish = [this](const Campaign& campaign) { return outlets->prepare(campaign); };
    out.withdraw = [this](store::Tx& tx, std::string_view message) { return outlets->withdraw(tx, message); };
    return out;
  }
  void open_outlets(const std::vector<std::string>& ids) {
    std::map<std::string, OutletSetting> settings;
    for (const std::string& id : ids) {
      gateways[id] = std::make_shared<PlannedGateway>();
      settings[id] = {{"kiki@city.example"}, gateways[id]};
    }
    outlets = std::make_unique<Publications>(PublicationParts{store(), clock, rng, [this] { return city; }, [this](const Campaign& c) { return notice_of(*archive, *campaigns, c); }, std::move(settings), {}});
  }
  static identity::Principal staff(const std::string& name) {
    identity::Principal out = testing::staff(name, "crisis-management");
    out.roles = {"crisis"};
    return out;
  }
  Draft order(const std::string& id = "evacuate-order") {
    const auto* t = city->get<Template>("message", id);
    Draft out;
    out.title = t->title, out.body = t->body, out.short_text = t->short_text, out.from_template = t->id, out.wards = {"minato"};
    out.slots = {{"reason", "高潮による浸水"}, {"shelter", "区民センター"}, {"time", "14:30"}};
    return out;
  }
  /// Written by one, released by another; gives its public id.
  std::string released(const Draft& draft, Class cls = Class::emergency) { return testing::released(*campaigns, draft, cls, staff("a"), staff("b")); }
  /// "outlet/part": state.
  std::map<std::string, std::string> states(const std::string& message) {
    std::map<std::string, std::string> out;
    auto rows = outlets->of(message);
    EXPECT_TRUE(rows.ok());
    for (const Publication& row : *rows) out[row.outlet + (row.part.empty() ? "" : "/" + row.part)] = std::string(name_of(row.state)) + (row.reason.empty() ? "" : " " + row.reason);
    return out;
  }
  int run() {
    auto done = outlets->run_due();
    EXPECT_TRUE(done.ok());
    return done.ok() ? *done : -1;
  }

  std::unique_ptr<Campaigns> campaigns;
  std::unique_ptr<Archive> archive;
  std::unique_ptr<Publications> outlets;
  std::map<std::string, std::shared_ptr<PlannedGateway>> gateways;
};

}  // namespace machiya::tell::testing
