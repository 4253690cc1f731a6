#include "sense/forecast/forecaster.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sense/entities/change.h"
#include "sense/entities/stamp.h"

namespace machiya::sense::forecast {
namespace {

constexpr std::int64_t kLearnAgain = kDay;
constexpr std::int64_t kTryAgain = kHour;             // while too little is known
constexpr std::size_t kMostReadings = 200'000;        // of one entity: a year of two-minute values
constexpr std::size_t kPage = 500;

double number_of(const Entity& entity, std::string_view name) {
  const Attribute* attribute = name.empty() ? nullptr : entity.attribute(name);
  const Instance* instance = attribute == nullptr ? nullptr : attribute->instance("");
  return instance == nullptr ? std::numeric_limits<double>::quiet_NaN() : instance->value.number();
}

/// What was measured last. Its time is when it was observed; when nobody says, when it came.
std::optional<Reading> latest_of(const Entity& entity, std::string_view name) {
  const double value = number_of(entity, name);
  if (std::isnan(value)) return std::nullopt;
  const Instance* instance = entity.attribute(name)->instance("");
  return Reading{instance->observed_at.present() ? instance->observed_at.us : instance->modified_us, value};
}

std::vector<Reading> readings_of(const HistoryAnswer& answer) {
  std::vector<Reading> out;
  for (const HistoryEntity& entity : answer.entities)
    for (const HistorySlice& slice : entity.slices)
      for (const history::Past& past : slice.instances) {
        const double value = past.instance.value.number();
        if (past.deleted_us == kNoTime && past.instance.observed_at.present() && !std::isnan(value)) out.push_back({past.instance.observed_at.us, value});
      }
  std::stable_sort(out.begin(), out.end(), [](const Reading& a, const Reading& b) { return a.time_us < b.time_us; });
  out.erase(std::unique(out.begin(), out.end(), [](const Reading& a, const Reading& b) { return a.time_us == b.time_us; }), out.end());
  return out;
}

}  // namespace

Forecaster::Forecaster(EntityStore& entities, const History& history, const Clock& clock, Ports ports)
    : entities_(entities), history_(history), clock_(clock), ports_(std::move(ports)) {}

Result<void> Forecaster::learn(const Plan& plan, const std::string& entity, Known& known) const {
  known.tried_us = clock_.now().us;
  const EntityQuery anybody;
  HistoryAsking asking;
  asking.query = &anybody;
  asking.window.when.from_us = known.tried_us - plan.learn_us, asking.window.when.until_us = known.tried_us, asking.window.most = kMostReadings;
  asking.shown = [&plan](std::string_view name) { return name == plan.attribute; };
  const std::vector<std::string> plain = {""};
  asking.datasets = &plain;
  MACHIYA_TRY(const auto answer, history_.retrieve(plan.tenant, entity, asking));
  const std::vector<Reading> readings = readings_of(answer);
  known.whole = std::all_of(readings.begin(), readings.end(), [](const Reading& r) { return r.value == std::nearbyint(r.value); });
  known.profile = Profile::learn(readings, ports_.calendar, plan.ahead_us);
  return {};
}

Result<bool> Forecaster::write(const Plan& plan, const Entity& entity, const Known& known) {
  const std::int64_t now = clock_.now().us;
  const double most = number_of(entity, plan.most);
  const auto expected = known.profile->expect(now, latest_of(entity, plan.attribute), ports_.calendar, plan.least.value_or(-std::numeric_limits<double>::max()),
                                              std::isnan(most) ? std::numeric_limits<double>::max() : most);
  const auto make = [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    if (!current || !current->has_type(plan.type)) return Error(ErrorCode::not_found, "the entity is gone");
    tree::Arena arena;
    const auto number = [&](double v) { return known.whole ? arena.number(static_cast<std::int64_t>(std::llround(v))) : arena.number(std::round(v * 1e6) / 1e6); };
    std::vector<tree::Value> list;
    for (const Expected& e : expected)
      list.push_back(arena.object({{"at", arena.string(stamp_text(e.at_us))}, {"expected", number(e.value)}, {"low", number(e.low)}, {"high", number(e.high)}}));
    const std::string observed = stamp_text(now);
    Instance instance;
    instance.kind = AttributeKind::json_property, instance.value = arena.array(list), instance.observed_at = {now, observed};
    Draft draft;
    draft.id = current->id;
    draft.attributes.push_back({plan.writes, {instance}});
    return append_attributes(current, draft, false, context);
  };
  const auto done = entities_.write(plan.tenant, entity.id, make);
  if (done.ok()) return true;
  if (done.error().code == ErrorCode::not_found) return false;   // deleted meanwhile
  return done.error();
}

Result<Forecaster::Round> Forecaster::round(std::size_t learn_most) {
  Round out;
  std::map<Key, Known> now_known;   // what is gone from the city is forgotten
  for (const Plan& plan : ports_.plans()) {
    EntityQuery query;
    EntitySelector of_type;
    of_type.type = TypeSelection::any({plan.type});
    query.entities.push_back(std::move(of_type));
    query.attrs = {plan.attribute};
    Find find;
    find.query = &query, find.limit = kPage, find.now_us = clock_.now().us;
    for (bool more = true; more; find.offset += kPage) {
      const Found found = entities_.find(plan.tenant, find);
      more = found.more;
      for (const EntityPtr& entity : found.entities) {
        const Key key{plan.id, std::string(entity->id)};
        Known known;
        {
          std::lock_guard guard(mutex_);
          if (const auto old = known_.find(key); old != known_.end()) known = old->second;
        }
        const std::int64_t age = known.tried_us == kNoTime ? std::numeric_limits<std::int64_t>::max() : clock_.now().us - known.tried_us;
        if (age >= (known.profile ? kLearnAgain : kTryAgain)) {
          if (out.learned < learn_most) {
            MACHIYA_CHECK(learn(plan, key.second, known));
            ++out.learned;
          } else {
            out.more = true;
          }
        }
        if (known.profile) {
          MACHIYA_TRY(const bool written, write(plan, *entity, known));
          out.written += written;
        } else {
          ++out.unknown;
        }
        now_known.emplace(key, std::move(known));
      }
    }
  }
  std::lock_guard guard(mutex_);
  known_ = std::move(now_known);
  return out;
}

std::optional<std::vector<Skill>> Forecaster::skill(const std::string& plan, const std::string& entity) const {
  std::lock_guard guard(mutex_);
  const auto found = known_.find({plan, entity});
  if (found == known_.end() || !found->second.profile) return std::nullopt;
  return found->second.profile->skill();
}

}  // namespace machiya::sense::forecast
