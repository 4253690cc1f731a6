// Signing a draft through the router, on both databases: with cards of a test authority and with an app behind its port; each refusal, and what must not work.
#include <gtest/gtest.h>

#include "ask/apply/testing.h"
#include "ask/cases/signed_document.h"
#include "platform/jpki/testing.h"
#include "platform/outbound/outbound.h"

namespace machiya::apply {
namespace {

constexpr std::string_view kForm = R"yaml(procedure: NAME
version: 1
kind: application
name: { ja: 署名の要る申請, en: To be signed }
owner: shimin
assurance: contact
signature: SIGNATURE
pages:
  - page: what
    title: { ja: 内容, en: What }
    ask:
      - { name: height, type: number, label: { ja: 高さ, en: Height } }
      - { name: paper, type: file, optional: yes, label: { ja: 書類, en: Paper } }
fee: height * 10
)yaml";

struct Cards {
  jpki::testing::Authority ours, foreign;
  std::string good = ours.issue("good", "signing"), login = ours.issue("login", "authentication"), revoked = ours.issue("revoked", "signing"),
              stranger = foreign.issue("stranger", "signing");
  std::string lists = ours.folder + "/lists";
  Cards() {
    ours.revoke("revoked");
    std::filesystem::create_directories(lists);
    put_list();
  }
  void put_list() const { std::ofstream(lists + "/a.crl", std::ios::binary) << ours.crl("20260901000000Z", "20261231000000Z"); }
};
Cards& cards() {
  static Cards one;
  return one;
}

struct SigningTest : SmallCity {
  std::unique_ptr<outbound::Outbound> door;
  std::unique_ptr<signatures::Judge> judge;
  int departed = 0;

  void SetUp() override {
    std::vector<std::pair<std::string, std::string>> forms;
    for (const auto& [name, signature] : {std::pair{"required", "required"}, {"wished", "asked"}}) {
      std::string form(kForm);
      form.replace(form.find("SIGNATURE"), 9, signature), form.replace(form.find("NAME"), 4, name);
      forms.emplace_back(name, std::move(form));
    }
    start_city(forms);
    door = std::move(*outbound::Outbound::create({}));
    judge = std::move(*signatures::Judge::open({{cards().ours.at("ca.pem"), "1.2.3.4.1", ""}, cards().lists, ""}, *door, clock));
    Ports ports = this->ports();
    ports.person_of_email = [this](std::string_view email) { return store().write([&](store::Tx& tx) { return identity->ensure_person(tx, email, identity::Assurance::contact); }); };
    ports.signing = signing();
    start_apply(std::move(ports));
  }
  virtual bool roots() const { return true; }
  SigningPorts signing() {
    SigningPorts out;
    if (!roots()) return out;
    out.judge = judge.get();
    out.apps = [](std::string_view) { return std::vector<SigningPorts::App>{{"app", "The App"}}; };
    out.depart = [this](std::string_view app, std::string_view document) -> Result<SigningPorts::Departure> {
      if (app != "app") return Error(ErrorCode::not_found, "", "provider-unknown");
      const std::string state = "state-" + std::to_string(++departed);
      return SigningPorts::Departure{"https://app.example/auth?state=" + state, state, json::Value::object({{"document", document}})};
    };
    out.arrive = [this](std::string_view, const http::Pairs& answer, const json::Value& memory, std::string_view document) -> Result<signatures::Accepted> {
      EXPECT_EQ(memory.text("document"), document);
      for (const auto& [name, value] : answer)
        if (name == "error") return Error(ErrorCode::invalid_input, "", "provider-cancelled");
      cards().ours.write("document", std::string(document));
      cards().ours.run("openssl dgst -sha256 -sign good.key -out raw document");
      return judge->judge(signatures::kApp, document, cards().ours.at("raw"), cards().good);
    };
    return out;
  }

