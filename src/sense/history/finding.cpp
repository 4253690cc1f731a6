// Retrieving one entity's evolution (§5.7.3) and querying many (§5.7.4).
#include <algorithm>

#include "sense/history/reading.h"

namespace machiya::sense {

using history::HeadPtr;
using history::Past;
using history::Periods;
using history::Reader;
using history::Track;
using history::TrackPtr;
using Property = TemporalQuery::Property;

namespace {

bool is_scope(const Track& track) { return track.name == history::kScopeTrack; }

/// What the gate shows of it; nullptr: nothing. When the whole was modified is not told with a part: what is not seen may have been it.
HeadPtr seen(const Gate* gate, const HeadPtr& head) {
  if (gate == nullptr) return head;
  const std::vector<std::string_view> types(head->types.begin(), head->types.end());
  if (!gate->sees(types)) return nullptr;
  const auto hidden = [&](const TrackPtr& t) { return !is_scope(*t) && !gate->sees(types, t->name); };
  if (std::ranges::none_of(head->tracks, hidden)) return head;
  auto part = std::make_shared<history::Head>(*head);
  std::erase_if(part->tracks, hidden);
  part->modified_us = kNoTime;
  return part;
}

/// One question, asked of one entity after another within one reading transaction.
class Finder {
 public:
  Finder(const History::Inside& in, store::ReadTx& tx, const HistoryAsking& asking, tree::Arena& arena)
      : in_(in), tx_(tx), asking_(asking), arena_(arena), everything_(asking.window), reader_(in, tx, asking.window, arena), all_(in, tx, everything_, arena) {
    everything_.bounded = false, everything_.when = TemporalQuery{}, everything_.most = SIZE_MAX;
  }

  Result<bool> matches(const HeadPtr& head) const;
  Result<HistoryEntity> read(const HeadPtr& head) const;

 private:
  const History::Inside& in_;
  store::ReadTx& tx_;
  const HistoryAsking& asking_;
  tree::Arena& arena_;
  HistoryWindow everything_;
  Reader reader_, all_;

