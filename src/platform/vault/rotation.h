// Exchanging the master key while the server runs: every data key is wrapped anew, every small secret sealed anew, in small transactions
// that any process can go on with; at the end nothing in the database opens with the old key.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/vault/vault.h"

namespace machiya::vault {

/// Where a module keeps what Vault::seal_secret() gave it; "" stands for no secret. Names are constants of the program.
struct SecretColumn {
  std::string_view table;
  std::string_view key;       ///< a unique column of the row
  bool number = false;        ///< the key is an integer
  std::string_view column;
  std::string_view context;   ///< that of seal_secret()
};

/// How far an exchange is.
struct RotationState {
  enum class Phase : std::uint8_t {
    none,        ///< nothing to exchange
    rewrapping,  ///< there is more to do now
    waiting,     ///< for processes and transactions that may still use the old key
    finished     ///< the old key may be removed from the file
  };
  Phase phase = Phase::none;
  int generation = 1;           ///< that wraps now
  std::int64_t total = 0;       ///< data keys at the beginning
  std::int64_t rewrapped = 0;
  std::int64_t remaining = 0;   ///< data keys under older generations; counted by state() only
  std::optional<Instant> begun, finished;
};

/// Thread-safe; several processes may step at once.
class Rotation {
 public:
  /// `grace_s`: so long after the beginning every process is given to read its key file again before the old key is closed.
  Rotation(store::Store& store, Vault& vault, const Clock& clock, std::vector<SecretColumn> columns, int grace_s = 15);

  /// Follows the key file (Vault::follow) and says whether an exchange is due or under way. Cheap: call it every few seconds.
  Result<bool> due();
  /// One small transaction of it.
  Result<RotationState::Phase> step();
  /// Proves that every data key and every small secret opens with the keys at hand.
  struct Proof {
    std::int64_t keys = 0, erased = 0, secrets = 0;
    std::int64_t closed = 0;     ///< that do not open
    std::string first_fault;
  };
  Result<Proof> prove();
  /// For people: counts what is left.
  Result<RotationState> state();

 private:
  Result<RotationState::Phase> rewrap_some(int generation);
  Result<RotationState::Phase> finish(int generation);
  Result<bool> reseal_some(const SecretColumn& column);

  store::Store& store_;
  Vault& vault_;
  const Clock& clock_;
  std::vector<SecretColumn> columns_;
  int grace_s_;
};

}  // namespace machiya::vault
