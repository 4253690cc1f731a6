// Texts in mails: nothing is garbled, nothing is too long, nothing begins a header of its own.
#include <gmock/gmock.h>
#include <iconv.h>

#include "base/rng.h"
#include "base/text.h"
#include "tell/mail/mailbox.h"
#include "tell/mail/mime_reader.h"
#include "tell/mail/mime_text.h"

namespace machiya::tell {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

/// By iconv, as a mail program would.
std::string from_iso_2022_jp(std::string_view text) {
  iconv_t converter = ::iconv_open("UTF-8", "ISO-2022-JP");
  std::string in(text), out(text.size() * 4 + 16, '\0');
  char* from = in.data();
  char* to = out.data();
  std::size_t in_left = in.size(), out_left = out.size();
  EXPECT_EQ(::iconv(converter, &from, &in_left, &to, &out_left), 0u);
  ::iconv_close(converter);
  out.resize(out.size() - out_left);
  return out;
}

/// What a header line says, and whether its lines and words keep RFC 2047's limits.
std::string read_header(const std::string& field) {
  std::string out;
  bool word_before = false;
  for (std::size_t at = 0; at < field.size();) {
    const std::size_t end = field.find("\r\n", at);
    EXPECT_NE(end, std::string::npos);
    const std::string line = field.substr(at, end - at);
    EXPECT_LE(line.size(), 76u) << line;
    std::string_view rest = line;
    if (at == 0) rest = rest.substr(rest.find(": ") + 2);
    else EXPECT_EQ(line[0], ' ');
    rest = trim(rest);
    if (starts_with(rest, "=?")) {
      EXPECT_LE(rest.size(), 75u);
      EXPECT_TRUE(rest.ends_with("?="));
      const std::size_t mark = rest.find("?B?");
      const std::string bytes = read_entity("Content-Transfer-Encoding: base64\r\n\r\n" + std::string(rest.substr(mark + 3, rest.size() - mark - 5))).decoded();
      const bool utf8 = rest.substr(2, mark - 2) == "UTF-8";
      EXPECT_TRUE(!utf8 || is_utf8(bytes)) << "a character was cut";
      EXPECT_TRUE(utf8 || bytes.find('\x1b') == std::string::npos || bytes.rfind("\x1b(B") == bytes.rfind('\x1b')) << "a word does not end in ASCII";
      out += utf8 ? bytes : from_iso_2022_jp(bytes);
      word_before = true;
    } else {
      out += (out.empty() || word_before ? "" : " ") + std::string(rest);
    }
    at = end + 2;
  }
  return out;
}

TEST(MimeText, SubjectsOfAnyKindComeBackAsTheyWere) {
  const std::string pieces[] = {"大雨", "特別警報", "Osaka", " ", "か\u3099", "👨‍👩‍👧", "(", "\"", "ｶﾅ", "①", "。", "a"};
  SeededRng rng(11);
  for (int i = 0; i < 500; ++i) {
    std::string text = "件";
    while (text.size() < 1 + rng.below(400)) text += pieces[rng.below(std::size(pieces))];
    EXPECT_EQ(read_header(header_line("Subject", text, Charset::utf8)), text);
    EXPECT_EQ(read_header("From: " + display_name(text, Charset::utf8, 6) + "\r\n"), text);
  }
}

TEST(MimeText, SubjectsInIso2022JpEndEachWordInAscii) {
  const std::string pieces[] = {"大雨", "特別警報", "Osaka", " ", "カナ", "（", "。", "〜", "a", "0"};
  SeededRng rng(12);
  for (int i = 0; i < 300; ++i) {
    std::string text = "件";
    while (text.size() < 1 + rng.below(300)) text += pieces[rng.below(std::size(pieces))];
    EXPECT_EQ(read_header(header_line("Subject", text, Charset::iso_2022_jp)), text);
  }
}

TEST(MimeText, AsciiStaysReadableUnlessItWouldMislead) {
  EXPECT_EQ(header_line("Subject", "Evacuation order", Charset::utf8), "Subject: Evacuation order\r\n");
  EXPECT_EQ(header_line("Subject", "", Charset::utf8), "Subject: \r\n");
  const std::string longer = "The quick brown fox jumps over the lazy dog and then over the next one and the next one and the last one";
  EXPECT_EQ(read_header(header_line("Subject", longer, Charset::utf8)), longer);
  EXPECT_THAT(header_line("Subject", longer, Charset::utf8), Not(HasSubstr("=?")));
  for (const std::string& text : {std::string("=?UTF-8?B?AAAA?="), std::string(200, 'x'), std::string("two  spaces"), std::string(" x ")})
    EXPECT_EQ(read_header(header_line("Subject", text, Charset::utf8)), text);
  EXPECT_EQ(header_line("Subject", "a\r\nBcc: all@x.example", Charset::utf8), header_line("Subject", "a  Bcc: all@x.example", Charset::utf8));
  EXPECT_EQ(display_name("A \"B\" \\ C", Charset::utf8, 6), R"("A \"B\" \\ C")");
}

TEST(MimeText, Iso2022JpTakesWhatItHasAndRefusesTheRest) {
  EXPECT_EQ(*to_iso_2022_jp("aあ"), "a\x1b$B$\"\x1b(B");
  EXPECT_EQ(from_iso_2022_jp(*to_iso_2022_jp("10時～12時－表∥裏")), "10時〜12時−表‖裏");
  for (const char* text : {"👍", "①", "髙", "ｱ", "葛\U000e0100", "Đ"}) EXPECT_FALSE(to_iso_2022_jp(text)) << text;
  EXPECT_TRUE(can_say(Charset::utf8, "👍"));
}

TEST(MimeText, LinesAndDates) {
  EXPECT_EQ(crlf_lines("a\nb\rc\r\nd\x01\t\x1b$B"), "a\r\nb\r\nc\r\nd\t$B");
  EXPECT_EQ(mail_date(Instant{1'790'000'000 * kSecond}), "Mon, 21 Sep 2026 23:13:20 +0900");
  for (std::size_t n = 0; n < 200; ++n) {
    std::string bytes;
    for (std::size_t i = 0; i < n; ++i) bytes += static_cast<char>(i * 37 + n);
    const std::string text = base64_lines(bytes);
    EXPECT_EQ(read_entity("Content-Transfer-Encoding: base64\r\n\r\n" + text).decoded(), bytes);
    EXPECT_TRUE(is_plain_ascii(text, 76));
  }
  EXPECT_FALSE(is_plain_ascii("あ", 76));
  EXPECT_FALSE(is_plain_ascii(std::string(77, 'a'), 76));
}

TEST(Mailbox, CarriersAddressesAreQuotedAndStrangersRefused) {
  const std::pair<const char*, const char*> table[] = {
      {"hanako@Example.JP", "hanako@example.jp"}, {"a..b@docomo.ne.jp", "\"a..b\"@docomo.ne.jp"}, {"taro.@docomo.ne.jp", "\"taro.\"@docomo.ne.jp"}, {".x@ezweb.ne.jp", "\".x\"@ezweb.ne.jp"},
      {"a+b/c@x.example", "a+b/c@x.example"}, {"a,b@x.example", "\"a,b\"@x.example"}, {"花子@例え.example", "花子@例え.example"}};
  for (const auto& [given, path] : table) EXPECT_EQ(parse_mailbox(given)->path(), path);
  EXPECT_TRUE(parse_mailbox("花子@例え.example")->utf8);
  EXPECT_FALSE(parse_mailbox("a..b@docomo.ne.jp")->utf8);
  for (const std::string& bad : {std::string(), std::string("@"), std::string("a@"), std::string("@b"), std::string("a b@x.example"), std::string("a\r\nb@x.example"), std::string("<a>@x.example"),
                                 std::string("\"a\"@x.example"), std::string("a@x..example"), std::string("a@-x.example"), std::string("a@x_y.example"), std::string(65, 'a') + "@b.jp",
                                 "a@" + std::string(64, 'b') + ".jp", std::string("a@b.jp>"), std::string("a\\@b.jp"), std::string("\xff@b.jp")})
    EXPECT_FALSE(parse_mailbox(bad).ok()) << bad;
}

}  // namespace
}  // namespace machiya::tell
