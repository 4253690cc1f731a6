#include "sense/history/history.h"

#include <algorithm>

#include "sense/history/batch.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_history();
}

namespace machiya::sense {

using history::Batch;
using history::Head;
using history::HeadDraft;
using history::HeadPtr;
using history::Past;
using history::Track;

namespace {

Error missing(std::string what) { return Error(ErrorCode::not_found, std::move(what)); }

// Where the instance of this name lies: a row, or a place in a column.
struct Place {
  std::size_t track = 0;
  std::optional<history::dao::InstanceRow> row;
  int column = -1;
  std::int64_t time_us = 0;
};

Result<std::optional<Place>> in_columns(const History::Inside& in, const Head& head, std::size_t index, std::string_view instance_id) {
  const Track& track = *head.tracks[index];
  const auto place = in.names.place(instance_id);
  if (!place || place->track != track.key || place->column >= static_cast<int>(track.columns.size())) return std::optional<Place>();
  const history::Column& c = track.columns[static_cast<std::size_t>(place->column)];
  MACHIYA_TRY(const auto values, in.numbers.range(c.values, {{place->time_us, place->time_us + 1}, 1, false}));
  if (values.empty()) return std::optional<Place>();
  return std::optional(Place{index, std::nullopt, place->column, place->time_us});
}

Result<Place> find_instance(const History::Inside& in, const Head& head, std::string_view name, std::string_view instance_id) {
  bool known = false;
  for (std::size_t i = 0; i < head.tracks.size(); ++i) {
    const Track& track = *head.tracks[i];
    if (track.name != name) continue;
    known = true;
    if (track.rows > 0) {
      MACHIYA_TRY(auto row, in.tables.read([&](store::ReadTx& tx) { return history::dao::instance_named(tx, track.key, instance_id); }));
      if (row) return Place{i, std::move(row), -1, 0};
    }
    MACHIYA_TRY(const auto place, in_columns(in, head, i, instance_id));
    if (place) return *place;
  }
  return missing(known ? "the attribute has no such instance" : "the entity has no such attribute");
}

void erase(Batch& batch, const Head& head, const Place& place) {
  const Track& track = *head.tracks[place.track];
  if (place.row) return batch.erase_row(track, place.row->time_us, place.row->number);
  batch.erase_point(track.columns[static_cast<std::size_t>(place.column)], place.time_us, place.time_us + 1);
}

Result<std::int64_t> created_at(const History::Inside& in, const Head& head, const Place& place) {
  if (place.row) {
    tree::Arena arena;
    MACHIYA_TRY(const Past past, history::decode_past(place.row->body, arena));
    return past.instance.created_us;
  }
  const history::Column& c = head.tracks[place.track]->columns[static_cast<std::size_t>(place.column)];
  MACHIYA_TRY(const auto entered, in.numbers.range(c.entered, {{place.time_us, place.time_us + 1}, 1, false}));
  return place.time_us + (entered.empty() ? 0 : static_cast<std::int64_t>(entered[0].value));
}

std::string new_instance_id(Rng& rng) { return "urn:ngsi-ld:Instance:" + new_public_id(rng); }

Result<void> add_all(History::Inside& in, Batch& batch, HeadDraft& draft_head, const Draft& draft, std::int64_t now) {
  std::vector<std::string> types = draft_head->types;
  for (const std::string_view t : draft.types)
    if (std::ranges::find(types, t) == types.end()) types.emplace_back(t);
  draft_head.modified(now);
  Head& head = draft_head.change();
  head.types = std::move(types), head.deleted_us = kNoTime;
  if (!draft.scopes.empty()) MACHIYA_CHECK(batch.set_scopes(draft_head, {draft.scopes.begin(), draft.scopes.end()}, now));
  for (const DraftAttribute& a : draft.attributes) {
    if (in.keep_us(head.types, a.name) == 0) continue;
    for (const Instance& i : a.instances) {
      const std::string id = new_instance_id(in.rng);
      Past past{i, kNoTime};
      past.instance.instance_id = id, past.instance.created_us = past.instance.modified_us = now;
      MACHIYA_CHECK(batch.add(draft_head, a.name, past));
    }
  }
  return {};
}

}  // namespace

std::vector<store::Migration> history_migrations() { return sql_migrations_history(); }

History::History(std::shared_ptr<Inside> inside) : in_(std::move(inside)) {}
History::~History() { end_following(); }

Result<std::unique_ptr<History>> History::open(store::Store& tables, series::Store& numbers, Clock& clock, Rng& rng, Options options) {
  auto inside = std::make_shared<Inside>(tables, numbers, clock, rng, std::move(options));
  MACHIYA_CHECK(inside->load());
  return std::unique_ptr<History>(new History(std::move(inside)));
}

bool History::has_tenant(std::string_view tenant) const {
  std::shared_lock hold(in_->catalogue);
  return in_->tenants.contains(tenant);
}

HeadPtr History::head(std::string_view tenant, std::string_view id) const { return in_->head(tenant, id); }

Result<bool> History::put(std::string_view tenant, const Draft& draft) {
  std::lock_guard hold(in_->write);
  Batch batch(*in_);
  const std::int64_t now = in_->clock.now().us;
  const bool fresh = batch.find(tenant, draft.id) == nullptr;
  MACHIYA_CHECK(add_all(*in_, batch, batch.make(tenant, draft.id, now), draft, now));
  MACHIYA_CHECK(batch.commit(0));
  return fresh;
}

Result<void> History::append(std::string_view tenant, std::string_view id, const Draft& draft) {
  std::lock_guard hold(in_->write);
  Batch batch(*in_);
  HeadDraft* head = batch.find(tenant, id);
  if (head == nullptr) return missing("there is no history of such an entity");
  MACHIYA_CHECK(add_all(*in_, batch, *head, draft, in_->clock.now().us));
  return batch.commit(0);
}

Result<void> History::erase_attribute(std::string_view tenant, std::string_view id, std::string_view name, std::string_view dataset, bool all) {
  std::lock_guard hold(in_->write);
  Batch batch(*in_);
  HeadDraft* head = batch.find(tenant, id);
  if (head == nullptr) return missing("there is no history of such an entity");
  bool any = false;
  for (std::size_t i = (*head)->tracks.size(); i-- > 0;) {
    const Track& track = *(*head)->tracks[i];
    if (track.name != name || (!all && track.dataset != dataset)) continue;
    any = true, batch.erase_track(*head, i);
  }
  if (!any) return missing("the entity has no such attribute");
  head->modified(in_->clock.now().us);
  return batch.commit(0);
}

Result<void> History::replace_instance(std::string_view tenant, std::string_view id, std::string_view name, std::string_view instance_id, const Instance& instance) {
  std::lock_guard hold(in_->write);
  Batch batch(*in_);
  HeadDraft* head = batch.find(tenant, id);
  if (head == nullptr) return missing("there is no history of such an entity");
  MACHIYA_TRY(const Place place, find_instance(*in_, **head, name, instance_id));
  const std::string dataset = (*head)->tracks[place.track]->dataset;
  if (!instance.dataset_id.empty() && instance.dataset_id != dataset) return Error(ErrorCode::invalid_input, "the instance has another datasetId", "datasetId");
  Past past{instance, kNoTime};
  MACHIYA_TRY(past.instance.created_us, created_at(*in_, **head, place));
  past.instance.modified_us = in_->clock.now().us;
  head->modified(past.instance.modified_us);
  past.instance.dataset_id = dataset, past.instance.instance_id = instance_id;
  erase(batch, **head, place);
  batch.forget_newest(*head, place.track);
  MACHIYA_CHECK(batch.add(*head, name, past, true));
  return batch.commit(0);
}

Result<void> History::erase_instance(std::string_view tenant, std::string_view id, std::string_view name, std::string_view instance_id) {
  std::lock_guard hold(in_->write);
  Batch batch(*in_);
  HeadDraft* head = batch.find(tenant, id);
  if (head == nullptr) return missing("there is no history of such an entity");
  MACHIYA_TRY(const Place place, find_instance(*in_, **head, name, instance_id));
  erase(batch, **head, place);
  batch.forget_newest(*head, place.track);
  head->modified(in_->clock.now().us);
  return batch.commit(0);
}

Result<void> History::erase_entity(std::string_view tenant, std::string_view id) {
  std::lock_guard hold(in_->write);
  Batch batch(*in_);
  HeadDraft* head = batch.find(tenant, id);
  if (head == nullptr) return missing("there is no history of such an entity");
  batch.erase_head(*head);
  return batch.commit(0);
}

Result<std::size_t> History::retain() {
  std::lock_guard hold(in_->write);
  if (in_->heads_told) MACHIYA_CHECK(in_->write_heads());
  std::vector<HeadPtr> heads;
  {
    std::shared_lock look(in_->catalogue);
    for (const auto& [tenant, list] : in_->tenants)
      for (const auto& [id, head] : list) heads.push_back(head);
  }
  std::size_t looked = 0;
  Batch batch(*in_);
  const std::int64_t now = in_->clock.now().us;
  for (const HeadPtr& kept : heads) {
    for (std::size_t i = 0; i < kept->tracks.size(); ++i) {
      const history::TrackPtr& track = kept->tracks[i];
      const std::int64_t keep = in_->keep_us(kept->types, track->name);
      if (keep == std::numeric_limits<std::int64_t>::max()) continue;
      ++looked, batch.forget_newest(*batch.find(kept->tenant, kept->id), i);
      for (const history::Column& c : track->columns) batch.erase_point(c, kNoTime, now - keep);
      if (track->rows > 0) batch.erase_rows_before(*track, now - keep);
    }
  }
  MACHIYA_CHECK(batch.commit(0));
  return looked;
}

}  // namespace machiya::sense
