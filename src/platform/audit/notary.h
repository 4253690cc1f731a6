// Signs the chain's head once an hour and copies it out. One process at a time: the sealer calls it under its lease.
#pragma once
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/time.h"
#include "platform/audit/audit.h"
#include "platform/audit/statement.h"
#include "platform/store/store.h"

namespace machiya::audit {

/// Thread-safe.
class Notary {
 public:
  Notary(store::Store& store, const Clock& clock, const Options& options);
  /// Signs when the last statement is an hour old (or `now`), then brings the copy up to the database. integrity_broken
  /// when the copy knows more than the database: the database was set back.
  Result<void> run(bool now);
  /// What a look of the background came to. told: the log says that it began to fail, fails for another reason, or is well again.
  enum class Look : std::uint8_t { waited, quiet, told };
  /// run() for the background, at every beat: while it fails, once a minute, for each look reads every statement and the whole copy.
  Look look();
  /// When the last statement that also stands in the copy was made; nothing before the first.
  std::optional<Instant> last_copied() const;

 private:
  /// The number of the last statement in the copy, which must be one that the database knows.
  Result<std::int64_t> copied_until(const std::vector<Statement>& own) const;
  Result<Statement> sign();
  Result<void> copy_after(std::int64_t number, const std::vector<Statement>& own) const;

  store::Store& store_;
  const Clock& clock_;
  const vault::SigningKey* key_;
  const std::int64_t every_;
  static constexpr std::int64_t kRetryAfter = kMinute;

  std::optional<StatementFile> file_;
  Instant next_look_{0};    ///< while it fails; of the background alone
  std::string failing_;     ///< why, as the log has it; "" while it is well
  std::mutex run_mutex_;
  mutable std::mutex mutex_;
  std::optional<Instant> last_copied_;
};

}  // namespace machiya::audit
