#include "platform/vault/vault.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>
#include <sstream>

#include "platform/store/testing.h"

namespace machiya::vault {
namespace {

struct VaultTest : store::testing::StoreTest {
  std::unique_ptr<Vault> vault = open_vault("master.key");

  void SetUp() override {
    migrate(Vault::migrations());
    ASSERT_TRUE(vault->bind_to(store()).ok());
  }
  std::unique_ptr<Vault> open_vault(const std::string& name) {
    auto opened = Vault::open(folder() + "/" + name, true);
    EXPECT_TRUE(opened.ok());
    return std::move(*opened);
  }
  std::int64_t new_key() {
    return *store().write([&](store::Tx& tx) { return vault->create_key(tx); });
  }
  Result<std::string> seal(std::int64_t key, std::string_view context, std::string_view plain) {
    return store().read([&](store::ReadTx& tx) { return vault->seal(tx, key, context, plain); });
  }
  Result<std::string> open(Vault& v, std::int64_t key, std::string_view context, const std::string& sealed) {
    return store().read([&](store::ReadTx& tx) { return v.open_sealed(tx, key, context, sealed); });
  }
};

TEST_P(VaultTest, OpensWhatItSealedAlsoAfterARestart) {
  const std::int64_t key = new_key();
  auto sealed = seal(key, "case/answers", "葛󠄀城 花子");
  ASSERT_TRUE(sealed.ok());
  EXPECT_EQ(sealed->find("花子"), std::string::npos);
  EXPECT_EQ(*open(*vault, key, "case/answers", *sealed), "葛󠄀城 花子");
  auto again = open_vault("master.key");
  EXPECT_TRUE(again->bind_to(store()).ok());
  EXPECT_EQ(*open(*again, key, "case/answers", *sealed), "葛󠄀城 花子");
}

TEST_P(VaultTest, ManyKeysFetchedAtOnceOpenTheSameAndErasedOnesStayErased) {
  std::vector<std::int64_t> keys;
  std::vector<std::string> sealed;
  for (int i = 0; i < 5; ++i) keys.push_back(new_key()), sealed.push_back(*seal(keys.back(), "case/answers", "secret " + std::to_string(i)));
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return vault->erase_key(tx, keys[2]); }).ok());
  auto again = open_vault("master.key");   // nothing in its cache
  std::vector<std::int64_t> wanted = keys;
  wanted.insert(wanted.end(), {0, 999'999});
  ASSERT_TRUE(store().read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_CHECK(again->prefetch(tx, wanted));
    for (int i = 0; i < 5; ++i) {
      const auto plain = again->open_sealed(tx, keys[static_cast<std::size_t>(i)], "case/answers", sealed[static_cast<std::size_t>(i)]);
      if (i == 2) EXPECT_EQ(plain.error().code, ErrorCode::gone);
      else EXPECT_EQ(*plain, "secret " + std::to_string(i));
    }
    EXPECT_EQ(again->open_sealed(tx, 999'999, "case/answers", sealed[0]).error().code, ErrorCode::integrity_broken);
    return {};
  }).ok());
}

TEST_P(VaultTest, NothingCanBeMovedOrChanged) {
  const std::int64_t key = new_key(), other = new_key();
  const std::string sealed = *seal(key, "case/answers", "secret");
  EXPECT_EQ(open(*vault, key, "case/notes", sealed).error().code, ErrorCode::integrity_broken);
  EXPECT_EQ(open(*vault, other, "case/answers", sealed).error().code, ErrorCode::integrity_broken);
  EXPECT_EQ(open(*vault, 999'999, "case/answers", sealed).error().code, ErrorCode::integrity_broken);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string broken = sealed;
    broken[i] ^= 0x40;
    EXPECT_EQ(open(*vault, key, "case/answers", broken).error().code, ErrorCode::integrity_broken) << i;
  }
  // Even with the key moved along, the number of the key is authenticated.
  auto fresh = open_vault("master.key");
  ASSERT_TRUE(store().write_raw([&](store::Tx& tx) -> Result<void> {
    auto done = tx.execute("UPDATE data_key SET wrapped = (SELECT wrapped FROM data_key WHERE id = :a) WHERE id = :b", {{"a", key}, {"b", other}});
    return done.ok() ? Result<void>() : Result<void>(done.error());
  }).ok());
  EXPECT_EQ(open(*fresh, other, "case/answers", sealed).error().code, ErrorCode::integrity_broken);
}

TEST_P(VaultTest, AWrappedKeyWithAnyChangedByteDoesNotOpen) {
  const std::int64_t key = new_key();
  const std::string sealed = *seal(key, "c", "secret");
  const std::string wrapped = *store().read([&](store::ReadTx& tx) -> Result<std::string> {
    MACHIYA_TRY(auto row, tx.query_one("SELECT wrapped FROM data_key WHERE id = :id", {{"id", key}}));
    return row->text(0);
  });
  ASSERT_EQ(wrapped.size(), 1u + 24 + 32 + 16);
  for (std::size_t i = 0; i < wrapped.size(); i += 3) {
    std::string broken = wrapped;
    broken[i] ^= 1;
    ASSERT_TRUE(store().write_raw([&](store::Tx& tx) -> Result<void> {
      auto done = tx.execute("UPDATE data_key SET wrapped = :w WHERE id = :id", {{"w", store::Bytes{broken}}, {"id", key}});
      return done.ok() ? Result<void>() : Result<void>(done.error());
    }).ok());
    EXPECT_EQ(open(*open_vault("master.key"), key, "c", sealed).error().code, ErrorCode::integrity_broken) << i;
  }
}

TEST_P(VaultTest, AnErasedKeyIsGoneForGood) {
  const std::int64_t key = new_key();
  const std::string sealed = *seal(key, "c", "secret");
  auto fails = store().write_raw([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(vault->erase_key(tx, key));
    return Error(ErrorCode::conflict);
  });
  EXPECT_FALSE(fails.ok());
  EXPECT_EQ(*open(*vault, key, "c", sealed), "secret");  // rolled back: still there
  ASSERT_TRUE(store().write_raw([&](store::Tx& tx) { return vault->erase_key(tx, key); }).ok());
  EXPECT_EQ(open(*vault, key, "c", sealed).error().code, ErrorCode::gone);
  EXPECT_EQ(open(*open_vault("master.key"), key, "c", sealed).error().code, ErrorCode::gone);
  EXPECT_EQ(seal(key, "c", "more").error().code, ErrorCode::gone);
  EXPECT_GT(new_key(), key);
  auto missing = store().write_raw([&](store::Tx& tx) { return vault->erase_key(tx, 999'999); });
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
}

TEST_P(VaultTest, AKeyOfARolledBackRecordIsReplaced) {
  std::int64_t lost = 0;
  auto state = store().write_raw([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(lost, vault->create_key(tx));
    return Error(ErrorCode::conflict);
  });
  EXPECT_FALSE(state.ok());
  const std::int64_t key = new_key();  // SQLite gives the same number again
  const std::string sealed = *seal(key, "c", "secret");
  EXPECT_EQ(*open(*open_vault("master.key"), key, "c", sealed), "secret");
}

TEST_P(VaultTest, AnotherMasterKeyIsRefusedAtTheStart) {
  auto other = open_vault("other.key");
  EXPECT_EQ(other->bind_to(store()).error().code, ErrorCode::integrity_broken);
  EXPECT_TRUE(vault->bind_to(store()).ok());
}

TEST_P(VaultTest, TokensAndDigestsAreKeyedAndSeparated) {
  auto other = open_vault("other.key");
  EXPECT_EQ(vault->search_tokens("kana", "ヤマダ"), vault->search_tokens("kana", "やまだ"));  // folded alike
  EXPECT_EQ(vault->search_tokens("kana", "ヤマダ").size(), 2u);
  EXPECT_NE(vault->search_tokens("kana", "ヤマダ"), vault->search_tokens("name", "ヤマダ"));
  EXPECT_NE(vault->search_tokens("kana", "ヤマダ"), other->search_tokens("kana", "ヤマダ"));
  EXPECT_EQ(vault->digest("email", "a@example.jp").size(), 64u);
  auto again = open_vault("master.key");
  ASSERT_TRUE(again->bind_to(store()).ok());
  EXPECT_EQ(vault->digest("email", "a@example.jp"), again->digest("email", "a@example.jp"));
  EXPECT_NE(vault->digest("email", "a@example.jp"), vault->digest("session", "a@example.jp"));
  EXPECT_NE(vault->digest("ab", "c"), vault->digest("a", "bc"));
  const std::string sealed = vault->seal_secret("totp", "JBSWY3DPEHPK3PXP");
  EXPECT_EQ(*vault->open_secret("totp", sealed), "JBSWY3DPEHPK3PXP");
  EXPECT_FALSE(vault->open_secret("other", sealed).ok());
  EXPECT_FALSE(other->open_secret("totp", sealed).ok());
  EXPECT_FALSE(vault->open_secret("totp", "not sealed!").ok());
}

TEST_P(VaultTest, TheKeyFileIsPrivateAndChecked) {
  struct stat info {};
  ASSERT_EQ(::stat((folder() + "/master.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(Vault::open(folder() + "/absent.key", false).error().code, ErrorCode::not_found);
  auto write = [&](const std::string& name, const std::string& text, mode_t mode) {
    const std::string path = folder() + "/" + name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return Vault::open(path, false);
  };
  EXPECT_EQ(write("short.key", "abcd", 0600).error().code, ErrorCode::invalid_input);
  EXPECT_EQ(write("open.key", std::string(64, 'a'), 0640).error().code, ErrorCode::forbidden);
  EXPECT_TRUE(write("hex.key", std::string(64, 'a') + "\n", 0600).ok());
  EXPECT_TRUE(write("base64.key", std::string(43, 'A') + "=", 0600).ok());
}

MACHIYA_ON_BOTH_ENGINES(VaultTest);

}  // namespace
}  // namespace machiya::vault
