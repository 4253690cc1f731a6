// What this broker and registered sources know together: one entity (§5.7.1), and all that a query finds (§5.7.2).
#include <algorithm>
#include <map>

#include "sense/ngsild/distribution.h"

namespace machiya::sense::ngsild {
namespace {
using federation::Federation;
using federation::Part;
using federation::Question;
using federation::Reply;
using federation::Speech;
using federation::Warning;
using tree::Value;

constexpr std::size_t kMostEverywhere = 100'000;   // entities of one distributed query
constexpr std::size_t kAtOnce = 1000, kFewAtOnce = 100;   // entities of one answer of a source; what sources take that refuse the first
constexpr int kMostPages = 20;                     // of one source

bool is_core_member(std::string_view name) { return name == "id" || name == "type" || name == "scope" || name == "createdAt" || name == "modifiedAt" || name == "expiresAt"; }

// Attributes that the answer may show; empty: all.
std::vector<std::string> wanted_attributes(const Asking& asking) {
  if (!asking.query.attrs.empty()) return asking.query.attrs;
  std::vector<std::string> out;
  if (asking.shape.members.only_picked)
    for (const Selection::Member& m : asking.shape.members.pick)
      if (!is_core_member(m.name)) out.push_back(m.name);
  return out;
}

std::string names_text(const std::vector<std::string>& iris, const Terms& terms, tree::Arena& arena) {
  std::string out;
  for (const std::string& iri : iris) out += (out.empty() ? "" : ",") + std::string(terms.compact_attribute(iri, arena));
  return out;
}

// What becomes of an answer that is none: §6.3.17. That a source has nothing is no failure.
std::optional<Warning> warning_of(const Reply& reply) {
  if (reply.kind == Reply::Kind::kept) return Warning::stale;
  if (reply.good() || (reply.came() && reply.status == 404)) return std::nullopt;
  return Warning::failed;
}

/// A source's part in an answer.
struct Asked {
  RegistrationPtr source;
  Speech speech;
  bool auxiliary() const { return source->mode == RegistrationMode::auxiliary; }
};

/// Attributes that proxied sources own: nobody else's count (§4.3.6.3).
class Owned {
 public:
  explicit Owned(const std::vector<Match>& matches) {
    for (const Match& m : matches) {
      if (!m.registration->proxied()) continue;
      for (const RegistrationInfo* info : m.infos) owners_.push_back({m.registration->mode, info});
    }
  }
  bool empty() const { return owners_.empty(); }
  /// What is left of a part that a holder of this mode told; local: of this broker's own.
  EntityPtr left(const EntityPtr& entity, std::optional<RegistrationMode> mode, machiya::sense::Names& names) const {
    EntityPtr out = entity;
    for (const auto& [owner, info] : owners_) {
      if (!out) return out;
      if (mode && (*mode == RegistrationMode::exclusive || *mode == owner)) continue;
      const bool meant = info->entities.empty() || std::ranges::any_of(info->entities, [&](const RegisteredEntity& e) { return holds(e, out->id, out->types); });
      if (!meant) continue;
      std::vector<std::string> attrs = info->properties;
      attrs.insert(attrs.end(), info->relationships.begin(), info->relationships.end());
      // A source that is asked besides a redirect one may well know something; this broker holds nothing of its own then.
      out = federation::without(out, attrs, info->every_attribute() && !mode, names);
    }
    return out;
  }

