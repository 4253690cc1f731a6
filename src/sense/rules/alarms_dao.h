// SQL of alarms: their state, their journal, how far the broker's changes are judged.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "platform/store/store.h"
#include "sense/rules/alarms.h"

namespace machiya::sense::rules::dao {

Result<void> put_alarm(store::Tx& tx, const AlarmRow& row);
Result<void> add_entry(store::Tx& tx, std::int64_t alarm, Priority priority, const Entry& entry);
Result<void> put_cursor(store::Tx& tx, std::uint64_t number);
Result<void> put_rules(store::Tx& tx, const std::map<std::string, std::string>& hashes);

Result<std::optional<std::uint64_t>> cursor(store::ReadTx& tx);
Result<std::map<std::string, std::string>> rules(store::ReadTx& tx);
Result<void> each_alarm(store::ReadTx& tx, const std::function<void(AlarmRow)>& each);
Result<std::optional<AlarmRow>> find(store::ReadTx& tx, std::string_view public_id);
Result<std::vector<AlarmRow>> list(store::ReadTx& tx, const AlarmFilter& filter, int limit);
Result<std::vector<AlarmRow>> of_entity(store::ReadTx& tx, std::string_view tenant, std::string_view entity);
Result<AlarmCounts> counts(store::ReadTx& tx, const std::optional<std::vector<std::string>>& rules);
/// Newest first.
Result<std::vector<Entry>> entries(store::ReadTx& tx, std::int64_t alarm, int limit);
/// Everything that was raised in [from, to), oldest first.
Result<void> each_raised(store::ReadTx& tx, std::int64_t from_us, std::int64_t to_us, const std::function<void(std::int64_t alarm, std::int64_t at_us, Priority)>& each);
/// Those that stand since before this time.
Result<std::int64_t> standing(store::ReadTx& tx, std::int64_t before_us);
Result<std::vector<AlarmRow>> by_keys(store::ReadTx& tx, const std::vector<std::int64_t>& keys);
Result<std::int64_t> forget_entries(store::Tx& tx, std::int64_t before_us);

}  // namespace machiya::sense::rules::dao
