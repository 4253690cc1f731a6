// The exchange of the master key as the server runs it: noticed every few seconds, done by a durable job.
#pragma once
#include <vector>

#include "platform/vault/rotation.h"

namespace machiya::audit {
class Audit;
}
namespace machiya::jobs {
class Jobs;
struct Job;
}

namespace machiya::app {

/// Every place of this program where small secrets are kept under the master key.
std::vector<vault::SecretColumn> secret_columns();

/// Thread-safe.
class KeyExchange {
 public:
  KeyExchange(store::Store& store, vault::Vault& vault, audit::Audit& audit, jobs::Jobs& jobs, const Clock& clock);
  /// Reads the key file again when it has changed and sees to it that a job exchanges what is due.
  void tend();

 private:
  Result<void> run(const jobs::Job& job);
  Result<void> tell(std::string_view action, int generation);

  store::Store& store_;
  audit::Audit& audit_;
  jobs::Jobs& jobs_;
  vault::Vault& vault_;
  vault::Rotation rotation_;
};

}  // namespace machiya::app
