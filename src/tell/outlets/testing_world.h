// For tests: the city's own emergencies and outlets over a fresh database, campaigns that release into the outlets' ledger, gateways that do as
// they are told.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "city/test_folder.h"
#include "platform/audit/audit.h"
#include "platform/locale/locale.h"
#include "platform/store/testing.h"
#include "platform/vault/vault.h"
#include "tell/outlets/archive_notice.h"
#include "tell/outlets/publications.h"

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

class OutletsTest : public store::testing::StoreTest {
 protected:
  OutletsTest() {
    namespace fs = std::filesystem;
    const std::string from = std::string(MACHIYA_SOURCE_DIR) + "/city/osaka/";
    for (const char* file : {"wards.yaml", "departments.yaml", "policy.yaml"}) fs::copy_file(from + file, files.path() + "/" + file, fs::copy_options::overwrite_existing);
    for (const char* room : {"08-disaster/simultaneous-broadcast/messages", "08-disaster/simultaneous-broadcast/outlets", "01-life/line-messages/channels", "01-life/line-messages/audiences"}) {
      fs::create_directories(files.path() + "/" + room);
      fs::copy(from + room, files.path() + "/" + room, fs::copy_options::recursive);
    }
    for (const char* room : {"08-disaster/simultaneous-broadcast/room.yaml", "01-life/line-messages/room.yaml"}) fs::copy_file(from + room, files.path() + "/" + room);
    for (const char* field : {"01-life/field.yaml", "08-disaster/field.yaml"}) fs::copy_file(from + field, files.path() + "/" + field);
    std::ifstream in(from + "city.yaml");
    std::string about((std::istreambuf_iterator<char>(in)), {});
    files.write("city.yaml", about.replace(about.find("initiatives: 79"), 15, "initiatives: 2"));
    auto report = files.load({topics_kind(), segment_kind(), channel_kind(), message_kind(), outlet_kind()});
    for (const auto& fault : report.faults)
      if (fault.severity == Severity::error) ADD_FAILURE() << to_line(fault);
    city = report.city;
    vault = std::move(*vault::Vault::open(folder() + "/master.key", true));
    for (const auto& list : {vault::Vault::migrations(), audit::Audit::migrations(), Audiences::migrations(), Ledger::migrations(), Campaigns::migrations(), Publications::migrations()}) migrate(list);
    EXPECT_TRUE(vault->bind_to(store()).ok());
    audit = std::make_unique<audit::Audit>(store(), clock);
    texts = std::move(*locale::Catalogue::load(std::string(MACHIYA_SOURCE_DIR) + "/web/locale"));
    audiences = std::make_unique<Audiences>(store(), *vault, clock, rng);
    ledger = std::make_unique<Ledger>(store(), clock, rng);
    line = *audiences->number("channel", "line");
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
    identity::Principal out;
    out.kind = identity::PrincipalKind::staff, out.public_id = out.name = name, out.department = "crisis-management", out.roles = {"crisis"};
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
  std::string released(const Draft& draft, Class cls = Class::emergency) {
    const identity::Principal a = staff("a"), b = staff("b");
    auto made = campaigns->create(draft, cls, {a, "r"});
    EXPECT_TRUE(made.ok()) << made.error().to_string();
    auto submitted = campaigns->submit(*made, {a, "r"});
    EXPECT_TRUE(submitted.ok()) << submitted.error().to_string();
    auto done = campaigns->release(*made, {b, "r"});
    EXPECT_TRUE(done.ok()) << done.error().to_string();
    return *made;
  }
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

  city::TestFolder files;
  std::shared_ptr<const city::City> city;
  FakeClock clock{*parse_rfc3339("2026-06-03T05:30:00Z")};
  SeededRng rng{7};
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<audit::Audit> audit;
  std::unique_ptr<locale::Catalogue> texts;
  std::unique_ptr<Audiences> audiences;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Campaigns> campaigns;
  std::unique_ptr<Archive> archive;
  std::unique_ptr<Publications> outlets;
  std::map<std::string, std::shared_ptr<PlannedGateway>> gateways;
  int line = 0;
};

}  // namespace machiya::tell::testing
