// What a house in service shows to the world, against the demonstration: no development pages, no demonstration accounts, no
// codes on pages, figures for operators only; and what it says when something inside breaks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "app/furniture.h"
#include "app/house.h"
#include "app/settings.h"
#include "base/temporary_folder.h"
#include "platform/http/test_request.h"
#include "base/json.h"
#include "base/text.h"
#include "platform/identity/testing.h"
#include "platform/vault/totp.h"
#include "platform/vault/vault.h"

namespace machiya::app {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class InService : public ::testing::Test {
 protected:
  TemporaryFolder place_{"service"};
  const std::string& folder_ = place_.path();
  void SetUp() override { setenv("MACHIYA_ROOT", MACHIYA_SOURCE_DIR, 1); }
  void TearDown() override { house_.reset(); }
  void open(bool demonstration, const std::string& metrics_clients = {}, const std::string& staff_url = {}) {
    auto settings = settings_from(Arguments());
    ASSERT_TRUE(settings.ok()) << settings.error().to_string();
    settings->demonstration = demonstration;
    settings->data = folder_ + "/var";
    settings->key_file = folder_ + "/key";
    ASSERT_TRUE(vault::Vault::open(settings->key_file, true).ok());   // in service the operator makes it
    settings->base_url = "https://city.example";
    settings->smtp_url = "smtp://127.0.0.1:1";
    settings->smtp_from = "codes@city.example";
    settings->metrics_clients = metrics_clients;
    settings->staff_url = staff_url;
    auto furniture = load_furniture(*settings);
    ASSERT_TRUE(furniture.ok()) << furniture.error().to_string();
    auto house = House::open(*settings, *furniture);
    ASSERT_TRUE(house.ok()) << house.error().to_string();
    house_ = std::move(*house);
  }
  http::Response ask(http::Method method, const std::string& path, const std::string& remote = "203.0.113.9", const std::string& host = "city.example") {
    http::Request request = http::testing::request(method, path);
    request.remote = remote;
    request.headers = {{"accept", "text/html"}, {"host", host}};
    return house_->router().dispatch(request);
  }
  std::unique_ptr<House> house_;
};

TEST_F(InService, TheDemonstrationsPagesAccountsAndCodesAreNotThere) {
  open(true);
  EXPECT_EQ(ask(http::Method::get, "/api/v1/_pages").status, 200) << "the demonstration has it, so that the test can fail";
  EXPECT_THAT(ask(http::Method::get, "/staff/login").body, HasSubstr("demo-totp"));
  house_.reset();
  fs::remove_all(folder_ + "/var");
  fs::remove(folder_ + "/key");
  open(false);
  EXPECT_EQ(ask(http::Method::get, "/api/v1/_pages").status, 404);
  EXPECT_THAT(ask(http::Method::get, "/staff/login").body, Not(HasSubstr("demo-totp")));
  EXPECT_THAT(ask(http::Method::get, "/").body, Not(HasSubstr("demo-banner")));
}

TEST_F(InService, ANewHouseHasNoAccountAtAll) {
  open(false);
  auto staff = house_->store().read([&](store::ReadTx& tx) { return house_->identity().staff(tx); });
  ASSERT_TRUE(staff.ok()) << staff.error().to_string();
  EXPECT_TRUE(staff->empty());
  for (const char* name : {"admin", "root", "sa", "test", "guest", "machiya"})
    for (const char* password : {"admin", "password", "machiya-demo-only"})
      EXPECT_FALSE(house_->identity().staff_login(name, password, "000000", std::string("192.0.2.") + name[0]).ok());
}

TEST_F(InService, FiguresAreForOperatorsOnly) {
  open(false, "198.51.100.7 198.51.100.8");
  EXPECT_EQ(ask(http::Method::get, "/metrics", "127.0.0.1").status, 200);
  EXPECT_EQ(ask(http::Method::get, "/metrics", "::1").status, 200);
  EXPECT_EQ(ask(http::Method::get, "/metrics", "198.51.100.8").status, 200);
  for (const char* other : {"203.0.113.9", "198.51.100.70", "198.51.100", "12", ""}) EXPECT_EQ(ask(http::Method::get, "/metrics", other).status, 404) << other;
}

TEST_F(InService, AFullDiskOrABrokenStoreIsAnErrorWithoutDetails) {
  open(false);
  house_->store().close();
  for (const char* path : {"/my", "/staff/inbox", "/applications/x", "/reports", "/drafts", "/readyz"}) {
    const auto answer = ask(http::Method::get, path);
    EXPECT_NE(answer.status, 200) << path;
    for (const char* inside : {"sqlite", "SELECT", "machiya.db", "/var", "store"}) EXPECT_THAT(answer.body, Not(HasSubstr(inside))) << path;
  }
  EXPECT_EQ(ask(http::Method::post, "/login").status, 403) << "nothing is let through because the store cannot be asked";
}

TEST_F(InService, OnlyItsOwnNamesAreServed) {
  open(false);
  EXPECT_EQ(ask(http::Method::get, "/", "203.0.113.9", "CITY.example:443").status, 200);
  for (const char* forged : {"evil.example", "city.example.evil.example", "city.example:8443", "", "localhost", "city.example@evil.example"})
    EXPECT_EQ(ask(http::Method::get, "/", "203.0.113.9", forged).status, 400) << forged;
  EXPECT_EQ(ask(http::Method::get, "/healthz", "203.0.113.9", "10.0.0.7").status, 200) << "monitors ask by address";
  EXPECT_EQ(ask(http::Method::get, "/staff/login").status, 200) << "one name for both, when the operator says nothing";
}

TEST_F(InService, TheConsoleHasItsOwnNameWhereTheOperatorWantsIt) {
  open(false, {}, "https://office.city.example/");
  const auto at = [&](const char* host, const std::string& path, http::Method method = http::Method::get) { return ask(method, path, "203.0.113.9", host); };
  for (const char* path : {"/staff", "/staff/login", "/staff/inbox"}) EXPECT_EQ(at("city.example", path).status, 404) << path;
  EXPECT_EQ(at("office.city.example", "/staff/login").status, 200);
  EXPECT_EQ(at("city.example", "/procedures").status, 200);
  const auto away = at("office.city.example", "/procedures?lang=en");
  EXPECT_EQ(away.status, 303);
  EXPECT_EQ(identity::header_of(away, "location"), "https://city.example/procedures?lang=en");
  EXPECT_EQ(at("office.city.example", "/login", http::Method::post).status, 404);
  EXPECT_EQ(at("office.city.example", "/staffing").status, 404) << "a path that only begins alike is no page at all";
  EXPECT_EQ(at("evil.example", "/staff/login").status, 400);
}

/// Lines of the log with this event.
std::vector<json::Value> lines_of(const std::string& log, std::string_view event) {
  std::vector<json::Value> out;
  for (std::string_view line : split(log, '\n'))
    if (auto parsed = json::parse(line); parsed.ok() && parsed->text("event") == event) out.push_back(std::move(*parsed));
  return out;
}

struct SecurityEvents : InService {
  /// Signed in at the console as somebody of this role.
  identity::Browser somebody(const std::string& role) {
    constexpr std::string_view kSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    auto made = house_->store().write([&](store::Tx& tx) { return house_->identity().put_staff(tx, "sato", "佐藤", "bonito cats at noon", kSecret, {role}, "health"); });
    EXPECT_TRUE(made.ok()) << made.error().to_string();
    identity::Browser browser(house_->router());
    browser.get("/staff/login");
    const auto in = browser.post("/staff/login", {{"name", "sato"}, {"password", "bonito cats at noon"}, {"code", vault::totp_at_step(kSecret, house_->clock().now().us / kSecond / 30)}, {"action", "next"}});
    EXPECT_EQ(in.status, 303) << in.body;
    return browser;
  }
};

TEST_F(SecurityEvents, RefusedAccessLeavesALine) {
  open(false);
  auto clerk = somebody("clerk");
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(clerk.get("/staff/accounts").status, 403);
  const auto lines = lines_of(::testing::internal::GetCapturedStderr(), "access-refused");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].text("actor").rfind("staff:", 0), 0u) << "who, by id";
  EXPECT_EQ(lines[0].text("needs"), "staff:admin.staff");
  EXPECT_EQ(lines[0].text("route"), "/staff/accounts");
  EXPECT_NE(lines[0].text("request"), "");
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(clerk.get("/staff/inbox").status, 200);
  EXPECT_TRUE(lines_of(::testing::internal::GetCapturedStderr(), "access-refused").empty());
}

