#include "sense/ngsiv2/call.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "sense/federation/envelope.h"
#include "sense/ngsiv2/forwarding.h"
#include "sense/ngsiv2/writing.h"
#include "sense/v2/entity_read.h"

namespace machiya::sense::ngsiv2 {
namespace {

constexpr std::uint64_t kRouteLimit = std::uint64_t{16} << 20;
constexpr std::size_t kMostPerPage = 1000;

Error bad(std::string why, std::string_view where = {}) { return Error(ErrorCode::invalid_input, std::move(why), std::string(where)); }

std::string media_type(std::string_view header) { return lower_ascii(trim(header.substr(0, header.find(';')))); }

bool accepts(std::string_view header, std::string_view type) {
  if (trim(header).empty()) return true;
  for (const std::string_view range : split(header, ',')) {
    const std::string name = media_type(range);
    if (name == type || name == "*/*" || name == std::string(type.substr(0, type.find('/'))) + "/*") return true;
  }
  return false;
}

// The id that runs through all calls that belong together: the asker's, else ours.
std::string correlator_of(const http::Request& request, Rng& rng) {
  const std::string_view given = request.header("fiware-correlator");
  const bool plain = !given.empty() && given.size() <= 256 && std::ranges::all_of(given, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
  return plain ? std::string(given) : new_public_id(rng);
}

struct Named {
  int status;
  std::string_view error;
};

Named named(const Error& e) {
  switch (e.code) {
    case ErrorCode::malformed_request: return {400, e.where == reason::kParse ? "ParseError" : "BadRequest"};
    case ErrorCode::invalid_input: return e.where == reason::kLength ? Named{411, "ContentLengthRequired"} : Named{400, "BadRequest"};
    case ErrorCode::not_found: return {404, "NotFound"};
    case ErrorCode::conflict: return e.where == kUnprocessable || e.where == kPartial ? Named{422, e.where == kPartial ? kPartial : kUnprocessable} : Named{409, kTooMany};
    case ErrorCode::forbidden: return {403, "Forbidden"};
    case ErrorCode::unauthenticated: return {401, "Unauthorized"};
    case ErrorCode::method_not_allowed: return {405, "MethodNotAllowed"};
    case ErrorCode::too_large: return {413, "RequestEntityTooLarge"};
    case ErrorCode::limit_exceeded: return {413, "NoResourcesAvailable"};
    case ErrorCode::unsupported_type: return e.where == reason::kAccept ? Named{406, "NotAcceptable"} : Named{415, "UnsupportedMediaType"};
    default: return {e.info().http_status, "InternalServerError"};
  }
}

}  // namespace

http::Response problem(const Error& error) {
  const Named n = named(error);
  http::Response out;
  out.status = n.status;
  out.header("Content-Type", "application/json");
  out.body = "{\"error\":" + quoted(n.error) + ",\"description\":" + quoted(error.detail) + "}";
  return out;
}

Result<void> Call::begin(const Allowed& allowed) {
  if (broker.gate_of) {
    MACHIYA_TRY(gate, broker.gate_of(request));
    if (gate && !request.header("fiware-service").empty() && !gate->sees_tenants()) return Error(ErrorCode::not_found, "there is no such service");
  }
  return read(allowed);
}

Result<void> Call::read(const Allowed& allowed) {
  MACHIYA_CHECK(read_accept(allowed.answers_text));
  MACHIYA_TRY(tenant, read_service(request.header("fiware-service")));
  MACHIYA_TRY(paths, read_paths(request.header("fiware-servicepath")));
  if (allowed.writes) {
    MACHIYA_TRY(path, read_path(request.header("fiware-servicepath")));
    paths.any_of = {{path, false}};
  }
  for (const auto& [name, value] : request.query_pairs)
    if (value.empty() && name != "attrs" && name != "metadata") return bad("Empty right-hand-side for URI param /" + name + "/");
  for (const std::string_view word : split(parameter("options").value_or(""), ',')) {
    if (word.empty()) continue;
    if (std::ranges::find(allowed.options, word) == allowed.options.end()) return bad("Invalid value for URI param /options/");
    options_.push_back(word);
  }
  return allowed.body ? read_body(allowed) : Result<void>();
}

Result<void> Call::read_accept(bool text) const {
  const std::string_view header = request.header("accept");
  if (accepts(header, "application/json") || (text && accepts(header, "text/plain"))) return {};
  return Error(ErrorCode::unsupported_type, text ? "accepted MIME types: application/json, text/plain" : "accepted MIME types: application/json", std::string(reason::kAccept));
}

Result<void> Call::read_body(const Allowed& allowed) {
  if (request.header("content-length").empty() && request.header("transfer-encoding").empty()) return bad("Zero/No Content-Length in PUT/POST/PATCH request", reason::kLength);
  if (request.body.empty()) return request.header("content-length") == "0" ? bad("Zero/No Content-Length in PUT/POST/PATCH request", reason::kLength) : bad("empty payload");
  if (request.body.size() > broker.most_body)
    return Error(ErrorCode::too_large, "payload size: " + std::to_string(request.body.size()) + ", max size supported: " + std::to_string(broker.most_body));
  const std::string_view header = request.header("content-type");
  const std::string type = media_type(header);
  if (type.empty()) return Error(ErrorCode::unsupported_type, "Content-Type header not used, default application/octet-stream is not supported");
  is_text = allowed.text && type == "text/plain";
  if (is_text) return {};
  if (type != "application/json") return Error(ErrorCode::unsupported_type, "not supported content type: " + std::string(header));
  auto parsed = tree::parse(request.body, arena);
  if (!parsed.ok()) return Error(ErrorCode::malformed_request, "Errors found in incoming JSON buffer: " + parsed.error().detail, std::string(reason::kParse));
  body = *parsed;
  return {};
}

void Call::noted(const EntityQuery& query, const Ordering* order) {
  if (!gate) return;
  std::vector<std::string> names = query.q.attributes();
  if (order != nullptr)
    for (const std::string& name : order->attributes()) names.push_back(name);
  for (const EntitySelector& s : query.entities)
    for (const auto& types : s.type.any_of()) {
      const std::vector<std::string_view> views(types.begin(), types.end());
      for (const std::string& name : names) gate->read(views, name);
    }
}

Found Call::find(const EntityQuery& query, const Ordering* order, std::size_t offset, std::size_t limit, bool count) {
  noted(query, order);
  return broker.entities.find(tenant, {.query = &query, .order = order, .offset = offset, .limit = limit, .count = count, .gate = gate.get()});
}

std::vector<ProviderPtr> Call::providers(const ServicePaths& at) const {
  if (broker.providers == nullptr || federation::has_passed(request.header("via"), broker.providers->alias())) return {};
  return broker.providers->here(tenant, at);
}

federation::Headers Call::forward_headers(const Provider& provider) const {
  federation::Headers out = {{"Content-Type", "application/json"}, {"Accept", "application/json"}, {"Fiware-ServicePath", provider.path}};
  if (!tenant.empty()) out.emplace_back("Fiware-Service", tenant);
  for (const auto& [name, given] : {std::pair("Fiware-Correlator", "fiware-correlator"), std::pair("X-Auth-Token", "x-auth-token")})
    if (const std::string_view value = request.header(given); !value.empty()) out.emplace_back(name, value);
  const std::string_view via = request.header("via");
  out.emplace_back("Via", (via.empty() ? "" : std::string(via) + ", ") + "1.1 " + broker.providers->alias());
  return out;
}

Found Call::find_everywhere(const EntityQuery& query, const Ordering& order, const Page& page, const std::vector<std::string>& attrs) {
  AskingProviders asking(*this, query, attrs, &order);
  return asking.any() ? asking.find(page.offset, page.limit) : find(query, &order, page.offset, page.limit, page.count);
}

Result<EntityPtr> Call::one_everywhere(const std::string& id, const std::string& type, const std::vector<std::string>& attrs) {
  const EntityQuery query = query_for(broker.names, id, type, paths);
  AskingProviders asking(*this, query, attrs, nullptr);
  if (!asking.any()) return one(id, type);
  const Found found = asking.find(0, 1);
  return found.entities.empty() || found.more ? no_single(found.more) : Result<EntityPtr>(found.entities[0]);
}

Result<EntityPtr> Call::one(const std::string& id, const std::string& type) { return find_one(broker, gate.get(), tenant, id, type, paths); }

void Call::showed(const Entity& entity, const View& view) {
  if (!gate) return;
  const auto among = [](const std::vector<std::string>& list, const std::string& word) { return std::ranges::find(list, word) != list.end(); };
  read_through(gate.get(), entity, [&](std::string_view iri) {
    const std::string name = broker.names.name(iri);
    return (view.attrs.empty() || among(view.attrs, "*") || among(view.attrs, name)) && !among(view.except, name);
  });
}

std::optional<std::string_view> Call::parameter(std::string_view name) const { return request.query(name); }

bool Call::option(std::string_view word) const { return std::ranges::find(options_, word) != options_.end(); }

std::vector<std::string> Call::list(std::string_view name) const {
  std::vector<std::string> out;
  for (const std::string_view word : split(parameter(name).value_or(""), ','))
    if (!word.empty() && std::ranges::find(out, word) == out.end()) out.emplace_back(word);
  return out;
}

Result<Call::Page> Call::page() const {
  Page out;
  const auto number = [&](std::string_view name, std::size_t& value) -> Result<void> {
    const auto text = parameter(name);
    if (!text) return {};
    const auto end = std::from_chars(text->data(), text->data() + text->size(), value);
    if (end.ec == std::errc() && end.ptr == text->data() + text->size()) return {};
    return bad("Bad pagination " + std::string(name) + ": /" + std::string(*text) + "/ [must be a decimal number]");
  };
  MACHIYA_CHECK(number("limit", out.limit));
  MACHIYA_CHECK(number("offset", out.offset));
  if (out.limit == 0) return bad("Bad pagination limit: /0/ [a value of ZERO is unacceptable]");
  if (out.limit > kMostPerPage) return bad("Bad pagination limit: /" + std::to_string(out.limit) + "/ [max: 1000]");
  out.count = option("count");
  return out;
}

View Call::view() const {
  View out;
  out.attrs = list("attrs"), out.metadata = list("metadata");
  out.format = option("unique") ? Format::unique : option("values") ? Format::values : option("keyValues") ? Format::key_values : Format::normalized;
  return out;
}

Result<std::string> Call::attribute() const {
  const std::string_view name = request.param("attr");
  MACHIYA_CHECK(check_attribute_name(name));
  return broker.names.iri(name);
}

http::Response Call::answer(std::string json, int status) const {
  http::Response out;
  out.status = status;
  out.header("Content-Type", "application/json");
  out.body = std::move(json);
  return out;
}

http::Response Call::answer_page(std::string json, const Page& page, std::size_t total) const {
  http::Response out = answer(std::move(json));
  if (page.count) out.header("Fiware-Total-Count", std::to_string(total));
  return out;
}

http::Response Call::no_content() const {
  http::Response out;
  out.status = 204;
  return out;
}

void Routes::add(http::Method method, std::string_view path, Call::Allowed allowed, Handle handle) const {
  http::RouteOptions options;
  options.permission = method == http::Method::get ? permission_to_read : allowed.asks && !permission_to_ask.empty() ? permission_to_ask : permission_to_write;
  options.body_limit = kRouteLimit, options.rate_per_minute = method == http::Method::get ? rate_per_minute : 0, options.csrf = false, options.object = "none";
  router.add(method, std::string(path), options, [broker = &broker, allowed = std::move(allowed), handle = std::move(handle)](http::Request& request) {
    Call call(*broker, request);
    const auto ready = call.begin(allowed);
    Result<http::Response> out = ready.ok() ? handle(call) : Result<http::Response>(ready.error());
    // What was read is written down, or not told.
    if (call.gate)
      if (auto noted = call.gate->written_down(); !noted.ok()) out = noted.error();
    http::Response response = out.ok() ? std::move(*out) : problem(out.error());
    response.header("Fiware-Correlator", correlator_of(request, broker->rng));
    return response;
  });
}

void Routes::refuse_others(std::string_view path, std::vector<http::Method> served) const {
  using http::Method;
  std::string allow;
  for (const Method m : served) allow += (allow.empty() ? "" : ", ") + std::string(http::method_name(m));
  for (const Method m : {Method::get, Method::post, Method::put, Method::patch, Method::del}) {
    if (std::ranges::find(served, m) != served.end()) continue;
    add(m, path, {}, [allow](Call&) -> Result<http::Response> {
      http::Response out = problem(Error(ErrorCode::method_not_allowed, "method not allowed"));
      out.header("Allow", allow);
      return out;
    });
  }
}

}  // namespace machiya::sense::ngsiv2
