// /snapshots (§5.16, §6.36–§6.38): what queries find now is kept for a while, and NGSILD-Snapshot names it in operations on entities (§6.3.22, Call).
#include <algorithm>
#include <map>
#include <optional>

#include "sense/ngsild/answers.h"
#include "sense/ngsild/distribution.h"
#include "sense/ngsild/ngsild.h"
#include "sense/ngsild/results.h"

namespace machiya::sense::ngsild {
namespace {

Error bad(std::string why, std::string where = {}) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }
Error absent() { return Error(ErrorCode::not_found, "there is no such snapshot"); }

// Too many of something is TooManyResults.
Error told(Error error) {
  if (error.code == ErrorCode::limit_exceeded) error.where = std::string(reason::kTooMany);
  return error;
}

/// What the queries of a new snapshot found: every entity once, with what one of them asked for.
class Gathering {
 public:
  Gathering(Call& call, std::size_t most) : call_(call), most_(most) {}
  const std::vector<federation::Warning>& warnings() const { return warnings_; }

  QueryDetail add(const Asking& asking) {
    asked(call_, asking.query, nullptr);
    auto everywhere = find_everywhere(call_, asking);
    if (!everywhere.ok()) return {QueryOutcome::failure, problem_json(everywhere.error())};
    if (*everywhere) warnings_.insert(warnings_.end(), (*everywhere)->warnings.begin(), (*everywhere)->warnings.end());
    const auto entities = *everywhere ? std::move((*everywhere)->entities) : call_.find({.query = &asking.query, .limit = most_ + 1}).entities;
    for (const EntityPtr& e : entities) {
      const auto [at, fresh] = places_.try_emplace(std::string(e->id), found_.size());
      if (fresh) found_.push_back({e, {}});
      One& one = found_[at->second];
      one.entity = together(one.entity, e);
      one.askings.push_back(&asking);
    }
    return {entities.empty() ? QueryOutcome::empty : QueryOutcome::success, {}};
  }

  /// In the order in which they were found.
  std::vector<EntityPtr> entities() const {
    std::vector<EntityPtr> out;
    for (const One& one : found_) out.push_back(part(one));
    return out;
  }

 private:
  struct One {
    EntityPtr entity;
    std::vector<const Asking*> askings;
  };

  // What the second knows besides (sources tell the attributes that a query asks for); what both know is as the first found it.
  EntityPtr together(const EntityPtr& a, const EntityPtr& b) const {
    if (a == b) return a;
    Draft out = Draft::of(*a);
    const std::size_t before = out.attributes.size();
    for (const DraftAttribute& attribute : Draft::of(*b).attributes)
      if (out.find(attribute.name) == nullptr) out.attributes.push_back(attribute);
    return out.attributes.size() == before ? a : out.finish(call_.broker.entities.names());
  }

  static bool wants(const Asking& asking, std::string_view name, std::string_view dataset) {
    const auto is = [&](const std::string& d) { return d == dataset || (d == "@none" && dataset.empty()); };
    return asking.shape.members.shows(name) && (asking.datasets.empty() || std::ranges::any_of(asking.datasets, is));
  }
  static bool wants(const One& one, std::string_view name, std::string_view dataset) {
    return std::ranges::any_of(one.askings, [&](const Asking* a) { return wants(*a, name, dataset); });
  }
  EntityPtr part(const One& one) const {
    const auto all = [](const Asking* a) { return !a->shape.members.only_picked && a->shape.members.omit.empty() && a->datasets.empty(); };
    if (std::ranges::any_of(one.askings, all)) return one.entity;
    Draft out = Draft::of(*one.entity);
    for (DraftAttribute& a : out.attributes) std::erase_if(a.instances, [&](const Instance& i) { return !wants(one, a.name, i.dataset_id); });
    std::erase_if(out.attributes, [](const DraftAttribute& a) { return a.instances.empty(); });
    if (std::ranges::none_of(one.askings, [](const Asking* a) { return a->shape.members.shows("scope"); })) out.scopes.clear();
    return out.finish(call_.broker.entities.names());
  }

