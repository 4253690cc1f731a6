#include "sense/ngsild/call.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "sense/entities/read.h"
#include "sense/ngsild/distribution.h"
#include "sense/query/query.h"

namespace machiya::sense::ngsild {
namespace {
using tree::Value;

constexpr std::string_view kContextRel = "http://www.w3.org/ns/json-ld#context";
constexpr std::size_t kMostPerPage = 1000;
constexpr int kOurVersion = 109;   ///< of the standard: 1.9

Error bad(std::string why, std::string where = {}) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

std::string_view media_type(std::string_view header) {
  header = header.substr(0, header.find(';'));
  return trim(header);
}

// What answers may be, in the order in which the standard prefers them (§6.3.4).
struct Offer {
  Media media;
  std::string_view type;
};
constexpr std::array<Offer, 3> kOffers = {{{Media::json, "application/json"}, {Media::ld_json, "application/ld+json"}, {Media::geo_json, "application/geo+json"}}};

// q of one range of Accept, in thousandths (RFC 9110 §12.4.2).
int weight(std::string_view range) {
  const std::size_t at = range.find("q=");
  if (at == std::string_view::npos) return 1000;
  double q = 0;
  const std::string_view text = range.substr(at + 2);
  std::from_chars(text.data(), text.data() + text.size(), q);
  return static_cast<int>(q * 1000 + 0.5);
}

// The weight that Accept gives to a type: that of its most specific range (RFC 9110 §12.5.1); 0 when there is none.
int weight_of(std::string_view header, std::string_view type) {
  int best = 0, specific = 0;
  for (std::size_t at = 0; at < header.size();) {
    const std::size_t end = std::min(header.find(',', at), header.size());
    const std::string_view range = trim(header.substr(at, end - at));
    const std::string name = lower_ascii(media_type(range));
    const int how = name == type ? 3 : name == "application/*" ? 2 : name == "*/*" ? 1 : 0;
    if (how > specific) specific = how, best = weight(range);
    at = end + 1;
  }
  return best;
}

// The object without its context: that was read already, and is no part of what it says.
Value without_context(const Value& object, tree::Arena& arena) {
  std::vector<tree::Member> out;
  for (const tree::Member& m : object.members())
    if (m.key != "@context") out.push_back(m);
  return arena.object(out);
}

// The URL of a Link header's JSON-LD context, or nothing; an error when there are several (§6.3.5).
Result<std::optional<std::string>> linked_context(std::string_view header) {
  std::optional<std::string> out;
  for (std::size_t at = 0; at < header.size();) {
    const std::size_t open = header.find('<', at), close = open == std::string_view::npos ? open : header.find('>', open);
    if (close == std::string_view::npos) break;
    const std::size_t end = std::min(header.find('<', close), header.size());
    if (header.substr(close, end - close).find(kContextRel) != std::string_view::npos) {
      if (out) return bad("more than one JSON-LD context in the Link header", "Link");
      out = std::string(header.substr(open + 1, close - open - 1));
    }
    at = end;
  }
  return out;
}

std::string url_of(const http::Request& request, const Call::Page& page, std::size_t offset) {
  std::string out = request.path;
  char before = '?';
  for (const auto& [name, value] : request.query_pairs)
    if (name != "offset" && name != "limit") out += before, out += http::url_encode(name) + "=" + http::url_encode(value), before = '&';
  return out + before + "limit=" + std::to_string(page.limit) + "&offset=" + std::to_string(offset);
}

// What may stand in a path as it is (RFC 3986 §3.3); an id that is an IRI, or has "/", is encoded.
std::string in_path(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-._~!$&'()*+,;=:@").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += '%', out += kHex[static_cast<unsigned char>(c) >> 4], out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

}  // namespace

Error bad_data(Error error) {
  if (error.code == ErrorCode::malformed_request) error.code = ErrorCode::invalid_input;
  return error;
}

Error context_error(Error error) {
  if (error.code == ErrorCode::unavailable) return Error(ErrorCode::unavailable, std::move(error.detail), std::string(reason::kContext));
  return bad_data(std::move(error));
}

Result<void> Call::read(const Allowed& allowed) {
  read_preference();
  // §6.3.4: a body without a length is decided before anything else.
  if (allowed.body && request.header("content-length").empty() && !(allowed.empty_body && request.body.empty()))
    return Error(ErrorCode::malformed_request, "Content-Length is missing", std::string(reason::kLength));
  if (auto done = read_accept(allowed.geo_json); !done.ok()) return done;
  if (auto done = read_tenant(allowed.needs_tenant); !done.ok()) return done;
  if (auto done = read_snapshot(allowed.on_snapshot); !done.ok()) return done;
  // §6.3.18: a request that was here before goes no further.
  if (const std::string_view via = request.header("via"); !via.empty() && federation::has_passed(via, alias_of(*this))) return loop_error();
  if (auto done = read_parameters(allowed); !done.ok()) return done;
  if (allowed.body && !(allowed.empty_body && request.body.empty()))
    if (auto done = read_body(allowed); !done.ok()) return done;
  return read_context();
}

// Prefer: ngsi-ld=1.5 (§4.3.6.8). What is not older than ours is ours.
void Call::read_preference() {
  const std::string_view header = request.header("prefer");
  const std::size_t at = header.find("ngsi-ld=");
  if (at == std::string_view::npos) return;
  std::string_view said = header.substr(at + 8);
  if (said.starts_with('"')) said.remove_prefix(1);
  int major = 0, minor = 0;
  const auto first = std::from_chars(said.data(), said.data() + said.size(), major);
  if (first.ec != std::errc() || first.ptr == said.data() + said.size() || *first.ptr != '.') return;
  if (std::from_chars(first.ptr + 1, said.data() + said.size(), minor).ec != std::errc()) return;
  prefers_version_ = true;
  const int asked = major * 100 + minor;
  if (asked >= 100 && asked < kOurVersion) version = asked;
}

Result<void> Call::read_accept(bool geo_json) {
  const std::string_view header = request.header("accept");
  if (header.empty()) return {};
  int best = 0;
  std::string available;
  for (const Offer& offer : kOffers) {
    if (offer.media == Media::geo_json && !geo_json) continue;
    available += (available.empty() ? "" : ", ") + std::string(offer.type);
    if (const int q = weight_of(header, offer.type); q > best) best = q, media = offer.media;
  }
  if (best == 0) return Error(ErrorCode::unsupported_type, "available: " + available, std::string(reason::kAccept));
  return {};
}

Result<void> Call::read_tenant(bool needed) {
  tenant = std::string(request.header("ngsild-tenant"));
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == ':'; };
  if (tenant.size() > 200 || !std::ranges::all_of(tenant, allowed)) return bad("no name of a tenant", std::string(reason::kTenant));
  if (!tenant.empty() && needed && !broker.entities.has_tenant(tenant) && !(broker.knows_tenant && broker.knows_tenant(tenant))) return Error(ErrorCode::not_found, "there is no such tenant", std::string(reason::kTenant));
  return {};
}

// NGSILD-Snapshot (§6.3.22). Nothing is answered from what the client did not name.
Result<void> Call::read_snapshot(bool allowed) {
  const std::string_view named = request.header("ngsild-snapshot");
  if (named.empty()) return {};
  const std::string where(reason::kSnapshot);
  if (std::ranges::count(request.headers, "ngsild-snapshot", [](const auto& h) { return lower_ascii(h.first); }) > 1) return bad("one snapshot at a time", where);
  if (!allowed) return Error(ErrorCode::method_not_allowed, "this operation is not done on snapshots", where);
  if (!is_uri(named)) return bad("a URI is expected", where);
  frozen_ = broker.snapshots != nullptr ? broker.snapshots->use(owner(), named) : nullptr;
  if (!frozen_) return Error(ErrorCode::not_found, "there is no such snapshot", where);
  return snapshot = std::string(named), Result<void>();
}

Result<void> Call::read_parameters(const Allowed& allowed) {
  for (const auto& [name, value] : request.query_pairs)
    if (std::ranges::find(allowed.parameters, name) == allowed.parameters.end())
      return Error(ErrorCode::malformed_request, "this operation has no parameter \"" + name + "\"", name);
  return {};
}

Result<void> Call::read_body(const Allowed& allowed) {
  const std::string type = lower_ascii(media_type(request.header("content-type")));
  const bool patch = request.method == http::Method::patch && type == "application/merge-patch+json";
  if (type != "application/json" && type != "application/ld+json" && !patch)
    return Error(ErrorCode::unsupported_type, "application/json or application/ld+json is expected", std::string(reason::kType));
  auto parsed = tree::parse(request.body, arena);
  if (!parsed.ok()) return Error(parsed.error().code == ErrorCode::limit_exceeded ? ErrorCode::invalid_input : ErrorCode::malformed_request, parsed.error().detail, parsed.error().where);
  body = *parsed;
  if (allowed.array) {
    if (!body.is_array() || body.count == 0) return bad("a list of at least one element is expected");
    multi_context_ = type == "application/ld+json";
    return {};
  }
  if (!body.is_object() && !(body.is_array() && patch)) return bad("a JSON object is expected");
  if (body.is_object() && body.count == 0) return bad("the body is empty");
  if (allowed.context_body) return {};
  const Value* context = body.find("@context");
  if (type == "application/ld+json") {
    if (context == nullptr) return bad("an @context is expected in ld+json", "/@context");
    body_context = *context;
    body = without_context(body, arena);
    if (body.count == 0) return bad("the body says nothing besides its context");
  } else if (context != nullptr) {
    return bad("an @context in the body goes with application/ld+json", "/@context");
  }
  return {};
}

Result<void> Call::read_context() {
  auto link = linked_context(request.header("link"));
  if (!link.ok()) return link.error();
  context_url = std::string(kCoreContextUrl);
  if (!body_context.is_null() || multi_context_) {
    if (*link) return bad("a context in the Link header and one in the body", "Link");
    if (multi_context_) return terms = broker.contexts.core(), Result<void>();
    // A context that has an address can stand in a Link header of the answer.
    const Value& first = body_context.is_array() && body_context.count == 1 ? body_context.items()[0] : body_context;
    if (first.is_string()) context_url = std::string(first.text());
    auto resolved = broker.contexts.resolve(body_context);
    if (!resolved.ok()) return context_error(resolved.error());
    return terms = *resolved, Result<void>();
  }
  if (!*link) return terms = broker.contexts.core(), Result<void>();
  context_url = **link;
  auto resolved = broker.contexts.resolve_url(context_url);
  if (!resolved.ok()) return context_error(resolved.error());
  return terms = *resolved, Result<void>();
}

Result<TermsPtr> Call::terms_of(const Value& element) {
  if (!multi_context_) {
    if (element.has("@context")) return bad("an @context in the body goes with application/ld+json", "/@context");
    return terms;
  }
  const Value* context = element.find("@context");
  if (context == nullptr) return bad("an @context is expected in ld+json", "/@context");
  auto resolved = broker.contexts.resolve(*context);
  if (!resolved.ok()) return context_error(resolved.error());
  return *resolved;
}

std::optional<std::string_view> Call::parameter(std::string_view name) const { return request.query(name); }

Result<bool> Call::flag(std::string_view name, bool otherwise) const {
  const auto value = parameter(name);
  if (!value) return otherwise;
  if (*value != "true" && *value != "false") return bad("true or false is expected", std::string(name));
  return *value == "true";
}

bool Call::option(std::string_view word) const {
  const std::string_view all = parameter("options").value_or("");
  for (std::size_t at = 0; at <= all.size();) {
    const std::size_t end = std::min(all.find(',', at), all.size());
    if (trim(all.substr(at, end - at)) == word) return true;
    at = end + 1;
  }
  return false;
}

Result<Format> Call::format() const {
  const auto said = parameter("format");
  const auto is = [&](std::string_view word) { return said ? *said == word : option(word); };
  if (is("simplified") || is("keyValues")) return Format::simplified;
  if (is("concise")) return Format::concise;
  // The forms of an evolution (§6.3.12) are read where evolutions are asked for.
  const bool of_evolution = said && (*said == "temporalValues" || *said == "aggregatedValues") && request.path.starts_with("/ngsi-ld/v1/temporal/");
  if (said && *said != "normalized" && !of_evolution) return bad("normalized, concise or simplified is expected", "format");
  return Format::normalized;
}

Result<Call::Page> Call::page() const {
  Page out;
  const auto number = [&](std::string_view name, std::size_t& value) {
    const auto text = parameter(name);
    if (!text) return true;
    const auto end = std::from_chars(text->data(), text->data() + text->size(), value);
    return end.ec == std::errc() && end.ptr == text->data() + text->size() && !text->empty();
  };
  if (!number("limit", out.limit)) return bad("a number is expected", "limit");
  if (!number("offset", out.offset)) return bad("a number is expected", "offset");
  auto count = flag("count");
  if (!count.ok()) return count.error();
  out.count = *count;
  if (out.limit == 0 && !out.count) return bad("a limit of 0 goes with count", "limit");
  if (out.limit > kMostPerPage) return Error(ErrorCode::limit_exceeded, "at most " + std::to_string(kMostPerPage) + " elements a page", std::string(reason::kTooMany));
  return out;
}

Result<std::string> Call::uri(std::string_view path_parameter) const {
  const std::string_view value = request.param(path_parameter);
  if (!is_uri(value)) return bad("a URI is expected", std::string(path_parameter));
  return std::string(value);
}

Result<std::string> Call::name(std::string_view path_parameter) const {
  const std::string_view value = request.param(path_parameter);
  if (!is_name(value)) return bad("no name of an attribute or a type", std::string(path_parameter));
  tree::Arena scratch;
  return std::string(terms->expand_term(value, scratch));
}

EntityPtr Call::get(std::string_view id) const { return seen(gate.get(), frozen_ ? frozen_->get(id) : broker.entities.get(tenant, id)); }

Found Call::find(Find what) const {
  what.gate = gate.get();
  return frozen_ ? frozen_->find(what) : broker.entities.find(tenant, what);
}

void Call::showed(const Entity& entity, const Shape& shape) {
  if (gate) read_through(gate.get(), entity, [&](std::string_view name) { return shape.members.shows(name); });
}

std::string Call::owner() const { return gate ? tenant + '\n' + gate->key() : tenant; }

std::map<std::string, TypeFacts> Call::types() const { return frozen_ ? frozen_->types(gate.get()) : broker.entities.types(tenant, gate.get()); }

namespace {
EntityStore::Make checked(const GatePtr& gate, EntityStore::Make make) {
  return [gate = gate.get(), make = std::move(make)](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    if (current) MACHIYA_CHECK(gate->check(current, current));   // before anything else is told of it
    MACHIYA_TRY(Change change, make(current, context));
    MACHIYA_CHECK(gate->check(change.before, change.after));
    return change;
  };
}
}  // namespace

namespace {
http::Response of_tenant(http::Response response, const std::string& tenant) {
  if (!tenant.empty()) response.header("NGSILD-Tenant", tenant);
  return response;
}

// The answer of a write that is on its way to the disk.
class WaitsForDisk final : public http::Waits {
 public:
  explicit WaitsForDisk(std::function<http::Response(const Error&)> refused) : refused_(std::move(refused)) {}
  void known(Result<void> kept) {
    std::function<void()> go;
    {
      std::lock_guard hold(mutex_);
      kept_ = std::move(kept), go = std::exchange(go_, nullptr);
    }
    if (go) go();
  }
  void when_ready(std::function<void()> go) override {
    {
      std::lock_guard hold(mutex_);
      if (!kept_) return void(go_ = std::move(go));
    }
    go();
  }
  std::optional<http::Response> instead() override {
    std::lock_guard hold(mutex_);
    return kept_->ok() ? std::nullopt : std::optional(refused_(kept_->error()));
  }

