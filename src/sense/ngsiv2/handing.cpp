#include <algorithm>

#include "sense/ngsiv2/forwarding.h"
#include "sense/v2/attribute.h"
#include "sense/v2/view.h"

namespace machiya::sense::ngsiv2 {
namespace {
using tree::Value;

Error unprocessable(std::string why) { return Error(ErrorCode::conflict, std::move(why), std::string(kUnprocessable)); }

// What a provider said, in its words.
Error refused(const federation::Reply& reply) {
  if (!reply.came()) return Error(ErrorCode::unavailable, "the context provider did not answer");
  tree::Arena arena;
  const auto body = tree::parse(reply.body, arena);
  const std::string why = "the context provider answered " + std::to_string(reply.status) + (body.ok() && (*body)["description"].is_string() ? ": " + std::string((*body)["description"].text()) : std::string());
  if (reply.status == 404) return Error(ErrorCode::not_found, why);
  if (reply.status == 422) return unprocessable(why);
  return Error(reply.status >= 400 && reply.status < 500 ? ErrorCode::invalid_input : ErrorCode::unavailable, why);
}

}  // namespace

std::vector<Piece> pieces_of(const Value& body, bool key_values) {
  std::vector<Piece> out;
  for (const auto& [name, value] : body.members()) {
    if (name == "id" || name == "type" || is_builtin_attribute(name)) continue;
    const Value& inner = key_values ? value : value["value"];
    const std::string_view type = !key_values && value["type"].is_string() ? value["type"].text() : default_type(inner);
    std::string json = "{\"type\":" + quoted(type) + ",\"value\":" + tree::to_text(inner);
    if (!key_values && value["metadata"].count > 0) json += ",\"metadata\":" + tree::to_text(value["metadata"]);
    out.push_back({std::string(name), json + "}"});
  }
  return out;
}

std::vector<ProviderPtr> Handing::holders(const std::string& id, const std::string& type) const {
  std::vector<ProviderPtr> out = call_.providers(call_.paths);
  std::erase_if(out, [&](const ProviderPtr& p) { return !p->written || p->find(id, type) == nullptr; });
  return out;
}

// Who gets what; nothing when everything stays here. An attribute that nobody has is an error as soon as another one goes away.
Result<std::vector<Handing::Share>> Handing::shares(const std::string& id, const std::string& type, const EntityPtr& there, const std::vector<Piece>& pieces) const {
  std::vector<Share> out;
  const std::vector<ProviderPtr> holding = holders(id, type);
  if (holding.empty()) return out;
  std::string nobodys;
  for (const Piece& piece : pieces) {
    if (there && seen_attribute(*there, call_.broker.names.iri(piece.name)) != nullptr) continue;
    const auto holder = std::ranges::find_if(holding, [&](const ProviderPtr& p) { return p->has_attribute(piece.name); });
    if (holder == holding.end()) {
      nobodys += (nobodys.empty() ? "" : ", ") + piece.name;
      continue;
    }
    const auto share = std::ranges::find(out, *holder, &Share::provider);
    (share != out.end() ? *share : out.emplace_back(Share{*holder, {}})).pieces.push_back(&piece);
  }
  if (!out.empty() && !nobodys.empty()) return unprocessable("one or more of the attributes in the request do not exist: [ " + nobodys + " ]");
  return out;
}

Result<void> Handing::hand_on(const std::string& id, const std::string& type, const std::vector<Share>& shares) {
  std::vector<Providers::Forward> forwards;
  for (const Share& s : shares) {
    const ProvidedEntity& provided = *s.provider->find(id, type);
    const std::string& said = type.empty() ? provided.type : type;
    if (call_.gate) {
      const std::string iri = call_.broker.names.iri(said.empty() ? kDefaultType : std::string_view(said));
      const std::string_view view(iri);
      MACHIYA_CHECK(call_.gate->may_write(std::span(&view, 1)));
    }
    std::string body = "{\"actionType\":\"update\",\"entities\":[{\"id\":" + quoted(id);
    if (!said.empty()) body += ",\"type\":" + quoted(said);
    for (const Piece* p : s.pieces) body += "," + quoted(p->name) + ":" + p->json;
    forwards.push_back({s.provider, "/op/update", call_.forward_headers(*s.provider), body + "}]}"});
  }
  for (const federation::Reply& reply : call_.broker.providers->send(forwards))
    if (!reply.good()) return refused(reply);
  return {};
}

Result<void> Handing::change(const std::string& id, const std::string& type, const Update& update, const std::vector<Piece>& pieces) {
  Writing writing(call_);
  const bool goes = update.action == Action::update || update.action == Action::replace;
  if (!goes || holders(id, type).empty()) return writing.change(id, type, update);
  const auto there = call_.one(id, type);
  if (!there.ok() && there.error().code != ErrorCode::not_found) return there.error();
  // To replace everything of what is here makes what is not there.
  if (there.ok() && update.action == Action::replace) return writing.change(id, type, update);
  MACHIYA_TRY(const std::vector<Share> away, shares(id, type, there.ok() ? *there : EntityPtr(), pieces));
  if (away.empty()) return writing.change(id, type, update);
  MACHIYA_CHECK(hand_on(id, type, away));
  Draft left = *update.draft;
  std::erase_if(left.attributes, [&](const DraftAttribute& a) {
    const std::string name = call_.broker.names.name(a.name);
    return std::ranges::any_of(away, [&](const Share& s) { return std::ranges::any_of(s.pieces, [&](const Piece* p) { return p->name == name; }); });
  });
  if (left.attributes.empty()) return {};
  Update rest = update;
  rest.draft = &left;
  return writing.change(id, type, rest);
}

Result<void> Handing::set_value(const std::string& id, const std::string& type, const std::string& name, const Value& value) {
  Writing writing(call_);
  const std::string iri = call_.broker.names.iri(name);
  if (holders(id, type).empty()) return writing.set_value(id, type, iri, value, call_.option("forcedUpdate"));
  const auto there = call_.one(id, type);
  if (!there.ok() && there.error().code != ErrorCode::not_found) return there.error();
  const std::vector<Piece> pieces = {{name, "{\"type\":" + quoted(default_type(value)) + ",\"value\":" + tree::to_text(value) + "}"}};
  MACHIYA_TRY(const std::vector<Share> away, shares(id, type, there.ok() ? *there : EntityPtr(), pieces));
  return away.empty() ? writing.set_value(id, type, iri, value, call_.option("forcedUpdate")) : hand_on(id, type, away);
}

std::vector<Result<void>> Handing::batch(const std::vector<Read>& entities, const std::vector<std::vector<Piece>>& pieces, const Update& how) {
  const auto all_here = [&] { return std::ranges::none_of(entities, [&](const Read& e) { return !holders(e.id, e.type).empty(); }); };
  if ((how.action != Action::update && how.action != Action::replace) || all_here()) return Writing(call_).batch(entities, how);
  std::vector<Result<void>> out;
  for (std::size_t i = 0; i < entities.size(); ++i) {
    Update update = how;
    update.draft = &entities[i].draft, update.whole = !entities[i].names_attributes;
    out.push_back(change(entities[i].id, entities[i].type, update, pieces[i]));
  }
  return out;
}

}  // namespace machiya::sense::ngsiv2