 private:
  std::vector<std::pair<RegistrationMode, const RegistrationInfo*>> owners_;
};

// Could somebody else tell the same attributes as this source, so that only the times of both say whose are newer (§4.5.5)? What an exclusive source owns nobody else
// tells; a redirect one competes with other redirect ones, an inclusive one with its like and with this broker, an auxiliary one with its like. Without need
// `sysAttrs` is not asked for.
bool competes(const Registration& source, const std::vector<Match>& matches, bool here) {
  if (source.mode == RegistrationMode::exclusive) return false;
  if (source.mode == RegistrationMode::inclusive && here) return true;
  return std::ranges::any_of(matches, [&](const Match& m) { return m.registration->mode == source.mode && m.registration->id != source.id; });
}

}  // namespace

Gathered gather(Call& call, Federation& all, const std::string& id, const Asking& asking) {
  const federation::Asker asker = asker_of(call);
  const std::vector<std::string> attrs = wanted_attributes(asking);
  const EntityPtr here = call.get(id);
  std::vector<std::string> types;
  if (here) types.assign(here->types.begin(), here->types.end());
  const auto matches = all.matching(asker, wanted_entity(id, types, attrs, Operation::retrieve_entity));
  Gathered out;
  const Owned owned(matches);
  const EntityPtr own = owned.left(here, std::nullopt, all.names());
  std::vector<Asked> asked;
  std::vector<federation::Request> requests;
  for (const Match& m : matches) {
    const auto speech = all.speech(*m.registration, asker);
    if (!speech.ok()) {
      out.warnings.push_back(Warning::failed);
      continue;
    }
    const bool every = federation::holds_every_attribute(m);
    federation::QueryText query;
    query.add("attrs", names_text(every ? attrs : m.attrs, *speech->terms, call.arena));
    if (asking.shape.sys_attrs || competes(*m.registration, matches, own != nullptr)) query.add("options", "sysAttrs");
    if (m.registration->local_only) query.add("local", "true");
    requests.push_back({m.registration, "GET", entity_path(id) + query.text(), federation::headers_for(*m.registration, asker, *speech, false), {}, true});
    asked.push_back({m.registration, *speech});
  }
  std::vector<Part> parts;
  if (own) parts.push_back({own}), out.sources.emplace_back("@none");
  const std::vector<Reply> replies = all.send(requests);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (const auto warning = warning_of(replies[i])) out.warnings.push_back(*warning);
    if (!replies[i].good()) continue;
    const Federation::Told told = all.entities_of(replies[i], asked[i].speech);
    if (told.unusable || told.entities.empty()) out.warnings.push_back(Warning::unusable);
    for (const EntityPtr& e : told.entities)
      if (e->id == id)
        if (const EntityPtr part = owned.left(e, asked[i].source->mode, all.names())) parts.push_back({part, asked[i].auxiliary()}), out.sources.push_back(asked[i].source->id);
  }
  if (!parts.empty()) out.entity = seen(call.gate.get(), federation::merge(parts, all.names()));
  return out;
}

namespace {

/// The filters of a query as texts: from parameters, or from a Query body.
struct Filters {
  std::string q, georel, geometry, coordinates, geoproperty, scope, expand_values, json_keys;
  static Filters of(const Call& call) {
    const auto text = [&](std::string_view name) { return std::string(call.parameter(name).value_or("")); };
    if (!call.body.is_object()) return {text("q"), text("georel"), text("geometry"), text("coordinates"), text("geoproperty"), text("scopeQ"), text("expandValues"), text("jsonKeys")};
    const Value& geo = call.body["geoQ"];
    const auto words = [](const Value& v) {
      std::string out(v.text());
      for (const Value& item : v.items()) out += (out.empty() ? "" : ",") + std::string(item.text());
      return out;
    };
    const Value& c = geo["coordinates"];
    return {std::string(call.body["q"].text()), std::string(geo["georel"].text()), std::string(geo["geometry"].text()), c.is_null() ? std::string() : c.is_string() ? std::string(c.text()) : tree::to_text(c),
            std::string(geo["geoproperty"].text()), std::string(call.body["scopeQ"].text()), words(call.body["expandValues"]), words(call.body["jsonKeys"])};
  }
};

/// One query to one source, page after page.
struct Errand {
  Asked to;
  Question question;
  bool judges = false;        // the source sees every filter, so what it finds is found
  bool by_post = false;
  bool times = false;         // createdAt and modifiedAt are needed
  std::size_t offset = 0, limit = kAtOnce;
  bool done = false;
};

std::string types_text(const Question& question, const Asking& asking, const Terms& terms, tree::Arena& arena) {
  std::string out;
  for (const std::string& t : question.types) out += (out.empty() ? "" : ",") + std::string(terms.compact_iri(t, arena));
  if (!question.types.empty()) return out;
  for (const EntitySelector& s : asking.query.entities) {
    for (const auto& together : s.type.any_of()) {
      std::string all;
      for (const std::string& t : together) all += (all.empty() ? "" : ";") + std::string(terms.compact_iri(t, arena));
      out += (out.empty() ? "" : ",") + (together.size() > 1 ? "(" + all + ")" : all);
    }
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& w : words) out += (out.empty() ? "" : ",") + w;
  return out;
}

// Can the source see all that the filters ask of an entity?
bool judges(const Question& question, const Asking& asking) {
  if (asking.split) return false;
  if (question.every_attr) return true;
  std::vector<std::string> needed = asking.query.q.attributes();
  if (asking.query.geo) needed.push_back(asking.query.geo->attribute());
  return std::ranges::all_of(needed, [&](const std::string& n) { return std::ranges::find(question.attrs, n) != question.attrs.end(); });
}

class Searching {
 public:
  Searching(Call& call, Federation& all, const Asking& asking) : call_(call), all_(all), asking_(asking), asker_(asker_of(call)), filters_(Filters::of(call)) {}