TEST_F(SecurityEvents, FormsWithoutTokenLeaveALine) {
  open(false);
  auto clerk = somebody("clerk");
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(clerk.post("/staff/logout", {}, false).status, 403);
  const auto lines = lines_of(::testing::internal::GetCapturedStderr(), "form-token-refused");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].text("route"), "/staff/logout");
}

TEST_F(SecurityEvents, AnExceptionLeavesALineWithTheNumberThatWasShown) {
  open(false);
  http::RouteOptions open_to_all;
  open_to_all.permission = "public";
  house_->router().get("/breaks", open_to_all, [](http::Request&) -> http::Response { throw std::runtime_error("inner detail"); });
  ::testing::internal::CaptureStderr();
  const auto answer = ask(http::Method::get, "/breaks");
  const auto lines = lines_of(::testing::internal::GetCapturedStderr(), "http-incident");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, Not(HasSubstr("inner detail")));
  ASSERT_EQ(lines.size(), 1u);
  const std::string line = json::to_text(lines[0]);
  EXPECT_THAT(line, HasSubstr("inner detail"));
  EXPECT_THAT(answer.body, HasSubstr(identity::header_of(answer, "x-incident-id")));
  EXPECT_THAT(line, HasSubstr(identity::header_of(answer, "x-incident-id")));
}

