// The whole mail: what receivers of bulk mail look for, the same words in text and HTML, and signatures that somebody else verifies.
#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/rng.h"
#include "base/text.h"
#include "tell/mail/compose.h"
#include "tell/mail/dkim.h"
#include "tell/mail/html_part.h"
#include "tell/mail/mime_reader.h"
#include "tell/mail/mime_text.h"

namespace machiya::tell {
namespace {
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
const Instant kNow{1'790'000'000 * kSecond};

Content warning() {
  Content out;
  out.lang = "ja-easy";
  out.title = "大雨特別警報 <北区> & 都島区";
  out.body = "川の水が増えています。\n高い所へ。\n\n\"すぐに\" <b>逃げて</b>ください。";
  out.link = "https://city.example/m/1?a=1&b=2";
  out.link_text = "くわしく見る";
  out.sender = "大阪市";
  out.leave_text = "このメールが届く理由と止め方";
  return out;
}
MailHead head() { return {*parse_mailbox("no-reply@city.example"), "help@city.example"}; }
MailPerson person(const std::string& to = "hanako@x.example") {
  return {*parse_mailbox(to), "https://city.example/leave/abc", message_id_of("5c1a7b1e-7d1a-4b0e-9f43-1d2c3b4a5f60", {7, to, "", nullptr}), Charset::utf8};
}
std::string pem(const char* kind, int bits = 0) {
  EVP_PKEY* key = bits > 0 ? EVP_PKEY_Q_keygen(nullptr, nullptr, kind, static_cast<std::size_t>(bits)) : EVP_PKEY_Q_keygen(nullptr, nullptr, kind);
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  std::string made(text, static_cast<std::size_t>(size));
  BIO_free(out);
  EVP_PKEY_free(key);
  return made;
}

TEST(Compose, SaysWhatReceiversOfBulkMailAskFor) {
  const std::string mail = compose(head(), person(), warning(), kNow);
  for (const char* line : {"Date: Mon, 21 Sep 2026 23:13:20 +0900\r\n", " <no-reply@city.example>\r\n", "To: <hanako@x.example>\r\n", "Reply-To: <help@city.example>\r\n", "Content-Language: ja\r\n",
                           "Auto-Submitted: auto-generated\r\n", "Precedence: bulk\r\n", "List-Unsubscribe: <https://city.example/leave/abc>\r\n",
                           "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", "MIME-Version: 1.0\r\n"})
    EXPECT_THAT(mail, HasSubstr(line));
  EXPECT_TRUE(is_plain_ascii(mail, 78));
  EXPECT_THAT(mail, HasSubstr("Message-ID: <" + person().message_id + "@city.example>\r\n"));
  const MimeEntity read = read_entity(mail);
  EXPECT_EQ(read.type(), "multipart/alternative");
  const auto parts = read.parts(9);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].type(), "text/plain");
  EXPECT_EQ(parts[0].decoded(), text_part(warning(), person().leave));
  EXPECT_EQ(parts[1].type(), "text/html");
  EXPECT_EQ(parts[1].decoded(), html_part(warning(), person().leave, Charset::utf8));
}

TEST(Compose, TheIdIsThePersonsAndTheAttemptsAlike) {
  const Addressee hanako{7, "hanako@x.example", "", nullptr};
  EXPECT_EQ(message_id_of("key", hanako), message_id_of("key", hanako));
  EXPECT_NE(message_id_of("key", hanako), message_id_of("other", hanako));
  EXPECT_NE(message_id_of("key", hanako), message_id_of("key", {8, "hanako@x.example", "", nullptr}));
  EXPECT_THAT(message_id_of("key", hanako), Not(HasSubstr("hanako")));
}

TEST(Compose, AnEmergencyIsUrgentAndLeavingNeedsHttps) {
  Content content = warning();
  content.emergency = true;
  MailPerson to = person();
  to.leave = "http://127.0.0.1:8080/leave/abc";
  std::string mail = compose(head(), to, content, kNow);
  EXPECT_THAT(mail, AllOf(HasSubstr("Priority: urgent\r\n"), HasSubstr("List-Unsubscribe: <http://"), Not(HasSubstr("List-Unsubscribe-Post")), Not(HasSubstr("Precedence"))));
  to.leave = "https://x.example/>\r\nBcc: all@x.example";
  EXPECT_THAT(compose(head(), to, content, kNow), AllOf(Not(HasSubstr("List-Unsubscribe")), Not(HasSubstr("Bcc"))));
  to.leave.clear();
  EXPECT_THAT(compose(head(), to, content, kNow), Not(HasSubstr("List-Unsubscribe")));
}

TEST(Compose, HtmlIsEscapedAndHasALanguage) {
  const std::string html = html_part(warning(), "https://city.example/leave/abc", Charset::utf8);
  EXPECT_THAT(html, AllOf(HasSubstr("<html lang=\"ja\">"), HasSubstr("<title>大雨特別警報 &lt;北区&gt; &amp; 都島区</title>"), HasSubstr("<h1>"), Not(HasSubstr("<b>"))));
  EXPECT_THAT(html, HasSubstr("<p>川の水が増えています。<br>\r\n高い所へ。</p>\r\n<p>&quot;すぐに&quot; &lt;b&gt;逃げて&lt;/b&gt;ください。</p>"));
  EXPECT_THAT(html, HasSubstr("<a href=\"https://city.example/m/1?a=1&amp;b=2\">くわしく見る</a>"));
  EXPECT_THAT(html, HasSubstr("<a href=\"https://city.example/leave/abc\">このメールが届く理由と止め方</a>"));
  Content bad = warning();
  bad.link = "javascript:alert(1)";
  EXPECT_THAT(html_part(bad, "", Charset::utf8), Not(HasSubstr("javascript")));
  EXPECT_THAT(text_part(bad, ""), Not(HasSubstr("javascript")));
}

TEST(Compose, OldHandsetsGetIso2022JpAndEmojiDoNot) {
  MailPerson to = person("a..b@docomo.ne.jp");
  to.charset = Charset::iso_2022_jp;
  std::string mail = compose(head(), to, warning(), kNow);
  EXPECT_THAT(mail, AllOf(HasSubstr("To: <\"a..b\"@docomo.ne.jp>\r\n"), HasSubstr("charset=ISO-2022-JP"), HasSubstr("Content-Transfer-Encoding: 7bit"), HasSubstr("=?ISO-2022-JP?B?"), Not(HasSubstr("UTF-8"))));
  EXPECT_THAT(std::string(read_entity(mail).parts(9)[0].body), HasSubstr(*to_iso_2022_jp("高い所へ。")));
  Content content = warning();
  content.body += "👍";
  mail = compose(head(), to, content, kNow);
  EXPECT_THAT(mail, AllOf(HasSubstr("charset=UTF-8"), Not(HasSubstr("ISO-2022-JP"))));
  content = warning();
  content.body = std::string(3000, 'x');
  for (int i = 0; i < 400; ++i) content.body += "長い行";
  mail = compose(head(), to, content, kNow);
  EXPECT_TRUE(is_plain_ascii(mail, 900));
  EXPECT_EQ(read_entity(mail).parts(9)[0].decoded(), *to_iso_2022_jp(text_part(content, to.leave)));
}

TEST(Dkim, KeysThatAreWeakOrNoneAreRefused) {
  EXPECT_TRUE(DkimSigner::create({{"city.example", "s1", pem("RSA", 2048)}, {"city.example", "s2", pem("ED25519")}}).ok());
  EXPECT_FALSE(DkimSigner::create({{"city.example", "s1", pem("RSA", 1024)}}).ok());
  EXPECT_FALSE(DkimSigner::create({{"city.example", "s1", pem("X25519")}}).ok());
  EXPECT_FALSE(DkimSigner::create({{"city.example", "s1", "nothing"}}).ok());
  EXPECT_FALSE(DkimSigner::create({{"city.example; x=y", "s1", pem("ED25519")}}).ok());
}

/// Debian's opendkim, which has no line in common with this house, reads the files and says what it thinks of each.
struct Verifier : ::testing::Test {
  std::string folder;
  void SetUp() override {
    if (::access("/usr/sbin/opendkim", X_OK) != 0) GTEST_SKIP() << "skipped: opendkim absent";
    char name[] = "/tmp/machiya-dkim-XXXXXX";
    folder = ::mkdtemp(name);
  }
  void TearDown() override {
    if (!folder.empty()) std::filesystem::remove_all(folder);
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder + "/" + name, std::ios::binary) << text; }
  /// Files that verified, of `count`.
  int verified(const DkimSigner& signer, int count) const {
    std::string keys, files;
    for (const auto& [name, record] : signer.records()) keys += name + " " + record + "\n";
    write("keys", keys);
    write("conf", "TestPublicKeys " + folder + "/keys\nMode v\nSyslog no\n");
    for (int i = 0; i < count; ++i) files += (i > 0 ? "," : "") + std::to_string(i);
    FILE* pipe = ::popen(("cd " + folder + " && /usr/sbin/opendkim -x conf -t " + files + " 2>&1").c_str(), "r");
    int good = 0;
    std::array<char, 1024> line{};
    while (std::fgets(line.data(), line.size(), pipe) != nullptr) {
      const std::string_view text(line.data());
      good += text.find("verification") != std::string_view::npos && text.find("succeeded") != std::string_view::npos;
    }
    ::pclose(pipe);
    return good;
  }
};

