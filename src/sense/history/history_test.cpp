// The history against a plain model that keeps everything in maps: random writes, corrections and deletions, restarts, and stores that fail in the middle of a
// batch. On SQLite numbers lie in files, on PostgreSQL in tables: one seed must give one answer on both.
#include "sense/history/history.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "platform/store/testing.h"
#include "sense/broker/journal_store.h"
#include "sense/entities/stamp.h"
#include "sense/history/form.h"
#include "sense/history/reading.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_series();
}

namespace machiya::sense {
namespace {

using series::SeriesId;

/// A store of series that begins to fail when it is told to: as if the process ended there.
class Failing final : public series::Store {
 public:
  explicit Failing(std::unique_ptr<series::Store> real) : real_(std::move(real)) {}
  int appends_left = 1'000'000, erasures_left = 1'000'000;
  Result<series::MeasurementId> measurement(std::string_view t, std::string_view n) override { return real_->measurement(t, n); }
  std::optional<series::MeasurementId> find_measurement(std::string_view t, std::string_view n) const override { return real_->find_measurement(t, n); }
  Result<SeriesId> open(series::MeasurementId m, std::string_view k) override { return real_->open(m, k); }
  std::optional<SeriesId> find(series::MeasurementId m, std::string_view k) const override { return real_->find(m, k); }
  Result<void> open_many(series::MeasurementId m, std::span<const std::string_view> k, SeriesId* o) override { return real_->open_many(m, k, o); }
  std::string key(SeriesId s) const override { return real_->key(s); }
  std::uint32_t series_count(series::MeasurementId m) const override { return real_->series_count(m); }
  std::vector<MeasurementName> measurements() const override { return real_->measurements(); }
  Result<series::Appended> append(std::span<const series::Point> p) override {
    if (appends_left-- <= 0) return Error(ErrorCode::storage_failed, "as told");
    return real_->append(p);
  }
  void append_later(std::vector<series::Point> p, std::function<void(Result<series::Appended>)> d) override { real_->append_later(std::move(p), std::move(d)); }
  Result<std::size_t> erase(SeriesId s, series::Span span) override {
    if (erasures_left-- <= 0) return Error(ErrorCode::storage_failed, "as told");
    return real_->erase(s, span);
  }
  Result<std::vector<series::Value>> range(SeriesId s, const series::RangeQuery& q) const override { return real_->range(s, q); }
  Result<std::vector<series::Version>> versions(SeriesId s, series::Span span) const override { return real_->versions(s, span); }
  Result<std::optional<series::Value>> latest(SeriesId s) const override { return real_->latest(s); }
  Result<std::vector<series::Period>> aggregate(SeriesId s, const series::AggregateQuery& q) const override { return real_->aggregate(s, q); }
  Result<void> aggregate_all(series::MeasurementId m, series::Span s, const std::function<void(SeriesId, const series::Aggregate&)>& e) const override { return real_->aggregate_all(m, s, e); }
  Result<void> latest_all(series::MeasurementId m, const std::function<void(SeriesId, const series::Value&)>& e) const override { return real_->latest_all(m, e); }
  Result<void> flush() override { return real_->flush(); }
  Result<void> compact() override { return real_->compact(); }
  Result<void> retain(series::MeasurementId m, const series::Retention& r, std::int64_t n) override { return real_->retain(m, r, n); }
  series::Stats stats() const override { return real_->stats(); }
  void close() override { real_->close(); }