  Call& call_;
  std::size_t most_;
  std::vector<One> found_;
  std::map<std::string, std::size_t> places_;   ///< of ids in found_
  std::vector<federation::Warning> warnings_;
};

Result<http::Response> create(Call& call) {
  Snapshots& snapshots = *call.broker.snapshots;
  MACHIYA_TRY(const SnapshotWish wish, read_snapshot(call.body, SnapshotBody::create, *call.terms));
  // All of them are right before one is asked. Their order, language and links say how an answer is written, not what is in it.
  std::vector<Asking> askings(call.body["snapshotQueries"].count);
  for (std::size_t i = 0; i < askings.size(); ++i) {
    MACHIYA_CHECK(read_query_body(call, call.body["snapshotQueries"].items()[i], askings[i]));
    askings[i].order = Ordering();
  }
  MACHIYA_CHECK(snapshots.check_free(call.owner(), wish.id));
  Gathering gathering(call, snapshots.limits().most_entities);
  std::vector<QueryDetail> details;
  for (const Asking& asking : askings) details.push_back(gathering.add(asking));
  auto made = snapshots.create(call.owner(), wish, std::move(details), gathering.entities());
  if (!made.ok()) return told(made.error());
  http::Response out = call.created("/snapshots/", made->id);
  add_warnings(out, gathering.warnings());
  return out;
}

Result<http::Response> clone(Call& call) {
  MACHIYA_TRY(const std::string id, call.uri("id"));
  MACHIYA_TRY(const SnapshotWish wish, read_snapshot(call.body, SnapshotBody::clone, *call.terms));
  auto made = call.broker.snapshots->clone(call.owner(), id, wish);
  if (!made.ok()) return told(made.error());
  return call.created("/snapshots/", made->id);
}

Result<http::Response> retrieve(Call& call) {
  MACHIYA_TRY(const std::string id, call.uri("id"));
  const auto found = call.broker.snapshots->find(call.owner(), id);
  if (!found) return absent();
  return call.answer(write_snapshot(*found, *call.terms));
}

Result<http::Response> update(Call& call) {
  MACHIYA_TRY(const std::string id, call.uri("id"));
  if (!call.body.is_object()) return bad("a JSON object is expected");
  MACHIYA_TRY(const SnapshotWish wish, read_snapshot(call.body, SnapshotBody::fragment, *call.terms));
  MACHIYA_TRY(const Snapshot made, call.broker.snapshots->update(call.owner(), id, wish));
  return call.answer(write_snapshot(made, *call.terms));
}

Result<http::Response> remove(Call& call) {
  MACHIYA_TRY(const std::string id, call.uri("id"));
  MACHIYA_CHECK(call.broker.snapshots->remove(call.owner(), id));
  return call.no_content();
}

// §5.16.7: those whose members fit q.
Result<http::Response> purge(Call& call) {
  Snapshots& snapshots = *call.broker.snapshots;
  const auto q = call.parameter("q");
  if (!q || q->empty()) return bad("q says which snapshots", "q");
  auto filter = Filter::parse(*q, [](std::string_view name) { return std::string(name); });
  if (!filter.ok()) return bad_data(filter.error());
  for (const std::string& name : filter->attributes())
    if (!is_snapshot_member(name)) return bad("\"" + name + "\" is no member of a snapshot", "q");
  BatchResult result;
  for (const Snapshot& s : snapshots.list(call.owner())) {
    tree::Arena arena;
    auto members = tree::parse(write_snapshot(s, *call.broker.contexts.core()), arena);
    if (!members.ok() || !filter->matches(*members)) continue;
    if (auto done = snapshots.remove(call.owner(), s.id); done.ok()) result.success.push_back(s.id);
    else result.errors.emplace_back(s.id, done.error());
  }
  if (result.success.empty() && result.errors.empty()) return absent();
  return result.clean() ? call.no_content() : call.multi_status(result.text());
}

}  // namespace

void add_snapshot_routes(const Routes& routes) {
  using http::Method;
  for (const char* path : {"/snapshots", "/snapshots/"}) {
    routes.add(Method::post, path, {.parameters = {"local"}, .body = true}, create);
    routes.add(Method::del, path, {.parameters = {"q"}}, purge);
  }
  routes.add(Method::get, "/snapshots/{id}", {}, retrieve);
  routes.add(Method::patch, "/snapshots/{id}", {.body = true}, update);
  routes.add(Method::del, "/snapshots/{id}", {}, remove);
  routes.add(Method::post, "/snapshots/{id}/clone", {.body = true, .empty_body = true}, clone);
}

}  // namespace machiya::sense::ngsild
