// Who asks the broker, in the words of the house: principals as viewers, the purpose log as audit rows.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "city/city.h"
#include "platform/http/http.h"
#include "platform/identity/principal.h"
#include "sense/access/access.h"

namespace machiya::audit {
class Audit;
}
namespace machiya::identity {
class Identity;
}
namespace machiya::store {
class Store;
}

namespace machiya::app {

/// References must outlive it. Thread-safe.
class SensingAccess {
 public:
  struct Parts {
    audit::Audit& audit;
    store::Store& store;
    identity::Identity& identity;
    Clock& clock;
    std::function<std::shared_ptr<const city::City>()> city;
    std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
    /// For which purpose staff read with this permission: the claimed one, else the first of their role's that fits.
    std::function<std::string(const identity::Principal&, std::string_view permission)> purpose;
    /// Entities that were taken though they do not fit: for a steward.
    std::function<Result<void>(const std::vector<sense::LenientMisfit>&)> misfits;
  };
  explicit SensingAccess(Parts parts);
  /// Of a request. Clients say why they read in X-Purpose (lower-case words joined by hyphens; anything else is not kept).
  sense::GatePtr gate_of(const http::Request& request) const;
  /// Of a subscription, by Gate::key() of who made it: what that client may read now. nullptr when there is no such client any more.
  sense::GatePtr gate_of_maker(const std::string& key) const;
  /// Everybody: for open data and public maps.
  sense::GatePtr visitor() const;
  const sense::Access& access() const { return access_; }
  std::shared_ptr<const city::City> city() const { return parts_.city(); }

 private:
  struct Client {
    std::string id;
    std::vector<std::string> scopes;
  };
  Parts parts_;
  sense::Access access_;
  mutable std::mutex mutex_;
  mutable std::vector<Client> clients_;          ///< living ones, as of read_us_
  mutable std::int64_t read_us_ = 0;
  std::optional<Client> living_client(std::string_view id) const;
};

}  // namespace machiya::app