  bool asked_for(const Track& track) const {
    if (asking_.datasets == nullptr) return true;
    return std::ranges::any_of(*asking_.datasets, [&](const std::string& d) { return d == track.dataset || (d == "@none" && track.dataset.empty()); });
  }
  bool named(const Track& track) const {
    const auto& attrs = asking_.query->attrs;
    return attrs.empty() || std::ranges::find(attrs, track.name) != attrs.end();
  }
  bool shown(const Track& track) const {
    // Scopes have no observedAt: their evolution is told by the other times only (§4.18).
    if (is_scope(track) && (!asking_.window.bounded || asking_.window.when.property == Property::observed_at)) return false;
    return named(track) && asked_for(track) && (!asking_.shown || asking_.shown(track.name));
  }
  Result<bool> content_matches(const HeadPtr& head) const;
  Result<std::vector<Instance>> asked_instances(const Track& track) const;
  Result<void> aggregate(const HeadPtr& head, HistoryEntity& out) const;
  Result<bool> simple(const Track& track) const;
  Result<Periods> periods(const std::vector<TrackPtr>& tracks) const;
  Result<std::int64_t> edge(const Track& track, bool newest) const;
};

Result<bool> Finder::matches(const HeadPtr& given) const {
  const HeadPtr head = seen(asking_.gate, given);
  if (!head) return false;
  const EntityQuery& q = *asking_.query;
  const std::vector<std::string_view> types(head->types.begin(), head->types.end()), scopes(head->scopes.begin(), head->scopes.end());
  Entity entity;
  entity.id = head->id, entity.types = types, entity.scopes = scopes;
  const auto selects = [&](const EntitySelector& s) { return s.selects(entity); };
  if (!q.entities.empty() && std::ranges::none_of(q.entities, selects)) return false;
  if (!q.scope.matches(entity.scopes)) return false;
  bool any = false;
  for (const TrackPtr& t : head->tracks) {
    if (any || !named(*t) || !asked_for(*t) || (is_scope(*t) && asking_.window.when.property == Property::observed_at)) continue;
    MACHIYA_TRY(any, reader_.any(*t));
  }
  // An entity without attributes is there when nothing of it is asked for.
  if (!any && (asking_.window.bounded || !q.attrs.empty() || asking_.datasets != nullptr)) return false;
  return q.q.empty() && !q.geo ? Result<bool>(true) : content_matches(head);
}

// What q and geoQ look at: every instance in the interval; of an attribute that has no such time at all, what there is of it.
Result<std::vector<Instance>> Finder::asked_instances(const Track& track) const {
  HistoryWindow window = asking_.window;
  window.most = SIZE_MAX, window.when.last_n = 0;
  MACHIYA_TRY(auto list, Reader(in_, tx_, window, arena_).instances(track));
  if (list.empty() && window.bounded) {
    MACHIYA_TRY(list, all_.instances(track));
    std::erase_if(list, [&](const Past& p) { return history::time_of(p, window.when.property) != kNoTime; });
  }
  std::vector<Instance> out;
  for (const Past& p : list) out.push_back(p.instance);
  return out;
}

Result<bool> Finder::content_matches(const HeadPtr& head) const {
  const EntityQuery& q = *asking_.query;
  const std::vector<std::string> names = q.q.attributes();
  const auto looked_at = [&](const Track& t) { return (q.geo && t.name == q.geo->attribute()) || std::ranges::find(names, t.name) != names.end(); };
  std::vector<std::pair<std::string_view, std::vector<Instance>>> lists;
  for (const TrackPtr& t : head->tracks) {
    if (!looked_at(*t)) continue;
    MACHIYA_TRY(const auto instances, asked_instances(*t));
    auto there = std::ranges::find(lists, std::string_view(t->name), &decltype(lists)::value_type::first);
    if (there == lists.end()) there = lists.insert(lists.end(), {t->name, {}});
    there->second.insert(there->second.end(), instances.begin(), instances.end());
  }
  std::vector<Attribute> attributes;
  for (const auto& [name, list] : lists)
    if (!list.empty()) attributes.push_back({name, list});
  const std::vector<std::string_view> types(head->types.begin(), head->types.end()), scopes(head->scopes.begin(), head->scopes.end());
  Entity entity;
  entity.id = head->id, entity.types = types, entity.scopes = scopes, entity.created_us = head->created_us, entity.modified_us = head->modified_us, entity.attributes = attributes;
  return q.q.matches(entity) && (!q.geo || q.geo->matches(entity));
}

Result<HistoryEntity> Finder::read(const HeadPtr& given) const {
  const HeadPtr head = seen(asking_.gate, given);
  if (!head) return HistoryEntity{given, {}};
  HistoryEntity out{head, {}};
  if (asking_.aggregating != nullptr) {
    MACHIYA_CHECK(aggregate(head, out));
    return out;
  }
  for (const TrackPtr& t : head->tracks) {
    if (!shown(*t)) continue;
    MACHIYA_TRY(auto list, reader_.instances(*t));
    if (!list.empty()) out.slices.push_back({t, std::move(list), {}});
  }
  return out;
}

// A single column of numbers with observedAt, asked for by it: the store of series answers alone.
Result<bool> Finder::simple(const Track& track) const {
  const auto& when = asking_.window.when;
  return track.rows == 0 && track.columns.size() == 1 && track.columns[0].digits != history::kNoObservedAt && when.property == Property::observed_at && when.last_n == 0;
}

Result<std::int64_t> Finder::edge(const Track& track, bool newest) const {
  const auto& when = asking_.window.when;
  MACHIYA_TRY(const bool is_simple, simple(track));
  if (is_simple) {
    MACHIYA_TRY(const auto values, in_.numbers.range(track.columns[0].values, {{when.from_us, when.until_us}, 1, newest}));
    return values.empty() ? kNoTime : values[0].time_us;
  }
  HistoryWindow window = asking_.window;
  window.most = SIZE_MAX;
  MACHIYA_TRY(const auto list, Reader(in_, tx_, window, arena_).instances(track));
  if (list.empty()) return kNoTime;
  return history::place_of(newest ? list.back() : list.front(), window);
}

// §4.5.19.1: from timeAt on when there is a lower bound, else from the oldest instance of the answer.
Result<Periods> Finder::periods(const std::vector<TrackPtr>& tracks) const {
  const auto& when = asking_.window.when;
  Periods out{when.from_us, when.until_us, asking_.aggregating->period};
  const bool open = out.each.none() && when.until_us == std::numeric_limits<std::int64_t>::max();
  if (out.origin_us != kNoTime && !open) return out;
  std::int64_t oldest = std::numeric_limits<std::int64_t>::max(), newest = kNoTime;
  for (const TrackPtr& t : tracks) {
    MACHIYA_TRY(const std::int64_t first, edge(*t, false));
    if (first != kNoTime) oldest = std::min(oldest, first);
    if (!open) continue;
    MACHIYA_TRY(const std::int64_t last, edge(*t, true));
    newest = std::max(newest, last);
  }
  if (out.origin_us == kNoTime) out.origin_us = oldest;
  if (open) out.end_us = std::max(newest, in_.clock.now().us);
  return out;
}

Result<void> Finder::aggregate(const HeadPtr& head, HistoryEntity& out) const {
  std::vector<TrackPtr> tracks;
  for (const TrackPtr& t : head->tracks)
    if (shown(*t) && !is_scope(*t)) tracks.push_back(t);
  MACHIYA_TRY(const Periods spans, periods(tracks));
  HistoryWindow window = asking_.window;
  window.most = SIZE_MAX;
  for (const TrackPtr& t : tracks) {
    HistorySlice slice{t, {}, {}};
    MACHIYA_TRY(const bool is_simple, simple(*t));
    if (is_simple) {
      MACHIYA_TRY(slice.aggregates, history::aggregate(in_.numbers, t->columns[0].values, {window.when.from_us, window.when.until_us}, *asking_.aggregating, spans));
    } else {
      MACHIYA_TRY(slice.instances, Reader(in_, tx_, window, arena_).instances(*t));
      std::vector<history::Timed> timed;
      for (const Past& p : slice.instances)
        if (p.deleted_us == kNoTime) timed.push_back({history::place_of(p, window), &p.instance});
      slice.aggregates = history::aggregate(timed, *asking_.aggregating, spans);
    }
    if (!slice.aggregates.empty()) out.slices.push_back(std::move(slice));
  }
  return {};
}

// §6.3.10. Every attribute is cut at the same moment, so that what comes next begins there for all of them.
void cut(HistoryAnswer& answer, const HistoryWindow& window) {
  const bool backwards = window.when.last_n > 0;
  const auto at = [&](const Past& p) { return history::place_of(p, window); };
  std::int64_t edge = backwards ? kNoTime : std::numeric_limits<std::int64_t>::max(), oldest = std::numeric_limits<std::int64_t>::max(), newest = kNoTime;
  bool over = false;
  for (const HistoryEntity& e : answer.entities) {
    for (const HistorySlice& s : e.slices) {
      if (s.instances.empty()) continue;
      oldest = std::min(oldest, at(s.instances.front())), newest = std::max(newest, at(s.instances.back()));
      if (s.instances.size() <= window.most) continue;
      over = true;
      edge = backwards ? std::max(edge, at(s.instances[s.instances.size() - window.most])) : std::min(edge, at(s.instances[window.most - 1]));
    }
  }
  if (!over) return;
  for (HistoryEntity& e : answer.entities) {
    for (HistorySlice& s : e.slices) std::erase_if(s.instances, [&](const Past& p) { return backwards ? at(p) < edge : at(p) > edge; });
    std::erase_if(e.slices, [](const HistorySlice& s) { return s.instances.empty(); });
  }
  const TemporalQuery& when = window.when;
  if (backwards) answer.cut = {window.bounded && when.rel != TemporalQuery::Rel::after ? when.until_us : newest, edge};
  if (!backwards) answer.cut = {window.bounded && when.rel != TemporalQuery::Rel::before ? when.from_us : oldest, edge};
}

/// Who names no query asks for everything.
HistoryAsking of_everything(const HistoryAsking& asking) {
  static const EntityQuery everything;
  HistoryAsking out = asking;
  out.query = &everything;
  return out;
}

}  // namespace

Result<HistoryAnswer> History::retrieve(std::string_view tenant, std::string_view id, const HistoryAsking& asking) const {
  if (!asking.query) return retrieve(tenant, id, of_everything(asking));
  const HeadPtr head = in_->head(tenant, id);
  if (!head || !seen(asking.gate, head)) return Error(ErrorCode::not_found, "there is no history of such an entity");
  HistoryAnswer out;
  MACHIYA_CHECK(in_->tables.read([&](store::ReadTx& tx) -> Result<void> {
    const Finder finder(*in_, tx, asking, out.arena);
    // Periods tell themselves whether there is anything: then nothing is looked up twice.
    const bool told_by_periods = asking.aggregating != nullptr && asking.query->q.empty() && !asking.query->geo;
    bool there = told_by_periods && seen(asking.gate, head) != nullptr;
    if (!told_by_periods) {
      MACHIYA_TRY(there, finder.matches(head));
    }
    if (!there) return {};
    MACHIYA_TRY(auto entity, finder.read(head));
    if (!told_by_periods || !entity.slices.empty()) out.entities.push_back(std::move(entity));
    return {};
  }));
  if (asking.aggregating == nullptr) cut(out, asking.window);
  return out;
}

std::vector<HeadPtr> History::Inside::heads(std::string_view tenant) const {
  std::vector<HeadPtr> out;
  std::shared_lock hold(catalogue);
  const auto there = tenants.find(tenant);
  if (there != tenants.end())
    for (const auto& [id, head] : there->second) out.push_back(head);
  return out;
}

Result<std::vector<std::string>> History::ids(std::string_view tenant, const HistoryAsking& asking) const {
  if (!asking.query) return ids(tenant, of_everything(asking));
  const std::vector<HeadPtr> heads = in_->heads(tenant);
  std::vector<std::string> out;
  tree::Arena arena;
  MACHIYA_CHECK(in_->tables.read([&](store::ReadTx& tx) -> Result<void> {
    const Finder finder(*in_, tx, asking, arena);
    out.clear();
    for (const HeadPtr& head : heads) {
      MACHIYA_TRY(const bool there, finder.matches(head));
      if (there) out.push_back(head->id);
    }
    return {};
  }));
  return out;
}

Result<HistoryAnswer> History::find(std::string_view tenant, const HistoryAsking& asking) const {
  if (!asking.query) return find(tenant, of_everything(asking));
  const std::vector<HeadPtr> heads = in_->heads(tenant);
  HistoryAnswer out;
  MACHIYA_CHECK(in_->tables.read([&](store::ReadTx& tx) -> Result<void> {
    const Finder finder(*in_, tx, asking, out.arena);
    for (const HeadPtr& head : heads) {
      MACHIYA_TRY(const bool there, finder.matches(head));
      if (!there) continue;
      const std::size_t n = out.total++;
      if (n >= asking.offset && n - asking.offset < asking.limit) {
        MACHIYA_TRY(auto entity, finder.read(head));
        out.entities.push_back(std::move(entity));
      } else if (n >= asking.offset) {
        out.more = true;
        if (!asking.count) break;
      }
    }
    return {};
  }));
  if (asking.aggregating == nullptr) cut(out, asking.window);
  return out;
}

}  // namespace machiya::sense
