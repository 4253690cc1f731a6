#include "sense/contexts/hosted_contexts.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/log.h"
#include "base/temporary_folder.h"
#include "platform/store/testing.h"

namespace machiya::sense {
namespace {

class HostedContextsTest : public store::testing::StoreTest {
 protected:
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  SeededRng rng{5};
  TemporaryFolder home{"contexts"};
  std::string file = home.path() + "/c.jsonld";

  void SetUp() override {
    set_log_level(LogLevel::error);
    migrate(HostedContexts::migrations());
    write(R"({"@context":{"a":"https://a.example/a"}})");
  }
  void write(const std::string& text) { std::ofstream(file, std::ios::trunc) << text; }
  std::unique_ptr<HostedContexts> open() { return HostedContexts::open(store(), nullptr, clock, rng, {.files = {{"https://a.example/c", file}}, .cached_us = kHour, .most = 3}).value(); }
};

TEST_P(HostedContextsTest, KeepsWhatItWasGivenOverAStart) {
  std::string id;
  {
    auto contexts = open();
    id = contexts->add("t", R"({"@context":{"b":"https://b.example/b"}})", ContextKind::hosted).value();
    EXPECT_TRUE(contexts->find("t", id));
    EXPECT_FALSE(contexts->find("", id)) << "another tenant's";
    EXPECT_EQ(contexts->list("", std::nullopt).size(), 0u);
    EXPECT_EQ(contexts->remove("", id).error().code, ErrorCode::not_found);
    EXPECT_EQ(contexts->reload("t", id).error().code, ErrorCode::invalid_input);
  }
  auto contexts = open();
  EXPECT_EQ(contexts->load("http://broker.example:1026/ngsi-ld/v1/jsonldContexts/" + id).value(), R"({"@context":{"b":"https://b.example/b"}})");
  EXPECT_EQ(contexts->find("t", id)->hits, 1u);
  EXPECT_TRUE(contexts->remove("t", id).ok());
  EXPECT_FALSE(contexts->load("http://broker.example/ngsi-ld/v1/jsonldContexts/" + id).ok());
  EXPECT_EQ(open()->list("t", std::nullopt).size(), 0u);
}

TEST_P(HostedContextsTest, FetchesOnceAndKeepsWhatItHasWhenAReloadFails) {
  auto contexts = open();
  EXPECT_EQ(contexts->load("https://b.example/c").error().code, ErrorCode::unavailable) << "nobody allowed it";
  EXPECT_TRUE(contexts->load("https://a.example/c").ok());
  write(R"({"@context":{"a":"https://a.example/new"}})");
  EXPECT_NE(contexts->load("https://a.example/c")->find("/a\""), std::string::npos) << "from what is kept";
  EXPECT_EQ(contexts->list("t", ContextKind::cached).size(), 1u) << "belongs to everybody";
  EXPECT_EQ(contexts->list("t", ContextKind::hosted).size(), 0u);
  clock.advance(kSecond);
  EXPECT_TRUE(contexts->reload("", "https://a.example/c").ok());
  EXPECT_NE(contexts->load("https://a.example/c")->find("/new"), std::string::npos);
  EXPECT_EQ(contexts->find("", "https://a.example/c")->created_us, clock.now().us);
  write("no JSON");
  EXPECT_EQ(contexts->reload("", "https://a.example/c").error().code, ErrorCode::unavailable);
  EXPECT_NE(contexts->load("https://a.example/c")->find("/new"), std::string::npos);
  EXPECT_NE(open()->load("https://a.example/c")->find("/new"), std::string::npos) << "over a start, too";
  clock.advance(2 * kHour);
  EXPECT_FALSE(contexts->load("https://a.example/c").ok()) << "too old to serve";
  EXPECT_EQ(contexts->expire().value(), std::vector<std::string>{"https://a.example/c"});
  EXPECT_EQ(contexts->list("", std::nullopt).size(), 0u);
}

TEST_P(HostedContextsTest, HasItsLimits) {
  auto contexts = open();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(contexts->add("", "{\"@context\":{}}", ContextKind::implicitly_created).ok());
  EXPECT_EQ(contexts->add("", "{\"@context\":{}}", ContextKind::hosted).error().code, ErrorCode::limit_exceeded);
  EXPECT_EQ(contexts->add("", std::string((1 << 20) + 1, ' '), ContextKind::hosted).error().code, ErrorCode::too_large);
  EXPECT_TRUE(contexts->load("https://a.example/c").ok()) << "used though it cannot be kept";
  EXPECT_EQ(context_kind_of("implicitlycreated"), ContextKind::implicitly_created);
  EXPECT_EQ(context_kind_of("other"), std::nullopt);
}

MACHIYA_ON_BOTH_ENGINES(HostedContextsTest);

}  // namespace
}  // namespace machiya::sense
