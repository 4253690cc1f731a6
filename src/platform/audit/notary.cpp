#include "platform/audit/notary.h"

#include "base/log.h"
#include "platform/audit/audit_dao.h"
#include "platform/vault/signing_key.h"

namespace machiya::audit {

Notary::Notary(store::Store& store, const Clock& clock, const Options& options)
    : store_(store), clock_(clock), key_(options.key), every_(options.statement_every) {
  if (!options.copy_to.empty()) file_.emplace(options.copy_to);
}

Result<Statement> Notary::sign() {
  return store_.write([&](store::Tx& tx) -> Result<Statement> {
    MACHIYA_TRY(const auto last, dao::last_statement(tx));
    MACHIYA_TRY(const auto head, dao::head(tx));
    Statement s{last.number + 1, head.sequence, head.hash, clock_.now(), key_->public_key(), {}};
    s.signature = key_->sign(signed_text(s));
    MACHIYA_CHECK(dao::insert_statement(tx, s));
    return s;
  });
}

Result<std::int64_t> Notary::copied_until(const std::vector<Statement>& own) const {
  if (!file_) return static_cast<std::int64_t>(own.size());
  MACHIYA_TRY(const auto copies, file_->read());
  if (copies.empty()) return std::int64_t{0};
  const Statement& last = copies.back();
  for (const Statement& s : own)
    if (s.number == last.number && s.signature == last.signature) return last.number;
  return Error(ErrorCode::integrity_broken, "the database does not know statement " + std::to_string(last.number) + " of the copy: it was set back", file_->path());
}

Result<void> Notary::copy_after(std::int64_t number, const std::vector<Statement>& own) const {
  if (!file_) return {};
  std::vector<Statement> fresh;
  for (const Statement& s : own)
    if (s.number > number) fresh.push_back(s);
  if (fresh.empty()) return {};
  return file_->append(fresh);
}

Result<void> Notary::run(bool now) {
  if (!key_) return {};
  std::lock_guard one(run_mutex_);
  MACHIYA_TRY(const auto last, store_.read([](store::ReadTx& tx) { return dao::last_statement(tx); }));
  const bool due = now || last.number == 0 || clock_.now().us - last.at.us >= every_;
  if (!due && last_copied() == last.at) return {};
  MACHIYA_TRY(auto own, store_.read([](store::ReadTx& tx) { return dao::statements(tx); }));
  // Before anything new is signed: a database that was set back must not be vouched for.
  MACHIYA_TRY(const std::int64_t copied, copied_until(own));
  if (due) {
    MACHIYA_TRY(auto statement, sign());
    own.push_back(std::move(statement));
  }
  MACHIYA_CHECK(copy_after(copied, own));
  std::lock_guard lock(mutex_);
  last_copied_ = own.back().at;
  return {};
}

Notary::Look Notary::look() {
  const Instant at = clock_.now();
  if (!failing_.empty() && at < next_look_ && next_look_.us - at.us <= kRetryAfter) return Look::waited;   // a clock that was set back does not hold it up
  const auto done = run(false);
  const std::string why = done.ok() ? "" : done.error().to_string();
  if (!done.ok()) next_look_ = Instant{at.us + kRetryAfter};
  if (why == failing_) return Look::quiet;
  failing_ = why;
  if (done.ok()) log(LogLevel::info, "audit-statement-resumed");
  else log(LogLevel::error, "audit-statement-failed", {{"error", why}});
  return Look::told;
}

std::optional<Instant> Notary::last_copied() const {
  std::lock_guard lock(mutex_);
  return last_copied_;
}

}  // namespace machiya::audit
