// Many people at a time: by their addresses, by their accounts, and how they are reached.
#include "platform/vault/vault.h"
#include "tell/audiences/audiences.h"
#include "tell/audiences/audiences_dao.h"

namespace machiya::tell {

Result<std::vector<std::int64_t>> Audiences::by_addresses(store::ReadTx& tx, int channel, const std::vector<std::string>& addresses) {
  std::vector<std::string> digests;
  digests.reserve(addresses.size());
  for (const std::string& one : addresses) digests.push_back(digest(channel, one));
  MACHIYA_TRY(const auto holders, audiences_dao::holders(tx, channel, digests));
  std::vector<std::int64_t> out;
  out.reserve(digests.size());
  for (const std::string& one : digests) {
    const auto found = holders.find(one);
    out.push_back(found == holders.end() ? 0 : found->second);
  }
  return out;
}

Result<std::vector<std::int64_t>> Audiences::by_persons(store::ReadTx& tx, const std::vector<std::int64_t>& persons) {
  MACHIYA_TRY(const auto known, audiences_dao::of_persons(tx, persons));
  std::vector<std::int64_t> out;
  out.reserve(persons.size());
  for (const std::int64_t one : persons) {
    const auto found = known.find(one);
    out.push_back(found == known.end() ? 0 : found->second);
  }
  return out;
}

Result<std::vector<Audiences::Way>> Audiences::ways(store::ReadTx& tx, const std::vector<std::int64_t>& recipients) { return audiences_dao::ways(tx, recipients); }

}  // namespace machiya::tell
