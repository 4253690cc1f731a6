// All SQL of recipients, addresses, consent and profiles.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tell/audiences/audiences.h"
#include "tell/audiences/lost_address.h"

namespace machiya::tell {
/// How an address is found without being readable.
std::string address_digest(const vault::Vault& vault, int channel, std::string_view address);
}  // namespace machiya::tell

namespace machiya::tell::audiences_dao {

Result<std::optional<int>> number(store::ReadTx& tx, std::string_view kind, std::string_view name);
Result<int> add_name(store::Tx& tx, std::string_view kind, std::string_view name);
Result<std::string> name(store::ReadTx& tx, std::string_view kind, int number);

struct Row {
  Recipient recipient;
  std::int64_t data_key = 0, profile = 0;
};
enum class By { id, person, leave_id };
Result<std::optional<Row>> find(store::ReadTx& tx, By by, const store::Param& value);
Result<std::int64_t> insert(store::Tx& tx, std::int64_t person, std::string_view leave_id, std::int64_t data_key, std::int64_t profile, int lang, Instant now);
Result<std::vector<Subscribed>> channels(store::ReadTx& tx, std::int64_t recipient);
Result<void> set_profile(store::Tx& tx, std::int64_t recipient, std::int64_t profile);
Result<void> set_lang(store::Tx& tx, std::int64_t recipient, int lang);
Result<void> remove(store::Tx& tx, std::int64_t recipient);

Result<std::int64_t> profile(store::Tx& tx, std::string_view attributes);
Result<void> each_profile(store::ReadTx& tx, const std::function<void(std::int64_t id, const std::string& attributes)>& each);
/// Recipients of these profiles that are reached by one of the channels for one of the topics.
Result<std::int64_t> count_reached(store::ReadTx& tx, const std::vector<std::int64_t>& profiles, std::int64_t channels, std::int64_t topics);

/// What the channel's dead addresses need to be taken up again; asked for before its row of `reach` goes.
Result<void> keep_choice(store::Tx& tx, std::int64_t recipient, int channel);
Result<std::optional<LostAddress>> lost(store::ReadTx& tx, int channel, std::string_view digest);
Result<void> settle_lost(store::Tx& tx, int channel, std::string_view digest);
/// All of a recipient in a channel.
Result<void> settle_lost(store::Tx& tx, std::int64_t recipient, int channel);

struct Address {
  std::int64_t id = 0, recipient = 0;
  int channel = 0;
  int state = 0;
  std::string digest;
};
inline constexpr int kAsked = 0, kInUse = 1, kLeft = 2, kDead = 3;
Result<std::optional<Address>> in_use(store::ReadTx& tx, int channel, std::string_view digest);
Result<std::optional<Address>> address(store::ReadTx& tx, std::int64_t id);
Result<std::int64_t> insert_address(store::Tx& tx, std::int64_t recipient, int channel, std::string_view digest, std::string_view sealed, int state, Instant now);
Result<void> set_address_state(store::Tx& tx, std::int64_t id, int state, Instant now);
/// Addresses in use of one recipient (`address` 0: all) end; gives how many.
Result<std::int64_t> end_addresses(store::Tx& tx, std::int64_t recipient, int channel, std::int64_t address, int state, Instant now);
Result<bool> has_address(store::ReadTx& tx, std::int64_t recipient, int channel);
/// One more soft failure of each address in use; gives the most of them. Those before `since` are forgotten.
Result<std::int64_t> add_soft_failure(store::Tx& tx, std::int64_t recipient, int channel, std::int64_t address, Instant since, Instant now);
struct Sealed {
  std::int64_t recipient = 0, data_key = 0, id = 0;
  std::string sealed, leave_id;
};
Result<std::vector<Sealed>> addresses(store::ReadTx& tx, int channel, const std::vector<std::int64_t>& recipients, Instant before);
/// Of one recipient, those that were in use at some time, the newest first.
Result<std::vector<Sealed>> used_addresses(store::ReadTx& tx, int channel, std::int64_t recipient, int limit);

/// The row of `reach`, made or replaced; rank: kept when there is one, else the last.
Result<void> put_reach(store::Tx& tx, std::int64_t recipient, int channel, std::int64_t topics);
Result<bool> set_topics(store::Tx& tx, std::int64_t recipient, int channel, std::int64_t topics);
Result<void> set_rank(store::Tx& tx, std::int64_t recipient, int channel, int rank);
Result<bool> remove_reach(store::Tx& tx, std::int64_t recipient, int channel);

Result<void> insert_consent(store::Tx& tx, std::int64_t recipient, const Audiences::Consent& consent);
Result<std::vector<Audiences::Consent>> consents(store::ReadTx& tx, std::int64_t recipient);
Result<void> insert_opt_in(store::Tx& tx, std::string_view digest, std::int64_t address, std::int64_t topics, Instant expires);
struct OptIn {
  std::int64_t address = 0, topics = 0;
};
/// lookup_dao.cpp. Digest → recipient, of addresses in use; key of identity → recipient.
Result<std::unordered_map<std::string, std::int64_t>> holders(store::ReadTx& tx, int channel, const std::vector<std::string>& digests);
Result<std::unordered_map<std::int64_t, std::int64_t>> of_persons(store::ReadTx& tx, const std::vector<std::int64_t>& persons);
Result<std::vector<Audiences::Way>> ways(store::ReadTx& tx, const std::vector<std::int64_t>& recipients);
/// Used up by the call.
Result<std::optional<OptIn>> take_opt_in(store::Tx& tx, std::string_view digest, Instant now);

}  // namespace machiya::tell::audiences_dao
