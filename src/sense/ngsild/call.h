// What every request of NGSI-LD has in common (§6.3): tenant, context, media types, parameters, body; and how answers and refusals are written. A handler
// is a function of a Call to a Result: its errors become the standard's problem details in one place.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/http.h"
#include "sense/broker/entity_store.h"
#include "sense/contexts/hosted_contexts.h"
#include "sense/entities/gate.h"
#include "sense/entities/write.h"
#include "sense/jsonld/contexts.h"
#include "sense/query/filter.h"
#include "sense/snapshots/snapshots.h"

namespace machiya::sense::federation {
class Federation;
}

namespace machiya::sense::ngsild {

inline constexpr std::string_view kBase = "/ngsi-ld/v1";

class EntityMaps;

/// What handlers work with; engines above entities add theirs.
struct Broker {
  EntityStore& entities;
  Contexts& contexts;
  Clock& clock;
  Rng& rng;
  HostedContexts* hosted = nullptr;    ///< for add_context_routes
  EntityMaps* maps = nullptr;          ///< for entity maps; nullptr: they are not made
  std::string alias = "machiya";       ///< contextSourceAlias (§5.2.40): a token of RFC 9110, the same for all requests of this broker
  std::int64_t started_us = 0;         ///< µs since 1970, for the uptime
  std::function<bool(std::string_view tenant)> knows_tenant;   ///< tenants that have something else than entities; may be empty
  /// Who asks, and what they may. Not set: everybody everything. Errors are the answer.
  std::function<Result<GatePtr>(const http::Request&)> gate_of;
  federation::Federation* federation = nullptr;   ///< other brokers that answer together with this one; nullptr: none do
  Snapshots* snapshots = nullptr;                 ///< nullptr: there are none
};

/// The media types of answers (§6.3.6).
enum class Media : std::uint8_t { json, ld_json, geo_json };

class Call {
 public:
  /// What a request may have: parameters by name; a body. Others are refused (InvalidRequest, §6.3.20).
  struct Allowed {
    std::vector<std::string_view> parameters;
    bool body = false;         ///< POST, PATCH, PUT: Content-Length and Content-Type are judged, the body is parsed
    bool array = false;        ///< a batch: contexts stand in its elements
    bool asks = false;         ///< a query by POST: nothing is changed
    bool geo_json = false;     ///< may be answered as GeoJSON
    bool needs_tenant = true;  ///< a tenant that does not exist is NonexistentTenant; false: it will be made
    bool empty_body = false;   ///< the body may be absent
    bool context_body = false; ///< the body is a context itself, whatever its media type (§5.13.2)
    bool on_snapshot = false;  ///< may be done on a snapshot (§5.5.15); elsewhere the header that names one is OperationNotSupported
  };
  Call(Broker& broker, const http::Request& request) : broker(broker), request(request) {}
  Call(const Call&) = delete;
  /// Head, tenant, context and body, in the standard's order of checks. Must come first.
  Result<void> read(const Allowed& allowed);

  Broker& broker;
  const http::Request& request;
  tree::Arena arena;
  GatePtr gate;                   ///< nullptr: everything is seen and may be done
  std::string tenant;             ///< "": the default one
  std::string snapshot;           ///< on which the operation is done (§6.3.22); "": on the entities that are
  Media media = Media::json;
  int version = 0;                ///< of the standard that the asker prefers (108: 1.8, §4.3.6.8); 0: none, or ours
  bool amended = false;           ///< the answer was made less than it is, for that version
  TermsPtr terms;                 ///< of the request: its Link header, or its body's @context
  tree::Value body;               ///< without its @context
  std::string context_url;        ///< of the Link header; the core context's when there is none
  tree::Value body_context;       ///< of the body; null when there is none

  std::optional<std::string_view> parameter(std::string_view name) const;
  /// "true" or "false"; BadRequestData for anything else.
  Result<bool> flag(std::string_view name, bool otherwise = false) const;
  /// Is this one of the words of `options`?
  bool option(std::string_view word) const;
  /// format (wins) or options: normalized, concise, simplified or keyValues (§6.3.7).
  Result<Format> format() const;
  /// limit, offset, count (§6.3.10, §6.3.13).
  struct Page {
    std::size_t limit = 20, offset = 0;
    bool count = false;
  };
  Result<Page> page() const;
  /// A path parameter that must be a URI (BadRequestData).
  Result<std::string> uri(std::string_view path_parameter) const;
  /// A path parameter that is an attribute or a type: expanded by the request's context.
  Result<std::string> name(std::string_view path_parameter) const;
  std::string expand(std::string_view term);
  NameExpander expander();
  /// The terms for an element of a batch: its own @context in ld+json, else the request's.
  Result<TermsPtr> terms_of(const tree::Value& element);

