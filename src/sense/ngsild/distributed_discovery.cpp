#include "sense/ngsild/distributed_discovery.h"

#include <algorithm>

namespace machiya::sense::ngsild {
namespace {
using federation::Federation;
using federation::Reply;
using federation::Warning;
using tree::Value;

/// What one source told, and how its names are read.
struct Told {
  const Value& body;
  const Terms& terms;
  tree::Arena& arena;
  std::string name(const Value& v) const { return std::string(terms.expand_term(v.text(), arena)); }
};

std::size_t count_in(const Value& v) { return v.is_number() && v.number() > 0 ? static_cast<std::size_t>(v.number()) : 0; }

void add_kinds(const Value& list, AttributeFacts& out) {
  for (const Value& v : list.items())
    if (const auto kind = kind_of_name(v.text()); kind && std::ranges::find(out.kinds, *kind) == out.kinds.end()) out.kinds.push_back(*kind);
}

void add_type_names(const Told& told, const Value& list, AttributeFacts& out) {
  for (const Value& v : list.items())
    if (std::string name = told.name(v); std::ranges::find(out.types, name) == out.types.end()) out.types.push_back(std::move(name));
}

/// Asks every source that can, and gives what each answers to `take`. `target` writes the address in the names of the source.
template <class Target, class Take> std::vector<Warning> ask_all(Call& call, const Wanted& wanted, const Target& target, const Take& take) {
  std::vector<Warning> out;
  Federation* all = leaving(call);
  if (all == nullptr) return out;
  const federation::Asker asker = asker_of(call);
  std::vector<federation::Request> requests;
  std::vector<TermsPtr> terms;
  for (const Match& m : all->matching(asker, wanted)) {
    const auto speech = all->speech(*m.registration, asker);
    auto request = all->question(m.registration, asker, speech.ok() ? target(*speech->terms) : std::string());
    if (!speech.ok() || !request.ok()) {
      out.push_back(Warning::failed);
      continue;
    }
    if (m.registration->local_only) request->target += request->target.find('?') == std::string::npos ? "?local=true" : "&local=true";
    requests.push_back(std::move(*request)), terms.push_back(speech->terms);
  }
  const std::vector<Reply> replies = all->send(requests);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].kind == Reply::Kind::kept) out.push_back(Warning::stale);
    if (!replies[i].good()) {
      if (!replies[i].came() || replies[i].status != 404) out.push_back(Warning::failed);
      continue;
    }
    tree::Arena arena;
    const auto body = tree::parse(replies[i].body, arena);
    if (body.ok()) take(Told{*body, *terms[i], arena});
    else out.push_back(Warning::unusable);
  }
  return out;
}

// What somebody may not see does not exist for them.
bool hidden(const Call& call, const std::string& type) {
  const std::string_view view(type);
  return call.gate && !call.gate->sees({&view, 1});
}

Wanted wanted_for(Operation operation) {
  Wanted out;
  out.operation = operation;
  return out;
}

}  // namespace

std::vector<Warning> add_types(Call& call, bool details, Types& out) {
  const Wanted wanted = wanted_for(details ? Operation::retrieve_entity_type_details : Operation::retrieve_entity_types);
  return ask_all(call, wanted, [&](const Terms&) { return std::string(details ? "/types?details=true" : "/types"); }, [&](const Told& told) {
    for (const Value& v : told.body["typeList"].items())
      if (std::string type = told.name(v); !hidden(call, type)) out.try_emplace(std::move(type));
    for (const Value& v : told.body.items()) {
      const std::string type = told.name(v["typeName"]);
      if (type.empty() || hidden(call, type)) continue;
      TypeFacts& facts = out[type];
      for (const Value& a : v["attributeNames"].items()) facts.attributes.try_emplace(told.name(a));
    }
  });
}

std::vector<Warning> add_type(Call& call, const std::string& type, Types& out) {
  if (hidden(call, type)) return {};
  Wanted wanted = wanted_for(Operation::retrieve_entity_type_info);
  wanted.entities.resize(1);
  wanted.entities[0].type = TypeSelection::any({type});
  return ask_all(call, wanted, [&](const Terms& terms) { return "/types/" + federation::path_part(terms.compact_iri(type, call.arena)); }, [&](const Told& told) {
    if (!told.body.is_object() || told.name(told.body["typeName"]) != type) return;
    TypeFacts& facts = out[type];
    facts.entities += count_in(told.body["entityCount"]);
    for (const Value& a : told.body["attributeDetails"].items()) add_kinds(a["attributeTypes"], facts.attributes[told.name(a["attributeName"])]);
  });
}

std::vector<Warning> add_attributes(Call& call, bool details, Attributes& out) {
  if (call.gate) return {};   // of which types they are is not told: nobody knows who may see them
  const Wanted wanted = wanted_for(details ? Operation::retrieve_attr_type_details : Operation::retrieve_attr_types);
  return ask_all(call, wanted, [&](const Terms&) { return std::string(details ? "/attributes?details=true" : "/attributes"); }, [&](const Told& told) {
    for (const Value& v : told.body["attributeList"].items()) out.try_emplace(told.name(v));
    for (const Value& v : told.body.items())
      if (const std::string name = told.name(v["attributeName"]); !name.empty()) add_type_names(told, v["typeNames"], out[name]);
  });
}

std::vector<Warning> add_attribute(Call& call, const std::string& attribute, Attributes& out) {
  if (call.gate) return {};
  Wanted wanted = wanted_for(Operation::retrieve_attr_type_info);
  wanted.attrs = {attribute};
  return ask_all(call, wanted, [&](const Terms& terms) { return "/attributes/" + federation::path_part(terms.compact_attribute(attribute, call.arena)); }, [&](const Told& told) {
    if (!told.body.is_object() || told.name(told.body["attributeName"]) != attribute) return;
    AttributeFacts& facts = out[attribute];
    facts.entities += count_in(told.body["attributeCount"]);
    add_kinds(told.body["attributeTypes"], facts), add_type_names(told, told.body["typeNames"], facts);
  });
}

}  // namespace machiya::sense::ngsild
