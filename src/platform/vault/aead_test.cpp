#include "platform/vault/aead.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <fstream>

#include "base/temporary_folder.h"
#include "platform/vault/file_digest.h"
#include "platform/vault/key_cache.h"
#include "platform/vault/vault.h"

namespace machiya::vault {
namespace {

struct Aead : testing::Test {
  unsigned char key[32];
  void SetUp() override { ASSERT_GE(sodium_init(), 0), randombytes_buf(key, sizeof key); }
};

TEST_F(Aead, OpensWhatItSealed) {
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{100'000}}) {
    std::string plain(size, 'x');
    EXPECT_EQ(aead_open(key, "c", aead_seal(key, "c", plain)), plain);
  }
  EXPECT_NE(aead_seal(key, "c", "same"), aead_seal(key, "c", "same"));
}

TEST_F(Aead, EveryFlippedBitIsSeen) {
  const std::string sealed = aead_seal(key, "person/name", "葛󠄀城 花子");
  for (std::size_t i = 0; i < sealed.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string broken = sealed;
      broken[i] = static_cast<char>(broken[i] ^ (1 << bit));
      EXPECT_EQ(aead_open(key, "person/name", broken), std::nullopt) << i;
    }
  for (std::size_t i = 0; i < sealed.size(); ++i) EXPECT_EQ(aead_open(key, "person/name", sealed.substr(0, i)), std::nullopt);
  EXPECT_EQ(aead_open(key, "person/name", sealed + '\0'), std::nullopt);
  EXPECT_EQ(aead_open(key, "person/kana", sealed), std::nullopt);
  key[31] ^= 1;
  EXPECT_EQ(aead_open(key, "person/name", sealed), std::nullopt);
}

TEST(KeyCache, IsBoundedAndForgetsTheOldest) {
  ASSERT_GE(sodium_init(), 0);
  KeyCache cache(64, std::chrono::hours(1));
  KeyCache::Key key{}, out{};
  for (int i = 1; i <= 1000; ++i) {
    key[0] = static_cast<unsigned char>(i);
    cache.put(i, key);
    ASSERT_LE(cache.size(), 64u);
    ASSERT_EQ(cache.get(i, out), KeyCache::State::present);
    EXPECT_EQ(out[0], static_cast<unsigned char>(i));
  }
  EXPECT_EQ(cache.get(1, out), KeyCache::State::absent);
  EXPECT_EQ(cache.get(1000, out), KeyCache::State::present);
}

TEST(KeyCache, AnErasedKeyDoesNotComeBack) {
  ASSERT_GE(sodium_init(), 0);
  KeyCache cache(64, std::chrono::hours(1));
  KeyCache::Key key{}, out{};
  cache.put(7, key);
  cache.mark_erased(7);
  cache.put(7, key);  // a reader with an older snapshot
  EXPECT_EQ(cache.get(7, out), KeyCache::State::erased);
  KeyCache brief(64, std::chrono::seconds(-1));
  brief.put(1, key);
  EXPECT_EQ(brief.get(1, out), KeyCache::State::absent);  // too old: read it again
}

TEST(Password, HashesDifferAndVerify) {
  ASSERT_GE(sodium_init(), 0);
  const std::string a = hash_password("正しい馬の電池"), b = hash_password("正しい馬の電池");
  EXPECT_NE(a, b);
  EXPECT_EQ(a.rfind("$argon2id$v=19$m=19456,t=2,p=1$", 0), 0u) << a;
  EXPECT_TRUE(verify_password("正しい馬の電池", a));
  EXPECT_FALSE(verify_password("正しい馬の電地", a));
  EXPECT_FALSE(verify_password("", a));
  EXPECT_FALSE(verify_password("x", ""));
  EXPECT_FALSE(verify_password("x", "$argon2id$broken"));
  EXPECT_FALSE(verify_password(std::string(2000, 'x'), a));
}

TEST(TextForms, AFileHasTheDigestOfItsBytesHoweverManyPiecesItIsReadIn) {
  const TemporaryFolder folder("digest");
  const std::string file = folder.path() + "/file";
  for (std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{256} << 10, (std::size_t{700} << 10) + 1}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 >> 3);
    std::ofstream(file, std::ios::binary) << bytes;
    EXPECT_EQ(file_digest(file), sha256_hex(bytes)) << size;
  }
  EXPECT_EQ(file_digest(folder.path()), "");
  EXPECT_EQ(file_digest(file + "-none"), "");
}

TEST(TextForms, Sha256AndBase64url) {
  // FIPS 180-4 example; RFC 4648 §10 in the URL alphabet.
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(base64url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url("\xff\xfe"), "__4");
  EXPECT_EQ(*from_base64url("__4"), "\xff\xfe");
  EXPECT_FALSE(from_base64url("a b").ok());
  EXPECT_TRUE(equal_secret("abc", "abc"));
  EXPECT_FALSE(equal_secret("abc", "abd"));
  EXPECT_FALSE(equal_secret("abc", "abcd"));
}

}  // namespace
}  // namespace machiya::vault
