#include "platform/identity/policy_history.h"

#include <algorithm>

#include "platform/audit/audit.h"
#include "platform/identity/policy_history_dao.h"

namespace machiya::identity {

namespace dao = policy_history_dao;

Result<void> PolicyHistory::keep(std::string_view policy_text, std::string_view why) const {
  MACHIYA_TRY(const json::Value policy, json::parse(policy_text));
  return store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto last, dao::from(tx, 0, 1));
    if (!last.empty()) {
      MACHIYA_TRY(const json::Value before, json::parse(last.front().text));
      if (policy_changes(before, policy).empty()) return {};
    }
    const std::int64_t number = last.empty() ? 1 : last.front().number + 1;
    MACHIYA_TRY(const bool first, dao::insert(tx, {number, clock_.now(), std::string(why), json::to_text(policy)}));
    if (!first) return {};   // another process, starting at the same moment, has written it
    return audit_.append(tx, {"system", "policy.change", "policy:" + std::to_string(number), "", "", json::Value::object({{"why", why}})});
  });
}

Result<PolicyHistory::State> PolicyHistory::state() const {
  return store_.read([&](store::ReadTx& tx) -> Result<State> {
    State out;
    MACHIYA_TRY(const auto seen, dao::last_seen(tx));
    if (seen) out.seen = seen->number, out.seen_by = seen->by, out.seen_at = seen->at;
    out.seen = std::max<std::int64_t>(out.seen, 1);
    MACHIYA_TRY(const auto rows, dao::from(tx, out.seen, dao::kMost));   // newest first, down to the one that was seen
    if (rows.empty()) {
      out.seen = 0;
      return out;
    }
    out.number = rows.front().number, out.since = rows.front().at;
    for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
      MACHIYA_TRY(const json::Value before, json::parse(rows[i + 1].text));
      MACHIYA_TRY(const json::Value after, json::parse(rows[i].text));
      out.unseen.push_back({rows[i].number, rows[i].at, rows[i].why, policy_changes(before, after)});
    }
    return out;
  });
}

Result<void> PolicyHistory::see(const Principal& who, std::int64_t number, std::string_view purpose, std::string_view request) const {
  return store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto last, dao::from(tx, 0, 1));
    if (number < 1 || last.empty() || number > last.front().number) return Error(ErrorCode::invalid_input, "no such version of the policy", "version");
    MACHIYA_TRY(const auto seen, dao::last_seen(tx));
    if (number <= (seen ? seen->number : 1)) return {};
    MACHIYA_CHECK(dao::set_seen(tx, {number, who.actor(), clock_.now()}));
    return audit_.append(tx, {who.actor(), "policy.seen", "policy:" + std::to_string(number), std::string(purpose), std::string(request), {}});
  });
}

}  // namespace machiya::identity
