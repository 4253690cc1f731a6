#include "sense/log/replace_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/temporary_folder.h"

namespace machiya::sense {
namespace {

std::string content(const std::string& path) {
  std::stringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

TEST(ReplaceFile, takes_the_place_of_what_was_there) {
  TemporaryFolder home("replace");
  const std::string path = home.path() + "/manifest";
  ASSERT_TRUE(replace_file(path, "one").ok());
  ASSERT_TRUE(replace_file(path, "").ok());
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_EQ(content(path), "");
  ASSERT_TRUE(replace_file(path, std::string("two\0", 4)).ok());
  EXPECT_EQ(content(path), std::string("two\0", 4));
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST(ReplaceFile, in_parts_that_are_larger_than_the_buffer) {
  TemporaryFolder home("replace");
  const std::string path = home.path() + "/snapshot";
  FileReplacement file(path);
  std::string all;
  for (int n = 0; n < 3000; ++n) {
    const std::string part(static_cast<std::size_t>(n % 700), static_cast<char>('a' + n % 26));
    all += part;
    ASSERT_TRUE(file.put(part).ok());
  }
  EXPECT_FALSE(std::filesystem::exists(path)) << "nobody sees it before it is whole";
  ASSERT_TRUE(file.finish().ok());
  EXPECT_EQ(content(path), all);
}

TEST(ReplaceFile, what_is_not_finished_changes_nothing) {
  TemporaryFolder home("replace");
  const std::string path = home.path() + "/snapshot";
  ASSERT_TRUE(replace_file(path, "old").ok());
  {
    FileReplacement file(path);
    ASSERT_TRUE(file.put(std::string(1 << 20, 'x')).ok());
    EXPECT_TRUE(std::filesystem::exists(path + ".new"));
  }
  EXPECT_EQ(content(path), "old");
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST(ReplaceFile, a_disk_that_takes_nothing_is_said) {
  TemporaryFolder home("replace");
  EXPECT_EQ(replace_file(home.path() + "/missing/file", "x").error().code, ErrorCode::storage_failed);
  std::filesystem::create_symlink("/dev/full", home.path() + "/full.new");
  EXPECT_EQ(replace_file(home.path() + "/full", "x").error().code, ErrorCode::storage_full);
}

}  // namespace
}  // namespace machiya::sense
