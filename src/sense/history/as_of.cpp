// Entities as they were at a moment: of each attribute the newest instance that is not later.
#include <algorithm>

#include "sense/entities/draft.h"
#include "sense/history/inside.h"

namespace machiya::sense {

using history::Past;

namespace {

class Rewinder {
 public:
  Rewinder(const History::Inside& in, store::ReadTx& tx, std::int64_t at_us, tree::Arena& arena) : in_(in), tx_(tx), at_(at_us), arena_(arena) {}

  /// Nothing when there was none, or when it had been deleted.
  Result<std::optional<Instance>> newest(const history::Track& track) const {
    std::optional<Instance> out;
    std::int64_t when = kNoTime;
    for (const history::Column& c : track.columns) {
      MACHIYA_TRY(const auto values, in_.numbers.range(c.values, {{kNoTime, at_ + 1}, 1, true}));
      if (values.empty() || (out && values[0].time_us < when)) continue;
      Instance i;
      i.value = arena_.number(values[0].value), i.unit_code = arena_.text(c.unit), i.created_us = i.modified_us = values[0].time_us;
      if (c.digits != history::kNoObservedAt) i.observed_at = {values[0].time_us, arena_.text(history::time_text(values[0].time_us, c.digits))};
      MACHIYA_TRY(const auto sub, history::read_sub(c.sub, arena_));
      i.sub = history::entered_at(sub, i.created_us, arena_);
      out = i, when = values[0].time_us;
    }
    MACHIYA_CHECK(from_rows(track, out, when));
    return out;
  }

 private:
  const History::Inside& in_;
  store::ReadTx& tx_;
  std::int64_t at_;
  tree::Arena& arena_;

  // Rows come by time: a look at the last hour, then at the last month, and only then at all of them.
  Result<void> from_rows(const history::Track& track, std::optional<Instance>& out, std::int64_t when) const {
    if (track.rows == 0) return {};
    for (const std::int64_t back : {kHour, 30 * kDay, std::numeric_limits<std::int64_t>::max()}) {
      const std::int64_t from = back == std::numeric_limits<std::int64_t>::max() ? kNoTime : at_ - back;
      std::optional<history::dao::InstanceRow> last;
      MACHIYA_CHECK(history::dao::instances(tx_, track.key, std::max(from, when), at_ + 1, [&](const history::dao::InstanceRow& row) {
        last = row;
        return true;
      }));
      if (!last && from > when) continue;
      if (!last) return {};
      MACHIYA_TRY(const Past past, history::decode_past(last->body, arena_));
      if (past.deleted_us != kNoTime) out.reset();
      else out = past.instance;
      return {};
    }
    return {};
  }
};

}  // namespace

Result<std::vector<EntityPtr>> History::as_of(std::string_view tenant, std::string_view type, const std::vector<std::string>& names, Instant at, Names& words, std::size_t most) const {
  std::vector<history::HeadPtr> heads = in_->heads(tenant);
  std::erase_if(heads, [&](const history::HeadPtr& h) { return std::ranges::find(h->types, type) == h->types.end(); });
  if (heads.size() > most) return Error(ErrorCode::limit_exceeded, "more than " + std::to_string(most) + " entities of this type have a history");
  std::vector<EntityPtr> out;
  MACHIYA_CHECK(in_->tables.read([&](store::ReadTx& tx) -> Result<void> {
    out.clear();
    for (const history::HeadPtr& head : heads) {
      tree::Arena arena;
      const Rewinder rewinder(*in_, tx, at.us, arena);
      Draft draft;
      draft.id = head->id, draft.types.assign(head->types.begin(), head->types.end());
      draft.created_us = head->created_us, draft.modified_us = head->modified_us.load();
      for (const history::TrackPtr& t : head->tracks) {
        if (!t->dataset.empty() || std::ranges::find(names, t->name) == names.end()) continue;
        MACHIYA_TRY(const auto instance, rewinder.newest(*t));
        if (instance) draft.attributes.push_back({t->name, {*instance}});
      }
      if (!draft.attributes.empty()) out.push_back(draft.finish(words));
    }
    return {};
  }));
  return out;
}

}  // namespace machiya::sense
