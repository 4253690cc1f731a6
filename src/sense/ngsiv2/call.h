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
#include "sense/ngsiv2/change.h"
#include "sense/ngsiv2/head.h"
#include "sense/ngsiv2/names.h"
#include "sense/ngsiv2/view.h"

namespace machiya::sense::ngsiv2 {

/// What handlers work with. Any number of threads.
struct Broker {
  Broker(EntityStore& entities, NameMap names, Clock& clock, Rng& rng) : entities(entities), names(std::move(names)), clock(clock), rng(rng), started_us(clock.now().us) {}
  EntityStore& entities;
  NameMap names;
  Clock& clock;
  Rng& rng;
  std::int64_t started_us;             ///< µs since 1970, for the uptime
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
    bool answers_text = false;               ///< Accept may be text/plain
  };
  Call(Broker& broker, const http::Request& request) : broker(broker), request(request) {}
  Call(const Call&) = delete;
  /// Must come first: everything that the request says by itself.
  Result<void> read(const Allowed& allowed);

  Broker& broker;
  const http::Request& request;
  tree::Arena arena;
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
  /// The address of an attribute: its IRI.
  Result<std::string> attribute() const;

  http::Response answer(std::string json, int status = 200) const;
  /// With Fiware-Total-Count when it was asked for.
  http::Response answer_page(std::string json, const Page& page, std::size_t total) const;
  http::Response no_content() const;

 private:
  std::vector<std::string_view> options_;
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
  void add(http::Method method, std::string_view path, Call::Allowed allowed, Handle handle) const;
  /// 405 for every method of this path that is not served. After all add().
  void refuse_others(std::string_view path, std::vector<http::Method> served) const;
};

}  // namespace machiya::sense::ngsiv2
