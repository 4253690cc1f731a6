#include "sense/ngsild/distributed_past.h"

#include <algorithm>

namespace machiya::sense::ngsild {
namespace {
using federation::Reply;
using federation::Warning;
using tree::Member;
using tree::Value;

Wanted wanted_of(const PastAsking& asking, const std::string& id) {
  Wanted out;
  if (!id.empty()) out.entities.resize(1), out.entities[0].ids = {id};
  else out.entities = asking.asking.query.entities;
  out.attrs = asking.asking.query.attrs, out.operation = id.empty() ? Operation::query_temporal : Operation::retrieve_temporal;
  out.time = Wanted::Time::history, out.csf = asking.asking.csf.empty() ? nullptr : &asking.asking.csf;
  if (asking.window.bounded) out.when = asking.window.when;
  return out;
}

// A list of names, or an expression of types, in the source's words.
std::string renamed(std::string_view text, const federation::Renaming& names, bool types) {
  if (!names.needed()) return std::string(text);
  std::string out, name;
  const auto flush = [&] {
    if (!name.empty()) out += types ? names.type(name) : names.attribute(name);
    name.clear();
  };
  for (const char c : text) {
    if (std::string_view(",;|(){}").find(c) == std::string_view::npos) name += c;
    else flush(), out += c;
  }
  flush();
  return out;
}

std::string parameters(Call& call, const Match& match, const federation::Renaming& names, std::size_t limit) {
  federation::QueryText out;
  const bool body = call.body.is_object();
  const bool every = federation::holds_every_attribute(match), projected = call.parameter("pick").has_value() || call.parameter("omit").has_value();
  std::string attrs = body ? std::string() : renamed(call.parameter("attrs").value_or(""), names, false);
  if (!body && !every && !projected) {
    attrs.clear();
    for (const std::string& a : match.attrs) attrs += (attrs.empty() ? "" : ",") + std::string(names.to->compact_attribute(a, call.arena));
  }
  out.add("type", renamed(call.parameter("type").value_or(""), names, true)).add("attrs", attrs);
  for (const char* name : {"pick", "omit", "geoproperty"}) out.add(name, renamed(call.parameter(name).value_or(""), names, false));
  out.add("q", federation::rename_filter(call.parameter("q").value_or(""), names));
  for (const char* name : {"id", "idPattern", "georel", "geometry", "coordinates", "scopeQ", "timeproperty", "timerel", "timeAt", "endTimeAt", "lastN", "options", "format", "lang", "datasetId",
                           "aggrMethods", "aggrPeriodDuration"})
    out.add(name, call.parameter(name).value_or(""));
  if (limit > 0) out.add("limit", std::to_string(limit));
  if (match.registration->local_only) out.add("local", "true");
  return out.text();
}

std::vector<Value> items_of(const Value& v) { return v.is_array() ? std::vector<Value>(v.items().begin(), v.items().end()) : std::vector<Value>{v}; }

bool same_instance(const Value& a, const Value& b) { return (!a["instanceId"].is_null() && tree::equal(a["instanceId"], b["instanceId"])) || tree::equal(a, b); }

// Two evolutions of one attribute.
Value both(const Value& a, const Value& b, tree::Arena& arena) {
  if (a.is_object() && a["values"].is_array() && b["values"].is_array()) {
    std::vector<Value> values = items_of(a["values"]);
    for (const Value& v : b["values"].items())
      if (std::ranges::none_of(values, [&](const Value& x) { return tree::equal(x, v); })) values.push_back(v);
    std::vector<Member> out(a.members().begin(), a.members().end());
    for (Member& m : out)
      if (m.key == "values") m.value = arena.array(values);
    return arena.object(out);
  }
  const bool instances = a.is_array() || (a.is_object() && (a.has("value") || a.has("object")));
  if (!instances) return a;
  std::vector<Value> out = items_of(a);
  for (const Value& v : items_of(b))
    if (std::ranges::none_of(out, [&](const Value& x) { return same_instance(x, v); })) out.push_back(v);
  return arena.array(out);
}

Value joined(const Value& a, const Value& b, tree::Arena& arena) {
  std::vector<Member> out(a.members().begin(), a.members().end());
  for (const Member& m : b.members()) {
    const auto it = std::ranges::find(out, m.key, &Member::key);
    if (it == out.end()) out.push_back(m);
    else if (m.key != "id" && m.key != "type" && m.key != "scope" && m.value.kind > tree::Kind::string) it->value = both(it->value, m.value, arena);
  }
  return arena.object(out);
}

void add(std::vector<Value>& all, const Value& entity, tree::Arena& arena) {
  const auto it = std::ranges::find_if(all, [&](const Value& e) { return e["id"].text() == entity["id"].text(); });
  if (it == all.end()) all.push_back(entity);
  else *it = joined(*it, entity, arena);
}

std::vector<Match> sources(Call& call, const PastAsking& asking, const std::string& id) {
  federation::Federation* all = leaving(call);
  // Who sees a part of each entity sees none of what is only JSON.
  if (all == nullptr || call.gate) return {};
  return all->matching(asker_of(call), wanted_of(asking, id));
}

// The first page is as long as the source makes it; one that has more is asked for all that the answer needs.
void ask_again(federation::Federation& all, const std::vector<federation::Request>& whole, std::vector<Reply>& replies) {
  std::vector<federation::Request> requests;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < replies.size(); ++i)
    if (replies[i].good() && replies[i].link.find("rel=\"next\"") != std::string::npos) requests.push_back(whole[i]), places.push_back(i);
  if (requests.empty()) return;
  std::vector<Reply> again = all.send(requests);
  for (std::size_t i = 0; i < places.size(); ++i)
    if (again[i].good()) replies[places[i]] = std::move(again[i]);
}

}  // namespace