Content random_content(Rng& rng) {
  const std::string pieces[] = {"大雨", "のお知らせ", "か\u3099", "👨‍👩‍👧‍👦", "<", "&", ".", "\n", "\n.\n", "\n\n", " ", "\t", "  \n", "x", "=?", "From ", "—", "é"};
  Content out = warning();
  const auto text = [&](std::size_t most) {
    std::string made;
    for (const std::size_t want = rng.below(most) + 1; made.size() < want;) made += pieces[rng.below(std::size(pieces))];
    return made;
  };
  out.title = text(200);
  out.body = rng.below(5) == 0 ? std::string(rng.below(5000), 'y') + text(20) : text(4000);
  out.sender = text(60);
  out.leave_text = text(90);
  out.emergency = rng.below(2) == 0;
  return out;
}

void judge(const Verifier& with, const std::string& kind, int bits, int count) {
  auto signer = DkimSigner::create({{"city.example", "s1", pem(kind.c_str(), bits)}});
  ASSERT_TRUE(signer.ok());
  SeededRng rng(42);
  std::vector<std::string> mails;
  for (int i = 0; i < count; ++i) {
    MailPerson to = person(i % 3 == 0 ? "a..b@docomo.ne.jp" : "hanako@x.example");
    if (i % 4 == 0) to.charset = Charset::iso_2022_jp;
    if (i % 5 == 0) to.leave.clear();
    const std::string mail = compose(head(), to, random_content(rng), kNow);
    mails.push_back((*signer)->sign(mail, kNow) + mail);
    with.write(std::to_string(i), mails.back());
  }
  EXPECT_EQ(with.verified(**signer, count), count) << kind;
  // One byte turned: somewhere in the subject, in the unsubscribe address or in the body.
  int turned = 0;
  for (int i = 0; i < 60; ++i) {
    std::string& mail = mails[static_cast<std::size_t>(i)];
    const std::size_t at = i % 3 == 0 ? mail.find("Subject: ") + 12 : i % 3 == 1 && mail.find("List-Unsubscribe: <") != std::string::npos ? mail.find("List-Unsubscribe: <") + 30 : mail.size() - 60;
    if (mail[at] == ' ' || mail[at] == '\r' || mail[at] == '\n') continue;
    mail[at] = mail[at] == 'q' ? 'r' : 'q';
    with.write(std::to_string(turned++), mail);
  }
  ASSERT_GT(turned, 30);
  EXPECT_EQ(with.verified(**signer, turned), 0) << kind;
  // A second Subject, put in front: the first one counts for many mail programs, so it must not pass.
  with.write("0", "Subject: other\r\n" + mails[70]);
  EXPECT_EQ(with.verified(**signer, 1), 0);
}

TEST_F(Verifier, AThousandRsaSignaturesPassAndATurnedByteDoesNot) { judge(*this, "RSA", 2048, 1000); }
TEST_F(Verifier, SoDoEd25519Signatures) { judge(*this, "ED25519", 0, 200); }

}  // namespace
}  // namespace machiya::tell
