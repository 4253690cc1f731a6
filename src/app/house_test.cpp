// Facts about the whole house: every route says who may use it, every event has somebody who listens, a broken city is refused.
#include "app/house.h"

#include <gtest/gtest.h>

#include <set>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/furniture.h"
#include "app/settings.h"
#include "app/sign_in_kind.h"
#include "app/testing_channels.h"
#include "base/temporary_folder.h"
#include "platform/events/events.h"
#include "platform/http/test_request.h"

namespace machiya::app {
namespace {

namespace fs = std::filesystem;

class WholeHouse : public ::testing::Test {
 protected:
  TemporaryFolder place_{"house"};
  const std::string& folder_ = place_.path();
  void SetUp() override {
    setenv("MACHIYA_ROOT", MACHIYA_SOURCE_DIR, 1);
    auto settings = settings_from(Arguments());
    ASSERT_TRUE(settings.ok()) << settings.error().to_string();
    settings_ = *settings;
    settings_.data = folder_ + "/var";
    settings_.key_file = folder_ + "/key";
    settings_.city = folder_ + "/city";
    fs::copy(std::string(MACHIYA_SOURCE_DIR) + "/city/osaka", settings_.city, fs::copy_options::recursive);
    testing::put_channels(settings_, folder_);
    auto furniture = load_furniture(settings_);
    ASSERT_TRUE(furniture.ok()) << furniture.error().to_string();
    auto house = House::open(settings_, *furniture);
    ASSERT_TRUE(house.ok()) << house.error().to_string();
    house_ = std::move(*house);
  }
  void TearDown() override { house_.reset(); }
  http::Response get(const std::string& path, const std::string& accept = "text/html") {
    http::Request request = http::testing::request(http::Method::get, path);
    request.remote = "127.0.0.1";
    request.headers = {{"accept", accept}};
    return house_->router().dispatch(request);
  }
  Settings settings_;
  std::unique_ptr<House> house_;
};

TEST_F(WholeHouse, EveryRouteSaysWhoMayUseIt) {
  ASSERT_GT(house_->router().routes().size(), 60u);
  // Whoever changes something without a form token must be a program with a token of its own, or nobody in particular; or the address is the proof
  // (RFC 8058 §3.2; a sign, whose player has no log-in; the link of a call-out, which old telephones open), or a signature over the body.
  static const std::set<std::string> kProved = {"/leave/{recipient}/{channel}", "/signage/{screen}/plays", "/callout/{token}", "/channels/line/webhook",
                                                  "/channels/push/renewal"};   // the old subscription with its authentication secret
  std::set<std::string> seen;
  for (const http::Route& route : house_->router().routes()) {
    EXPECT_FALSE(route.options.permission.empty()) << route.pattern;
    const bool proved_otherwise = kProved.contains(route.pattern);
    if (route.method == http::Method::post && !route.options.csrf && proved_otherwise) seen.insert(route.pattern);
    if (route.method == http::Method::post && !route.options.csrf && !proved_otherwise) {
      EXPECT_TRUE(route.pattern.rfind("/api/", 0) == 0 || route.pattern.rfind("/open311/", 0) == 0 || route.pattern.rfind("/ngsi-ld/", 0) == 0 || route.pattern.rfind("/v2/", 0) == 0 || route.pattern == "/v2" || route.pattern == "/version")
          << route.pattern;
    }
    if (route.pattern.rfind("/staff/", 0) == 0 && route.pattern.rfind("/staff/login", 0) != 0 && route.pattern != "/staff/logout") {
      EXPECT_EQ(route.options.permission.rfind("staff", 0), 0u) << route.pattern << " is " << route.options.permission;
    }
  }
  EXPECT_EQ(seen, kProved) << "a route that is not there is not judged";
}

TEST_F(WholeHouse, EveryEventHasASchemaAndSomebodyWhoListens) {
  ASSERT_FALSE(house_->events().types().empty());
  for (const events::EventType& type : house_->events().types()) {
    EXPECT_TRUE(type.schema.is_object()) << type.type;
    EXPECT_TRUE(type.external || !house_->events().consumers_of(type.type).empty()) << type.type << " has no consumer";
  }
}

TEST_F(WholeHouse, PagesAnswerAndStaffPagesSendVisitorsToTheLogIn) {
  for (const char* path : {"/", "/procedures", "/initiatives", "/reports", "/contact", "/healthz", "/readyz", "/metrics", "/openapi.json"})
    EXPECT_EQ(get(path).status, 200) << path;
  EXPECT_EQ(get("/staff/inbox").status, 303);
  EXPECT_EQ(get("/nowhere").status, 404);
  const std::string page = get("/procedures").body;
  EXPECT_NE(page.find("公式サイトではありません"), std::string::npos);
  EXPECT_NE(page.find("rel=\"procedure\""), std::string::npos);
}

TEST_F(WholeHouse, ABrokenCityIsRefusedWhileTheOldOneGoesOn) {
  const auto before = house_->city().current();
  std::ofstream(settings_.city + "/01-life/online-procedures/forms/dog-registration.yaml") << "procedure: dog-registration\nname: 1\n";
  const city::LoadReport report = house_->reload();
  EXPECT_EQ(report.city, nullptr);
  EXPECT_FALSE(report.faults.empty());
  EXPECT_EQ(house_->city().current(), before);
  EXPECT_EQ(get("/procedures/dog-registration").status, 200);
}

TEST(Settings, TheDemonstrationStaysOnLoopback) {
  setenv("MACHIYA_ROOT", MACHIYA_SOURCE_DIR, 1);
  const auto listen = [](const std::string& where) {
    auto arguments = Arguments::parse({"--listen", where}, settings_options());
    EXPECT_TRUE(arguments.ok());
    return settings_from(*arguments).ok();
  };
  EXPECT_TRUE(listen("127.0.0.1:8080"));
  EXPECT_TRUE(listen("[::1]:8080"));
  EXPECT_FALSE(listen("0.0.0.0:8080"));
  EXPECT_FALSE(listen("192.0.2.1:8080"));
}

TEST(Settings, AConfigurationIsCheckedByLine) {
  setenv("MACHIYA_ROOT", MACHIYA_SOURCE_DIR, 1);
  const std::string file = (fs::temp_directory_path() / "machiya-settings-test.conf").string();
  const auto fault = [&](const std::string& text) {
    std::ofstream(file) << text;
    auto arguments = Arguments::parse({"--config", file}, settings_options());
    auto settings = settings_from(*arguments);
    fs::remove(file);
    return settings.ok() ? std::string("none") : settings.error().where + settings.error().detail;
  };
  EXPECT_NE(fault("base-url = https://x.example\nwrong = 1\n").find(":2unknown key"), std::string::npos);
  EXPECT_NE(fault("workers = many\n").find(":1this value"), std::string::npos);
  EXPECT_NE(fault("base-url = http://x.example\n").find("https"), std::string::npos);
  EXPECT_NE(fault("base-url = https://x.example\nsmtp-url = smtp://127.0.0.1\nsmtp-from = a@x.example\ndata = /tmp/d\nkey-file = /tmp/d/key\n").find("outside"), std::string::npos);
  EXPECT_NE(fault("sign-in.line.password = x\n").find(":1unknown key"), std::string::npos);
  EXPECT_NE(fault("outbound = https://a.example,,\n").find(":1this value"), std::string::npos);
}

TEST(Settings, ClientsAtProvidersAreReadOnceAndNameTheirSetting) {
  Settings settings;
  const auto fault = [&](std::map<std::string, std::string> values) {
    settings.sign_in = {{"line", std::move(values)}};
    auto clients = sign_in_clients(settings);
    return clients.ok() ? std::string("none") : clients.error().where;
  };
  const std::string file = (fs::temp_directory_path() / "machiya-secret-test").string();
  std::ofstream(file) << "  a secret\n";
  EXPECT_EQ(fault({{"client-id", "x"}, {"secret-file", file}}), "none");
  EXPECT_EQ(sign_in_clients(settings)->at("line")->secret, "a secret");
  EXPECT_EQ(fault({{"client-id", "x"}, {"key-file", file}}), "sign-in.line.key-file");   // no key in it
  fs::remove(file);
  EXPECT_EQ(fault({{"client-id", "x"}, {"secret-file", file}}), "sign-in.line.secret-file");
  EXPECT_EQ(fault({{"client-id", "x"}, {"secret-env", "MACHIYA_NOT_SET"}}), "sign-in.line.secret-env");
  EXPECT_EQ(fault({{"secret-file", file}}), "sign-in.line.client-id");
}

}  // namespace
}  // namespace machiya::app