TEST(Settings, NoCredentialComesWithTheProgram) {
  const Settings plain;
  for (const std::string* text : {&plain.store, &plain.smtp_user, &plain.smtp_password, &plain.key_file}) EXPECT_TRUE(text->empty());
  // The sample configuration names places, never a secret.
  std::ifstream sample(MACHIYA_SOURCE_DIR "/packaging/machiya.conf");
  ASSERT_TRUE(sample.good());
  for (std::string line; std::getline(sample, line);) {
    if (line.empty() || line[0] == '#') continue;
    EXPECT_EQ(line.find("password"), std::string::npos) << line;
    EXPECT_EQ(line.find("secret"), std::string::npos) << line;
    EXPECT_EQ(line.find(":") != std::string::npos && line.find("@") != std::string::npos && line.find("//") != std::string::npos, false) << line;
  }
}

TEST(Settings, WhatLeavesTheMachineIsEncrypted) {
  for (const char* fine : {"", "sqlite:/srv/x.db", "postgresql:///city", "postgresql://app@/city?host=/run/postgresql", "postgresql://app:pw@127.0.0.1:5432/city", "postgresql://localhost/city", "postgresql://[::1]:5432/city",
                           "postgresql://app@db.city.example/city?sslmode=verify-full", "postgresql://app@db.city.example/city?sslrootcert=/etc/ca.pem&sslmode=verify-full", "postgresql://%2Frun%2Fpostgresql/city"})
    EXPECT_TRUE(store_is_guarded(fine)) << fine;
  for (const char* open : {"postgresql://app@db.city.example/city", "postgresql://app@db.city.example/city?sslmode=require", "postgresql://app@db.city.example/city?sslmode=disable", "postgres://10.0.0.5/city?sslmode=prefer",
                           "postgresql:///city?host=db.city.example", "postgresql://localhost,db.city.example/city", "postgresql://localhost/city?hostaddr=10.0.0.5", "postgresql://localhost.evil.example/city"})
    EXPECT_FALSE(store_is_guarded(open)) << open;
}

}  // namespace
}  // namespace machiya::app
