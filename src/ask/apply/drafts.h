// The keeper of drafts: whose they are, what they hold, how they grow. Everything that a page posts goes through append().
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ask/apply/draft.h"
#include "ask/interview/procedure.h"
#include "base/rng.h"
#include "platform/blobs/blobs.h"
#include "platform/identity/identity.h"
#include "platform/store/store.h"
#include "platform/vault/vault.h"

namespace machiya::apply {

/// A procedure in force, with what the loader knows of it.
struct ProcedureNow {
  std::shared_ptr<const interview::Procedure> procedure;
  std::string hash;
  int initiative = 0;
  std::shared_ptr<const std::string> canonical;
};

/// Who may do what with a draft.
enum class Access : std::uint8_t { none, write_only, full };
/// write_only: a person's draft and nobody is logged in. What was typed is kept, nothing is shown. (Apply::access decides.)

/// Thread-safe.
class Drafts {
 public:
  Drafts(store::Store& store, vault::Vault& vault, blobs::Blobs& blobs, const Clock& clock, Rng& rng)
      : store_(store), vault_(vault), blobs_(blobs), clock_(clock), rng_(rng) {}

  /// `on_behalf`: the person for whom a guardian or delegate fills it in; 0 for oneself.
  Result<Draft> create(const ProcedureNow& now, const identity::Principal& who, std::int64_t on_behalf = 0);
  /// A correction of a case: begins with the case's log; asked questions count as not visited.
  Result<Draft> create_correction(const ProcedureNow& now, const identity::Principal& who, std::string_view case_number, const std::vector<std::string>& asked,
                                  interview::Log log, std::int64_t applicant);
  /// not_found when there is none, or it expired.
  Result<Draft> find(std::string_view public_id);
  /// Merges the entries that `make` gives for the draft as it is now, in one transaction.
  Result<Draft> append(std::string_view public_id, const std::function<std::vector<interview::Answer>(const Draft&)>& make);
  /// The draft goes on with a new version of its definition; `changes` is shown until it is dismissed.
  Result<Draft> upgrade(std::string_view public_id, const ProcedureNow& now, json::Value changes);
  Result<Draft> dismiss_changes(std::string_view public_id);
  Result<std::vector<Draft>> of(const identity::Principal& who);
  Result<std::optional<Draft>> correction_of(std::string_view case_number, const identity::Principal& who);
  /// In the transaction of a log-in.
  Result<void> bind(store::Tx& tx, const identity::Principal& before, const identity::Principal& after);
  /// In the transaction of the submission.
  Result<void> mark_sent(store::Tx& tx, std::string_view public_id, std::string_view number);
  /// Erases a draft, its key and, unless a case has them, its files.
  Result<void> discard(const Draft& draft);
  /// The owner of the files of a draft, for blobs.
  static std::string file_owner(std::string_view public_id) { return "draft:" + std::string(public_id); }
  /// Removes what is over, as discard() does; gives how many.
  Result<int> expire(int limit);

  Result<void> remember(const ProcedureNow& now);
  Result<std::optional<std::string>> definition(std::string_view hash);
  Result<std::optional<std::string>> definition_of_version(std::string_view procedure, int version);
  std::string new_id() { return new_public_id(rng_); }
  Instant now() const { return clock_.now(); }

 private:
  Result<Draft> insert(Draft draft, const ProcedureNow& now);
  Result<Draft> change(std::string_view public_id, const std::function<Result<void>(Draft&)>& edit);
  Result<std::string> seal(store::ReadTx& tx, const Draft& draft);
  Instant expiry(const Draft& draft) const;

  std::mutex remembered_mutex_;
  std::set<std::string> remembered_;   ///< hashes known to be durable: nothing deletes them
  store::Store& store_;
  vault::Vault& vault_;
  blobs::Blobs& blobs_;
  const Clock& clock_;
  Rng& rng_;
};

}  // namespace machiya::apply