 private:
  const std::function<http::Response(const Error&)> refused_;
  std::mutex mutex_;
  std::optional<Result<void>> kept_;
  std::function<void()> go_;
};
}  // namespace

Result<Change> Call::write(const std::string& id, const EntityStore::Make& make) {
  const EntityStore::Make& asked = gate ? checked(gate, make) : make;
  if (last_) {
    const auto disk = std::make_shared<WaitsForDisk>([tenant = tenant](const Error& error) { return of_tenant(problem(error), tenant); });
    MACHIYA_TRY(auto made, broker.entities.write_later(tenant, id, asked, [disk](Result<void> kept) { disk->known(std::move(kept)); }));
    if (made.waits) waits = disk;
    return std::move(made.change);
  }
  return frozen_ ? frozen_->write(id, asked) : broker.entities.write(tenant, id, asked);
}

std::vector<Result<Change>> Call::write_all(std::span<const EntityStore::Item> items) {
  const auto done = [this](std::span<const EntityStore::Item> what) { return frozen_ ? frozen_->write_all(what) : broker.entities.write_all(tenant, what); };
  if (!gate) return done(items);
  std::vector<EntityStore::Item> asked;
  for (const EntityStore::Item& item : items) asked.push_back({item.id, checked(gate, item.make)});
  return done(asked);
}

std::string Call::expand(std::string_view term) { return std::string(terms->expand_term(term, arena)); }
NameExpander Call::expander() {
  return [this](std::string_view term) { return expand(term); };
}

std::string Call::context_json() const { return body_context.is_null() ? tree::quoted(context_url) : tree::to_text(body_context); }

http::Response Call::dressed(http::Response response) const {
  response = of_tenant(std::move(response), tenant);
  if (!snapshot.empty()) response.header("NGSILD-Snapshot", snapshot);
  return response;
}

bool Call::context_in_geo_json() const { return request.header("prefer").find("body=json") == std::string_view::npos; }

http::Response Call::answer(std::string text, int status) const {
  http::Response out;
  out.status = amended && status == 200 ? 203 : status;
  const bool object = text.size() > 1 && text.front() == '{';
  if (media == Media::ld_json && object) text.insert(text.size() - 1, (text.size() > 2 ? ",\"@context\":" : "\"@context\":") + context_json());
  out.header("Content-Type", media == Media::ld_json ? "application/ld+json" : media == Media::geo_json ? "application/geo+json" : "application/json");
  if (media == Media::json || (media == Media::geo_json && !context_in_geo_json()))
    out.header("Link", "<" + context_url + ">; rel=\"" + std::string(kContextRel) + "\"; type=\"application/ld+json\"");
  if (prefers_version_) {
    const int given = version == 0 ? kOurVersion : version;
    out.header("Preference-Applied", "ngsi-ld=" + std::to_string(given / 100) + "." + std::to_string(given % 100));
  }
  out.body = std::move(text);
  return dressed(std::move(out));
}

void Call::add_page(http::Response& out, const Page& page, std::optional<std::size_t> total, bool more) const {
  if (total) out.header("NGSILD-Results-Count", std::to_string(*total));
  const auto page_link = [&](std::size_t offset, std::string_view rel) {
    const char* type = media == Media::ld_json ? "application/ld+json" : media == Media::geo_json ? "application/geo+json" : "application/json";
    out.header("Link", "<" + url_of(request, page, offset) + ">; rel=\"" + std::string(rel) + "\"; type=\"" + type + "\"");
  };
  if (page.limit == 0) return;
  if (page.offset > 0) page_link(page.offset > page.limit ? page.offset - page.limit : 0, "prev");
  if (more) page_link(page.offset + page.limit, "next");
}

http::Response Call::answer_list(const std::vector<std::string>& elements, const Page& page, std::optional<std::size_t> total, bool more) const {
  std::string text = "[";
  for (const std::string& e : elements) {
    if (text.size() > 1) text += ',';
    text += e;
    if (media == Media::ld_json && e.size() > 2) text.pop_back(), text += ",\"@context\":" + context_json() + "}";
  }
  http::Response out = answer(text + "]");
  add_page(out, page, total, more);
  return out;
}

http::Response Call::created(std::string_view below, std::string_view id) const { return created(std::string(kBase) + std::string(below) + in_path(id)); }

http::Response Call::created(const std::string& location) const {
  http::Response out;
  out.status = 201;
  out.header("Location", location);
  return dressed(std::move(out));
}

http::Response Call::no_content() const {
  http::Response out;
  out.status = 204;
  return dressed(std::move(out));
}

http::Response Call::multi_status(std::string json) const {
  http::Response out;
  out.status = 207;
  out.header("Content-Type", "application/json");
  out.body = std::move(json);
  return dressed(std::move(out));
}

namespace {
// Who asks. Whoever may not look into tenants learns of none.
Result<void> begin(const Broker& broker, const http::Request& request, GatePtr& gate) {
  if (!broker.gate_of) return {};
  MACHIYA_TRY(gate, broker.gate_of(request));
  if (gate && !request.header("ngsild-tenant").empty() && !gate->sees_tenants()) return Error(ErrorCode::not_found, "there is no such tenant", std::string(reason::kTenant));
  return {};
}
}  // namespace

void Routes::add(http::Method method, std::string_view path, Call::Allowed allowed, Handle handle) const {
  allowed.on_snapshot = allowed.on_snapshot || on_snapshot;
  http::RouteOptions options;
  options.permission = method == http::Method::get ? permission_to_read : allowed.asks && !permission_to_ask.empty() ? permission_to_ask : permission_to_write;
  options.body_limit = body_limit, options.rate_per_minute = method == http::Method::get ? rate_per_minute : 0, options.csrf = false, options.object = "none";
  const http::Handler serve = [broker = &broker, allowed, handle = std::move(handle)](http::Request& request) {
    Call call(*broker, request);
    auto ready = begin(*broker, request, call.gate);
    if (ready.ok()) ready = call.read(allowed);
    Result<http::Response> out = ready.ok() ? handle(call) : Result<http::Response>(ready.error());
    if (call.gate)
      if (auto noted = call.gate->written_down(); !noted.ok()) out = noted.error();
    if (!out.ok()) return call.dressed(problem(out.error()));
    out->waits = std::move(call.waits);
    return std::move(*out);
  };
  router.add(method, std::string(kBase) + std::string(path), options, serve);
  // The IoT agents of FIWARE write it so.
  if (path == "/entityOperations/upsert") router.add(method, std::string(kBase) + std::string(path) + "/", options, serve);
}

}  // namespace machiya::sense::ngsild