  void add(const Question& question, bool times) {
    auto speech = all_.speech(*question.registration, asker_);
    if (!speech.ok()) {
      warnings_.push_back(Warning::failed);
      return;
    }
    const Operations can = question.registration->operations;
    Errand e{{question.registration, std::move(*speech)}, question, judges(question, asking_)};
    e.times = times;
    e.by_post = !can.has(Operation::query_entity) || (call_.body.is_object() && can.has(Operation::query_batch));
    if (e.to.speech.link.empty() && !e.by_post) e.to.speech.terms = all_.contexts().core();   // no body to put the context in: names in full
    errands_.push_back(std::move(e));
  }

  void run() {
    for (int page = 0; page < kMostPages; ++page) {
      std::vector<federation::Request> requests;
      std::vector<Errand*> asked;
      for (Errand& e : errands_)
        if (!e.done) requests.push_back(request_for(e)), asked.push_back(&e);
      if (requests.empty()) return;
      const std::vector<Reply> replies = all_.send(requests);
      for (std::size_t i = 0; i < replies.size(); ++i) take(*asked[i], replies[i]);
    }
  }

  /// The requests of a purge, in the order of what was added.
  std::vector<federation::Request> purges() {
    std::vector<federation::Request> out;
    for (Errand& e : errands_) {
      e.by_post = false;
      federation::Request r{e.to.source, "DELETE", {}, federation::headers_for(*e.to.source, asker_, e.to.speech, false), {}, false};
      federation::QueryText query = query_text(e);
      for (const char* name : {"keep", "drop"}) query.add(name, call_.parameter(name).value_or(""));
      if (e.to.source->local_only) query.add("local", "true");
      r.target = "/entities" + query.text();
      out.push_back(std::move(r));
    }
    return out;
  }

  struct Find {
    std::vector<Part> parts;
    std::vector<std::string> sources;
    std::vector<RegistrationMode> modes;
    bool judged = false;
  };
  std::map<std::string, Find, std::less<>>& found() { return found_; }
  std::vector<Warning>& warnings() { return warnings_; }

 private:
  std::string filter(const Errand& e) const { return e.judges ? federation::rename_filter(filters_.q, {call_.terms.get(), e.to.speech.terms.get()}) : std::string(); }
  std::string geoproperty(const Errand& e) const {
    return filters_.geoproperty.empty() ? std::string() : federation::Renaming{call_.terms.get(), e.to.speech.terms.get()}.attribute(filters_.geoproperty);
  }

  federation::QueryText query_text(const Errand& e) {
    const Terms& terms = *e.to.speech.terms;
    federation::QueryText out;
    out.add("type", types_text(e.question, asking_, terms, call_.arena)).add("id", joined(e.question.ids)).add("idPattern", e.question.ids.empty() ? e.question.id_pattern : std::string());
    out.add("attrs", attributes(e, terms)).add("q", filter(e));
    if (!e.judges) return out;
    out.add("georel", filters_.georel).add("geometry", filters_.geometry).add("coordinates", filters_.coordinates).add("geoproperty", geoproperty(e)).add("scopeQ", filters_.scope);
    return out.add("expandValues", filters_.expand_values).add("jsonKeys", filters_.json_keys);
  }

  federation::Request request_for(const Errand& e) {
    federation::Request out{e.to.source, e.by_post ? "POST" : "GET", {}, federation::headers_for(*e.to.source, asker_, e.to.speech, e.by_post), {}, true};
    federation::QueryText query;
    if (e.by_post) out.body = federation::body_text(query_body(e), e.to.speech, call_.arena);
    else query = query_text(e);
    if (e.times) query.add("options", "sysAttrs");
    // The first page is as long as the source likes, further ones as long as it gives them.
    if (e.offset > 0) query.add("limit", std::to_string(e.limit)).add("offset", std::to_string(e.offset));
    if (e.to.source->local_only) query.add("local", "true");
    out.target = (e.by_post ? "/entityOperations/query" : "/entities") + query.text();
    return out;
  }

