#include "platform/identity/ties.h"

#include <algorithm>

#include "base/text.h"
#include "platform/audit/audit.h"
#include "platform/identity/evidence.h"
#include "platform/identity/person_dao.h"
#include "platform/identity/tie_dao.h"
#include "platform/vault/vault.h"

namespace machiya::identity {
namespace {

constexpr std::string_view kDigest = "delegation";
constexpr std::string_view kLetters = "0123456789abcdefghjkmnpqrstvwxyz";   // Crockford: no i, l, o, u
constexpr std::size_t kCodeLength = 12;

Error no_such() { return Error(ErrorCode::not_found, "no such delegation"); }

Result<void> check_until(Instant until, Instant now) {
  if (until.us <= now.us || until.us > now.us + Ties::kLongestDays * kDay) return Error(ErrorCode::invalid_input, "an end between tomorrow and three years from now", "until");
  return {};
}

Result<audit::Entry> entry(store::ReadTx& tx, const Principal& who, std::string action, const TieRow& row, std::string_view request) {
  MACHIYA_TRY(const auto person, person_dao::by_id(tx, row.person));
  audit::Entry out;
  out.actor = who.actor(), out.action = std::move(action), out.object = "person:" + (person ? person->public_id : std::string()), out.request = std::string(request);
  out.facts = json::Value::object({{"tie", row.public_id}, {"procedure", row.procedure}});
  return out;
}

}  // namespace

std::string new_hand_over_code(Rng& rng) {
  std::string out;
  for (std::size_t i = 0; i < kCodeLength; ++i) {
    if (i > 0 && i % 4 == 0) out += '-';
    out += kLetters[rng.below(kLetters.size())];
  }
  return out;
}

std::string read_hand_over_code(std::string_view typed) {
  std::string out;
  std::size_t letters = 0;
  for (char c : lower_ascii(fold_width(typed))) {
    if (c == '-' || c == ' ') continue;
    if (c == 'o') c = '0';
    if (c == 'i' || c == 'l') c = '1';
    if (kLetters.find(c) == std::string_view::npos || letters == kCodeLength) return {};
    if (letters > 0 && letters % 4 == 0) out += '-';
    out += c;
    ++letters;
  }
  return letters == kCodeLength ? out : std::string();
}

Result<Ties::Offer> Ties::offer(store::Tx& tx, const Principal& person, std::string_view procedure, Instant until, std::string_view request) {
  const Instant now = clock_.now();
  if (person.kind != PrincipalKind::citizen) return Error(ErrorCode::forbidden, "only a person gives a delegation");
  MACHIYA_CHECK(check_until(until, now));
  MACHIYA_TRY(const auto rows, of(tx, person.id));
  const auto open = std::count_if(rows.begin(), rows.end(), [&](const TieRow& r) { return r.person == person.id && !r.over(now); });
  if (open >= kMostOpen) return Error(ErrorCode::limit_exceeded, "at most 20 delegations at once");
  const std::string code = new_hand_over_code(rng_);
  TieRow row;
  row.public_id = new_public_id(rng_), row.relation = "delegate", row.person = person.id, row.procedure = std::string(procedure);
  row.code = vault_.digest(kDigest, code), row.created = now, row.until = until;
  MACHIYA_CHECK(tie_dao::insert(tx, row, person.actor()));
  MACHIYA_TRY(const auto noted, entry(tx, person, "delegation.offer", row, request));
  MACHIYA_CHECK(audit_.append(tx, noted));
  return Offer{row.public_id, code};
}

Result<void> Ties::accept(store::Tx& tx, const Principal& agent, std::string_view code, std::string_view request) {
  const Instant now = clock_.now();
  const std::string read = read_hand_over_code(code);
  if (agent.kind != PrincipalKind::citizen || read.empty()) return no_such();
  MACHIYA_TRY(const auto row, tie_dao::by_code(tx, vault_.digest(kDigest, read), Instant{now.us - kCodeDays * kDay}));
  if (!row || row->person == agent.id || row->over(now)) return no_such();
  MACHIYA_TRY(const bool first, tie_dao::accept(tx, row->id, agent.id, now));
  if (!first) return no_such();
  MACHIYA_TRY(const auto noted, entry(tx, agent, "delegation.accept", *row, request));
  return audit_.append(tx, noted);
}

Result<void> Ties::end(store::Tx& tx, const Principal& who, std::string_view id, const Policy& policy, std::string_view request) {
  const Instant now = clock_.now();
  MACHIYA_TRY(const auto row, tie_dao::by_public_id(tx, id));
  if (!row) return no_such();
  const auto may = [&](std::string_view action, std::int64_t person) {
    Resource of;
    of.person = person;
    return judge(policy, who, action, of, now).allowed();
  };
  const bool allowed = row->relation == "guardian" ? may("person.guardian", 0) : may("delegation.end", row->person) || (row->agent != 0 && may("delegation.end", row->agent));
  if (!allowed) return no_such();
  MACHIYA_TRY(const bool first, tie_dao::end(tx, row->id, who.actor(), now));
  if (!first) return {};   // pressed twice
  MACHIYA_TRY(const auto noted, entry(tx, who, row->relation == "guardian" ? "guardian.end" : "delegation.end", *row, request));
  return audit_.append(tx, noted);
}

Result<void> Ties::record_guardian(store::Tx& tx, const Principal& clerk, const Policy& policy, const Principal& ward, const Principal& guardian, Instant until,
                                   std::string_view evidence, std::string_view request) {
  const Instant now = clock_.now();
  const Decision may = judge(policy, clerk, "person.guardian", {}, now);
  if (!may.allowed()) return Error(ErrorCode::forbidden, "this needs: person.guardian");
  if (!is_evidence(evidence)) return Error(ErrorCode::invalid_input, "name the kind of evidence, such as family-register", "evidence");
  if (ward.id == guardian.id) return Error(ErrorCode::invalid_input, "nobody is their own guardian", "guardian");
  // A guardianship of a child lasts until the child is of age: longer than a delegation may.
  if (until.us <= now.us || until.us > now.us + 20 * 366 * kDay) return Error(ErrorCode::invalid_input, "an end between tomorrow and twenty years from now", "until");
  TieRow row;
  row.public_id = new_public_id(rng_), row.relation = "guardian", row.person = ward.id, row.agent = guardian.id, row.evidence = std::string(evidence);
  row.created = now, row.until = until, row.accepted = now;
  MACHIYA_CHECK(tie_dao::insert(tx, row, clerk.actor()));
  MACHIYA_TRY(auto noted, entry(tx, clerk, "guardian.record", row, request));
  noted.purpose = may.purpose;
  noted.facts.set("evidence", evidence).set("guardian", guardian.public_id);
  return audit_.append(tx, noted);
}

Result<std::vector<TieRow>> Ties::of(store::ReadTx& tx, std::int64_t person) {
  const Instant now = clock_.now();
  MACHIYA_TRY(auto out, tie_dao::of_person(tx, person));
  std::erase_if(out, [&](const TieRow& r) { return r.agent == 0 && (r.over(now) || r.created.us + kCodeDays * kDay < now.us); });
  MACHIYA_TRY(auto received, tie_dao::of_agent(tx, person));
  out.insert(out.end(), received.begin(), received.end());
  return out;
}

Result<std::vector<TieRow>> Ties::held_by(store::ReadTx& tx, std::int64_t agent) {
  const Instant now = clock_.now();
  MACHIYA_TRY(auto out, tie_dao::of_agent(tx, agent));
  std::erase_if(out, [&](const TieRow& r) { return !r.in_force(now); });
  return out;
}

Result<std::vector<Tie>> Ties::between(store::ReadTx& tx, const Principal& who, std::int64_t person) {
  std::vector<Tie> out;
  if (who.kind != PrincipalKind::citizen || person == 0) return out;
  MACHIYA_TRY(const auto rows, tie_dao::between(tx, person, who.id));
  for (const TieRow& r : rows) out.push_back({r.relation, r.procedure, r.accepted.value_or(r.created), r.until, r.ended.has_value()});
  return out;
}

}  // namespace machiya::identity