  /// A draft of a person who is logged in, answered to the end.
  std::string answered(identity::Browser& browser, const std::string& procedure = "required", const std::string& height = "12") {
    const std::string draft = begin(browser, procedure);
    EXPECT_EQ(location(fill(browser, draft + "/what", {{"height", height}, {"action", "next"}})), draft + "/check");
    return draft;
  }
  std::string document(identity::Browser& browser, const std::string& draft) {
    const auto r = browser.get(draft + "/sign/document.json");
    EXPECT_EQ(r.status, 200) << location(r);
    return r.body;
  }
  /// Posts a file as a browser does; gives where it leads, below the draft.
  std::string upload(identity::Browser& browser, const std::string& draft, const std::string& bytes) {
    browser.get(draft + "/sign");
    http::Request r = http::testing::request(http::Method::post, draft + "/sign");
    r.form_pairs = {{"action", "upload"}, {"csrf", browser.last_csrf}};
    r.headers = {{"accept", "text/html"}};
    attach(r, "signature", "a.p7s", spooled("upload.p7s", bytes));
    const auto answer = browser.send(std::move(r));
    EXPECT_EQ(answer.status, 303) << answer.body.substr(0, 300);
    return location(answer).substr(std::min(draft.size(), location(answer).size()));
  }
  std::string send(identity::Browser& browser, const std::string& draft, const std::string& action = "send") {
    browser.get(draft + "/check");
    return location(browser.post(draft + "/check", {{"action", action}})).substr(draft.size());
  }
  /// Leaves for the app; the state of the answer.
  std::string leave(identity::Browser& browser, const std::string& draft) {
    browser.get(draft + "/sign");
    const auto page = browser.post(draft + "/sign", {{"app", "app"}});
    EXPECT_TRUE(has(page, "href=\"https://app.example/auth?state=state-")) << page.body.substr(0, 500);
    return "state-" + std::to_string(departed);
  }
};
MACHIYA_ON_BOTH_ENGINES(SigningTest);

TEST_P(SigningTest, WhatMustBeSignedIsNotSentWithout) {
  identity::Browser browser(*router);
  login(browser);
  const std::string draft = answered(browser);
  const auto check = browser.get(draft + "/check");
  EXPECT_TRUE(has(check, "value=\"sign\""));
  EXPECT_FALSE(has(check, "value=\"send\"") || has(check, "value=\"send-unsigned\""));
  EXPECT_EQ(send(browser, draft, "sign"), "/sign");
  EXPECT_EQ(send(browser, draft, "send"), "/sign?why=signature-missing");
  EXPECT_EQ(send(browser, draft, "send-unsigned"), "/sign?why=signature-missing");
  EXPECT_TRUE(sent.empty());
  EXPECT_TRUE(has(browser.get("/procedures/required"), "電子署名"));
  Program program(*router);
  const auto api = program.send("/api/v1/procedures/required/applications", R"({"answers":{"height":12}})", "k1");
  EXPECT_EQ(api.status, 401);
}

TEST_P(SigningTest, WithTheCard) {
  identity::Browser browser(*router);
  login(browser);
  const std::string draft = answered(browser), paper = document(browser, draft);
  const auto read = json::parse(paper);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ((*read)["answers"]["height"].number_text(), "12");
  EXPECT_EQ(read->text("reference"), draft.substr(8));
  EXPECT_EQ(json::to_canonical(*read), paper);
  EXPECT_EQ(document(browser, draft), paper) << "the same bytes every time";
  EXPECT_EQ(upload(browser, draft, cards().ours.sign(paper, "good")), "/sign");
  EXPECT_TRUE(has(browser.get(draft + "/sign"), "signed-title"));
  EXPECT_EQ(send(browser, draft), "/receipt");
  ASSERT_EQ(sent.size(), 1u);
  ASSERT_TRUE(sent[0].signature);
  EXPECT_EQ(sent[0].signature->document, paper);
  EXPECT_EQ(sent[0].signature->way, "card");
  EXPECT_EQ(sent[0].signature->certificate, cards().good);
  EXPECT_TRUE(cases::check_signed_document(paper, "required", sent[0].values).ok());
  const auto left = store().read([](store::ReadTx& tx) { return tx.query_one("SELECT count(*) FROM draft_signature"); });
  EXPECT_EQ((*left)->integer(0), 0) << "the case has it";
}

TEST_P(SigningTest, EachRefusalIsSaidAndLosesNothing) {
  identity::Browser browser(*router);
  login(browser);
  const std::string draft = answered(browser), paper = document(browser, draft);
  const auto& ours = cards().ours;
  const std::pair<std::string, std::string> refusals[] = {{ours.sign(paper, "revoked"), "revoked"}, {ours.sign(paper, "login"), "certificate-policy"}, {ours.sign(paper + " ", "good"), "signature-wrong"},
                                                          {cards().foreign.sign(paper, "stranger"), "certificate-foreign"}, {ours.sign(paper, "good", "-nodetach"), "signature-attached"},
                                                          {ours.sign(paper, "good", "-md sha1"), "signature-weak"}, {ours.sign(paper, "good", "-nocerts"), "certificate-missing"},
                                                          {"no signature", "signature-unreadable"}, {std::string(70'000, 'x'), "signature-unreadable"}, {"", "file-missing"}};
  for (const auto& [bytes, why] : refusals) {
    EXPECT_EQ(upload(browser, draft, bytes), "/sign?why=" + why);
    const auto page = browser.get(draft + "/sign?why=" + why);
    EXPECT_TRUE(has(page, texts->text("ja", "sign.why." + why))) << why;
    EXPECT_FALSE(has(page, "signed-title"));
  }
  EXPECT_FALSE(has(browser.get(draft + "/sign?why=%3Cb%3Ezz9"), "zz9"));
  EXPECT_EQ(document(browser, draft), paper) << "nothing is lost";
  EXPECT_EQ(send(browser, draft), "/sign?why=signature-missing");
  EXPECT_TRUE(sent.empty());
}

TEST_P(SigningTest, AChangedAnswerVoidsTheSignature) {
  identity::Browser browser(*router);
  login(browser);
  const std::string draft = answered(browser);
  EXPECT_EQ(upload(browser, draft, cards().ours.sign(document(browser, draft), "good")), "/sign");
  fill(browser, draft + "/what", {{"height", "12"}, {"action", "next"}});
  EXPECT_TRUE(has(browser.get(draft + "/sign"), "signed-title")) << "looked at, not changed";
  clock.advance(kSecond);
  fill(browser, draft + "/what", {{"height", "13"}, {"action", "next"}});
  const auto page = browser.get(draft + "/sign");
  EXPECT_FALSE(has(page, "signed-title"));
  EXPECT_TRUE(has(page, texts->text("ja", "sign.why.signature-changed")));
  EXPECT_EQ(send(browser, draft), "/sign?why=signature-changed");
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(upload(browser, draft, cards().ours.sign(document(browser, draft), "good")), "/sign");
  EXPECT_EQ(send(browser, draft), "/receipt");
}

TEST_P(SigningTest, AFileThatIsBeingCheckedOrIsBrokenHoldsItUp) {
  identity::Browser browser(*router);
  login(browser);
  const std::string draft = begin(browser, "required");
  http::Request form = http::testing::request(http::Method::post, draft + "/what");
  form.form_pairs = {{"height", "12"}, {"action", "next"}, {"base", base_of(browser.get(draft + "/what"))}, {"csrf", browser.last_csrf}};
  form.headers = {{"accept", "text/html"}};
  attach(form, "paper", "paper.pdf", spooled("paper.pdf", kPdf));
  ASSERT_EQ(location(browser.send(std::move(form))), draft + "/check");
  const std::string paper = document(browser, draft), signature = cards().ours.sign(paper, "good");
  EXPECT_NE(paper.find(vault::sha256_hex(kPdf)), std::string::npos);
  const auto becomes = [&](std::string_view state) {
    return store().write([&](store::Tx& tx) -> Result<void> {
      MACHIYA_TRY(const auto changed, tx.execute("UPDATE blob SET state = :state", {{"state", state}}));
      return changed == 1 ? Result<void>() : Result<void>(ErrorCode::internal);
    });
  };
  for (const char* state : {"pending", "refused"}) {
    ASSERT_TRUE(becomes(state).ok());
    const auto page = browser.get(draft + "/sign");
    EXPECT_EQ(page.status, 200) << state;
    EXPECT_TRUE(has(page, texts->text("ja", "sign.why.files"))) << state;
    EXPECT_FALSE(has(page, "type=\"file\"") || has(page, "name=\"app\"")) << state;
    EXPECT_EQ(location(browser.get(draft + "/sign/document.json")), draft + "/sign?why=files") << state;
    EXPECT_EQ(upload(browser, draft, signature), "/sign?why=files") << state;
  }
  ASSERT_TRUE(becomes("ready").ok());
  EXPECT_EQ(upload(browser, draft, signature), "/sign");
}

TEST_P(SigningTest, ASignatureServesOneDraftOnly) {
  identity::Browser browser(*router);
  login(browser);
  const std::string first = answered(browser), second = answered(browser);
  const std::string signature = cards().ours.sign(document(browser, first), "good");
  EXPECT_EQ(upload(browser, second, signature), "/sign?why=signature-wrong");
  identity::Browser other(*router);
  login(other, "/", "taro@example.jp");
  EXPECT_EQ(other.get(first + "/sign").status, 404);
  EXPECT_EQ(other.get(first + "/sign/document.json").status, 404);
  const std::string third = answered(other);
  EXPECT_EQ(upload(other, third, signature), "/sign?why=signature-wrong");
}

TEST_P(SigningTest, WithAnApp) {
  identity::Browser browser(*router);
  login(browser);
  const std::string draft = answered(browser), state = leave(browser, draft);
  const std::string back = "/sign/with/app/callback?code=c&state=";
  EXPECT_EQ(location(browser.get(back + state)), draft + "/sign");
  EXPECT_TRUE(has(browser.get(draft + "/sign"), "signed-title"));
  EXPECT_EQ(location(browser.get(back + state)), "/drafts?sign=lost") << "an answer serves once";
  EXPECT_TRUE(has(browser.get("/drafts?sign=lost"), texts->text("ja", "sign.why.lost")));
  EXPECT_EQ(send(browser, draft), "/receipt");
  ASSERT_TRUE(sent.size() == 1 && sent[0].signature);
  EXPECT_EQ(sent[0].signature->way, "app");
}

TEST_P(SigningTest, AnAppsAnswerCountsOnlyWhereItWasAskedFor) {
  identity::Browser browser(*router), other(*router), again(*router);
  login(browser);
  login(other, "/", "taro@example.jp");
  login(again);   // the same person in another session
  const std::string draft = answered(browser), back = "/sign/with/app/callback?code=c&state=";
  std::string state = leave(browser, draft);
  EXPECT_EQ(location(browser.get(back + "nosuch")), "/drafts?sign=lost");
  EXPECT_EQ(location(browser.get("/sign/with/app/callback")), "/drafts?sign=lost");
  EXPECT_EQ(location(other.get(back + state)), "/drafts?sign=lost");
  EXPECT_EQ(location(again.get(back + state)), "/drafts?sign=lost");
  EXPECT_EQ(location(browser.get("/sign/with/other/callback?code=c&state=" + state)), draft + "/sign?why=lost");
  state = leave(browser, draft);
  EXPECT_EQ(location(browser.get("/sign/with/app/callback?error=access_denied&state=" + state)), draft + "/sign?why=cancelled");
  state = leave(browser, draft);
  clock.advance(kSignatureRequestMinutes * kMinute);
  EXPECT_EQ(location(browser.get(back + state)), draft + "/sign?why=lost");
  state = leave(browser, draft);
  clock.advance(kSecond);
  fill(browser, draft + "/what", {{"height", "99"}, {"action", "next"}});
  EXPECT_EQ(location(browser.get(back + state)), draft + "/sign?why=signature-changed");
  EXPECT_FALSE(has(browser.get(draft + "/sign"), "signed-title"));
  browser.get(draft + "/sign");
  EXPECT_EQ(location(browser.post(draft + "/sign", {{"app", "nosuch"}})), draft + "/sign?why=app-failed");
}

TEST_P(SigningTest, WhatWasJudgedLongAgoIsJudgedAgainBeforeItIsSent) {
  identity::Browser browser(*router);
  login(browser);
  const std::string draft = answered(browser);
  const std::string late = "late-" + std::to_string(static_cast<int>(GetParam()));
  cards().ours.issue(late, "signing");
  EXPECT_EQ(upload(browser, draft, cards().ours.sign(document(browser, draft), late)), "/sign");
  cards().ours.revoke(late);
  cards().put_list();
  clock.advance(11 * kMinute);
  EXPECT_EQ(send(browser, draft), "/sign?why=revoked");
  EXPECT_TRUE(sent.empty());
  EXPECT_FALSE(has(browser.get(draft + "/sign?why=revoked"), "signed-title"));
  EXPECT_EQ(upload(browser, draft, cards().ours.sign(document(browser, draft), "good")), "/sign");
  clock.advance(11 * kMinute);
  EXPECT_EQ(send(browser, draft), "/receipt");
  ASSERT_TRUE(sent[0].signature);
  EXPECT_EQ(sent[0].signature->at, clock.now());
}

TEST_P(SigningTest, WhereItIsOnlyAskedForOneMaySendWithout) {
  identity::Browser browser(*router);
  login(browser);
  const std::string draft = answered(browser, "wished");
  EXPECT_TRUE(has(browser.get(draft + "/check"), "value=\"send-unsigned\""));
  EXPECT_EQ(send(browser, draft), "/sign?why=signature-missing") << "only the button that says so sends without";
  EXPECT_EQ(send(browser, draft, "send-unsigned"), "/receipt");
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_FALSE(sent[0].signature);
}

TEST_P(SigningTest, ThroughTheApi) {
  identity::Browser browser(*router);
  login(browser);
  browser.get("/drafts");
  browser.get("/procedures/required");
  const auto ask = [&](const std::string& path, const std::string& body, const std::string& key) {
    http::Request r = http::testing::request(http::Method::post, "/api/v1/procedures/required/" + path, "en");
    r.body = body;
    r.headers = {{"accept", "application/json"}, {"content-type", "application/json"}, {"idempotency-key", key}, {"x-csrf-token", browser.last_csrf}};
    return browser.send(std::move(r));
  };
  http::Request file = http::testing::request(http::Method::post, "/api/v1/files", "en");
  file.headers = {{"accept", "application/json"}, {"x-csrf-token", browser.last_csrf}};
  attach(file, "file", "paper.pdf", spooled("paper.pdf", kPdf));
  const auto stored = browser.send(std::move(file));
  ASSERT_EQ(stored.status, 201) << stored.body;
  const std::string blob = json::parse(stored.body)->text("blob");
  const auto with_file = ask("document", R"({"answers":{"height":12,"paper":[{"blob":")" + blob + R"(","filename":"paper.pdf","type":"application/pdf","bytes":)" + std::to_string(kPdf.size()) + "}]}}", "k0");
  ASSERT_EQ(with_file.status, 200) << with_file.body;
  const auto read = json::parse(json::parse(with_file.body)->text("document"));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ((*read)["files"][std::size_t{0}].text("blob"), blob);
  EXPECT_EQ((*read)["files"][std::size_t{0}].text("sha256"), vault::sha256_hex(kPdf));
  const auto code = [](const http::Response& r) { return (*json::parse(r.body))["errors"][std::size_t{0}].text("code"); };
  const std::string answers = R"("answers":{"height":12})";
  auto r = ask("applications", "{" + answers + "}", "k1");
  EXPECT_EQ(r.status, 422);
  EXPECT_EQ(code(r), "signature-required");
  r = ask("document", "{" + answers + "}", "k1");
  ASSERT_EQ(r.status, 200) << r.body;
  const std::string paper = json::parse(r.body)->text("document");
  const auto with = [&](const std::string& document, const std::string& cms, const std::string& said) {
    return "{" + said + "," + "\"signature\":" + json::to_text(json::Value::object({{"document", document}, {"cms", vault::base64url(cms)}})) + "}";
  };
  const std::string good = cards().ours.sign(paper, "good");
  EXPECT_EQ(code(ask("applications", with(paper, good, answers), "k2")), "signature-other") << "of another key";
  EXPECT_EQ(code(ask("applications", with(paper, good, R"("answers":{"height":13})"), "k1")), "signature-other");
  EXPECT_EQ(code(ask("applications", with(paper, cards().ours.sign(paper, "revoked"), answers), "k1")), "revoked");
  EXPECT_EQ(code(ask("applications", with(paper, "x", answers), "k1")), "signature-unreadable");
  EXPECT_EQ(code(ask("applications", with("x", good, answers), "k1")), "signature-unreadable");
  EXPECT_TRUE(sent.empty());
  r = ask("applications", with(paper, good, answers), "k1");
  EXPECT_EQ(r.status, 201) << r.body;
  ASSERT_TRUE(sent.size() == 1 && sent[0].signature);
  EXPECT_EQ(sent[0].signature->document, paper);
  clock.advance(25 * kHour);
  login(browser);
  browser.get("/procedures/required");
  EXPECT_EQ(code(ask("applications", with(paper, good, answers), "k1")), "signature-old");
  Program program(*router);
  const auto openapi = program.ask("/openapi.json").body;
  EXPECT_NE(openapi.find("/api/v1/procedures/required/document"), std::string::npos);
  EXPECT_NE(program.ask("/api/v1/procedures/wished").body.find("\"signature\":\"asked\""), std::string::npos);
}

struct WithoutRoots : SigningTest {
  bool roots() const override { return false; }
};
MACHIYA_ON_BOTH_ENGINES(WithoutRoots);

TEST_P(WithoutRoots, NothingIsOfferedAndThePageSaysSo) {
  identity::Browser browser(*router);
  login(browser);
  const std::string draft = answered(browser);
  const auto page = browser.get(draft + "/sign");
  EXPECT_TRUE(has(page, texts->text("ja", "sign.unavailable")));
  EXPECT_FALSE(has(page, "type=\"file\"") || has(page, "name=\"app\""));
  EXPECT_EQ(upload(browser, draft, "x"), "/sign?why=signing-unavailable");
  EXPECT_EQ(location(browser.post(draft + "/sign", {{"app", "app"}})), draft + "/sign?why=signing-unavailable");
  EXPECT_EQ(send(browser, draft), "/sign?why=signature-missing");
  EXPECT_TRUE(sent.empty());
}

}  // namespace
}  // namespace machiya::apply
