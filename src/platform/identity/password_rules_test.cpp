// Which passwords may be chosen; that they are taken exactly as typed; how random the secrets of sessions are.
#include "platform/identity/password_rules.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/text.h"
#include "platform/identity/testing.h"
#include "platform/identity/token.h"
#include "platform/vault/vault.h"

namespace machiya::identity {
namespace {

PasswordRules rules(const std::string& known = {}) {
  auto out = PasswordRules::load(known, {"machiya", "大阪市", "osaka", "admin", "password", "kankyo-eisei", "ab"});
  EXPECT_TRUE(out.ok()) << out.error().to_string();
  return *out;
}
bool good(std::string_view password) { return rules().check(password, {"tanaka", "田中 花子"}).ok(); }

TEST(PasswordRules, TwelveCharactersAndUpToATextOfAThousandBytes) {
  EXPECT_FALSE(good("qhwe8rzu1ox"));
  EXPECT_TRUE(good("qhwe8rzu1oxv"));
  EXPECT_TRUE(good("馬電池正しい東西南北天地人")) << "characters count, not bytes";
  EXPECT_FALSE(good("馬電池正"));
  EXPECT_TRUE(good("one long sentence that somebody can keep in mind, sixty-four or more"));
  EXPECT_TRUE(good(std::string(1012, 'k') + "abcdefghijkl"));
  EXPECT_FALSE(good(std::string(1013, 'k') + "abcdefghijkl"));
  EXPECT_FALSE(good("twelve chars\xff\xfe"));
}

TEST(PasswordRules, AnyKindOfCharactersWillDo) {
  for (const char* only : {"qwhxkzvbnrtmj", "QWHXKZVBNRTMJ", "840275913648", "?!/=+-*#~;,.:", "いろはにほへとちりぬるを", "with blanks at  both ends ", "🐈🐕🐎🐖🐏🐐🐇🐁🐂🐃🐄🐅"}) EXPECT_TRUE(good(only)) << only;
}

TEST(PasswordRules, NamesOfThisPlaceAreNotEnough) {
  for (const char* weak : {"Machiya-Osaka1", "osakaosakaosaka", "大阪市大阪市大阪市大阪市!", "ＯＳＡＫＡ-ａｄｍｉｎ-１", "tanaka-password", "Password1234!", "kankyo-eisei-26", "machiyaadmin12", "aaaaaaaaaaaaaaaa", "121212121212"})
    EXPECT_FALSE(good(weak)) << weak;
  EXPECT_TRUE(good("osaka cats eat bonito")) << "a name inside a sentence is no harm";
  EXPECT_TRUE(rules().check("tanaka-kx8-zq", {}).ok());
}

TEST(PasswordRules, KnownPasswordsAreRefusedInAnyCase) {
  const std::string list = (std::filesystem::temp_directory_path() / "machiya-known-passwords").string();
  std::ofstream(list) << "1qaz2wsx3edc\nQwertyuiop12\n";
  const PasswordRules known = rules(list);
  EXPECT_EQ(known.known(), 2u);
  for (const char* weak : {"1qaz2wsx3edc", "1QAZ2WSX3EDC", "qwertyuiop12", "１ｑａｚ２ｗｓｘ３ｅｄｃ"}) EXPECT_FALSE(known.check(weak, {}).ok()) << weak;
  EXPECT_TRUE(known.check("1qaz2wsx3edc4", {}).ok()) << "the whole password is compared";
  std::filesystem::remove(list);
  EXPECT_FALSE(PasswordRules::load(list, {}).ok()) << "a list that is not there is an error, not an empty list";
}

TEST(PasswordRules, TheListOfTheBuildRefusesThePasswordsOfLeaks) {
  auto built = PasswordRules::load(MACHIYA_SOURCE_DIR "/build/data/passwords.txt", {});
  ASSERT_TRUE(built.ok()) << built.error().to_string();
  EXPECT_GT(built->known(), 3000u);
  for (const char* weak : {"1qaz2wsx3edc", "123456qwerty", "q1w2e3r4t5y6", "qwerty123456"}) EXPECT_FALSE(built->check(weak, {}).ok()) << weak;
}

struct PasswordTest : IdentityTest {};

TEST_P(PasswordTest, IsComparedExactlyAsItWasTyped) {
  auto put = [&](std::string_view name, std::string_view password) {
    auto done = store().write([&](store::Tx& tx) { return identity->put_staff(tx, name, "x", password, kTestTotp, {}, ""); });
    EXPECT_TRUE(done.ok()) << done.error().to_string();
  };
  auto opens = [&](std::string_view name, std::string_view password) {
    clock.advance(kMinute);   // a code serves once
    return identity->staff_login(name, password, totp_now(), "192.0.2.1").ok();
  };
  const std::string long_one = " Correct horse ８ " + std::string(900, 'x') + "y ";
  put("exact", long_one);
  EXPECT_TRUE(opens("exact", long_one));
  EXPECT_FALSE(opens("exact", std::string(trim(long_one))));
  EXPECT_FALSE(opens("exact", lower_ascii(long_one)));
  EXPECT_FALSE(opens("exact", long_one.substr(0, 72))) << "nothing is cut";
  EXPECT_TRUE(opens("exact", long_one));
}

TEST_P(PasswordTest, StaysGoodForYears) {
  put_staff("tanaka", {"clerk"}, "kankyo");
  for (int year = 0; year < 5; ++year) {
    clock.advance(365 * kDay);
    EXPECT_TRUE(identity->staff_login("tanaka", "correct horse", totp_now(), "192.0.2.1").ok()) << year;
  }
}

MACHIYA_ON_BOTH_ENGINES(PasswordTest);

TEST(SessionSecret, Has128RandomBitsAndACheckOfItsOwn) {
  const auto key = std::filesystem::temp_directory_path() / "machiya-token-test.key";
  std::filesystem::remove(key);
  auto vault = vault::Vault::open(key.string(), true);
  ASSERT_TRUE(vault.ok()) << vault.error().to_string();
  vault::SystemRng rng;
  std::set<std::string> seen;
  std::size_t ones[128] = {};
  constexpr int kMany = 4000;
  for (int i = 0; i < kMany; ++i) {
    const Token token = new_token(**vault, rng, TokenKind::session, Instant{1});
    EXPECT_TRUE(seen.insert(token.text).second);
    const std::string raw = *vault::from_base64url(std::string_view(token.text).substr(1, 32));
    for (std::size_t bit = 0; bit < 128; ++bit) ones[bit] += static_cast<unsigned char>(raw[bit / 8]) >> (bit % 8) & 1;
  }
  // Each of 128 bits is set in half of them: 6.3 standard deviations of a fair coin are 200 of 4000.
  for (std::size_t bit = 0; bit < 128; ++bit) EXPECT_NEAR(static_cast<double>(ones[bit]), kMany / 2.0, 200) << bit;
  // One changed character anywhere, and it is not ours.
  const Token token = new_token(**vault, rng, TokenKind::visitor, Instant{1});
  ASSERT_TRUE(parse_token(**vault, token.text));
  for (std::size_t i = 0; i < token.text.size(); ++i) {
    std::string changed = token.text;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(parse_token(**vault, changed)) << i;
  }
  std::string raised = token.text;
  raised[0] = 's';
  EXPECT_FALSE(parse_token(**vault, raised)) << "a visitor's secret cannot be made a session's";
  std::filesystem::remove(key);
}

}  // namespace
}  // namespace machiya::identity
