// The electronic signature of a draft until it is sent, and the request for one that is under way at a provider.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "ask/apply/draft.h"
#include "base/json.h"
#include "platform/signatures/judge.h"
#include "platform/store/store.h"
#include "platform/vault/vault.h"

namespace machiya::apply {

inline constexpr int kSignatureRequestMinutes = 10;

/// What was sent to a provider's app to be signed.
struct SignatureRequest {
  std::string app;        ///< id of the provider
  std::string session;    ///< of the person who asked: nobody else brings the answer
  std::string document;   ///< the very bytes
  json::Value memory;     ///< of module oidc; secret
  Instant expires;
};

/// Thread-safe.
class DraftSignatures {
 public:
  DraftSignatures(store::Store& store, vault::Vault& vault, const Clock& clock) : store_(store), vault_(vault), clock_(clock) {}

  /// The one that was accepted last. Whether it is of the answers as they are now is the caller's question.
  Result<std::optional<signatures::Accepted>> accepted(const Draft& draft);
  /// Takes the place of the one before; a request under way ends.
  Result<void> keep(const Draft& draft, const signatures::Accepted& accepted);
  /// It turned out to be no longer good.
  Result<void> drop(const Draft& draft);
  /// Takes the place of a request before; a signature that was accepted stays until another is.
  Result<void> begin(const Draft& draft, std::string_view state, const SignatureRequest& request);
  /// The public id of the draft that waits for an answer with this state.
  Result<std::optional<std::string>> waiting(std::string_view state);
  /// The request of this answer, used up: for `session` only, in time, once. Causes: "state-unknown", "session-foreign", "state-expired", "state-used".
  Result<SignatureRequest> claim(const Draft& draft, std::string_view state, std::string_view session);

 private:
  std::string digest(std::string_view state) const { return vault_.digest("draft/sign-state", state); }
  Result<json::Value> read(store::ReadTx& tx, const Draft& draft);
  Result<void> write(store::Tx& tx, const Draft& draft, const std::string& state, const json::Value& body);

  store::Store& store_;
  vault::Vault& vault_;
  const Clock& clock_;
};

}  // namespace machiya::apply
