#include "app/key_exchange.h"

#include "base/log.h"
#include "platform/audit/audit.h"
#include "platform/identity/identity.h"
#include "platform/jobs/jobs.h"
#include "platform/oidc/sign_in.h"

namespace machiya::app {
namespace {
constexpr std::string_view kJob = "vault.exchange";
constexpr int kLeaseSeconds = 15;   // a killed server's job goes on so soon
constexpr int kStepsALease = 20;    // some 10,000 keys, well within the lease
using Phase = vault::RotationState::Phase;
}  // namespace

std::vector<vault::SecretColumn> secret_columns() {
  auto out = identity::Identity::secret_columns();
  const auto more = oidc::SignIn::secret_columns();
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

KeyExchange::KeyExchange(store::Store& store, vault::Vault& vault, audit::Audit& audit, jobs::Jobs& jobs, const Clock& clock)
    : store_(store), audit_(audit), jobs_(jobs), vault_(vault), rotation_(store, vault, clock, secret_columns()) {
  jobs_.declare({std::string(kJob), kLeaseSeconds, 8, 2});
  jobs_.handle(std::string(kJob), [this](const jobs::Job& job) { return run(job); });
}

void KeyExchange::tend() {
  const int before = vault_.generation();
  const auto due = rotation_.due();
  if (!due.ok()) return log(LogLevel::error, "master-key-not-followed", {{"why", due.error().to_string()}});
  if (vault_.generation() != before) log(LogLevel::info, "master-key-changed", {{"generation", std::to_string(vault_.generation())}});
  if (!*due) return;
  auto queued = store_.write([&](store::Tx& tx) { return jobs_.enqueue(tx, kJob, json::Value(), {}, kJob); });
  if (!queued.ok()) log(LogLevel::warn, "master-key-exchange-not-queued", {{"why", queued.error().to_string()}});
}

/// Ends early where it has to wait: tend() queues it again.
Result<void> KeyExchange::run(const jobs::Job& job) {
  const int generation = vault_.generation();
  for (int steps = 1;; ++steps) {
    MACHIYA_TRY(const Phase phase, rotation_.step());
    if (phase == Phase::finished) {
      log(LogLevel::info, "master-key-exchanged", {{"generation", std::to_string(generation)}});
      return tell("key.exchanged", generation);
    }
    if (phase != Phase::rewrapping) return {};
    if (steps % kStepsALease == 0) MACHIYA_CHECK(jobs_.renew(job));
  }
}

Result<void> KeyExchange::tell(std::string_view action, int generation) {
  audit::Entry entry;
  entry.actor = "system";
  entry.action = action;
  entry.object = "master-key:" + std::to_string(generation);
  return store_.write([&](store::Tx& tx) { return audit_.append(tx, entry); });
}

}  // namespace machiya::app
