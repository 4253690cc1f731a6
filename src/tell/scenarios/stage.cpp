#include "tell/scenarios/stage.h"

namespace machiya::tell {
namespace {
constexpr const char* kBase = "https://city.example";

/// A gateway that takes everything: what it got stands in the outlets' ledger.
class OpenGateway final : public Gateway {
 public:
  Taken put(const Publication&) override { return {{Fate::accepted, ""}}; }
};
}  // namespace

class Stage::Listener final : public Channel {
 public:
  Listener(std::string id, std::vector<Heard>& heard) : id_(std::move(id)), heard_(heard) {}
  HandOff hand_off(const Parcel& parcel) override {
    for (const Addressee& to : parcel.to) {
      const Content& content = to.own ? *to.own : *parcel.content;
      heard_.push_back({to.recipient, parcel.message, id_, content.lang, content.title + "\n" + content.body + "\n" + content.short_text});
    }
    return whole(parcel, Fate::accepted, "");
  }
  int most() const override { return 50; }
  int cost(const Parcel&) const override { return 1; }
  bool idempotent() const override { return true; }

 private:
  std::string id_;
  std::vector<Heard>& heard_;
};

Stage::Stage(const MessageScenarioParts& parts)
    : audit(parts.store, clock), audiences(parts.store, parts.vault, clock, rng), ledger(parts.store, clock, rng), parts_(parts), handing_(parts.store, ledger, audiences, clock, rng, options_) {
  CampaignParts campaign_parts{parts.store, audiences, ledger, audit, parts.texts, clock, rng, [city = parts.city] { return city; }, kBase, parts.may, [this] { return bits_; }, [] {}};
  campaign_parts.publish = [this](const Campaign& campaign) { return outlets->prepare(campaign); };
  campaign_parts.withdraw = [this](store::Tx& tx, std::string_view message) { return outlets->withdraw(tx, message); };
  campaigns = std::make_unique<Campaigns>(std::move(campaign_parts));
  archive = std::make_unique<Archive>(*campaigns, clock, [city = parts.city] { return city; }, kBase);
}

Result<void> Stage::configure(const std::vector<std::string>& channels, const std::vector<std::string>& configured) {
  ears_.clear(), heard.clear(), bits_ = 0;
  for (const ChannelDefinition* channel : channels_of(*parts_.city)) {
    if (!channels.empty() && std::find(channels.begin(), channels.end(), channel->id) == channels.end()) continue;
    MACHIYA_TRY(const int number, audiences.number("channel", channel->id));
    Ear ear{std::make_unique<Listener>(channel->id, heard), {}};
    ear.line = {channel->id, number, ear.channel.get(), 0, 1, 1};
    ears_.push_back(std::move(ear)), bits_ |= std::int64_t{1} << number;
  }
  std::map<std::string, OutletSetting> settings;
  for (const std::string& id : configured) settings[id] = {{"scenario@city.example"}, std::make_shared<OpenGateway>()};
  outlets = std::make_unique<Publications>(PublicationParts{parts_.store, clock, rng, [city = parts_.city] { return city; }, [this](const Campaign& campaign) { return notice_of(*archive, *campaigns, campaign); }, std::move(settings), {}});
  return {};
}

Result<std::shared_ptr<const signage::Air>> Stage::signs() {
  // A new one each time: it looks anew, wherever the scenario has set its clock.
  signage::Signage signs({parts_.store, *campaigns, audit, clock, rng, [city = parts_.city] { return city; }, parts_.may, [this](const Campaign& campaign) { return notice_of(*archive, *campaigns, campaign); }, [](std::int64_t) {}});
  return signs.air();
}

Result<store::Lease> Stage::lease(const std::string& name) {
  constexpr std::int64_t kLong = 100 * 365 * kDay;   // scenarios go back and forth in time; nobody else wants it
  MACHIYA_TRY(const auto taken, parts_.store.write([&](store::Tx& tx) { return store::take_lease(tx, clock, name, "scenario", kLong); }));
  if (!taken) return Error(ErrorCode::conflict, "another process works on this database");
  return *taken;
}

Result<bool> Stage::hand_over(const Ear& ear) {
  MACHIYA_TRY(const store::Lease held, lease("tell-sender/" + ear.line.id));
  Ledger::Wanted wanted;
  wanted.channel = ear.line.number, wanted.most = ear.channel->most(), wanted.parcels = 10;
  MACHIYA_TRY(const auto claims, ledger.claim(held, wanted));
  for (const Claim& claim : claims) {
    Settlement settlement;
    std::vector<Reached> dead;
    if (claim.drill) {
      settlement.taken = claim.recipients;   // as the sender does: no channel is asked
    } else {
      MACHIYA_TRY(const auto packed, handing_.pack(ear.line, claim));
      Handing::Report report;
      settlement = handing_.hand_over(ear.line, claim, packed, report, dead);
    }
    MACHIYA_CHECK(handing_.settle(held, ear.line, claim, settlement, dead));
  }
  return !claims.empty();
}

Result<void> Stage::deliver() {
  MACHIYA_TRY(const store::Lease held, lease("tell-expander"));
  while (true) {
    MACHIYA_TRY(const auto step, ledger.expand(held));
    if (!step) break;
  }
  for (bool more = true; more;) {
    more = false;
    for (const Ear& ear : ears_) {
      MACHIYA_TRY(const bool some, hand_over(ear));
      more = more || some;
    }
  }
  while (true) {
    MACHIYA_TRY(const std::int64_t touched, ledger.tidy());
    if (touched == 0) break;
  }
  MACHIYA_TRY(const int published, outlets->run_due());
  (void)published;
  return {};
}

}  // namespace machiya::tell
