#include "platform/vault/totp.h"

#include <gtest/gtest.h>

#include "platform/vault/base32.h"
#include "platform/vault/vault.h"

namespace machiya::vault {
namespace {
constexpr std::string_view kSeed = "12345678901234567890";

TEST(Base32, VectorsOfRfc4648) {
  // RFC 4648 §10, without the padding that we do not write.
  const std::pair<std::string_view, std::string_view> rows[] = {{"", ""},           {"f", "MY"},         {"fo", "MZXQ"},
                                                                {"foo", "MZXW6"},   {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"},
                                                                {"foobar", "MZXW6YTBOI"}};
  for (auto [plain, text] : rows) {
    EXPECT_EQ(base32(plain), text);
    EXPECT_EQ(from_base32(text), plain);
  }
  EXPECT_EQ(from_base32("mzxw 6ytb-oi======"), "foobar");
  for (auto bad : {"M", "MZX", "MZXW6Y", "MZ0W", "MZXW6YTB1", "MY=A", "MZ"}) EXPECT_EQ(from_base32(bad), std::nullopt) << bad;
}

TEST(Hotp, VectorsOfRfc4226) {
  // RFC 4226 appendix D.
  const char* want[] = {"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"};
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_EQ(hotp(kSeed, i, 6), want[i]);
}

TEST(Totp, VectorsOfRfc6238) {
  // RFC 6238 appendix B; the seeds are 20, 32 and 64 bytes (errata 2866).
  const std::string seed32 = "12345678901234567890123456789012";
  const std::string seed64 = "1234567890123456789012345678901234567890123456789012345678901234";
  struct Row {
    std::uint64_t time;
    const char *sha1, *sha256, *sha512;
  };
  const Row rows[] = {{59, "94287082", "46119246", "90693936"},
                      {1111111109, "07081804", "68084774", "25091201"},
                      {1111111111, "14050471", "67062674", "99943326"},
                      {1234567890, "89005924", "91819424", "93441116"},
                      {2000000000, "69279037", "90698825", "38618901"},
                      {20000000000, "65353130", "77737706", "47863826"}};
  for (const Row& row : rows) {
    EXPECT_EQ(hotp(kSeed, row.time / 30, 8), row.sha1);
    EXPECT_EQ(hotp(seed32, row.time / 30, 8, OtpHash::sha256), row.sha256);
    EXPECT_EQ(hotp(seed64, row.time / 30, 8, OtpHash::sha512), row.sha512);
  }
}

// OWASP ASVS 5.0.0 v6.5.5: at most 30 seconds.
TEST(Totp, ACodeServesInItsOwnThirtySecondsOnly) {
  const std::string secret = base32(kSeed);
  const std::int64_t now = 1'111'111'111;
  std::int64_t step = 0;
  EXPECT_TRUE(verify_totp(secret, totp_at_step(secret, now / 30), now, step));
  EXPECT_EQ(step, now / 30);
  const std::int64_t begins = now / 30 * 30;
  int seconds = 0;
  for (std::int64_t at = begins - 90; at < begins + 120; ++at) seconds += verify_totp(secret, totp_at_step(secret, now / 30), at, step);
  EXPECT_EQ(seconds, 30);
  EXPECT_FALSE(verify_totp(secret, totp_at_step(secret, now / 30 - 1), now, step));
  EXPECT_FALSE(verify_totp(secret, totp_at_step(secret, now / 30 + 1), now, step));
  EXPECT_FALSE(verify_totp(secret, "", now, step));
  EXPECT_FALSE(verify_totp("not base 32!", "000000", now, step));
  EXPECT_FALSE(verify_totp("", totp_at_step(secret, now / 30), now, step));
}

TEST(Totp, NewSecretsAre160BitsAndDiffer) {
  SystemRng rng;
  const std::string a = new_totp_secret(rng), b = new_totp_secret(rng);
  EXPECT_NE(a, b);
  EXPECT_EQ(from_base32(a)->size(), 20u);
}

}  // namespace
}  // namespace machiya::vault