  std::string attributes(const Errand& e, const Terms& terms) const {
    // Who does not judge gives all that it has, so that the filters can be asked here.
    const bool narrowed = e.judges || !asking_.split;
    return narrowed || !e.question.every_attr ? names_text(e.question.attrs, terms, call_.arena) : std::string();
  }

  Value query_body(const Errand& e) {
    tree::Arena& a = call_.arena;
    const std::string types = types_text(e.question, asking_, *e.to.speech.terms, a), attrs = attributes(e, *e.to.speech.terms), q = filter(e);
    std::vector<tree::Member> out = {{"type", Value::string("Query")}};
    std::vector<Value> entities;
    const auto entity = [&](std::string_view member, std::string_view value) {
      std::vector<tree::Member> m;
      if (!types.empty()) m.push_back({"type", a.string(types)});
      if (!value.empty()) m.push_back({member, a.string(value)});
      if (!m.empty()) entities.push_back(a.object(m));
    };
    for (const std::string& id : e.question.ids) entity("id", id);
    if (e.question.ids.empty()) entity("idPattern", e.question.id_pattern);
    if (!entities.empty()) out.push_back({"entities", a.array(entities)});
    std::vector<Value> names;
    for (std::size_t at = 0; at < attrs.size();) {
      const std::size_t end = std::min(attrs.find(',', at), attrs.size());
      names.push_back(a.string(std::string_view(attrs).substr(at, end - at))), at = end + 1;
    }
    if (!names.empty()) out.push_back({"attrs", a.array(names)});
    if (!q.empty()) out.push_back({"q", a.string(q)});
    if (e.judges && !filters_.georel.empty()) out.push_back({"geoQ", geo(geoproperty(e))});
    if (e.judges && !filters_.scope.empty()) out.push_back({"scopeQ", a.string(filters_.scope)});
    return a.object(out);
  }

  Value geo(const std::string& property) {
    tree::Arena& a = call_.arena;
    const auto coordinates = tree::parse(filters_.coordinates, a);
    std::vector<tree::Member> out = {{"georel", a.string(filters_.georel)}, {"geometry", a.string(filters_.geometry)}, {"coordinates", coordinates.ok() ? *coordinates : a.string(filters_.coordinates)}};
    if (!property.empty()) out.push_back({"geoproperty", a.string(property)});
    return a.object(out);
  }

  void take(Errand& e, const Reply& reply) {
    if (reply.came() && (reply.status == 403 || reply.status == 400) && e.limit > kFewAtOnce && e.offset > 0) {
      e.limit = kFewAtOnce;   // a source that gives fewer at once says so
      return;
    }
    e.done = true;
    if (const auto warning = warning_of(reply)) warnings_.push_back(*warning);
    if (!reply.good()) return;
    const Federation::Told told = all_.entities_of(reply, e.to.speech);
    if (told.unusable) warnings_.push_back(Warning::unusable);
    for (const EntityPtr& entity : told.entities) {
      Find& f = found_[std::string(entity->id)];
      f.parts.push_back({entity, e.to.auxiliary()}), f.modes.push_back(e.to.source->mode);
      if (std::ranges::find(f.sources, e.to.source->id) == f.sources.end()) f.sources.push_back(e.to.source->id);
      f.judged = f.judged || e.judges;
    }
    e.offset += told.entities.size();
    e.done = told.entities.empty() || reply.link.find("rel=\"next\"") == std::string::npos;
  }

  Call& call_;
  Federation& all_;
  const Asking& asking_;
  federation::Asker asker_;
  Filters filters_;
  std::vector<Errand> errands_;
  std::map<std::string, Find, std::less<>> found_;
  std::vector<Warning> warnings_;
};

bool selected(const EntityQuery& query, const Entity& entity) {
  return query.entities.empty() || std::ranges::any_of(query.entities, [&](const EntitySelector& s) { return s.selects(entity); });
}

// Table 6.4.3.2-1: entities with none of the attributes that are asked for are not in the answer, whatever a source tells.
bool has_one_of(const std::vector<std::string>& attrs, const Entity& entity) {
  return attrs.empty() || std::ranges::any_of(attrs, [&](const std::string& a) { return entity.attribute(a) != nullptr; });
}

}  // namespace

