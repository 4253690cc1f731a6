// What only the store of files can go through: damaged bytes, a torn log, readers beside writers and the keeping thread.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "base/temporary_folder.h"
#include "sense/series/series.h"

namespace machiya::sense::series {
namespace {

constexpr std::int64_t kHour = 3'600'000'000, kStart = 1'775'000'000'000'000 / kHour * kHour;

Options by_hand() {
  Options options;
  options.background = false;
  return options;
}
std::unique_ptr<Store> opened(const std::string& folder, const Options& options = by_hand()) {
  auto store = open_files(folder, options);
  EXPECT_TRUE(store.ok()) << store.error().to_string();
  return store.ok() ? std::move(*store) : nullptr;
}
/// `meters` series with `hours` values each, one batch an hour; value = number of the meter × 1000 + hour.
void fill(Store& store, std::uint32_t meters, int hours) {
  const auto m = store.measurement("", "water");
  ASSERT_TRUE(m.ok());
  for (int h = 0; h < hours; ++h) {
    std::vector<Point> points;
    for (std::uint32_t n = 0; n < meters; ++n) {
      auto id = store.open(*m, "meter=" + std::to_string(n));
      ASSERT_TRUE(id.ok());
      points.push_back({*id, kStart + h * kHour, n * 1000.0 + h, Quality::good});
    }
    ASSERT_TRUE(store.append(points).ok());
  }
}
std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const std::filesystem::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes; }
std::vector<std::filesystem::path> files_in(const std::string& folder) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

TEST(SeriesFiles, a_flipped_bit_in_a_segment_is_said_and_never_served) {
  const TemporaryFolder folder("series-bits");
  {
    auto store = opened(folder.path());
    fill(*store, 1'500, 5);
    ASSERT_TRUE(store->compact().ok());
  }
  const auto segments = files_in(folder.path() + "/segments");
  ASSERT_FALSE(segments.empty());
  const std::string whole = bytes_of(segments[0]);
  std::mt19937_64 random(3);
  int said = 0;
  for (int round = 0; round < 300; ++round) {
    std::string damaged = whole;
    damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
    write(segments[0], damaged);
    auto store = opened(folder.path());
    bool refused = false;
    for (std::uint32_t n = 0; n < 1'500; n += 100) {
      auto values = store->range(series_id(0, n), {});
      if (!values.ok()) {
        EXPECT_EQ(values.error().code, ErrorCode::integrity_broken);
        refused = true;
        continue;
      }
      for (std::size_t h = 0; h < values->size(); ++h) ASSERT_EQ((*values)[h], (Value{kStart + static_cast<std::int64_t>(h) * kHour, n * 1000.0 + static_cast<double>(h), Quality::good}));
    }
    auto all = store->aggregate_all(0, {}, [](SeriesId, const Aggregate&) {});
    said += refused || !all.ok();
  }
  EXPECT_GE(said, 285);   // the eight bytes of the name at the front mean nothing
}

TEST(SeriesFiles, damaged_names_and_manifest_refuse_to_open) {
  const TemporaryFolder folder("series-names");
  {
    auto store = opened(folder.path());
    fill(*store, 50, 2);
    ASSERT_TRUE(store->flush().ok());
  }
  for (const char* name : {"/names", "/manifest"}) {
    const std::string whole = bytes_of(folder.path() + name);
    for (std::size_t at = 0; at < whole.size(); at += 3) {
      std::string damaged = whole;
      damaged[at] ^= 0x10;
      write(folder.path() + name, damaged);
      auto store = open_files(folder.path(), by_hand());
      ASSERT_FALSE(store.ok()) << name << " at " << at;
      EXPECT_EQ(store.error().code, ErrorCode::integrity_broken);
    }
    write(folder.path() + name, whole);
  }
  EXPECT_EQ(opened(folder.path())->range(series_id(0, 7), {})->size(), 2u);
}

TEST(SeriesFiles, a_torn_end_of_the_log_costs_what_was_not_acknowledged_and_no_more) {
  const TemporaryFolder folder("series-torn");
  {
    auto store = opened(folder.path());
    fill(*store, 20, 30);
  }
  const auto logs = files_in(folder.path() + "/log");
  std::filesystem::path last;
  for (const auto& path : logs)
    if (path.extension() == ".log") last = path;
  const std::string whole = bytes_of(last);
  std::size_t before = 30;
  for (std::size_t length = whole.size(); length > whole.size() / 2; length -= 37) {
    write(last, whole.substr(0, length));
    auto store = opened(folder.path());
    std::size_t hours = store->range(series_id(0, 0), {})->size();
    for (std::uint32_t n = 0; n < 20; ++n) EXPECT_EQ(store->range(series_id(0, n), {})->size(), hours);   // batches are whole
    EXPECT_LE(hours, before);
    before = hours;
  }
  EXPECT_LT(before, 30u);
  EXPECT_GT(before, 5u);
}

TEST(SeriesFiles, what_is_no_value_is_refused) {
  const TemporaryFolder folder("series-refused");
  auto store = opened(folder.path());
  fill(*store, 2, 1);
  const auto code = [&](const Point& p) {
    auto done = store->append({&p, 1});
    return done.ok() ? ErrorCode::internal : done.error().code;
  };
  EXPECT_EQ(code({series_id(0, 2), kStart, 1, Quality::good}), ErrorCode::invalid_input);
  EXPECT_EQ(code({series_id(9, 0), kStart, 1, Quality::good}), ErrorCode::invalid_input);
  EXPECT_EQ(code({series_id(0, 1), kStart, std::nan(""), Quality::good}), ErrorCode::invalid_input);
  EXPECT_EQ(code({series_id(0, 1), std::numeric_limits<std::int64_t>::max(), 1, Quality::good}), ErrorCode::invalid_input);
  EXPECT_FALSE(open_files(folder.path(), by_hand()).ok());   // one process at a time
  store->close();
  EXPECT_EQ(code({series_id(0, 1), kStart, 1, Quality::good}), ErrorCode::unavailable);
  EXPECT_EQ(store->range(series_id(0, 1), {})->size(), 1u);   // reading goes on
}

TEST(SeriesFiles, a_day_in_which_all_report_together_costs_less_than_a_byte_a_value) {
  const TemporaryFolder folder("series-small");
  auto store = opened(folder.path());
  const auto m = store->measurement("", "water");
  std::mt19937_64 random(1);
  for (int h = 0; h < 24; ++h) {
    std::vector<Point> points;
    for (std::uint32_t n = 0; n < 4'096; ++n) points.push_back({*store->open(*m, "meter=M" + std::to_string(1'000'000 + n)), kStart + h * kHour, static_cast<double>(random() % 40), Quality::good});
    ASSERT_TRUE(store->append(points).ok());
  }
  ASSERT_TRUE(store->compact().ok());
  const auto s = store->stats();
  EXPECT_LT(s.segment_bytes + s.catalogue_bytes, 4'096u * 24u);
}

TEST(SeriesFiles, readers_see_whole_batches_beside_writers_and_the_keeping_thread) {
  const TemporaryFolder folder("series-beside");
  Options options;
  options.head_points = 3'000;
  auto store = opened(folder.path(), options);
  const auto m = store->measurement("", "water");
  std::vector<SeriesId> ids;
  for (std::uint32_t n = 0; n < 100; ++n) ids.push_back(*store->open(*m, std::to_string(n)));
  std::atomic<bool> ended{false};
  std::atomic<int> whole{0};
  std::thread reader([&] {
    std::size_t before = 0;
    while (!ended) {
      // Every batch has one value of each series: all have equally many, and never fewer than before.
      std::map<SeriesId, std::uint64_t> counts;
      auto done = store->aggregate_all(*m, {}, [&](SeriesId id, const Aggregate& a) { counts[id] = a.count; });
      ASSERT_TRUE(done.ok()) << done.error().to_string();
      for (const auto& [id, count] : counts) ASSERT_EQ(count, counts.begin()->second);
      if (!counts.empty()) {
        ASSERT_EQ(counts.size(), ids.size());
        ASSERT_GE(counts.begin()->second, before);
        before = counts.begin()->second, ++whole;
      }
      ASSERT_TRUE(store->range(ids[7], {}).ok());
    }
  });
  for (int h = 0; h < 400; ++h) {
    std::vector<Point> points;
    for (const SeriesId id : ids) points.push_back({id, kStart + h * kHour, static_cast<double>(h), Quality::good});
    ASSERT_TRUE(store->append(points).ok());
    if (h % 100 == 99) ASSERT_TRUE(store->compact().ok());
  }
  ended = true;
  reader.join();
  EXPECT_GT(whole, 0);
  EXPECT_EQ(store->range(ids[0], {})->size(), 400u);
}

}  // namespace
}  // namespace machiya::sense::series
