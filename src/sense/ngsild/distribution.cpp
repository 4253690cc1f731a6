#include "sense/ngsild/distribution.h"

#include <algorithm>

#include "sense/entities/read.h"

namespace machiya::sense::ngsild {
namespace {
using federation::Reply;
using tree::Value;

bool is_head(std::string_view key) {
  return key == "id" || key == "@id" || key == "type" || key == "@type" || key == "scope" || key == "@context" || key == "createdAt" || key == "modifiedAt" || key == "expiresAt";
}

Error error_of(const Reply& reply) {
  if (reply.kind == Reply::Kind::late) return Error(ErrorCode::unavailable, "the context source did not answer in time", std::string(reason::kLate));
  if (!reply.came()) return Error(ErrorCode::unavailable, "the context source cannot be reached", std::string(reason::kAway));
  switch (reply.status) {
    case 400: return Error(ErrorCode::invalid_input, "the context source refused it");
    case 404: return Error(ErrorCode::not_found, "the context source does not have it");
    case 409: return Error(ErrorCode::conflict, "the context source answers with a conflict", std::string(reason::kConflict));
    case 422: return Error(ErrorCode::method_not_allowed, "the context source does not support it");
    case 508: return loop_error();
    default: return Error(ErrorCode::unavailable, "the context source answers " + std::to_string(reply.status), std::string(reason::kAway));
  }
}

}  // namespace

std::string only_url(const Value& context) {
  if (context.is_string()) return std::string(context.text());
  std::string out;
  for (const Value& item : context.items()) {
    if (!item.is_string()) return {};
    if (Contexts::is_core(item.text())) continue;
    if (!out.empty()) return {};
    out = item.text();
  }
  return out.empty() && context.is_array() && context.count > 0 ? std::string(kCoreContextUrl) : out;
}

std::string alias_of(const Call& call) {
  std::string out = call.broker.alias;
  if (!call.tenant.empty()) out += "." + call.tenant;
  for (char& c : out)
    if (c == ':') c = '-';
  return out;
}

federation::Asker asker_of(const Call& call) {
  federation::Asker out;
  out.tenant = call.tenant, out.alias = alias_of(call), out.terms = call.terms;
  out.header = [&call](std::string_view name) { return call.request.header(name); };
  if (call.body_context.is_null()) out.context_url = call.context_url;
  else out.context_url = only_url(call.body_context), out.context = call.body_context;
  return out;
}

federation::Federation* leaving(const Call& call) {
  federation::Federation* out = call.broker.federation;
  if (out == nullptr || !call.snapshot.empty() || !out->any(call.tenant) || call.parameter("local") == "true") return nullptr;
  return out;
}

std::vector<std::string> attributes_of(Call& call, const Value& body, const Terms& terms) {
  std::vector<std::string> out;
  for (const tree::Member& m : body.members())
    if (!is_head(m.key)) out.emplace_back(terms.expand_term(m.key, call.arena));
  return out;
}

std::vector<std::string> attributes_leaving(Call& call) { return leaving(call) == nullptr ? std::vector<std::string>() : attributes_of(call, call.body, *call.terms); }

std::string parameters_of(const Call& call, std::initializer_list<std::string_view> names) {
  federation::QueryText out;
  for (const std::string_view name : names) out.add(name, call.parameter(name).value_or(""));
  return out.text();
}

Value body_with(const Value& body, const std::vector<std::string>& attrs, const Terms& terms, tree::Arena& arena) {
  std::vector<tree::Member> out;
  for (const tree::Member& m : body.members())
    if (is_head(m.key) || std::ranges::find(attrs, terms.expand_term(m.key, arena)) != attrs.end()) out.push_back(m);
  return arena.object(out);
}

std::string entity_path(std::string_view id, std::string_view behind) { return "/entities/" + federation::path_part(id) + std::string(behind); }

std::vector<std::string> types_of(Call& call, const std::string& id, const Value& body) {
  std::vector<std::string> out;
  const Value& said = body.has("type") ? body["type"] : body["@type"];
  if (said.is_string()) out.push_back(call.expand(said.text()));
  for (const Value& item : said.items()) out.push_back(call.expand(item.text()));
  if (const EntityPtr here = call.get(id))
    for (const std::string_view t : here->types)
      if (std::ranges::find(out, t) == out.end()) out.emplace_back(t);
  if (!out.empty()) return out;
  if (const auto type = call.parameter("type"))
    if (const auto types = TypeSelection::parse(*type, call.expander()); types.ok())
      for (const auto& together : types->any_of()) out.insert(out.end(), together.begin(), together.end());
  return out;
}

std::string problem_of(const Reply& reply) {
  if (reply.came()) {
    tree::Arena arena;
    const auto body = tree::parse(reply.body, arena);
    if (body.ok() && body->is_object() && (*body)["type"].is_string()) {
      std::vector<tree::Member> members(body->members().begin(), body->members().end());
      if (!body->has("title")) members.push_back({"title", Value::string("The context source answers with an error")});
      if (!body->has("status")) members.push_back({"status", arena.number(static_cast<std::int64_t>(reply.status))});
      return tree::to_text(arena.object(members));
    }
  }
  return problem_json(error_of(reply));
}

std::string reason_of(const Reply& reply) {
  tree::Arena arena;
  if (reply.came())
    if (const auto body = tree::parse(reply.body, arena); body.ok())
      for (const char* member : {"detail", "title"})
        if ((*body)[member].is_string() && !(*body)[member].text().empty()) return std::string((*body)[member].text());
  return error_of(reply).detail;
}

Error conflict_of(const federation::Share& share) {
  return Error(ErrorCode::conflict, "the context source of the registration " + share.registration->id + " holds this and does not support the operation", std::string(reason::kConflict));
}

Error loop_error() { return Error(ErrorCode::conflict, "the request has passed here before", std::string(reason::kLoop)); }

bool all_loops(const std::vector<Reply>& replies) {
  return !replies.empty() && std::ranges::all_of(replies, [](const Reply& r) { return r.came() && r.status == 508; });
}

void add_warnings(http::Response& response, const std::vector<federation::Warning>& warnings) {
  for (const auto kind : {federation::Warning::stale, federation::Warning::failed, federation::Warning::unusable})
    if (std::ranges::find(warnings, kind) != warnings.end()) response.header("NGSILD-Warning", std::string(federation::warning_text(kind)));
}

}  // namespace machiya::sense::ngsild