bool past_leaves(Call& call, const PastAsking& asking, const std::string& id) { return !sources(call, asking, id).empty(); }

PastTold with_sources(Call& call, const PastAsking& asking, const std::string& id, std::vector<std::string> ours, std::size_t most) {
  PastTold out;
  federation::Federation* all = leaving(call);
  const federation::Asker asker = asker_of(call);
  std::vector<Value> entities;
  for (const std::string& text : ours)
    if (const auto parsed = tree::parse(text, call.arena); parsed.ok()) entities.push_back(*parsed);
  std::vector<federation::Request> requests, whole;   // whole: the same with as many entities as are needed
  std::vector<TermsPtr> terms;
  const bool body = call.body.is_object();
  for (const Match& m : sources(call, asking, id)) {
    auto speech = all->speech(*m.registration, asker);
    if (!speech.ok()) {
      out.warnings.push_back(Warning::failed);
      continue;
    }
    if (body) speech->terms = asker.terms, speech->link = asker.context_url, speech->context = asker.context.is_null() ? Value::string(asker.context_url) : asker.context;
    const federation::Renaming names{call.terms.get(), speech->terms.get()};
    federation::Request r{m.registration, body ? "POST" : "GET", {}, federation::headers_for(*m.registration, asker, *speech, body), {}, true};
    const std::string path = body ? "/temporal/entityOperations/query" : id.empty() ? "/temporal/entities" : "/temporal/entities/" + federation::path_part(id);
    r.target = path + parameters(call, m, names, 0);
    if (body) r.body = federation::body_text(call.body, *speech, call.arena);
    requests.push_back(r), terms.push_back(speech->terms);
    r.target = path + parameters(call, m, names, std::min<std::size_t>(most, 1000));
    whole.push_back(std::move(r));
  }
  std::vector<Reply> replies = all->send(requests);
  ask_again(*all, whole, replies);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].kind == Reply::Kind::kept) out.warnings.push_back(Warning::stale);
    if (!replies[i].good()) {
      if (!replies[i].came() || replies[i].status != 404) out.warnings.push_back(Warning::failed);
      continue;
    }
    const auto parsed = tree::parse(replies[i].body, call.arena);
    if (!parsed.ok()) {
      out.warnings.push_back(Warning::unusable);
      continue;
    }
    for (const Value& item : items_of(*parsed)) {
      if (!item.is_object() || !item["id"].is_string()) {
        out.warnings.push_back(Warning::unusable);
        continue;
      }
      std::vector<Member> members;
      for (const Member& m : item.members())
        if (m.key != "@context") members.push_back(m);
      add(entities, federation::rename_entity(call.arena.object(members), {terms[i].get(), call.terms.get()}, call.arena), call.arena);
    }
  }
  for (const Value& e : entities) out.texts.push_back(tree::to_text(e));
  return out;
}

}  // namespace machiya::sense::ngsild
