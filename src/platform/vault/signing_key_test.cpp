#include "platform/vault/signing_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "platform/store/testing.h"
#include "platform/vault/vault.h"

namespace machiya::vault {
namespace {

class SigningKeyTest : public ::testing::Test {
 protected:
  std::string file_with(const std::string& text, mode_t mode = 0600) {
    const std::string file = database_->folder() + "/key";
    std::ofstream(file) << text;
    EXPECT_EQ(::chmod(file.c_str(), mode), 0);
    return file;
  }
  std::unique_ptr<store::testing::TestDatabase> database_ = store::testing::make_database(store::Engine::sqlite);
};

/// RFC 8032 §7.1, test 3: seed, public key, the message af82 and its signature.
TEST_F(SigningKeyTest, signs_as_the_standard_says) {
  auto key = SigningKey::open(file_with("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7\n"), false);
  ASSERT_TRUE(key.ok()) << key.error().to_string();
  EXPECT_EQ((*key)->public_key(), "_FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU");
  const std::string message = "\xaf\x82", signature = (*key)->sign(message);
  EXPECT_EQ(base64url(signature), "YpHWV97sJAJIJ-acOr4BowzlSKKEdDpEXjaA19taw6wY_5tTjRbykK5n92CYTcZZSnwV6XFu0o3AJ77O6h7ECg");
  EXPECT_TRUE(verify_signature((*key)->public_key(), message, signature));
}

TEST_F(SigningKeyTest, refuses_every_flipped_bit) {
  auto key = SigningKey::open(database_->folder() + "/made", true);
  ASSERT_TRUE(key.ok()) << key.error().to_string();
  const std::string text = "head 17", signature = (*key)->sign(text);
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    std::string other = signature;
    other[bit / 8] ^= static_cast<char>(1 << bit % 8);
    EXPECT_FALSE(verify_signature((*key)->public_key(), text, other)) << bit;
  }
  EXPECT_FALSE(verify_signature((*key)->public_key(), "head 18", signature));
  for (const char* broken : {"", "AAAA", "not base64!", "_FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU"})
    EXPECT_FALSE(verify_signature(broken, text, signature)) << broken;
}

TEST_F(SigningKeyTest, names_what_is_wrong_with_its_file) {
  EXPECT_EQ(SigningKey::open(database_->folder() + "/none", false).error().code, ErrorCode::not_found);
  EXPECT_EQ(SigningKey::open(file_with("abc"), false).error().code, ErrorCode::invalid_input);
  const auto open = SigningKey::open(file_with(std::string(64, 'a'), 0644), false);
  EXPECT_EQ(open.error().code, ErrorCode::forbidden);
  EXPECT_NE(open.error().detail.find("signing key file"), std::string::npos) << open.error().to_string();
}

}  // namespace
}  // namespace machiya::vault