 private:
  std::unique_ptr<series::Store> real_;
};

/// Sub-attributes as one word each.
std::string told_sub(const Instance& i) {
  std::string out;
  for (const Attribute& a : i.sub)
    for (const Instance& s : a.instances) out += " " + std::string(a.name) + "=" + tree::to_text(s.value) + (s.observed_at.present() ? "@" + std::string(s.observed_at.text) : "");
  return out;
}

class Histories : public store::testing::StoreTest {
 protected:
  FakeClock clock{Instant{1'790'000'000'000'000}};
  SeededRng rng{5};
  std::unique_ptr<Failing> numbers;
  std::unique_ptr<History> history;

  Histories() {
    std::vector<store::Migration> all = journal_migrations();
    for (const auto& list : {history_migrations(), sql_migrations_series()}) all.insert(all.end(), list.begin(), list.end());
    migrate(all);
  }
  ~Histories() override { history.reset(), numbers.reset(); }
  void open() {
    history.reset(), numbers.reset();
    auto columns = store().engine() == store::Engine::postgres ? series::open_sql(store()) : series::open_files(folder() + "/series");
    ASSERT_TRUE(columns.ok());
    numbers = std::make_unique<Failing>(std::move(*columns));
    auto opened = History::open(store(), *numbers, clock, rng);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    history = std::move(*opened);
  }
  static HistoryAsking everything(const EntityQuery& query) {
    HistoryAsking out;
    out.query = &query, out.window.bounded = false, out.window.most = SIZE_MAX, out.limit = SIZE_MAX;
    return out;
  }
  static constexpr const char* kLately = "2026-01-01T00:00:25Z";
  /// Entities that have something after kLately.
  std::vector<std::string> lately() {
    const EntityQuery query;
    HistoryAsking asking = everything(query);
    asking.window.bounded = true, asking.window.when.from_us = parse_stamp(kLately)->us;
    auto found = history->ids("", asking);
    EXPECT_TRUE(found.ok());
    asking.query = nullptr;   // the same without naming a query
    EXPECT_EQ(*history->ids("", asking), *found);
    for (const std::string& id : *found) EXPECT_EQ(history->retrieve("", id, asking)->entities.size(), 1u);
    EXPECT_EQ(history->find("", asking)->entities.size(), found->size());
    return *found;
  }
  /// All that is kept, as text: entity, attribute, datasetId, time, value, unit.
  std::vector<std::string> told() {
    const EntityQuery query;
    auto found = history->find("", everything(query));
    EXPECT_TRUE(found.ok());
    std::vector<std::string> out;
    for (const HistoryEntity& e : found->entities)
      for (const HistorySlice& s : e.slices)
        for (const history::Past& p : s.instances)
          out.push_back(e.head->id + " " + s.track->name + " " + s.track->dataset + " " + std::string(p.instance.observed_at.text) + " " + tree::to_text(p.instance.value) + " " + std::string(p.instance.unit_code) + told_sub(p.instance));
    std::ranges::sort(out);
    return out;
  }
};
MACHIYA_ON_BOTH_ENGINES(Histories);

/// What should be there.
struct Model {
  using Track = std::tuple<std::string, std::string, std::string>;
  std::map<Track, std::map<std::int64_t, std::string>> tracks;   // time → "text value unit"
  std::vector<std::string> told() const {
    std::vector<std::string> out;
    for (const auto& [t, list] : tracks)
      for (const auto& [time, rest] : list) out.push_back(std::get<0>(t) + " " + std::get<1>(t) + " " + std::get<2>(t) + " " + rest);
    std::ranges::sort(out);
    return out;
  }
  std::vector<std::string> lately() const {
    std::vector<std::string> out;
    for (const auto& [t, list] : tracks)
      if (list.lower_bound(parse_stamp("2026-01-01T00:00:25Z")->us) != list.end() && (out.empty() || out.back() != std::get<0>(t))) out.push_back(std::get<0>(t));
    return out;
  }
};

/// Random steps, the same on history and model.
class Steps {
 public:
  Steps(History& history, Model& model, std::mt19937& random) : history_(history), model_(model), random_(random) {}

  void one() {
    const std::string id = "urn:m:" + std::to_string(pick(3)), name = "https://x/" + std::to_string(pick(3)), dataset = pick(3) == 0 ? "urn:d" : "";
    const std::size_t what = pick(20);
    if (what < 15) return put(id, name, dataset);
    if (what == 15) return erase(history_.erase_attribute("", id, name, dataset, false), [&](const Model::Track& t) { return t == Model::Track{id, name, dataset}; });
    if (what == 16 && pick(4) == 0) return erase(history_.erase_entity("", id), [&](const Model::Track& t) { return std::get<0>(t) == id; });
    correct(id, name, dataset, what == 17);
  }

 private:
  History& history_;
  Model& model_;
  std::mt19937& random_;

  std::size_t pick(std::size_t n) { return random_() % n; }

  template <class Which> void erase(const Result<void>& done, const Which& which) {
    std::erase_if(model_.tracks, [&](const auto& t) { return which(t.first); });
    EXPECT_TRUE(done.ok() || done.error().code == ErrorCode::not_found);
  }

  Instance instance(tree::Arena& arena, std::string_view dataset) {
    static constexpr const char* kForms[] = {"Z", ".5Z", ".000Z", ",5Z"};
    static constexpr const char* kValues[] = {"1", "2.5", "true", "\"x\"", "12345678901234567890", "-7"};
    Instance i;
    i.value = *tree::parse(kValues[pick(6)], arena);
    i.observed_at = *parse_stamp(arena.text("2026-01-01T00:00:" + std::to_string(10 + pick(20)) + kForms[pick(4)]));
    i.dataset_id = arena.text(dataset);
    if (pick(4) == 0) i.unit_code = "MTR";
    if (pick(3) == 0) {
      // Up to twelve forms: more than one track has columns for. One in four has a time of its own and is kept as a row.
      Instance inner;
      inner.value = arena.number(static_cast<std::int64_t>(pick(12)));
      if (pick(4) == 0) inner.observed_at = *parse_stamp("2026-01-01T00:00:00Z");
      const Attribute accuracy{"https://x/accuracy", arena.list(std::vector<Instance>{inner})};
      i.sub = arena.list(std::vector<Attribute>{accuracy});
    }
    return i;
  }
  static std::string rest(const Instance& i) { return std::string(i.observed_at.text) + " " + tree::to_text(i.value) + " " + std::string(i.unit_code) + told_sub(i); }

  void put(const std::string& id, const std::string& name, const std::string& dataset) {
    tree::Arena arena;
    Draft draft;
    draft.id = id, draft.types = {"https://x/M"};
    DraftAttribute attribute{name, {}};
    for (std::size_t n = 1 + pick(4); n > 0; --n) {
      attribute.instances.push_back(instance(arena, dataset));
      const Instance& i = attribute.instances.back();
      model_.tracks[{id, name, dataset}][i.observed_at.us] = rest(i);
    }
    draft.attributes.push_back(attribute);
    const auto done = history_.put("", draft);
    ASSERT_TRUE(done.ok()) << done.error().to_string();
  }

  // One instance that is there becomes another one, or goes.
  void correct(const std::string& id, const std::string& name, const std::string& dataset, bool away) {
    auto& list = model_.tracks[{id, name, dataset}];
    if (list.empty() || !history_.head("", id)) return;
    EntityQuery query;
    query.attrs = {name};
    const std::vector<std::string> datasets = {dataset};
    HistoryAsking asking;
    asking.query = &query, asking.window.bounded = false, asking.window.most = SIZE_MAX, asking.datasets = &datasets;
    const auto found = history_.retrieve("", id, asking);
    ASSERT_TRUE(found.ok() && found->entities.size() == 1);
    const auto& instances = found->entities[0].slices.at(0).instances;
    const Instance& old = instances[pick(instances.size())].instance;
    list.erase(old.observed_at.us);
    tree::Arena arena;
    if (away) {
      EXPECT_TRUE(history_.erase_instance("", id, name, old.instance_id).ok());
      return;
    }
    const Instance next = instance(arena, dataset);
    list[next.observed_at.us] = rest(next);
    const auto done = history_.replace_instance("", id, name, old.instance_id, next);
    ASSERT_TRUE(done.ok()) << done.error().to_string();
  }
};

TEST_P(Histories, keeps_what_a_plain_model_keeps) {
  std::mt19937 random(20261123);
  Model model;
  open();
  for (int n = 0; n < 300; ++n) {
    clock.advance(1000);
    Steps(*history, model, random).one();
    if (HasFatalFailure()) return;
    if (n % 30 == 0) open();
    if (n % 20 == 0) ASSERT_EQ(told(), model.told()) << n;
    if (n % 7 == 0) ASSERT_EQ(lately(), model.lately()) << n;
  }
  EXPECT_EQ(told(), model.told());
}

/// A journal in which one record stands that nobody is told of, as when the broker takes a write back.
class Quiet final : public Journal {
 public:
  explicit Quiet(std::unique_ptr<Journal> real) : real_(std::move(real)) {}
  void append_later(JournalEntry entry, Done done) override {
    JournalEntry twin = entry;
    real_->append_later(std::move(entry), std::move(done));
    if (twice) real_->append_later(std::move(twin), [](Result<Number>) {});
  }
  void after_group(std::function<void()> call) override { real_->after_group(std::move(call)); }
  Result<Number> load(const VisitEntity& visit) override { return real_->load(visit); }
  Result<void> replay(Number from, const VisitRecord& visit) const override { return real_->replay(from, visit); }
  Number first() const override { return real_->first(); }
  Number last() const override { return real_->last(); }
  Result<void> compact(Number needed, Number up_to, const std::function<Result<void>(const VisitEntity&)>& e) override { return real_->compact(needed, up_to, e); }
  bool twice = false;

 private:
  std::unique_ptr<Journal> real_;
};

TEST_P(Histories, a_record_that_nobody_is_told_of_holds_nothing_up) {
  auto real = store().engine() == store::Engine::postgres ? open_store_journal(store()) : open_file_journal(folder() + "/broker");
  auto quiet = std::make_unique<Quiet>(std::move(*real));
  Quiet& journal = *quiet;
  auto entities = std::move(*EntityStore::open(std::move(quiet), clock, rng));
  open();
  history->follow(*entities);
  for (const bool twice : {false, true, false}) {
    journal.twice = twice;
    clock.advance(kSecond);
    const std::string id = "urn:m:" + std::to_string(clock.now().us);
    ASSERT_TRUE(entities->write("", id, [&](const EntityPtr&, const ChangeContext& c) -> Result<Change> {
      Draft draft;
      draft.id = id, draft.types = {"https://x/M"};
      return create_entity(draft, c);
    }).ok());
    ASSERT_TRUE(history->settle().ok());
    EXPECT_TRUE(history->head("", id));
  }
  while (history->cursor() < 4) ASSERT_TRUE(history->settle().ok());
  history.reset();
}

// Tables learn late when an entity was modified (Inside::stale): after a crash the journal tells. Found by it when planted: heads_told true from the beginning.
TEST_P(Histories, when_entities_were_modified_survives_a_crash) {
  auto journal = store().engine() == store::Engine::postgres ? open_store_journal(store()) : open_file_journal(folder() + "/broker");
  auto entities = std::move(*EntityStore::open(std::move(*journal), clock, rng));
  const auto write = [&](int value) {
    clock.advance(kSecond);
    tree::Arena arena;
    Draft draft;
    draft.id = "urn:m:1", draft.types = {"https://x/M"};
    Instance plain;
    plain.value = arena.number(static_cast<std::int64_t>(value));
    draft.attributes = {{"https://x/a", {plain}}};
    ASSERT_TRUE(entities->write("", "urn:m:1", [&](const EntityPtr& current, const ChangeContext& c) -> Result<Change> { return current ? replace_entity(current, draft, c) : create_entity(draft, c); }).ok());
  };
  open();
  history->follow(*entities);
  for (int n = 0; n < 3; ++n) write(n);
  ASSERT_TRUE(history->settle().ok());
  EXPECT_LT(history->needed(), history->cursor());   // the journal must not lose what tables do not know
  const std::int64_t modified = history->head("", "urn:m:1")->modified_us;
  EXPECT_EQ(modified, clock.now().us);
  history->end_following();
  EXPECT_EQ(history->needed(), history->cursor() + 1);
  // What a crash leaves behind.
  ASSERT_TRUE(store().write([](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(tx.execute_later("UPDATE sense_history_state SET heads_number = 1", {}));
    return tx.execute_later("UPDATE sense_history_entity SET modified_at = created_at", {});
  }).ok());
  open();
  EXPECT_LT(history->head("", "urn:m:1")->modified_us, modified);
  history->follow(*entities);
  ASSERT_TRUE(history->settle().ok());
  EXPECT_EQ(history->head("", "urn:m:1")->modified_us, modified);
  open();
  EXPECT_EQ(history->head("", "urn:m:1")->modified_us, modified);   // and a regular end writes it
}

// A batch of the broker's changes is cut off at any of its steps; after the next start everything is there once.
TEST_P(Histories, a_crash_in_a_batch_loses_and_doubles_nothing) {
  auto journal = store().engine() == store::Engine::postgres ? open_store_journal(store()) : open_file_journal(folder() + "/broker");
  auto entities = std::move(*EntityStore::open(std::move(*journal), clock, rng));
  std::size_t written = 0;
  const auto write = [&](const std::string& value) {
    clock.advance(kSecond);
    tree::Arena arena;
    Draft draft;
    draft.id = "urn:m:1", draft.types = {"https://x/M"};
    Instance plain, row;
    plain.value = tree::Value::number(value), row.value = tree::Value::string(value);
    // Every third instance takes the place of the one before, in the other form: numbers must be erased.
    plain.observed_at = row.observed_at = *parse_stamp(arena.text("2026-01-01T00:" + std::to_string(10 + written / 3 % 50) + ":00Z"));
    draft.attributes = {{"https://x/a", {written % 3 == 2 ? row : plain}}, {"https://x/b", {row}}};
    ++written;
    const auto done = entities->write("", "urn:m:1", [&](const EntityPtr& current, const ChangeContext& c) -> Result<Change> { return current ? replace_entity(current, draft, c) : create_entity(draft, c); });
    ASSERT_TRUE(done.ok());
  };
  for (int round = 0; round < 12; ++round) {
    for (int n = 0; n < 5; ++n) write(std::to_string(written));
    open();
    numbers->appends_left = round % 4 == 1 ? 0 : 1'000'000, numbers->erasures_left = round % 4 == 3 ? round % 3 : 1'000'000;
    history->follow(*entities);
    (void)history->settle();   // fails where it was told to
    history->end_following();
  }
  open();
  history->follow(*entities);
  ASSERT_TRUE(history->settle().ok());
  const std::vector<std::string> list = told();
  std::vector<std::string> wanted;
  for (std::size_t n = 0; n < written; ++n) {
    const std::string time = "2026-01-01T00:" + std::to_string(10 + n / 3 % 50) + ":00Z ", v = std::to_string(n);
    if (n % 3 == 2) wanted.push_back("urn:m:1 https://x/a  " + time + "\"" + v + "\" ");
    if (n % 3 == 2) wanted.push_back("urn:m:1 https://x/b  " + time + "\"" + v + "\" ");
  }
  std::ranges::sort(wanted);
  EXPECT_EQ(list, wanted);
  const auto head = history->head("", "urn:m:1");
  for (const auto& track : head->tracks)
    for (const auto& column : track->columns) EXPECT_TRUE(numbers->range(column.values, {})->empty());   // all of them were replaced by rows
  history.reset();
}

}  // namespace
}  // namespace machiya::sense
