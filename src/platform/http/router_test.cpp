#include <gtest/gtest.h>

#include <stdexcept>

#include "platform/http/test_request.h"

namespace machiya::http {
namespace {
Handler named(std::string name) {
  return [name](Request& r) {
    std::string out = name;
    for (const auto& [k, v] : r.params) out += ' ' + k + '=' + v;
    return text(out);
  };
}

std::string ask(const Router& router, Method method, const std::string& path) {
  Request r = testing::request(method, path);
  const Response a = router.dispatch(r);
  return a.status == 200 ? a.body : std::to_string(a.status);
}

struct RouterTest : ::testing::Test {
  Router router;
  void SetUp() override {
    router.get("/", {}, named("root"));
    router.get("/cases", {}, named("list"));
    router.get("/cases/new", {}, named("new"));
    router.get("/cases/{number}", {}, named("case"));
    router.get("/cases/{number}/log", {}, named("log"));
    router.get("/cases/new/{kind}", {}, named("new-kind"));
    router.get("/{section}/help", {}, named("help"));
    router.get("/files/{path*}", {}, named("file"));
    router.post("/cases/{number}", {}, named("post"));
    router.add(Method::del, "/cases/new", {}, named("delete"));
  }
};

TEST_F(RouterTest, LiteralsBeatParametersBeatTails) {
  EXPECT_EQ(ask(router, Method::get, "/"), "root");
  EXPECT_EQ(ask(router, Method::get, "/cases"), "list");
  EXPECT_EQ(ask(router, Method::get, "/cases/new"), "new");
  EXPECT_EQ(ask(router, Method::get, "/cases/17"), "case number=17");
  EXPECT_EQ(ask(router, Method::get, "/cases/17/log"), "log number=17");
  EXPECT_EQ(ask(router, Method::get, "/cases/help"), "case number=help");
  EXPECT_EQ(ask(router, Method::get, "/files/a/b/c"), "file path=a/b/c");
}

TEST_F(RouterTest, WrongTurnsAreTakenBack) {
  EXPECT_EQ(ask(router, Method::get, "/cases/new/log"), "new-kind kind=log");
  EXPECT_EQ(ask(router, Method::post, "/cases/new"), "post number=new");  // the literal has no POST
  EXPECT_EQ(ask(router, Method::get, "/other/help"), "help section=other");
  EXPECT_EQ(ask(router, Method::get, "/files/help"), "file path=help");    // the first literal decides
}

TEST_F(RouterTest, NothingFitsExactly) {
  for (const char* path : {"/cases/", "/cases//", "/cases/17/", "/files/", "/files", "/nothing", "//", "cases", ""})
    EXPECT_EQ(ask(router, Method::get, path), "404") << path;
}

TEST_F(RouterTest, HeadFollowsGetAndAllowedIsComplete) {
  EXPECT_EQ(ask(router, Method::head, "/cases/17"), "case number=17");
  Pairs params;
  std::vector<Method> allowed;
  EXPECT_EQ(router.match(Method::put, "/cases/new", params, allowed), nullptr);
  EXPECT_EQ(allowed, (std::vector<Method>{Method::get, Method::head, Method::post, Method::del}));
  EXPECT_EQ(ask(router, Method::put, "/cases/new"), "405");
}

TEST_F(RouterTest, ParametersAreUnescapedOnce) { EXPECT_EQ(ask(router, Method::get, "/cases/a%2Fb%252F"), "case number=a/b%2F"); }

TEST_F(RouterTest, GatesAnswerFirstAndFinishersAlways) {
  std::string order;
  router.gate([&](Request&, const Route& route) -> std::optional<Response> {
    order += "1" + route.pattern;
    return std::nullopt;
  });
  router.gate([&](Request& r, const Route&) -> std::optional<Response> {
    order += "2";
    if (r.query_text == "stop") return text("stopped");
    return std::nullopt;
  });
  router.finisher([](const Request&, Response& a) { a.header("X-Finished", "1"); });
  Request r;
  r.path = "/cases";
  EXPECT_EQ(router.dispatch(r).body, "list");
  r.query_text = "stop";
  Response a = router.dispatch(r);
  EXPECT_EQ(a.body, "stopped");
  EXPECT_EQ(a.headers.back().first, "X-Finished");
  EXPECT_EQ(order, "1/cases21/cases2");
  r.path = "/none";
  a = router.dispatch(r);
  EXPECT_EQ(a.status, 404);
  EXPECT_EQ(a.headers.back().first, "X-Finished");
}

TEST_F(RouterTest, ExceptionsBecomeIncidents) {
  router.get("/bug", {}, [](Request&) -> Response { throw std::logic_error("inside"); });
  router.get("/odd", {}, [](Request&) -> Response { throw 7; });
  EXPECT_EQ(ask(router, Method::get, "/bug"), "500");
  EXPECT_EQ(ask(router, Method::get, "/odd"), "500");
}

TEST_F(RouterTest, RoutesAreListedInOrder) {
  ASSERT_EQ(router.routes().size(), 10u);
  EXPECT_EQ(router.routes()[3].pattern, "/cases/{number}");
}
}  // namespace
}  // namespace machiya::http
