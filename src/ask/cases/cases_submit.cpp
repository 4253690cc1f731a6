// Submission: the benchmark path. Everything that can be worked out before the transaction is.
#include "ask/cases/case_events.h"
#include "ask/cases/case_state.h"
#include "ask/cases/receipt_number.h"
#include "platform/vault/vault.h"

namespace machiya::cases {
namespace {

/// Longest delay after which the same idempotency key still gives the first receipt: as long as the record lives.
std::optional<std::string> idempotency_of(vault::Vault& vault, const Submission& s) {
  if (s.idempotency_key.empty()) return std::nullopt;
  const std::string who = s.applicant.kind == identity::PrincipalKind::visitor ? s.applicant.session : s.applicant.actor();
  return vault.digest("case/idempotency", who + "\n" + s.procedure + "\n" + s.idempotency_key);
}

json::Value data_of(const Submission& s) {
  json::Value blobs = json::Value::array();
  for (const std::string& b : s.blobs) blobs.push(b);
  json::Value data = json::Value::object();
  data.set("values", s.values);
  data.set("blobs", std::move(blobs));
  return data;
}

records::RecordRow new_row(const Submission& s, const Rules& rules, Instant now, const WorkingDay& is_working_day) {
  records::RecordRow row;
  row.kind = "case", row.type = s.procedure, row.version = s.version;
  row.initiative = s.initiative ? s.initiative : rules.procedure->initiative;
  row.title = s.title.empty() ? rules.procedure->name.in("ja") : s.title;
  row.workflow = rules.workflow->id, row.definition = rules.procedure->hash, row.rules = rules.workflow_hash;
  row.state = rules.workflow->start;
  row.department = s.department.empty() ? rules.procedure->owner : s.department;
  if (s.applicant.kind == identity::PrincipalKind::citizen) row.person = s.applicant.id;
  row.channel = s.channel, row.lang = s.lang, row.category = s.category, row.fee = s.fee;
  row.lat = s.lat, row.lon = s.lon;
  if (rules.procedure->map.is_public && s.lat && s.lon) row.publicity = records::Publicity::listed;
  row.created = row.changed = row.entered = now;
  row.revision = 1;
  const State* state = rules.workflow->state(row.state);
  StatutoryClock clock = start_clock(now, rules.procedure->target, is_working_day);
  if (state->clock == ClockRule::stopped) clock = stop_clock(clock, now, rules.procedure->target, is_working_day);
  row.clock = clock.state, row.due = clock.due, row.clock_left = clock.left;
  return row;
}

/// What consumers of the event learn: ids and small facts. Grown member by member: a list in braces would copy each.
json::Value submitted_facts(const records::RecordRow& row) {
  json::Value out = json::Value::object();
  out.set("number", row.number), out.set("procedure", row.type), out.set("initiative", row.initiative);
  out.set("department", row.department), out.set("state", row.state), out.set("channel", row.channel);
  return out;
}

Receipt receipt_of(const records::RecordRow& row, bool repeated) { return {row.number, row.state, row.created, row.fee, repeated}; }

}  // namespace

/// The receipt that an idempotency key gave before.
Result<std::optional<Receipt>> Cases::known_receipt(const std::optional<std::string>& idempotency) {
  return p_.store.read([&](store::ReadTx& tx) -> Result<std::optional<Receipt>> {
    if (!idempotency) return std::optional<Receipt>();
    MACHIYA_TRY(auto known, records::find_by_idempotency(tx, *idempotency));
    return known ? std::optional<Receipt>(receipt_of(*known, true)) : std::optional<Receipt>();
  });
}

Result<Receipt> Cases::submit(const Submission& s) {
  auto receipt = submit_once(s);
  if (receipt.ok() || receipt.error().code != ErrorCode::conflict) return receipt;
  // Nothing was written: the key is known, the city was reloaded in between, or two of 2^55 numbers met.
  MACHIYA_TRY(const auto known, known_receipt(idempotency_of(p_.vault, s)));
  return known ? Result<Receipt>(*known) : submit_once(s);
}

/// Only for procedures that limit a person's open cases.
Result<void> Cases::check_open_limit(store::Tx& tx, const Opened& opened) {
  const int most = opened.rules->procedure->per_person_open;
  if (most == 0 || !opened.row.person) return {};
  MACHIYA_TRY(const auto open, records::count_open_of_person(tx, *opened.row.person, opened.row.type));
  if (open >= most) return Error(ErrorCode::limit_exceeded, "per_person_open");
  return {};
}

Result<Receipt> Cases::submit_once(const Submission& s) {
  MACHIYA_TRY(auto rules, definitions_.current(s.procedure));
  MACHIYA_CHECK(check_signature(*rules->procedure, s));
  const Instant now = p_.clock.now();
  const std::optional<std::string> idempotency = idempotency_of(p_.vault, s);
  Opened opened;
  opened.rules = rules, opened.terms = s.search, opened.data = data_of(s);
  const records::RecordRow first = new_row(s, *rules, now, ports_.is_working_day);
  const std::string plain = json::to_text(records::Records::pack(opened.data, s.search));
  const std::string log = json::to_text(s.log);
  const std::vector<std::int64_t> tokens = records_.tokens_of(s.search);
  const std::string by = s.agent ? s.agent->actor() : s.applicant.actor();
  const bool limited = rules->procedure->per_person_open > 0;
  if (limited) {   // before the limit speaks: a repeated request is not a second case
    MACHIYA_TRY(const auto known, known_receipt(idempotency));
    if (known) return *known;
  }
  auto work = [&](store::Tx& tx) -> Result<Receipt> {
    opened.begin_again(first);
    records::RecordRow& row = opened.row;
    row.number = new_receipt_number(date_in_japan(now), p_.rng);
    MACHIYA_CHECK(check_open_limit(tx, opened));
    if (s.agent) MACHIYA_CHECK(require(tx, opened, *s.agent, "case.file"));
    MACHIYA_CHECK(definitions_.remember(tx, *rules, now));
    MACHIYA_TRY(row.data_key, p_.vault.create_key(tx));
    MACHIYA_TRY(row.sealed, p_.vault.seal(tx, row.data_key, records::kDataContext, plain));
    MACHIYA_TRY(row.sealed_log, p_.vault.seal(tx, row.data_key, records::kLogContext, log));
    opened.history.push_back({0, 1, now, row.state, "submit", by, "", ""});
    opened.audit.push_back({by, "case.submit", "case:" + row.number, s.agent ? opened.purpose : s.channel, s.request, {}});
    MACHIYA_CHECK(keep_signature(tx, opened, s));
    opened.events.push_back({std::string(kCaseSubmitted), row.number, submitted_facts(row)});
    MACHIYA_CHECK(run_immediate(tx, opened));
    MACHIYA_TRY(row.id, records::insert_record(tx, row, idempotency));
    MACHIYA_CHECK(records::insert_tokens(tx, row.id, tokens));
    MACHIYA_CHECK(write_trail(tx, opened));
    if (!s.draft.empty() && ports_.end_draft) MACHIYA_CHECK(ports_.end_draft(tx, s.draft, row.number));
    MACHIYA_CHECK(schedule_automatic(tx, opened));
    return receipt_of(row, false);
  };
  // What looks before it writes is no neighbour for others: it may have to be run again.
  if (limited || s.agent || !s.draft.empty()) return p_.store.write(work);
  return p_.store.write_joined(work);
}

}  // namespace machiya::cases
