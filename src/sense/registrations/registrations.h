// All context source registrations (ETSI GS CIM 009 V1.8.1 §5.9, §5.10): durable in the house's database, whole in memory; readers take an immutable
// snapshot of their tenant and keep it as long as they like.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "platform/store/store.h"
#include "sense/broker/entity_store.h"
#include "sense/registrations/matching.h"

namespace machiya::sense {

/// How it went with a source (§5.2.9: status, timesSent …). Counted in memory, written when Registrations::flush() is called.
struct SourceState {
  std::uint64_t sent = 0, failed = 0;
  std::int64_t success_us = kNoTime, failure_us = kNoTime;   ///< kNoTime: never
  bool last_ok = true;
};

/// Any thread may call.
class Registrations {
 public:
  /// `store` must be migrated; everything given must outlive this. `entities`: proxied registrations may not claim what is here already (§5.9.2.4).
  static Result<std::unique_ptr<Registrations>> open(store::Store& store, const EntityStore& entities, Clock& clock, Rng& rng);
  static std::vector<store::Migration> migrations();
  ~Registrations();

  /// §5.9.2: the id. invalid_input; conflict when the id is taken, or (`where` is "Conflict") when a proxied registration claims what another or this broker holds.
  /// `context`: JSON of the request's @context.
  Result<std::string> create(const std::string& tenant, const tree::Value& body, const Terms& terms, const std::string& context);
  /// §5.9.3. not_found, and as create.
  Result<void> update(const std::string& tenant, const std::string& id, const tree::Value& fragment, const Terms& terms);
  /// §5.9.4. not_found.
  Result<void> remove(const std::string& tenant, const std::string& id);

  /// Those that have expired are deleted, and it is told; answers how many. For a job.
  Result<std::size_t> sweep();
  /// When the next one expires, or has (µs since 1970); the largest number when none does.
  std::int64_t next_expiry() const;

  /// All of a tenant in the order in which they came, expired ones too. Never nullptr, never changes.
  using Snapshot = std::shared_ptr<const std::vector<RegistrationPtr>>;
  Snapshot all(std::string_view tenant) const;
  /// nullptr: there is none, or it has expired.
  RegistrationPtr find(std::string_view tenant, std::string_view id) const;
  /// Those that match and have not expired, exclusive ones first, then redirect, inclusive, auxiliary; in each mode the oldest first.
  std::vector<Match> matching(std::string_view tenant, const Wanted& wanted) const;
  bool has_tenant(std::string_view tenant) const;

  /// A distributed operation went to this source, and how it went.
  void asked(const Registration& registration, bool ok);
  SourceState state(const Registration& registration) const;
  /// Writes what asked() counted. For a job, and at the end.
  Result<void> flush();

  /// Told after a change is durable and seen by readers, in order, under a lock: quick, no call that changes registrations. nullptr: there was, or is, none.
  using Follower = std::function<void(const RegistrationPtr& before, const RegistrationPtr& after)>;
  void follow(Follower follower);

 private:
  struct Inside;
  explicit Registrations(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> in_;
};

}  // namespace machiya::sense