  // The store, or the snapshot, as the asker sees it, and as they may change it (Gate): handlers ask nothing of the store itself.
  EntityPtr get(std::string_view id) const;
  Found find(Find what) const;
  std::map<std::string, TypeFacts> types() const;
  /// This part of the entity stands in the answer: for the log of who read what for which purpose.
  void showed(const Entity& entity, const Shape& shape);
  /// Whose an entity map or a snapshot is: the tenant's, and where there are gates the asker's.
  std::string owner() const;
  Result<Change> write(const std::string& id, const EntityStore::Make& make);
  /// The one write of the operation, with nothing behind it but the answer: may be on its way to the disk still; then the answer waits for it (`waits`).
  void writes_last() { last_ = request.answer_may_wait && snapshot.empty(); }
  std::shared_ptr<http::Waits> waits;
  std::vector<Result<Change>> write_all(std::span<const EntityStore::Item> items);

  /// What stands as "@context" in answers: a URL's JSON text, or the body's.
  std::string context_json() const;
  /// 200 with an element or a list of them. `text`: JSON without @context; each object gets it when the answer is ld+json.
  http::Response answer(std::string text, int status = 200) const;
  /// GeoJSON carries its context in the body unless the asker prefers it in a header (§6.3.6).
  bool context_in_geo_json() const;
  /// Headers of a page: the total when it is known, and the pages before and behind it.
  void add_page(http::Response& response, const Page& page, std::optional<std::size_t> total, bool more) const;
  http::Response answer_list(const std::vector<std::string>& elements, const Page& page, std::optional<std::size_t> total, bool more) const;
  http::Response created(const std::string& location) const;
  /// 201 of a resource below kBase, whose id is encoded where it must be: created("/entities/", id).
  http::Response created(std::string_view below, std::string_view id) const;
  http::Response no_content() const;
  /// BatchOperationResult and UpdateResult (§5.2.16, §5.2.18): 207.
  http::Response multi_status(std::string json) const;
  /// Tenant, snapshot and the like on every answer.
  http::Response dressed(http::Response response) const;

 private:
  bool multi_context_ = false;
  bool prefers_version_ = false;
  SnapshotEntitiesPtr frozen_;   ///< of `snapshot`
  bool last_ = false;            ///< writes_last()
  void read_preference();
  Result<void> read_tenant(bool needed);
  Result<void> read_snapshot(bool allowed);
  Result<void> read_accept(bool geo_json);
  Result<void> read_parameters(const Allowed& allowed);
  Result<void> read_context();
  Result<void> read_body(const Allowed& allowed);
};

/// The standard's error (§5.5.2, §6.3.2) for one of ours: invalid_input and malformed_request are BadRequestData and InvalidRequest, and so on.
http::Response problem(const Error& error);
/// {"type": …, "title": …, "detail": …, "status": …} as JSON text: for the parts of a batch.
std::string problem_json(const Error& error);
/// Why a context cannot be used: LdContextNotAvailable when it cannot be had, BadRequestData when it is wrong.
Error context_error(Error error);
/// The same error as BadRequestData: for what a parser of values and queries found.
Error bad_data(Error error);

/// Error values whose meaning needs a word: they stand in `where`.
namespace reason {
inline constexpr std::string_view kTenant = "NGSILD-Tenant", kAccept = "Accept", kLength = "Content-Length", kTooMany = "TooManyResults", kContext = "LdContextNotAvailable", kType = "Content-Type", kSnapshot = "NGSILD-Snapshot";
/// Conflict of a distributed operation; a request that passed here before; sources that were late, or not to be reached.
inline constexpr std::string_view kConflict = "Conflict", kLoop = "LoopDetected", kLate = "ContextSourceTimeout", kAway = "ContextSource";
}

using Handle = std::function<Result<http::Response>(Call&)>;
/// Registers a route of the interface. `permission` as the router wants it.
struct Routes {
  http::Router& router;
  Broker& broker;
  std::string permission_to_read, permission_to_write;
  std::uint64_t body_limit = std::uint64_t{16} << 20;
  std::string permission_to_ask = {};   ///< of queries by POST; "": as to write
  int rate_per_minute = 0;              ///< of GET; 0: no limit
  bool on_snapshot = false;             ///< Allowed::on_snapshot of all of them
  Routes also_on_snapshots() const {
    Routes out = *this;
    return out.on_snapshot = true, out;
  }
  void add(http::Method method, std::string_view path, Call::Allowed allowed, Handle handle) const;
};

}  // namespace machiya::sense::ngsild
