// What every request of NGSIv2 has in common: service, service path, correlator, media types, body, options; and how answers and refusals are written. A handler
// is a function of a Call to a Result: its errors become {"error", "description"} in one place.
#pragma once
#include <array>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/http.h"
#include "sense/broker/entity_store.h"
#include "sense/entities/gate.h"
#include "sense/providers/providers.h"
#include "sense/v2/change.h"
#include "sense/v2/head.h"
#include "sense/v2/names.h"
#include "sense/v2/view.h"

namespace machiya::sense::ngsiv2 {

/// What handlers work with. Any number of threads.
struct Broker {
  Broker(EntityStore& entities, NameMap names, Clock& clock, Rng& rng) : entities(entities), names(std::move(names)), clock(clock), rng(rng), started_us(clock.now().us) {}
  EntityStore& entities;
  NameMap names;
  Clock& clock;
  Rng& rng;
  std::int64_t started_us;             ///< µs since 1970, for the uptime
  /// Who asks, and what they may. Not set: everybody everything. Errors are the answer.
  std::function<Result<GatePtr>(const http::Request&)> gate_of;
  Providers* providers = nullptr;      ///< nullptr: nothing is forwarded
  std::size_t most_body = 1 << 20;     ///< bytes of a body, as Orion takes them by default
  /// Two that create the same entity of the same service wait for each other.
  std::mutex& creating(std::string_view tenant, std::string_view id) {
    const std::hash<std::string_view> hash;
    return creating_[(hash(tenant) * 31 + hash(id)) % creating_.size()];
  }

 private:
  std::array<std::mutex, 256> creating_;
};

class Call {
 public:
  struct Allowed {
    std::vector<std::string_view> options;   ///< words of ?options=
    bool body = false;                       ///< POST, PUT, PATCH: a JSON body is needed
    bool text = false;                       ///< or text/plain
    bool writes = false;                     ///< one service path, without "#"
    bool asks = false;                       ///< a query by POST: nothing is changed
    bool answers_text = false;               ///< Accept may be text/plain
  };
  Call(Broker& broker, const http::Request& request) : broker(broker), request(request) {}
  Call(const Call&) = delete;
  /// Must come first: who asks, and everything that the request says by itself.
  Result<void> begin(const Allowed& allowed);

  Broker& broker;
  const http::Request& request;
  tree::Arena arena;
  GatePtr gate;              ///< nullptr: everything is seen and may be done
  std::string tenant;        ///< Fiware-Service in lower case; "": none
  ServicePaths paths;        ///< where entities are looked for
  std::string path = "/";    ///< where they are written
  tree::Value body;
  bool is_text = false;      ///< the body is text/plain

  std::optional<std::string_view> parameter(std::string_view name) const;
  bool option(std::string_view word) const;
  /// A list between commas; empty when it is not there.
  std::vector<std::string> list(std::string_view parameter) const;
  struct Page {
    std::size_t limit = 20, offset = 0;
    bool count = false;
  };
  Result<Page> page() const;
  /// attrs, metadata, and the format of options.
  View view() const;
  /// The store as the asker sees it: handlers ask nothing of the store itself. `order` may be nullptr; for the log, too, of who asked for what.
  Found find(const EntityQuery& query, const Ordering* order, std::size_t offset, std::size_t limit, bool count);
  /// What such a question asks of attributes is read: for the log of who read what for which purpose. find() does it itself.
  void noted(const EntityQuery& query, const Ordering* order);
  /// Context providers that count now at these service paths; none when this request has passed here already (Via, RFC 9110 §7.6.3).
  std::vector<ProviderPtr> providers(const ServicePaths& paths) const;
  /// Headers of a request to one: service, path and token of this request.
  federation::Headers forward_headers(const Provider& provider) const;
  /// find(), with what context providers hold. `attrs`: those that are shown; empty: all.
  Found find_everywhere(const EntityQuery& query, const Ordering& order, const Page& page, const std::vector<std::string>& attrs);
  /// The one entity of this id, with what context providers hold of these attributes (empty: all). Errors as one().
  Result<EntityPtr> one_everywhere(const std::string& id, const std::string& type, const std::vector<std::string>& attrs);
  /// The one entity of this id; `type` empty: of any type. not_found; conflict (TooManyResults) when there are several.
  Result<EntityPtr> one(const std::string& id, const std::string& type);
  /// These attributes of it stand in the answer: for the log of who read what for which purpose.
  void showed(const Entity& entity, const View& view);
  /// How a write is done, as the options say.
  Update how(Action action) const { return {.action = action, .override_metadata = option("overrideMetadata"), .forced = option("forcedUpdate")}; }
  /// The address of an attribute: its IRI.
  Result<std::string> attribute() const;

  http::Response answer(std::string json, int status = 200) const;
  /// With Fiware-Total-Count when it was asked for.
  http::Response answer_page(std::string json, const Page& page, std::size_t total) const;
  http::Response no_content() const;

 private:
  std::vector<std::string_view> options_;
  Result<void> read(const Allowed& allowed);
  Result<void> read_accept(bool text) const;
  Result<void> read_body(const Allowed& allowed);
};

/// {"error", "description"} with the status that NGSIv2 has for it.
http::Response problem(const Error& error);

/// Error values whose meaning needs a word: they stand in `where` (with those of change.h).
namespace reason {
inline constexpr std::string_view kParse = "ParseError", kAccept = "Accept", kLength = "Content-Length";
}

using Handle = std::function<Result<http::Response>(Call&)>;
struct Routes {
  http::Router& router;
  Broker& broker;
  std::string permission_to_read, permission_to_write;
  std::string permission_to_ask = {};   ///< of queries by POST; "": as to write
  int rate_per_minute = 0;              ///< of GET; 0: no limit
  void add(http::Method method, std::string_view path, Call::Allowed allowed, Handle handle) const;
  /// 405 for every method of this path that is not served. After all add().
  void refuse_others(std::string_view path, std::vector<http::Method> served) const;
};

}  // namespace machiya::sense::ngsiv2
