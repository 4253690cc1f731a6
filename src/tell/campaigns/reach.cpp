// What pages of staff ask about many messages, or about everybody whom one is for.
#include "tell/campaigns/campaigns.h"
#include "tell/campaigns/campaigns_dao.h"
#include "tell/ledger/statistics.h"

namespace machiya::tell {

Result<std::vector<Campaign>> Campaigns::starting(Instant from, Instant to, int limit, const Deed& deed) {
  MACHIYA_TRY(auto all, p_.store.read([&](store::ReadTx& tx) { return campaigns_dao::starting(tx, from, to, limit); }));
  std::erase_if(all, [&](const Campaign& c) { return !p_.may(deed.who, kReadMessages, c.department); });
  return all;
}

Result<Campaigns::WardReach> Campaigns::ward_reach(std::int64_t message) {
  return p_.store.read([&](store::ReadTx& tx) -> Result<WardReach> {
    MACHIYA_TRY(const auto meant, ledger_statistics::meant(tx, message));
    std::map<std::int64_t, std::int64_t> people;
    WardReach out;
    for (const auto& one : meant) people[one.profile] = one.people, out.silent += one.people;
    MACHIYA_CHECK(p_.audiences.each_profile(tx, [&](std::int64_t profile, const json::Value& attributes) {
      const auto found = people.find(profile);
      const std::string ward = attributes.text("ward");
      if (found == people.end() || ward.empty()) return;
      out.wards[ward] += found->second, out.silent -= found->second;
    }));
    return out;
  });
}

}  // namespace machiya::tell
