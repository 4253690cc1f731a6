// All SQL of campaigns.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tell/campaigns/campaigns.h"

namespace machiya::tell::campaigns_dao {

Result<std::optional<Campaign>> find(store::ReadTx& tx, std::string_view public_id);
Result<std::vector<Campaign>> list(store::ReadTx& tx, const Campaigns::Filter& filter);
Result<std::vector<Campaign>> published(store::ReadTx& tx, int limit);
Result<std::vector<Campaign>> released(store::ReadTx& tx, Class cls, Instant since, int limit);
/// Those that begin (began) in [from, to), the earliest first, without dropped ones.
Result<std::vector<Campaign>> starting(store::ReadTx& tx, Instant from, Instant to, int limit);
Result<std::string> public_id_of(store::ReadTx& tx, std::int64_t message);
Result<std::int64_t> insert(store::Tx& tx, const Campaign& campaign);
/// False when its revision or state is another one by now.
Result<bool> update_draft(store::Tx& tx, const Campaign& campaign, int revision);
Result<bool> set_state(store::Tx& tx, std::int64_t id, CampaignState from, CampaignState to, std::string_view submitted_by, Instant now);
Result<bool> set_released(store::Tx& tx, std::int64_t id, CampaignState from, std::int64_t message, std::string_view by, Instant now);
/// A firing of a trigger by its key, so that the same one does nothing again.
struct Firing {
  std::string digest, message;   ///< of what was said; public id of what came of it
};
Result<std::optional<Firing>> firing(store::ReadTx& tx, std::string_view key);
/// `conflict` when the key is known.
Result<void> insert_firing(store::Tx& tx, std::string_view key, const Firing& firing, Instant now);
/// The newest released emergency of one of these templates that nobody follows yet; "": none.
Result<std::string> newest_of(store::ReadTx& tx, const std::vector<std::string>& templates, bool drill);
Result<void> insert_event(store::Tx& tx, std::int64_t campaign, const CampaignEvent& event, std::string_view actor);
Result<std::vector<CampaignEvent>> events(store::ReadTx& tx, std::int64_t campaign);

}  // namespace machiya::tell::campaigns_dao
