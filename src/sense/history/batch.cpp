#include "sense/history/batch.h"

#include <algorithm>

namespace machiya::sense::history {
namespace {

constexpr std::size_t kLongestName = 1000;      // of an attribute, so that it can name a measurement
constexpr std::size_t kMostColumns = 4000;      // of one track: InstanceNames has twelve bits for them
constexpr std::size_t kMostWithSub = 8;         // of one track, with sub-attributes: where these change all the time, rows are better
constexpr std::size_t kLongestSub = 2000;       // bytes

std::vector<std::string> words(std::span<const std::string_view> from) { return {from.begin(), from.end()}; }

std::string key_of(std::string_view tenant, std::string_view id) {
  std::string out(tenant);
  out += '\0', out += id;
  return out;
}

}  // namespace

HeadDraft* Batch::find(std::string_view tenant, std::string_view id) {
  std::string key = key_of(tenant, id);
  const auto there = heads_.find(key);
  if (there != heads_.end()) return there->second.erased() ? nullptr : &there->second;
  HeadPtr kept = in_.head(tenant, id);
  if (!kept) return nullptr;
  return &heads_.emplace(std::move(key), HeadDraft(std::move(kept))).first->second;
}

HeadDraft& Batch::make(std::string_view tenant, std::string_view id, std::int64_t now_us) {
  if (HeadDraft* there = find(tenant, id)) return *there;
  auto head = std::make_shared<Head>();
  head->key = in_.next_key++, head->tenant = std::string(tenant), head->id = std::string(id), head->created_us = head->modified_us = now_us;
  HeadDraft& made = heads_.insert_or_assign(key_of(tenant, id), HeadDraft(head)).first->second;
  new_heads_[head->key] = &made;
  return made;
}

Result<void> Batch::take(const Record& record) {
  const Entity& entity = record.entity();
  HeadDraft* there = find(record.tenant, entity.id);
  const bool same_types = there != nullptr && std::ranges::equal((*there)->types, entity.types);
  const std::vector<std::string> types = same_types ? (*there)->types : words(entity.types);
  if (in_.keep_us(types, "") == 0) return {};
  HeadDraft& head = there != nullptr ? *there : make(record.tenant, entity.id, record.at_us);
  if (record.created() && head->deleted_us != kNoTime) head.change().created_us = record.at_us;
  if (!same_types) head.change().types = types;
  if (const std::int64_t deleted = record.deleted() ? record.at_us : kNoTime; head->deleted_us != deleted) head.change().deleted_us = deleted;
  head.modified(record.at_us);
  const auto scopes = record.deleted() ? std::span<const std::string_view>() : entity.scopes;
  if (!std::ranges::equal(head->scopes, scopes)) MACHIYA_CHECK(set_scopes(head, words(scopes), record.at_us));
  for (const AttributeChange& change : record.changes) {
    if (in_.keep_us(types, change.name) == 0) continue;
    if (change.after == nullptr) {
      MACHIYA_CHECK(deleted(head, change, record.at_us));
      continue;
    }
    Past past{*change.after, kNoTime};
    // In a history an instance was entered when the change happened, whenever its attribute came into being.
    past.instance.created_us = past.instance.modified_us = record.at_us;
    MACHIYA_CHECK(add(head, change.name, past));
  }
  return {};
}

// §4.5.7, §4.8: the standard's null with deletedAt.
Result<void> Batch::deleted(HeadDraft& head, const AttributeChange& change, std::int64_t at_us) {
  static const tree::Value null = tree::Value::string("urn:ngsi-ld:null");
  static const tree::Member by_language{"@none", null};
  static const tree::Member by_object{"object", null};
  static const tree::Value related = tree::Value::object({&by_object, 1});
  const std::string id = "urn:ngsi-ld:Instance:" + new_public_id(in_.rng);
  Past past;
  past.instance.kind = change.before->kind, past.instance.dataset_id = change.dataset_id, past.instance.instance_id = id, past.deleted_us = at_us;
  switch (past.instance.kind) {
    case AttributeKind::language_property: past.instance.value = tree::Value::object({&by_language, 1}); break;
    case AttributeKind::list_property: past.instance.value = tree::Value::array({&null, 1}); break;
    case AttributeKind::list_relationship: past.instance.value = tree::Value::array({&related, 1}); break;
    default: past.instance.value = null; break;
  }
  return add(head, change.name, past);
}

Result<void> Batch::set_scopes(HeadDraft& head, std::vector<std::string> scopes, std::int64_t now_us) {
  if (scopes == head->scopes) return {};
  head.change().scopes = std::move(scopes);
  std::vector<tree::Value> list;
  for (const std::string& s : head->scopes) list.push_back(tree::Value::string(s));
  Past past;
  past.instance.value = tree::Value::array(list);
  if (head->scopes.empty()) past.deleted_us = now_us;
  if (!head->scopes.empty()) past.instance.created_us = past.instance.modified_us = now_us;
  return add(head, kScopeTrack, past);
}

std::size_t Batch::track(HeadDraft& head, std::string_view name, std::string_view dataset) {
  for (std::size_t i = 0; i < head->tracks.size(); ++i)
    if (head->tracks[i]->name == name && head->tracks[i]->dataset == dataset) return i;
  auto made = std::make_shared<Track>();
  made->key = in_.next_key++, made->name = std::string(name), made->dataset = std::string(dataset), made->newest = kNoTime;
  new_tracks_.push_back({made->key, head->key, made->name, made->dataset});
  head.change().tracks.push_back(made);
  return head->tracks.size() - 1;
}

const Column* Batch::find_column(const Track& track, const Plain& plain) {
  const auto there = std::ranges::find_if(track.columns, [&](const Column& c) { return c.digits == plain.digits && c.unit == plain.unit && c.sub == plain.sub; });
  return there == track.columns.end() ? nullptr : &*there;
}

// For one more column.
bool Batch::has_room(const Track& track, const Plain& plain) {
  if (track.name.size() > kLongestName || track.columns.size() >= kMostColumns || plain.sub.size() > kLongestSub) return false;
  return plain.sub.empty() || static_cast<std::size_t>(std::ranges::count_if(track.columns, [](const Column& c) { return !c.sub.empty(); })) < kMostWithSub;
}

Result<Column> Batch::column(HeadDraft& head, std::size_t index, const Plain& plain) {
  const Track& there = *head->tracks[index];
  if (const Column* known = find_column(there, plain)) return *known;
  Column made{std::string(plain.unit), plain.sub, plain.digits, 0, 0};
  const int number = static_cast<int>(there.columns.size());
  MACHIYA_CHECK(in_.open_column(head->tenant, there, number, made));
  auto changed = std::make_shared<Track>(there);
  changed->columns.push_back(made);
  new_columns_.push_back({there.key, number, made.unit, made.sub, made.digits});
  head.change().tracks[index] = changed;
  return made;
}

Result<std::int64_t> Batch::newest(const Track& track) {
  if (track.newest != kUnknown) return track.newest.load();
  std::int64_t out = kNoTime;
  if (track.rows > 0) {
    MACHIYA_TRY(const auto row, in_.tables.read([&](store::ReadTx& tx) { return dao::newest(tx, track.key); }));
    out = row.value_or(kNoTime);
  }
  for (const Column& c : track.columns) {
    MACHIYA_TRY(const auto value, in_.numbers.latest(c.values));
    if (value) out = std::max(out, value->time_us);
  }
  return track.newest = out, out;
}

Result<void> Batch::add(HeadDraft& head, std::string_view name, Past past, bool as_row) {
  const std::size_t index = track(head, name, past.instance.dataset_id);
  const bool observed = past.instance.observed_at.present();
  const std::int64_t time = observed ? past.instance.observed_at.us : past.deleted_us != kNoTime ? past.deleted_us : past.instance.created_us;
  MACHIYA_TRY(const std::int64_t last, newest(*head->tracks[index]));
  const bool late = last != kNoTime && time <= last;
  auto plain = as_row ? std::nullopt : as_plain(past);
  // Without an observedAt two instances may have one time: then only one of them has room in a column.
  if (plain && ((late && !observed) || (find_column(*head->tracks[index], *plain) == nullptr && !has_room(*head->tracks[index], *plain)))) plain.reset();
  if (plain) {
    MACHIYA_TRY(const Column c, column(head, index, *plain));
    if (late) MACHIYA_CHECK(clear(*head->tracks[index], time, &c));
    add_plain(c, *plain, past.instance.created_us);
  } else {
    if (late && observed) MACHIYA_CHECK(clear(*head->tracks[index], time, nullptr));
    tree::Arena arena(1024);
    if (!as_row) past.instance.sub = entered_at(past.instance.sub, past.instance.created_us, arena);
    MACHIYA_CHECK(add_row(*head->tracks[index], time, past));
  }
  head->tracks[index]->newest = std::max(last, time);
  return {};
}

void Batch::add_plain(const Column& c, const Plain& plain, std::int64_t created_us) {
  if (!erasures_.empty())
    std::erase_if(erasures_, [&](const dao::Erasure& e) { return (e.series == c.values || e.series == c.entered) && e.from_us == plain.time_us && e.to_us == plain.time_us + 1; });
  put_point(c.values, plain.time_us, plain.value);
  put_point(c.entered, plain.time_us, static_cast<double>(created_us - plain.time_us));
}

void Batch::put_point(series::SeriesId id, std::int64_t time_us, double value) {
  points_.push_back({id, time_us, value});
  if (places_) places_->insert({id, time_us});
}

Result<void> Batch::add_row(const Track& track, std::int64_t time_us, Past past) {
  if (past.instance.instance_id.empty() && track.name != kScopeTrack) return Error(ErrorCode::invalid_input, "an instance without its id");
  dao::InstanceRow row{track.key, time_us, in_.next_key++, std::string(past.instance.instance_id), {}};
  encode_past(past, row.body);
  added_.push_back({track.key, time_us, row.number, past.instance.observed_at.present()});
  ++track.rows;
  steps_.push_back([row](store::Tx& tx) { return dao::add_instance(tx, row); });
  return {};
}

bool Batch::has_point(series::SeriesId id, std::int64_t time_us) {
  if (!places_) {
    places_.emplace();
    for (const series::Point& p : points_) places_->insert({p.series, p.time_us});
  }
  return places_->contains({id, time_us});
}

// What has this observedAt already goes; in `but` it is written over.
Result<void> Batch::clear(const Track& track, std::int64_t time_us, const Column* but) {
  MACHIYA_CHECK(clear_columns(track, time_us, but));
  if (track.rows == 0) return {};
  for (const Added& a : std::vector<Added>(added_))
    if (a.track == track.key && a.time_us == time_us && a.observed) erase_row(track, a.time_us, a.number);
  std::vector<std::int64_t> numbers;
  MACHIYA_CHECK(in_.tables.read([&](store::ReadTx& tx) -> Result<void> {
    numbers.clear();
    return dao::instances(tx, track.key, time_us, time_us + 1, [&](const dao::InstanceRow& row) {
      tree::Arena arena;
      const auto past = decode_past(row.body, arena);
      if (past.ok() && past->instance.observed_at.present()) numbers.push_back(row.number);
      return true;
    });
  }));
  for (const std::int64_t n : numbers) erase_row(track, time_us, n);
  return {};
}

Result<void> Batch::clear_columns(const Track& track, std::int64_t time_us, const Column* but) {
  for (const Column& c : track.columns) {
    if (c.digits == kNoObservedAt || (but != nullptr && c.values == but->values)) continue;
    bool there = has_point(c.values, time_us);
    if (!there) {
      MACHIYA_TRY(const auto values, in_.numbers.range(c.values, {{time_us, time_us + 1}, 1, false}));
      there = !values.empty();
    }
    if (there) erase_point(c, time_us, time_us + 1);
  }
  return {};
}

void Batch::erase_point(const Column& c, std::int64_t from_us, std::int64_t to_us) {
  erasures_.push_back({c.values, from_us, to_us});
  erasures_.push_back({c.entered, from_us, to_us});
}

void Batch::forget_newest(HeadDraft& head, std::size_t index) {
  auto track = std::make_shared<Track>(*head->tracks[index]);
  track->newest = kUnknown;
  head.change().tracks[index] = track;
}

void Batch::erase_row(const Track& track, std::int64_t time_us, std::int64_t number) {
  steps_.push_back([key = track.key, time_us, number](store::Tx& tx) { return dao::remove_instance(tx, key, time_us, number); });
}

void Batch::erase_rows_before(const Track& track, std::int64_t time_us) {
  steps_.push_back([key = track.key, time_us](store::Tx& tx) { return dao::remove_instances_before(tx, key, time_us); });
}

void Batch::erase_track(HeadDraft& head, std::size_t index) {
  const TrackPtr gone = head->tracks[index];
  for (const Column& c : gone->columns) erase_point(c, kNoTime, std::numeric_limits<std::int64_t>::max());
  steps_.push_back([key = gone->key](store::Tx& tx) { return dao::remove_track(tx, key); });
  head.change().tracks.erase(head->tracks.begin() + static_cast<std::ptrdiff_t>(index));
}

void Batch::erase_head(HeadDraft& head) {
  for (const TrackPtr& t : head->tracks)
    for (const Column& c : t->columns) erase_point(c, kNoTime, std::numeric_limits<std::int64_t>::max());
  steps_.push_back([key = head->key](store::Tx& tx) { return dao::remove_entity(tx, key); });
  head.erase();
}

}  // namespace machiya::sense::history
