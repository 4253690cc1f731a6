// Signatures of both ways by cards of the test authority, against lists in a folder and against responders that do not answer as they must. A responder
// that does is a process of its own: tests/security/card_test.js.
#include "platform/signatures/judge.h"

#include <gtest/gtest.h>

#include "platform/jpki/testing.h"
#include "platform/outbound/outbound.h"
#include "platform/outbound/testing.h"
#include "platform/signatures/crl_folder.h"

namespace machiya::signatures {
namespace {

namespace fs = std::filesystem;
const std::string kPaper = "{\"form\":\"paper\"}";

struct World {
  jpki::testing::Authority ours, foreign;
  std::string good = ours.issue("good", "signing"), login = ours.issue("login", "authentication"), other_policy = ours.issue("other", "other_policy"), revoked = ours.issue("revoked", "signing"),
              late = ours.issue("late", "signing"), kept = ours.issue("kept", "signing"), stranger = foreign.issue("stranger", "signing");
  std::string lists = ours.folder + "/lists";
  World() {
    ours.revoke("revoked");
    fs::create_directories(lists);
    put_list();
  }
  void put_list() const { std::ofstream(lists + "/signing.crl", std::ios::binary) << ours.crl(); }
};
World& world() {
  static World one;
  return one;
}

struct JudgeTest : ::testing::Test {
  FakeClock clock{*parse_rfc3339("2026-06-15T12:00:00Z")};
  std::unique_ptr<outbound::Outbound> door;

