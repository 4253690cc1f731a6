#include "platform/identity/emergencies.h"

#include <algorithm>

#include "base/text.h"
#include "platform/audit/audit.h"
#include "platform/identity/emergency_dao.h"
#include "platform/vault/vault.h"

namespace machiya::identity {
namespace {

constexpr std::string_view kContext = "identity-emergency/reason";
constexpr int kShown = 200;

Result<void> check_text(std::string_view text, std::size_t fewest, const char* where) {
  const std::size_t length = count_code_points(trim(text));
  if (length < fewest) return Error(ErrorCode::invalid_input, "more words are needed", where);
  if (length > Emergencies::kMost) return Error(ErrorCode::too_large, "at most 2,000 characters", where);
  return {};
}

bool has_purpose(const Policy& policy, const Principal& who, std::string_view purpose, std::string_view action) {
  return policy.covers(purpose, action) && std::any_of(who.roles.begin(), who.roles.end(), [&](const std::string& name) {
    const Policy::Role* role = policy.role(name);
    return role != nullptr && std::find(role->purposes.begin(), role->purposes.end(), purpose) != role->purposes.end();
  });
}

}  // namespace

Result<void> Emergencies::open(store::Tx& tx, const Principal& who, const Policy& policy, std::string_view object, std::int64_t person, std::string_view action,
                               std::string_view purpose, std::string_view reason, std::string_view request) {
  const Instant now = clock_.now();
  Principal free = who;   // what they read for otherwise does not matter: an emergency is a purpose of its own
  free.purpose.clear();
  const Decision may = judge(policy, free, "breakglass.use", {}, now);
  if (who.kind != PrincipalKind::staff || !may.allowed()) return Error(ErrorCode::forbidden, "this needs: breakglass.use");
  MACHIYA_CHECK(check_text(reason, kFewest, "reason"));
  if (!has_purpose(policy, who, purpose, action)) return Error(ErrorCode::invalid_input, "a purpose of your role that is for this", "purpose");
  EmergencyRow row;
  row.public_id = new_public_id(rng_), row.staff = who.actor(), row.name = who.name, row.department = who.department, row.object = std::string(object), row.person = person;
  row.purpose = std::string(purpose), row.reason = vault_.seal_secret(kContext, trim(reason)), row.opened = now, row.until = Instant{now.us + kMinutes * 60 * kSecond};
  MACHIYA_CHECK(emergency_dao::insert(tx, row));
  return audit_.append(tx, {who.actor(), "breakglass.open", row.object, may.purpose, std::string(request),
                            json::Value::object({{"emergency", row.public_id}, {"for", purpose}, {"minutes", kMinutes}})});
}

Result<std::optional<Instant>> Emergencies::open_until(store::ReadTx& tx, const Principal& who, std::string_view object) {
  std::optional<Instant> out;
  MACHIYA_TRY(const auto ties, between(tx, who, object));
  for (const Tie& tie : ties)
    if (clock_.now() < tie.until && (!out || *out < tie.until)) out = tie.until;
  return out;
}

Result<std::vector<EmergencyRow>> Emergencies::queue(store::ReadTx& tx, const Principal& who, const Policy& policy, bool waiting_only) {
  if (!judge(policy, who, "breakglass.review", {}, clock_.now()).allowed()) return Error(ErrorCode::forbidden, "this needs: breakglass.review");
  MACHIYA_TRY(auto rows, emergency_dao::newest(tx, waiting_only, kShown));
  for (EmergencyRow& row : rows) {
    MACHIYA_TRY(row.reason, vault_.open_secret(kContext, row.reason));
    if (row.comment.empty()) continue;
    MACHIYA_TRY(row.comment, vault_.open_secret(kContext, row.comment));
  }
  return rows;
}

Result<int> Emergencies::waiting(store::ReadTx& tx, const Principal& who, const Policy& policy) {
  if (!judge(policy, who, "breakglass.review", {}, clock_.now()).allowed()) return 0;
  return emergency_dao::waiting(tx, who.actor());
}

Result<std::vector<EmergencyRow>> Emergencies::of_object(store::ReadTx& tx, std::string_view object) {
  MACHIYA_TRY(auto rows, emergency_dao::of_object(tx, object));
  for (EmergencyRow& row : rows) row.reason.clear(), row.comment.clear();
  return rows;
}

Result<void> Emergencies::review(store::Tx& tx, const Principal& who, const Policy& policy, std::string_view id, bool justified, std::string_view comment,
                                 std::string_view request) {
  const Decision may = judge(policy, who, "breakglass.review", {}, clock_.now());
  if (!may.allowed()) return Error(ErrorCode::forbidden, "this needs: breakglass.review");
  MACHIYA_TRY(auto row, emergency_dao::by_public_id(tx, id));
  if (!row) return Error(ErrorCode::not_found, "no such emergency access");
  if (row->staff == who.actor()) return Error(ErrorCode::forbidden, "opened by the same person");
  MACHIYA_CHECK(check_text(comment, 1, "comment"));
  row->reviewed = clock_.now(), row->reviewer = who.actor(), row->verdict = justified ? "justified" : "unjustified";
  row->comment = vault_.seal_secret(kContext, trim(comment));
  MACHIYA_TRY(const bool first, emergency_dao::review(tx, *row));
  if (!first) return Error(ErrorCode::conflict, "reviewed already");
  return audit_.append(tx, {who.actor(), "breakglass.review", row->object, may.purpose, std::string(request),
                            json::Value::object({{"emergency", row->public_id}, {"verdict", row->verdict}, {"staff", row->staff}})});
}

Result<std::vector<Tie>> Emergencies::between(store::ReadTx& tx, const Principal& who, std::string_view object) {
  std::vector<Tie> out;
  if (who.kind != PrincipalKind::staff || object.empty()) return out;
  MACHIYA_TRY(const auto rows, emergency_dao::between(tx, who.actor(), object));
  for (const EmergencyRow& row : rows) out.push_back({"emergency", "", row.opened, row.until, false});
  return out;
}

}  // namespace machiya::identity