Result<std::optional<Everywhere>> find_everywhere(Call& call, const Asking& asking) {
  Federation* all = leaving(call);
  if (all == nullptr || asking.local) return std::optional<Everywhere>();
  Wanted wanted;
  wanted.entities = asking.query.entities, wanted.attrs = wanted_attributes(asking), wanted.csf = asking.csf.empty() ? nullptr : &asking.csf;
  auto matches = all->matching(asker_of(call), wanted);
  std::erase_if(matches, [](const Match& m) { return !m.registration->operations.has(Operation::query_entity) && !m.registration->operations.has(Operation::query_batch); });
  if (matches.empty()) return std::optional<Everywhere>();
  if (!asking.order.empty()) return Error(ErrorCode::invalid_input, "what several context sources answer is not ordered: local=true is needed", "orderBy");
  const Found here = call.find({.query = &asking.query, .limit = kMostEverywhere + 1});
  // An entity that the filters do not find here may still hold a part of one that they find elsewhere.
  const bool competing = !here.entities.empty() || !asking.query.q.attributes().empty() || asking.query.geo || asking.split;
  Searching searching(call, *all, asking);
  for (const Question& q : federation::plan_questions(matches, wanted)) searching.add(q, asking.shape.sys_attrs || competes(*q.registration, matches, competing));
  searching.run();

  const Owned owned(matches);
  std::optional<Everywhere> out(std::in_place);
  out->warnings = searching.warnings();
  const auto tell = [&](std::vector<Part> parts, std::vector<std::string> sources, bool good) {
    if (parts.empty()) return;
    EntityPtr e = seen(call.gate.get(), federation::merge(parts, all->names()));
    if (!e || !selected(asking.query, *e) || !has_one_of(asking.query.attrs, *e)) return;
    if (!good && !asking.query.matches(*e)) return;
    out->entities.push_back(std::move(e)), out->sources.push_back(std::move(sources));
  };
  const auto others = [&](const Searching::Find& f, std::vector<Part>& parts, std::vector<std::string>& sources) {
    for (std::size_t i = 0; i < f.parts.size(); ++i)
      if (const EntityPtr left = owned.left(f.parts[i].entity, f.modes[i], all->names())) parts.push_back({left, f.parts[i].auxiliary});
    sources.insert(sources.end(), f.sources.begin(), f.sources.end());
  };
  const auto join = [&](const EntityPtr& here, const Searching::Find* f, bool good) {
    std::vector<Part> parts;
    std::vector<std::string> sources;
    if (const EntityPtr left = owned.left(here, std::nullopt, all->names())) parts.push_back({left}), sources.emplace_back("@none");
    if (f != nullptr) others(*f, parts, sources);
    tell(std::move(parts), std::move(sources), good);
  };
  auto& found = searching.found();
  if (here.entities.size() + found.size() > kMostEverywhere) return Error(ErrorCode::limit_exceeded, "too many entities of several sources", std::string(reason::kTooMany));
  for (const EntityPtr& e : here.entities) {
    const auto it = found.find(e->id);
    join(e, it == found.end() ? nullptr : &it->second, !asking.split);
    if (it != found.end()) found.erase(it);
  }
  for (const auto& [id, f] : found) {
    const EntityPtr e = call.get(id);
    join(e && selected(asking.query, *e) ? e : nullptr, &f, f.judged);
  }
  return out;
}

Result<BatchResult> purge_elsewhere(Call& call, const Asking& asking) {
  BatchResult out;
  Federation* all = leaving(call);
  if (all == nullptr || asking.local) return out;
  Wanted wanted;
  wanted.entities = asking.query.entities, wanted.attrs = wanted_attributes(asking), wanted.csf = asking.csf.empty() ? nullptr : &asking.csf;
  auto matches = all->matching(asker_of(call), wanted);
  const auto cannot = [](const Match& m) { return !m.registration->operations.has(Operation::purge_entity); };
  if (const auto m = std::ranges::find_if(matches, [&](const Match& x) { return x.registration->proxied() && cannot(x); }); m != matches.end())
    return conflict_of({m->registration, true, {}});
  std::erase_if(matches, [&](const Match& m) { return cannot(m) || m.registration->mode == RegistrationMode::auxiliary; });
  Searching searching(call, *all, asking);
  for (const Question& q : federation::plan_questions(matches, wanted)) searching.add(q, false);
  const auto requests = searching.purges();
  const std::vector<Reply> replies = all->send(requests);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].good() || (replies[i].came() && replies[i].status == 404)) continue;
    const std::string& source = requests[i].registration->id;
    out.further.push_back("{\"entityId\":" + tree::quoted(requests[i].registration->id) + ",\"registrationId\":" + tree::quoted(source) + ",\"error\":" + problem_of(replies[i]) + "}");
  }
  return out;
}

}  // namespace machiya::sense::ngsild
