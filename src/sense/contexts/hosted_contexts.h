// The @contexts that the broker keeps (ETSI GS CIM 009 §5.13): hosted for clients, made by itself, fetched once; and where those that a request names come from.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "platform/outbound/outbound.h"
#include "platform/store/store.h"
#include "sense/jsonld/jsonld.h"

namespace machiya::sense {

enum class ContextKind : std::uint8_t { hosted = 0, cached = 1, implicitly_created = 2 };
/// "Hosted", "Cached", "ImplicitlyCreated".
std::string_view context_kind_name(ContextKind kind);
/// The other way, whatever the case; nothing for another word.
std::optional<ContextKind> context_kind_of(std::string_view name);

struct StoredContext {
  std::string id;                  ///< local identifier, unguessable
  std::string tenant;              ///< "" for the default one; cached ones belong to everybody
  ContextKind kind = ContextKind::hosted;
  std::string url;                 ///< where a cached one came from; else empty
  std::string body;                ///< {"@context": …}
  std::int64_t created_us = 0;     ///< µs since 1970; of the last fetch
  std::int64_t used_us = 0;        ///< 0: not since the start
  std::uint64_t hits = 0;          ///< since the start
};

/// Any thread may call; nothing is locked while a document is fetched.
class HostedContexts final : public jsonld::ContextLoader {
 public:
  struct Options {
    std::map<std::string, std::string> files;           ///< URL → file with the document
    std::int64_t cached_us = 24 * kHour;                ///< how long a fetched document serves
    std::size_t most = 10'000, most_bytes = 1 << 20;    ///< documents; bytes of one
    std::function<std::optional<std::string>(const std::string& url)> own;   ///< documents of the house itself (its vocabulary); asked first
  };
  /// `store` must be migrated (sql_migrations_hosted_contexts) and outlive this; `outbound` may be nullptr: then nothing is fetched.
  static Result<std::unique_ptr<HostedContexts>> open(store::Store& store, const outbound::Outbound* outbound, Clock& clock, Rng& rng, Options options);
  static std::vector<store::Migration> migrations();

  /// The path below which hosted documents are served.
  static constexpr std::string_view kPath = "/ngsi-ld/v1/jsonldContexts/";
  /// Hosted ones by their address on whatever host, cached ones, files, the network. unavailable when it cannot be had.
  Result<std::string> load(const std::string& url) override;

  /// Keeps a document; `body` must be {"@context": …}. Answers its local identifier. limit_exceeded, too_large, storage_….
  Result<std::string> add(std::string_view tenant, std::string body, ContextKind kind);
  /// By local identifier, or a cached one by its URL; not those of other tenants.
  std::optional<StoredContext> find(std::string_view tenant, std::string_view id_or_url) const;
  /// In the order of creation.
  std::vector<StoredContext> list(std::string_view tenant, std::optional<ContextKind> kind) const;
  /// not_found.
  Result<void> remove(std::string_view tenant, std::string_view id_or_url);
  /// Fetches a cached one anew; it stays as it was when that fails (unavailable). not_found; invalid_input when it is none that was fetched.
  Result<void> reload(std::string_view tenant, std::string_view id_or_url);
  /// Cached ones that were fetched too long ago are dropped; answers their URLs, whose compiled forms are to be forgotten. For a job.
  Result<std::vector<std::string>> expire();

 private:
  HostedContexts(store::Store& store, const outbound::Outbound* outbound, Clock& clock, Rng& rng, Options options);
  Result<std::string> fetch(const std::string& url) const;
  Result<void> keep(StoredContext context);
  const StoredContext* look(std::string_view tenant, std::string_view id_or_url) const;   ///< under the lock

  store::Store& store_;
  const outbound::Outbound* outbound_;
  Clock& clock_;
  Rng& rng_;
  Options options_;
  mutable std::mutex mutex_;
  std::map<std::string, StoredContext, std::less<>> by_id_;
  std::map<std::string, std::string, std::less<>> cached_;   ///< URL → id
};

}  // namespace machiya::sense
