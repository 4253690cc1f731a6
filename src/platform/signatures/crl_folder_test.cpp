// When the lists of a folder are read again. What counts how often is a parser that stands before the real one.
#include "platform/signatures/crl_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/temporary_folder.h"
#include "platform/jpki/testing.h"

namespace machiya::signatures {
namespace {

namespace fs = std::filesystem;

const std::string& a_crl() {
  static const std::string der = jpki::testing::Authority().crl();
  return der;
}

struct CrlFolderTest : ::testing::Test {
  TemporaryFolder own{"crls"};
  std::vector<std::vector<std::string>> parsed;   // what the parser was given, each time
  CrlFolder::Parse parse = [this](const std::vector<std::string>& ders) {
    parsed.push_back(ders);
    return jpki::RevocationLists::read(std::vector<std::string>(ders.size(), a_crl()));
  };
  CrlFolder folder{own.path(), crl_files, parse};

  void put(const std::string& name, const std::string& bytes) const { std::ofstream(own.path() + "/" + name, std::ios::binary) << bytes; }
  /// The last that changed in the folder, on the file system's clock; the tests' clock goes by it.
  Instant newest() const {
    Instant out;
    const auto files = crl_files(own.path());
    EXPECT_TRUE(files.ok());
    if (files.ok())
      for (const CrlFile& file : *files) out.us = std::max({out.us, file.modified.us, file.changed.us});
    return out;
  }
  Instant settled() const { return Instant{newest().us + 2 * kSecond}; }
  std::size_t times() const { return parsed.size(); }
  /// The file system counts in steps of some milliseconds: until what changes now changes later than what lies there.
  void next_step() const {
    const std::string probe = own.path() + "/probe";
    fs::create_directory(probe);
    do put("probe/a.crl", "");
    while (crl_files(probe)->front().changed.us <= newest().us);
  }
};

TEST_F(CrlFolderTest, WhatDidNotChangeIsNotParsedAgain) {
  put("b.crl", "b"), put("a.crl", "a"), put("note.txt", "none");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(folder.lists(settled()).ok());
  EXPECT_EQ(parsed, (std::vector<std::vector<std::string>>{{"a", "b"}}));
}

TEST_F(CrlFolderTest, AnExchangedListIsSeenWhateverItsSizeAndItsOwnTime) {
  put("a.crl", "old");
  const auto time = fs::last_write_time(own.path() + "/a.crl");
  EXPECT_TRUE(folder.lists(settled()).ok());
  // Of the same size and time, by renaming: only the time of its change differs.
  next_step();
  put("a.new", "new");
  fs::last_write_time(own.path() + "/a.new", time);
  fs::rename(own.path() + "/a.new", own.path() + "/a.crl");
  EXPECT_TRUE(folder.lists(settled()).ok());
  put("b.crl", "more");
  EXPECT_TRUE(folder.lists(settled()).ok());
  fs::remove(own.path() + "/a.crl");
  EXPECT_TRUE(folder.lists(settled()).ok());
  EXPECT_EQ(parsed, (std::vector<std::vector<std::string>>{{"old"}, {"new"}, {"new", "more"}, {"more"}}));
}

/// A file system that keeps only one of them exactly: each by itself tells of a change.
TEST_F(CrlFolderTest, NameSizeAndBothTimesCount) {
  put("a.crl", "a"), put("b.crl", "b");
  CrlFile shown{"a.crl", 1, Instant{5}, Instant{5}};
  CrlFolder folder(own.path(), [&](const std::string&) { return Result<std::vector<CrlFile>>({shown}); }, parse);
  const Instant now{5 * kSecond};
  std::size_t expected = 0;
  for (const auto& change : std::vector<std::function<void()>>{[] {}, [&] { shown.name = "b.crl"; }, [&] { ++shown.size; }, [&] { ++shown.modified.us; }, [&] { --shown.changed.us; }}) {
    change();
    EXPECT_TRUE(folder.lists(now).ok());
    EXPECT_EQ(times(), ++expected);
    EXPECT_TRUE(folder.lists(now).ok());
    EXPECT_EQ(times(), expected);
  }
}

TEST_F(CrlFolderTest, WhatIsYoungerThanTwoSecondsIsReadAtEachQuestion) {
  put("a.crl", "a");
  const Instant young{settled().us - 1};
  EXPECT_TRUE(folder.lists(young).ok());
  EXPECT_TRUE(folder.lists(young).ok());
  EXPECT_TRUE(folder.lists(Instant{newest().us - kDay}).ok());   // a clock that went back
  EXPECT_EQ(times(), 3u);
  EXPECT_TRUE(folder.lists(settled()).ok());                     // what was read young is not what is kept
  EXPECT_EQ(times(), 4u);
  EXPECT_TRUE(folder.lists(settled()).ok());
  EXPECT_EQ(times(), 4u);
  fs::last_write_time(own.path() + "/a.crl", fs::file_time_type::clock::now() + std::chrono::hours(48));
  EXPECT_TRUE(folder.lists(Instant{newest().us - kDay}).ok());   // from the future
  EXPECT_TRUE(folder.lists(Instant{newest().us - kDay}).ok());
  EXPECT_EQ(times(), 6u);
}

TEST_F(CrlFolderTest, FaultsAreNotKept) {
  const auto cause = [&](CrlFolder& folder) {
    const auto lists = folder.lists(Instant{INT64_MAX});
    return lists.ok() ? std::string("read") : lists.error().where;
  };
  EXPECT_EQ(cause(folder), "crl-missing");
  CrlFolder absent(own.path() + "/none"), real(own.path());
  EXPECT_EQ(cause(absent), "crl-missing");
  put("a.crl", "no list");
  EXPECT_EQ(cause(real), "crl-unreadable");
  put("a.crl", a_crl());
  EXPECT_EQ(cause(real), "read");
  put("a.crl", "no list");
  EXPECT_EQ(cause(real), "crl-unreadable");
  fs::remove(own.path() + "/a.crl");
  EXPECT_EQ(cause(real), "crl-missing");
  put("huge.crl", "");
  fs::resize_file(own.path() + "/huge.crl", (64u << 20) + 1);
  EXPECT_EQ(cause(real), "crl-unreadable");
}

TEST_F(CrlFolderTest, WhoeverAsksMeanwhileWaitsForTheSameReading) {
  put("a.crl", "a");
  const Instant now = settled();
  std::vector<std::thread> askers;
  for (int i = 0; i < 4; ++i) askers.emplace_back([&] { EXPECT_TRUE(folder.lists(now).ok()); });
  for (auto& asker : askers) asker.join();
  EXPECT_EQ(times(), 1u);
}

}  // namespace
}  // namespace machiya::signatures
