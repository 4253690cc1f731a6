// Telephone numbers of people who are logged in: a code by SMS proves that a number is theirs.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::vault {
class Vault;
}

namespace machiya::tell {

/// The bounds are those of OWASP ASVS 5.0 §6.6 for codes out of band (short life, few tries) and of what a telephone may be made to ring. Thread-safe.
class SmsDesk {
 public:
  static constexpr int kCodeMinutes = 10;
  static constexpr int kTries = 5;
  static constexpr int kCodesPerHour = 3;   ///< to one number, and for one account

  /// `codes_per_hour`: of the whole house, for every SMS costs money.
  SmsDesk(vault::Vault& vault, const Clock& clock, Rng& rng, std::int64_t codes_per_hour) : vault_(vault), clock_(clock), rng_(rng), codes_per_hour_(codes_per_hour) {}

  enum class Asked : std::uint8_t { yes, account_limit, house_limit };
  struct Code {
    Asked asked = Asked::yes;
    std::string code;   ///< to be sent now; "": this number had enough codes, and whoever asked is told nothing of it
  };
  /// `number` in E.164. The person's earlier request is replaced.
  Result<Code> ask(store::Tx& tx, std::int64_t person, std::string_view number);
  /// The number whose code is waited for; nothing when there is none.
  Result<std::optional<std::string>> waiting(store::ReadTx& tx, std::int64_t person);

  enum class Typed : std::uint8_t { right, wrong, over };
  struct Answer {
    Typed typed = Typed::over;   ///< over: none was asked for, its time has run out, or this was the last try
    std::string number;          ///< theirs now, when right
  };
  /// A right code is used up; a wrong one is counted, so the transaction must be kept.
  Result<Answer> type(store::Tx& tx, std::int64_t person, std::string_view code);
  Result<void> forget(store::Tx& tx, std::int64_t person);
  /// Removes at most `limit` requests whose time has run out, with their keys. Gives how many.
  Result<std::int64_t> expire(store::Tx& tx, int limit);

 private:
  std::string digest(std::int64_t person, std::string_view code) const;
  vault::Vault& vault_;
  const Clock& clock_;
  Rng& rng_;
  std::int64_t codes_per_hour_;
};

}  // namespace machiya::tell
