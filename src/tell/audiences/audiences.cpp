#include "tell/audiences/audiences.h"

#include <algorithm>

#include "platform/vault/vault.h"
#include "tell/audiences/audiences_dao.h"
#include "tell/audiences/segment.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_audiences();
}

namespace machiya::tell {
namespace dao = audiences_dao;
namespace {
constexpr int kMostTopics = 62;         ///< bits of a mask that stays positive
constexpr std::int64_t kSoftLimit = 3;  ///< soft failures before an address counts as dead
constexpr int kNoChannel = -1;

std::string context_of(int channel) { return "recipient_address/" + std::to_string(channel); }

/// A channel without an address in use is not theirs any more; what they had chosen stays beside addresses that died.
Result<void> end_reach_without_address(store::Tx& tx, std::int64_t recipient, int channel) {
  MACHIYA_TRY(const bool more, dao::has_address(tx, recipient, channel));
  if (more) return {};
  MACHIYA_CHECK(dao::keep_choice(tx, recipient, channel));
  MACHIYA_TRY(const bool removed, dao::remove_reach(tx, recipient, channel));
  (void)removed;
  return {};
}
}  // namespace

std::vector<store::Migration> Audiences::migrations() { return sql_migrations_audiences(); }

Result<int> Audiences::number(std::string_view kind, std::string_view name) {
  const std::pair<std::string, std::string> key(kind, name);
  {
    std::lock_guard lock(names_mutex_);
    if (const auto found = numbers_.find(key); found != numbers_.end()) return found->second;
  }
  MACHIYA_TRY(auto known, store_.read([&](store::ReadTx& tx) { return dao::number(tx, kind, name); }));
  if (!known) {
    MACHIYA_TRY(const int added, store_.write([&](store::Tx& tx) -> Result<int> {
      MACHIYA_TRY(const auto meanwhile, dao::number(tx, kind, name));
      if (meanwhile) return *meanwhile;
      return dao::add_name(tx, kind, name);
    }));
    known = added;
  }
  if (*known >= kMostTopics) return Error(ErrorCode::limit_exceeded, "no more than 62 names of one kind", std::string(kind));
  std::lock_guard lock(names_mutex_);
  numbers_[key] = *known;
  return *known;
}

Result<std::string> Audiences::name(std::string_view kind, int number) {
  {
    std::lock_guard lock(names_mutex_);
    for (const auto& [key, value] : numbers_)
      if (value == number && key.first == kind) return key.second;
  }
  return store_.read([&](store::ReadTx& tx) { return dao::name(tx, kind, number); });
}

std::string address_digest(const vault::Vault& vault, int channel, std::string_view address) { return vault.digest("tell-address/" + std::to_string(channel), address); }
std::string Audiences::digest(int channel, std::string_view address) const { return address_digest(vault_, channel, address); }

Result<std::string> Audiences::open(store::ReadTx& tx, std::int64_t key, int channel, std::string_view sealed) {
  return vault_.open_sealed(tx, key, context_of(channel), sealed);
}

Result<std::int64_t> Audiences::profile_of(store::Tx& tx, const json::Value& attributes) { return dao::profile(tx, json::to_canonical(attributes)); }

Result<std::int64_t> Audiences::create(store::Tx& tx, std::int64_t person, int lang) {
  MACHIYA_TRY(const std::int64_t key, vault_.create_key(tx));
  MACHIYA_TRY(const std::int64_t profile, profile_of(tx, json::Value::object()));
  return dao::insert(tx, person, new_public_id(rng_), key, profile, lang, clock_.now());
}

Result<std::int64_t> Audiences::recipient_of(store::Tx& tx, std::int64_t person, int lang) {
  MACHIYA_TRY(const auto known, dao::find(tx, dao::By::person, person));
  if (known) return known->recipient.id;
  return create(tx, person, lang);
}

Result<std::optional<Recipient>> Audiences::with_channels(store::ReadTx& tx, std::optional<Recipient> recipient) {
  if (!recipient) return recipient;
  MACHIYA_TRY(recipient->channels, dao::channels(tx, recipient->id));
  return recipient;
}

namespace {
std::optional<Recipient> recipient_in(std::optional<dao::Row> row) {
  if (!row) return {};
  return std::move(row->recipient);
}
}  // namespace

Result<std::optional<Recipient>> Audiences::by_person(store::ReadTx& tx, std::int64_t person) {
  MACHIYA_TRY(auto row, dao::find(tx, dao::By::person, person));
  return with_channels(tx, recipient_in(std::move(row)));
}
Result<std::optional<Recipient>> Audiences::by_leave_id(store::ReadTx& tx, std::string_view leave_id) {
  MACHIYA_TRY(auto row, dao::find(tx, dao::By::leave_id, leave_id));
  return with_channels(tx, recipient_in(std::move(row)));
}
Result<std::optional<Recipient>> Audiences::by_id(store::ReadTx& tx, std::int64_t recipient) {
  MACHIYA_TRY(auto row, dao::find(tx, dao::By::id, recipient));
  return with_channels(tx, recipient_in(std::move(row)));
}

Result<std::optional<std::int64_t>> Audiences::by_address(store::ReadTx& tx, int channel, std::string_view address) {
  MACHIYA_TRY(const auto found, dao::in_use(tx, channel, digest(channel, address)));
  if (!found) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(found->recipient);
}

Result<std::int64_t> Audiences::subscribe(store::Tx& tx, std::int64_t recipient, int channel, std::string_view address, std::int64_t topics, int lang, ByWhom by) {
  const Instant now = clock_.now();
  const std::string known_as = digest(channel, address);
  MACHIYA_TRY(const auto in_use, dao::in_use(tx, channel, known_as));
  if (in_use && (recipient == 0 || in_use->recipient == recipient)) {
    MACHIYA_CHECK(choose(tx, in_use->recipient, channel, topics, by));
    return in_use->recipient;
  }
  if (in_use) {
    // It was somebody else's to us, often the same person before they logged in: one address, one person.
    MACHIYA_CHECK(dao::set_address_state(tx, in_use->id, dao::kLeft, now));
    MACHIYA_CHECK(end_reach_without_address(tx, in_use->recipient, channel));
    MACHIYA_CHECK(dao::insert_consent(tx, in_use->recipient, {channel, "moved", "", std::string(by), now}));
  }
  if (recipient == 0) {
    MACHIYA_TRY(recipient, create(tx, 0, lang));
  }
  MACHIYA_TRY(const auto owner, dao::find(tx, dao::By::id, recipient));
  if (!owner) return Error(ErrorCode::not_found, "no such recipient");
  MACHIYA_CHECK(dao::settle_lost(tx, channel, known_as));   // whose it was while it was dead does not matter any more
  MACHIYA_TRY(const std::string sealed, vault_.seal(tx, owner->data_key, context_of(channel), address));
  MACHIYA_TRY(const std::int64_t added, dao::insert_address(tx, recipient, channel, known_as, sealed, dao::kInUse, now));
  (void)added;
  MACHIYA_CHECK(dao::put_reach(tx, recipient, channel, topics));
  MACHIYA_CHECK(dao::insert_consent(tx, recipient, {channel, "subscribed", std::to_string(topics), std::string(by), now}));
  return recipient;
}

Result<std::string> Audiences::ask(store::Tx& tx, int channel, std::string_view address, std::int64_t topics, int lang) {
  const Instant now = clock_.now();
  const std::string known_as = digest(channel, address);
  MACHIYA_TRY(const auto in_use, dao::in_use(tx, channel, known_as));
  std::int64_t owner = in_use ? in_use->recipient : 0;
  if (owner == 0) {
    MACHIYA_TRY(owner, create(tx, 0, lang));
  }
  MACHIYA_TRY(const auto row, dao::find(tx, dao::By::id, owner));
  MACHIYA_TRY(const std::string sealed, vault_.seal(tx, row->data_key, context_of(channel), address));
  MACHIYA_TRY(const std::int64_t id, dao::insert_address(tx, owner, channel, known_as, sealed, dao::kAsked, now));
  MACHIYA_CHECK(dao::insert_consent(tx, owner, {channel, "asked", std::to_string(topics), "visitor", now}));
  const std::string token = new_public_id(rng_);
  MACHIYA_CHECK(dao::insert_opt_in(tx, vault_.digest("tell-opt-in", token), id, topics, Instant{now.us + kOptInHours * kHour}));
  return token;
}

Result<std::int64_t> Audiences::confirm(store::Tx& tx, std::string_view token, ByWhom by) {
  const Instant now = clock_.now();
  MACHIYA_TRY(const auto opt_in, dao::take_opt_in(tx, vault_.digest("tell-opt-in", token), now));
  if (!opt_in) return Error(ErrorCode::not_found, "the link was used before or is too old");
  MACHIYA_TRY(const auto asked, dao::address(tx, opt_in->address));
  if (!asked || asked->state != dao::kAsked) return Error(ErrorCode::not_found, "the link was used before or is too old");
  // Somebody may have proved meanwhile that it is theirs: then these are their topics.
  MACHIYA_TRY(const auto in_use, dao::in_use(tx, asked->channel, asked->digest));
  MACHIYA_CHECK(dao::set_address_state(tx, asked->id, in_use ? dao::kLeft : dao::kInUse, now));
  if (in_use) {
    MACHIYA_CHECK(choose(tx, in_use->recipient, asked->channel, opt_in->topics, by));
    return in_use->recipient;
  }
  MACHIYA_CHECK(dao::settle_lost(tx, asked->channel, asked->digest));
  MACHIYA_CHECK(dao::put_reach(tx, asked->recipient, asked->channel, opt_in->topics));
  MACHIYA_CHECK(dao::insert_consent(tx, asked->recipient, {asked->channel, "confirmed", std::to_string(opt_in->topics), std::string(by), now}));
  return asked->recipient;
}

Result<bool> Audiences::leave(store::Tx& tx, std::int64_t recipient, int channel, ByWhom by) {
  const Instant now = clock_.now();
  MACHIYA_TRY(const std::int64_t ended, dao::end_addresses(tx, recipient, channel, 0, dao::kLeft, now));
  MACHIYA_TRY(const bool removed, dao::remove_reach(tx, recipient, channel));
  MACHIYA_CHECK(dao::settle_lost(tx, recipient, channel));   // no browser brings back what its owner left
  if (ended == 0 && !removed) return false;
  MACHIYA_CHECK(dao::insert_consent(tx, recipient, {channel, "left", "", std::string(by), now}));
  return true;
}

Result<void> Audiences::choose(store::Tx& tx, std::int64_t recipient, int channel, std::int64_t topics, ByWhom by) {
  MACHIYA_TRY(const bool chosen, dao::set_topics(tx, recipient, channel, topics));
  if (!chosen) return Error(ErrorCode::not_found, "this channel is not theirs", "channel");
  return dao::insert_consent(tx, recipient, {channel, "topics", std::to_string(topics), std::string(by), clock_.now()});
}

Result<void> Audiences::describe(store::Tx& tx, std::int64_t recipient, const json::Value& given, ByWhom by) {
  MACHIYA_TRY(const json::Value attributes, checked_attributes(given));
  MACHIYA_TRY(const std::int64_t profile, profile_of(tx, attributes));
  MACHIYA_CHECK(dao::set_profile(tx, recipient, profile));
  return dao::insert_consent(tx, recipient, {kNoChannel, attributes.size() ? "attributes" : "attributes-withdrawn", "", std::string(by), clock_.now()});
}

Result<void> Audiences::speak(store::Tx& tx, std::int64_t recipient, int lang) { return dao::set_lang(tx, recipient, lang); }

Result<void> Audiences::prefer(store::Tx& tx, std::int64_t recipient, const std::vector<int>& channels) {
  for (std::size_t i = 0; i < channels.size(); ++i) MACHIYA_CHECK(dao::set_rank(tx, recipient, channels[i], static_cast<int>(i)));
  return {};
}

Result<void> Audiences::failed(store::Tx& tx, std::int64_t recipient, int channel, std::int64_t address, bool soft, std::string_view reason) {
  const Instant now = clock_.now();
  if (soft) {
    MACHIYA_TRY(const std::int64_t times, dao::add_soft_failure(tx, recipient, channel, address, Instant{now.us - kSoftDays * kDay}, now));
    if (times < kSoftLimit) return {};
  }
  MACHIYA_TRY(const std::int64_t ended, dao::end_addresses(tx, recipient, channel, address, dao::kDead, now));
  if (ended == 0) return {};
  MACHIYA_CHECK(end_reach_without_address(tx, recipient, channel));
  return dao::insert_consent(tx, recipient, {channel, "dead", std::string(reason), "channel", now});
}

Result<void> Audiences::erase(store::Tx& tx, std::int64_t recipient) {
  MACHIYA_TRY(const auto row, dao::find(tx, dao::By::id, recipient));
  if (!row) return Error(ErrorCode::not_found, "no such recipient");
  MACHIYA_CHECK(vault_.erase_key(tx, row->data_key));
  return dao::remove(tx, recipient);
}

Result<std::vector<Reached>> Audiences::addresses(store::ReadTx& tx, int channel, const std::vector<std::int64_t>& recipients, Instant before) {
  MACHIYA_TRY(auto sealed, dao::addresses(tx, channel, recipients, before));
  return opened(tx, channel, std::move(sealed));
}

Result<std::vector<Reached>> Audiences::used_addresses(store::ReadTx& tx, int channel, std::int64_t recipient) {
  constexpr int kLookedAt = 20;
  MACHIYA_TRY(auto sealed, dao::used_addresses(tx, channel, recipient, kLookedAt));
  return opened(tx, channel, std::move(sealed));
}

Result<std::vector<Reached>> Audiences::opened(store::ReadTx& tx, int channel, std::vector<dao::Sealed> sealed) {
  std::vector<std::int64_t> keys;
  keys.reserve(sealed.size());
  for (const dao::Sealed& row : sealed) keys.push_back(row.data_key);
  MACHIYA_CHECK(vault_.prefetch(tx, keys));
  std::vector<Reached> out;
  out.reserve(sealed.size());
  for (dao::Sealed& row : sealed) {
    auto opened = open(tx, row.data_key, channel, row.sealed);
    if (!opened.ok() && opened.error().code == ErrorCode::gone) continue;   // erased between the two statements
    if (!opened.ok()) return std::move(opened).error();
    out.push_back({row.recipient, row.id, std::move(*opened), std::move(row.leave_id)});
  }
  return out;
}

Result<void> Audiences::each_profile(store::ReadTx& tx, const std::function<void(std::int64_t, const json::Value&)>& each) {
  return dao::each_profile(tx, [&](std::int64_t id, const std::string& attributes) {
    const auto value = json::parse(attributes);
    if (value.ok()) each(id, *value);   // written by profile_of(): always canonical JSON
  });
}

Result<std::vector<Audiences::Consent>> Audiences::consents(store::ReadTx& tx, std::int64_t recipient) { return dao::consents(tx, recipient); }

}  // namespace machiya::tell