  void let(const std::string& origin) {
    outbound::Options options;
    if (!origin.empty()) options.rules = {{origin, true}};
    options.http_on_loopback = true;
    door = std::move(*outbound::Outbound::create(options));
  }
  std::unique_ptr<Judge> judge(const std::string& crls, const std::string& ocsp = "") {
    let(ocsp);
    auto made = Judge::open({{world().ours.at("ca.pem"), "1.2.3.4.1", ""}, crls, ocsp.empty() ? "" : ocsp + "/ocsp"}, *door, clock);
    EXPECT_TRUE(made.ok()) << made.error().to_string();
    return std::move(*made);
  }
  static std::string cause(const Judge& judge, std::string_view way, const std::string& document, const std::string& signature, const std::string& certificate = "") {
    const auto found = judge.judge(way, document, signature, certificate);
    return found.ok() ? "accepted" : found.error().where;
  }
  static std::string raw(const std::string& document, const std::string& card) {
    world().ours.write("document", document);
    world().ours.run("openssl dgst -sha256 -sign " + card + ".key -out raw document");
    return world().ours.at("raw");
  }
};

TEST_F(JudgeTest, BothWaysAreAcceptedAndKeepWhatIsNeededToVerifyThemAgain) {
  const auto judge = this->judge(world().lists);
  for (const auto& [way, signature] : {std::pair{kCard, world().ours.sign(kPaper, "good")}, {kApp, raw(kPaper, "good")}}) {
    const auto accepted = judge->judge(way, kPaper, signature, world().good);
    ASSERT_TRUE(accepted.ok()) << way << accepted.error().to_string();
    EXPECT_EQ(accepted->certificate, world().good);
    EXPECT_EQ(accepted->document, kPaper);
    EXPECT_EQ(accepted->at, clock.now());
    EXPECT_EQ(accepted->revocation, "crl");
    EXPECT_FALSE(accepted->serial.empty());
    const auto kept = Accepted::from_json(*json::parse(json::to_text(accepted->to_json())));
    ASSERT_TRUE(kept.ok());
    EXPECT_EQ(judge->again(*kept).then, "");
    EXPECT_EQ(judge->again(*kept).now, "");
    auto bent = *kept;
    bent.document += " ";
    EXPECT_EQ(judge->again(bent).then, "signature-wrong");
  }
}

TEST_F(JudgeTest, EachRefusalHasItsCause) {
  const auto judge = this->judge(world().lists);
  const auto& ours = world().ours;
  EXPECT_EQ(cause(*judge, kCard, "another", ours.sign(kPaper, "good")), "signature-wrong");
  EXPECT_EQ(cause(*judge, kApp, "another", raw(kPaper, "good"), world().good), "signature-wrong");
  EXPECT_EQ(cause(*judge, kApp, kPaper, raw(kPaper, "good"), world().late), "signature-wrong");   // somebody else's certificate
  EXPECT_EQ(cause(*judge, kCard, kPaper, ours.sign(kPaper, "revoked")), "revoked");
  EXPECT_EQ(cause(*judge, kApp, kPaper, raw(kPaper, "revoked"), world().revoked), "revoked");
  EXPECT_EQ(cause(*judge, kCard, kPaper, ours.sign(kPaper, "login")), "certificate-policy");
  EXPECT_EQ(cause(*judge, kCard, kPaper, ours.sign(kPaper, "other")), "certificate-policy");
  EXPECT_EQ(cause(*judge, kCard, kPaper, world().foreign.sign(kPaper, "stranger")), "chain-broken");
  EXPECT_EQ(cause(*judge, "fax", kPaper, "x"), "signature-way");
  EXPECT_EQ(cause(*judge, kRehearsal, kPaper, ""), "signature-way");
  const std::string lasting = ours.folder + "/lasting";
  fs::create_directories(lasting);
  std::ofstream(lasting + "/a.crl", std::ios::binary) << ours.crl("20190101000000Z", "20600101000000Z");
  clock.set(*parse_rfc3339("2050-06-15T12:00:00Z"));
  EXPECT_EQ(cause(*this->judge(lasting), kCard, kPaper, ours.sign(kPaper, "good")), "certificate-expired");
  clock.set(*parse_rfc3339("2019-06-15T12:00:00Z"));
  EXPECT_EQ(cause(*this->judge(lasting), kCard, kPaper, ours.sign(kPaper, "good")), "certificate-not-yet");
  clock.set(*parse_rfc3339("2026-08-15T12:00:00Z"));
  EXPECT_EQ(cause(*judge, kCard, kPaper, ours.sign(kPaper, "good")), "crl-expired");
}

TEST_F(JudgeTest, NewListsCountAtTheNextQuestionAndNothingIsAcceptedWithoutThem) {
  const std::string folder = world().ours.folder + "/own";
  fs::create_directories(folder);
  const auto judge = this->judge(folder);
  const std::string signature = world().ours.sign(kPaper, "late");
  EXPECT_EQ(cause(*judge, kCard, kPaper, signature), "crl-missing");
  std::ofstream(folder + "/signing.crl", std::ios::binary) << world().ours.crl();
  const auto accepted = judge->judge(kCard, kPaper, signature);
  ASSERT_TRUE(accepted.ok()) << accepted.error().to_string();
  world().ours.revoke("late");
  std::ofstream(folder + "/signing.crl", std::ios::binary) << world().ours.crl();
  EXPECT_EQ(cause(*judge, kCard, kPaper, signature), "revoked");
  EXPECT_EQ(judge->again(*accepted).then, "");          // it was good when it was taken
  EXPECT_EQ(judge->again(*accepted).now, "revoked");
  std::ofstream(folder + "/broken.crl", std::ios::binary) << "no list";
  EXPECT_EQ(cause(*judge, kCard, kPaper, signature), "crl-unreadable");
  fs::remove_all(folder);
  EXPECT_EQ(cause(*judge, kCard, kPaper, signature), "crl-missing");
}

TEST_F(JudgeTest, AListThatIsKeptInMemoryGivesWayToANewOne) {
  const std::string folder = world().ours.folder + "/kept", signature = world().ours.sign(kPaper, "kept");
  fs::create_directories(folder);
  const auto judge = this->judge(folder);
  const auto put = [&] {
    std::ofstream(folder + "/signing.crl", std::ios::binary) << world().ours.crl("20190101000000Z", "20600101000000Z");
    clock.set(Instant{crl_files(folder)->front().changed.us + kMinute});   // old enough to be kept
  };
  put();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(cause(*judge, kCard, kPaper, signature), "accepted");
  world().ours.revoke("kept");
  put();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(cause(*judge, kCard, kPaper, signature), "revoked");
}

TEST_F(JudgeTest, AResponderThatDoesNotAnswerAsItMustLetsNothingThrough) {
  const std::string signature = world().ours.sign(kPaper, "good");
  for (const auto& [answer, wanted] : {std::pair{"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n", "ocsp-unreachable"}, {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "ocsp-unreadable"}}) {
    outbound::testing::CannedServer server(answer);
    const auto judge = this->judge("", server.origin());
    EXPECT_EQ(cause(*judge, kCard, kPaper, signature), wanted);
    EXPECT_EQ(server.visits(), 1);
    EXPECT_NE(server.last_request().find("application/ocsp-request"), std::string::npos);
  }
}

TEST_F(JudgeTest, WithoutRootsOrOneWayToAskThereIsNoJudge) {
  let("http://127.0.0.1:9");
  const std::string ca = world().ours.at("ca.pem");
  EXPECT_FALSE(Judge::open({{ca, "", ""}, "", ""}, *door, clock).ok());
  EXPECT_FALSE(Judge::open({{ca, "", ""}, world().lists, "http://127.0.0.1:9/"}, *door, clock).ok());
  EXPECT_FALSE(Judge::open({{"", "", ""}, world().lists, ""}, *door, clock).ok());
  EXPECT_FALSE(Judge::open({{ca, "no oid", ""}, world().lists, ""}, *door, clock).ok());
  EXPECT_FALSE(Judge::open({{ca, "", ""}, "", "https://elsewhere.example/ocsp"}, *door, clock).ok());   // not listed: never called
}

}  // namespace
}  // namespace machiya::signatures
