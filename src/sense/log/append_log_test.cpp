#include "sense/log/append_log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "base/log.h"
#include "base/temporary_folder.h"
#include "sense/log/crc32c.h"

namespace machiya::sense {
namespace {

class AppendLogTest : public testing::Test {
 protected:
  AppendLogTest() { set_log_level(LogLevel::error); }
  std::unique_ptr<AppendLog> open(std::vector<std::string>* read = nullptr) {
    auto made = AppendLog::open(options_, [&](AppendLog::Number, std::string_view record) -> Result<void> {
      if (read != nullptr) read->emplace_back(record);
      return {};
    });
    if (!made.ok()) error_ = made.error();
    return made.ok() ? std::move(*made) : nullptr;
  }
  std::vector<std::string> segments() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(options_.folder))
      if (entry.path().extension() == ".log") names.push_back(entry.path().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  static void change(const std::string& path, std::size_t at, char byte) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
  }
  TemporaryFolder folder_{"append-log"};
  AppendLogOptions options_{.folder = folder_.path() + "/log"};
  Error error_;
};

TEST(Crc32c, GivesTheValuesOfTheStandard) {
  // RFC 3720 appendix B.4
  const std::string zeros(32, '\0'), ones(32, '\xff');
  EXPECT_EQ(crc32c(zeros.data(), 32), 0x8A9136AAu);
  EXPECT_EQ(crc32c(ones.data(), 32), 0x62A8AB43u);
  EXPECT_EQ(crc32c_by_table(zeros.data(), 32), 0x8A9136AAu);
  const std::string text = "what the disk says must be what it was told";
  EXPECT_EQ(crc32c(text.data() + 5, text.size() - 5, crc32c(text.data(), 5)), crc32c_by_table(text.data(), text.size()));
}

TEST_F(AppendLogTest, KeepsWhatWasAppendedInOrder) {
  {
    auto log = open();
    ASSERT_TRUE(log);
    EXPECT_EQ(log->append("one").value(), 1u);
    EXPECT_EQ(log->append("").value(), 2u);
    EXPECT_EQ(log->append(std::string(100'000, 'x')).value(), 3u);
  }
  std::vector<std::string> read;
  auto log = open(&read);
  EXPECT_EQ(read, (std::vector<std::string>{"one", "", std::string(100'000, 'x')}));
  EXPECT_EQ(log->append("four").value(), 4u);
  EXPECT_EQ(log->figures().synced, 4u);
}

TEST_F(AppendLogTest, OneSyncServesManyWriters) {
  auto log = open();
  std::vector<std::thread> writers;
  std::atomic<int> done{0};
  for (int w = 0; w < 8; ++w)
    writers.emplace_back([&, w] {
      for (int i = 0; i < 200; ++i) log->append_later(std::to_string(w) + "." + std::to_string(i), [&](Result<AppendLog::Number> r) { done += r.ok(); });
      EXPECT_TRUE(log->append("end").ok());
    });
  for (auto& w : writers) w.join();
  EXPECT_EQ(done, 1600);
  EXPECT_LT(log->figures().syncs, 1608u);
  std::vector<int> next(8, 0);
  ASSERT_TRUE(log->replay(1, [&](AppendLog::Number, std::string_view record) -> Result<void> {
    if (record == "end") return {};
    EXPECT_EQ(record, std::to_string(record[0] - '0') + "." + std::to_string(next[static_cast<std::size_t>(record[0] - '0')]++));
    return {};
  }).ok());
  EXPECT_EQ(next, std::vector<int>(8, 200));
}

TEST_F(AppendLogTest, CutsOffATornTail) {
  { auto log = open(); (void)log->append("kept").ok(); (void)log->append("torn by the crash").ok(); }
  const std::string file = segments().at(0);
  for (std::size_t cut = 1; cut <= 17 + 20; ++cut) {
    std::filesystem::copy_file(file, file + ".whole");
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - cut);
    std::vector<std::string> read;
    auto log = open(&read);
    ASSERT_TRUE(log) << cut;
    EXPECT_EQ(read, std::vector<std::string>{"kept"}) << cut;
    EXPECT_EQ(log->append("again").value(), 2u);
    log.reset();
    std::filesystem::rename(file + ".whole", file);
  }
}

TEST_F(AppendLogTest, NeverTakesABrokenRecordForATail) {
  { auto log = open(); (void)log->append("first").ok(); (void)log->append("second").ok(); }
  const std::string file = segments().at(0);
  change(file, 16 + 20 + 2, '!');   // in the first one's text; the second was written after the first was synced
  EXPECT_FALSE(open());
  EXPECT_EQ(error_.code, ErrorCode::integrity_broken) << error_.to_string();
}

TEST_F(AppendLogTest, ABrokenLastGroupIsATornTailWhateverItsOrderOnDisk) {
  {
    auto log = open();
    (void)log->append("kept").ok();
    // One group: it is put together while the callback holds the thread.
    std::promise<void> inside, go;
    log->append_later("gate", [&](Result<AppendLog::Number>) { inside.set_value(); go.get_future().wait(); });
    inside.get_future().wait();
    for (int i = 0; i < 3; ++i) log->append_later("group", {});
    go.set_value();
  }
  const std::string file = segments().at(0);
  const std::size_t first_of_group = 16 + (20 + 4) + (20 + 4);
  change(file, first_of_group + 20, '!');   // later pages of an unsynced group may reach the disk before earlier ones
  std::vector<std::string> read;
  ASSERT_TRUE(open(&read)) << error_.to_string();
  EXPECT_EQ(read, (std::vector<std::string>{"kept", "gate"}));
}

TEST_F(AppendLogTest, RotatesForgetsAndReplays) {
  options_.segment_bytes = 100;
  {
    auto log = open();
    for (int i = 1; i <= 20; ++i) ASSERT_EQ(log->append(std::string(40, static_cast<char>('a' + i))).value(), static_cast<AppendLog::Number>(i));
    EXPECT_EQ(segments().size(), 10u);
    ASSERT_TRUE(log->forget_before(12).ok());
    EXPECT_EQ(log->figures().first, 11u);
    std::vector<AppendLog::Number> numbers;
    ASSERT_TRUE(log->replay(14, [&](AppendLog::Number n, std::string_view) -> Result<void> { numbers.push_back(n); return {}; }).ok());
    EXPECT_EQ(numbers, (std::vector<AppendLog::Number>{14, 15, 16, 17, 18, 19, 20}));
    ASSERT_TRUE(log->forget_before(100).ok());
    EXPECT_EQ(segments().size(), 1u);   // the one that is written to
  }
  std::vector<std::string> read;
  auto log = open(&read);
  EXPECT_EQ(read.size(), 2u);
  EXPECT_EQ(log->append("next").value(), 21u);
}

TEST_F(AppendLogTest, MissesASegmentInTheMiddle) {
  options_.segment_bytes = 100;
  { auto log = open(); for (int i = 0; i < 8; ++i) (void)log->append(std::string(60, 'a')).ok(); }
  std::filesystem::remove(segments().at(1));
  EXPECT_FALSE(open());
  EXPECT_EQ(error_.code, ErrorCode::integrity_broken);
}

TEST_F(AppendLogTest, GoesOnBehindASegmentWhoseMakingWasCutShort) {
  options_.segment_bytes = 50;
  { auto log = open(); (void)log->append(std::string(60, 'a')).ok(); }
  std::ofstream(options_.folder + "/00000000000000000002.log") << "MCHL";
  std::vector<std::string> read;
  auto log = open(&read);
  ASSERT_TRUE(log) << error_.to_string();
  EXPECT_EQ(read.size(), 1u);
  EXPECT_EQ(log->append("b").value(), 2u);
}

TEST_F(AppendLogTest, RefusesASecondOwnerAndTooLongRecords) {
  options_.max_record = 10;
  auto log = open();
  EXPECT_FALSE(open());
  EXPECT_EQ(error_.code, ErrorCode::conflict);
  EXPECT_EQ(log->append("12345678901").error().code, ErrorCode::too_large);
  EXPECT_EQ(log->append("1234567890").value(), 1u);
}

}  // namespace
}  // namespace machiya::sense
