// Requests that were refused before any handler saw them leave a line in the log: what, which route, which number; never a path.
// Names of uploaded files never become paths.
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/text.h"
#include "platform/http/testing.h"

namespace machiya::http {
namespace {
using testing::Client;
using testing::TestServer;

/// "status route" of every access line.
std::vector<std::string> access_lines(const std::string& log) {
  std::vector<std::string> out;
  for (std::string_view line : split(log, '\n'))
    if (auto parsed = json::parse(line); parsed.ok() && parsed->text("event") == "http-access") {
      EXPECT_EQ(parsed->text("id").size(), 26u) << line;
      out.push_back(parsed->text("status") + " " + parsed->text("route"));
    }
  return out;
}

TEST(SecurityLines, RefusedRequestsLeaveALineWithTheirRoute) {
  TestServer s;
  s.options.access_log = true;
  s.options.rate_scale = 1;
  RouteOptions rare;
  rare.permission = "public";
  rare.rate_per_minute = 1;
  rare.body_limit = 10;
  s.router.get("/rare/{secret}", rare, [](Request&) { return text("ok"); });
  s.router.post("/tiny", rare, [](Request&) { return text("ok"); });
  ::testing::internal::CaptureStderr();
  s.start();
  {
    Client c(s.address());
    EXPECT_EQ(c.get("/rare/hanako").status, 200);
    EXPECT_EQ(c.get("/rare/hanako").status, 429);
    EXPECT_EQ(c.get("/nowhere/hanako").status, 404);
    c.send("POST /tiny HTTP/1.1\r\nHost: t\r\nContent-Length: 11\r\n\r\n");
    EXPECT_EQ(c.read().status, 413);
  }
  {
    Client c(s.address());
    EXPECT_EQ(c.get("/rare/../hanako").status, 400);
  }
  s.server->stop();
  s.server->wait();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(access_lines(log), (std::vector<std::string>{"200 /rare/{secret}", "429 /rare/{secret}", "404 -", "413 /tiny", "400 -"})) << log;
  EXPECT_EQ(log.find("hanako"), std::string::npos) << "neither path nor what somebody typed into it";
}

TEST(UploadNames, NeverBecomePaths) {
  TestServer s;
  RouteOptions files;
  files.permission = "public";
  files.body_limit = files.file_limit = 1 << 20;
  std::vector<std::string> names, paths;
  s.router.post("/upload", files, [&](Request& r) {
    for (const UploadedFile& file : r.files) names.push_back(file.filename), paths.push_back(file.path);
    return text("ok");
  });
  s.start();
  const std::vector<std::string> hostile = {"../../../../etc/cron.d/x", "/etc/passwd", "..\\..\\x", "spool/../x", ".htaccess", "x.php", "CON"};
  for (const std::string& name : hostile) {
    Client c(s.address());
    const std::string body = "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" + name + "\"\r\n\r\nabc\r\n--XX--\r\n";
    EXPECT_EQ(c.post("/upload", "multipart/form-data; boundary=XX", body).status, 200) << name;
  }
  ASSERT_EQ(paths.size(), hostile.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    EXPECT_EQ(paths[i].rfind(s.options.spool_dir + "/", 0), 0u) << paths[i];
    const std::string own = paths[i].substr(s.options.spool_dir.size() + 1);
    EXPECT_EQ(own.find_first_of("/\\"), std::string::npos) << own;
    for (const char* part : {"etc", "passwd", "..", "htaccess", "php", "CON"}) EXPECT_EQ(own.find(part), std::string::npos) << own;
  }
}

}  // namespace
}  // namespace machiya::http
