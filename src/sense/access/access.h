// Who may read and write which entities: the city's definitions (models) as gates (entities/gate.h). What somebody may not read does not exist for them; types
// and attributes without a definition are restricted; reading what is restricted is written down with its purpose.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sense/entities/gate.h"
#include "sense/models/entity_type.h"
#include "sense/models/model_check.h"

namespace machiya::sense {

/// Who asks, as the house knows them.
struct Viewer {
  enum class Kind : std::uint8_t { visitor, client, staff };
  Kind kind = Kind::visitor;
  std::string id;                      ///< public id of a client or member of staff
  std::vector<std::string> scopes;     ///< of clients
  std::function<bool(std::string_view permission, std::string_view department)> may;   ///< of staff; department: the owner of the type, "" of none
  std::string purpose;                 ///< 利用目的: of staff the claimed one, of clients what they say (X-Purpose)
  std::string request;                 ///< request id
};

/// One line of the purpose log: who read which restricted attributes of how many entities. Never values, never ids of entities.
struct ReadRow {
  std::string actor;                   ///< "client:…", "staff:…"
  std::string type;                    ///< id of the definition, or the IRI of a type without one
  std::vector<std::string> attributes; ///< terms, or IRIs without definition; sorted
  std::size_t count = 0;               ///< entities
  std::string purpose, request;
};

/// An entity that was taken though it does not fit.
struct LenientMisfit {
  std::shared_ptr<const EntityTypes> types;   ///< keep the type
  const EntityType* type = nullptr;
  std::string id;
  std::vector<Misfit> misfits;
};

/// What the house does with it; any thread may call.
struct AccessPorts {
  std::function<std::shared_ptr<const city::City>()> city;
  /// May rows be written just now? Not set: yes.
  std::function<bool()> log_ready;
  std::function<void(const ReadRow&)> log;
  /// Entities were written that do not fit a lenient type: kept for a steward before the request is answered. unavailable: they could not be.
  std::function<Result<void>(const std::vector<LenientMisfit>&)> misfits;
};

/// Scope of clients that write; "entities.write.<id of a definition>" narrows a client to such types (any number of them).
inline constexpr std::string_view kWriteScope = "entities.write";

class Access {
 public:
  explicit Access(AccessPorts ports) : ports_(std::move(ports)) {}
  /// For one request.
  GatePtr gate(Viewer viewer) const;
  /// The types of the city in force.
  std::shared_ptr<const EntityTypes> types() const;

  struct View;

 private:
  AccessPorts ports_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const EntityTypes> types_;
  mutable std::map<std::string, std::shared_ptr<const View>, std::less<>> views_;   ///< of visitors and clients, while the city is the same
  std::shared_ptr<const View> view(const Viewer& viewer) const;
};

/// "visitor", "client:…", "staff:…": Gate::key(), and the actor of the audit.
std::string viewer_key(const Viewer& viewer);

}  // namespace machiya::sense
