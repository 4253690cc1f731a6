// Uploads over sockets: spooled while they arrive, bounded, cleaned up.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "platform/http/testing.h"

namespace machiya::http {
namespace {
using testing::Client;
using testing::Reply;
using testing::TestServer;

std::string part(std::string_view name, std::string_view filename, std::string_view content) {
  std::string out = "--XX\r\nContent-Disposition: form-data; name=\"" + std::string(name) + '"';
  if (!filename.empty()) out += "; filename=\"" + std::string(filename) + "\"\r\nContent-Type: image/jpeg";
  return out + "\r\n\r\n" + std::string(content) + "\r\n";
}

struct Uploads : ::testing::Test {
  TestServer s;
  std::atomic<long> peak_kb{0};
  void SetUp() override {
    RouteOptions o;
    o.file_limit = 60'000'000;
    s.router.post("/upload", o, [](Request& r) {
      std::string out;
      for (const auto& [k, v] : r.form_pairs) out += k + '=' + v + ';';
      for (const auto& f : r.files) {
        std::ifstream in(f.path, std::ios::binary);
        std::uint64_t sum = 0, size = 0;
        for (char piece[65536]; in.read(piece, sizeof piece) || in.gcount() > 0;)
          for (long i = 0; i < in.gcount(); ++i, ++size) sum = sum * 31 + static_cast<unsigned char>(piece[i]);
        out += f.field + '/' + f.filename + '/' + f.content_type + '/' + std::to_string(f.size) + (size == f.size ? "/" : "!") + std::to_string(sum) + ';';
      }
      return text(out);
    });
    RouteOptions small;
    small.file_limit = 1'000;
    s.router.post("/small", small, [](Request&) { return text("ok"); });
    s.router.post("/nofiles", {}, [](Request& r) { return text(std::string(r.form("a").value_or("-"))); });
    s.router.get("/hello", {}, [](Request&) { return text("hello"); });
    s.start();
  }
  static long resident_kb() {
    std::ifstream in("/proc/self/statm");
    long total = 0, resident = 0;
    in >> total >> resident;
    return resident * ::sysconf(_SC_PAGESIZE) / 1024;
  }
  void wait_for_empty_spool() {  // the last step happens on a worker: ask until it is done
    while (s.spool.files() > 0) Client(s.address()).get("/hello");
  }
};

TEST_F(Uploads, FieldsAndFilesInOrder) {
  Client c(s.address());
  const Reply r = c.post("/upload", "multipart/form-data; boundary=XX",
                         part("b", "", "2") + part("photo", "猫.jpg", "abc") + part("a", "", "名") + part("empty", "x", "") + "--XX--\r\n");
  EXPECT_EQ(r.body, "b=2;a=名;photo/猫.jpg/image/jpeg/3/96354;empty/x/image/jpeg/0/0;");
  EXPECT_EQ(c.get("/hello").status, 200);
  wait_for_empty_spool();
}

TEST_F(Uploads, FiftyMegabytesWithFlatMemory) {
  Client c(s.address());
  const std::string block(1'000'000, 'j');
  const std::string front = part("a", "", "1") + "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"big\"\r\n\r\n";
  const std::string back = "\r\n--XX--\r\n";
  c.send("POST /upload HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=XX\r\nContent-Length: " +
         std::to_string(front.size() + 50 * block.size() + back.size()) + "\r\n\r\n" + front);
  const long before = resident_kb();
  long peak = before;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(c.send(block));
    peak = std::max(peak, resident_kb());
  }
  c.send(back);
  const Reply r = c.read();
  EXPECT_EQ(r.body.substr(0, 21), "a=1;f/big//50000000/" + r.body.substr(20, 1));
  RecordProperty("growth_kb", static_cast<int>(peak - before));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(peak - before, 8'000);
#endif
  wait_for_empty_spool();
}

/// A server whose head gate lets in only who says "pass: yes", and a handler that counts.
struct GuardedUploads : ::testing::Test {
  TestServer s;
  std::atomic<int> handled{0};
  const std::string body = part("f", "big", std::string(200'000, 'j')) + "--XX--\r\n";
  void SetUp() override {
    RouteOptions o;
    o.file_limit = 60'000'000;
    s.router.head_gate([](Request& r, const Route&) -> std::optional<Response> {
      EXPECT_TRUE(r.body.empty() && r.form_pairs.empty() && r.files.empty());
      if (r.header("pass") == "yes") return std::nullopt;
      return problem(Error(ErrorCode::unauthenticated), r);
    });
    s.router.post("/upload", o, [this](Request& r) {
      ++handled;
      return text(std::to_string(r.files.empty() ? r.body.size() : r.files.front().size));
    });
    s.start();
  }
  std::string head(const std::string& more) const {
    return "POST /upload HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=XX\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n";
  }
};

TEST_F(GuardedUploads, AreRefusedBeforeTheBodyIsRead) {
  Client expecting(s.address());
  expecting.send(head("Expect: 100-continue\r\n"));
  EXPECT_EQ(expecting.read().status, 401);   // no "100 Continue", not one byte of the body was sent
  Client eager(s.address());
  eager.send(head(""));
  EXPECT_EQ(eager.read().status, 401);
  Client sending(s.address());
  sending.send(head("") + body);
  EXPECT_EQ(sending.read().status, 401);
  Client chunked(s.address());
  chunked.send("POST /upload HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(chunked.read().status, 401);
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(s.spool.files(), 0u);
}

TEST_F(GuardedUploads, ComeInForWhoMaySendThem) {
  Client c(s.address());
  c.send(head("Expect: 100-continue\r\npass: yes\r\n"));
  EXPECT_EQ(c.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  c.send(body);
  EXPECT_EQ(c.read().body, "200000");
  c.send(head("pass: yes\r\n") + body);   // the same connection, the body right behind its head
  EXPECT_EQ(c.read().body, "200000");
  c.send("POST /upload HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nfour");
  EXPECT_EQ(c.read().body, "4");   // small ones arrive with their head: only the gates behind see them
  EXPECT_EQ(handled, 3);
}

TEST_F(Uploads, ChunkedMultipart) {
  Client c(s.address());
  c.send("POST /upload HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=XX\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (char byte : part("f", "n", "abc") + "--XX--") c.send("1\r\n" + std::string(1, byte) + "\r\n");
  c.send("0\r\n\r\n");
  EXPECT_EQ(c.read().body, "f/n/image/jpeg/3/96354;");
}

TEST_F(Uploads, ADisconnectRemovesTheSpoolFile) {
  {
    Client c(s.address());
    c.send("POST /upload HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=XX\r\nContent-Length: 9000000\r\n\r\n");
    c.send("--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"big\"\r\n\r\n");
    c.send(std::string(1'000'000, 'x'));
    while (s.spool.files() == 0) Client(s.address()).get("/hello");
  }
  wait_for_empty_spool();
}

TEST_F(Uploads, LimitsOfFilesPartsAndHeads) {
  {
    Client c(s.address());
    const Reply r = c.post("/small", "multipart/form-data; boundary=XX", part("f", "n", std::string(1'001, 'x')) + "--XX--\r\n");
    EXPECT_EQ(r.status, 413);
    EXPECT_EQ(r.header("connection"), "close");
  }
  {
    Client c(s.address());
    EXPECT_EQ(c.post("/nofiles", "multipart/form-data; boundary=XX", part("f", "n", "x") + "--XX--\r\n").status, 415);
  }
  {
    Client c(s.address());
    EXPECT_EQ(c.post("/nofiles", "multipart/form-data; boundary=XX", part("a", "", "fine") + "--XX--\r\n").body, "fine");
  }
  {
    Client c(s.address());
    EXPECT_EQ(c.post("/small", "multipart/form-data; boundary=XX", part("a", "", "never ended")).status, 400);
  }
  {
    Client c(s.address());
    EXPECT_EQ(c.post("/small", "multipart/form-data", "x").status, 400);
  }
  {
    Client c(s.address());
    std::string many;
    for (int i = 0; i < 1'001; ++i) many += "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n";
    EXPECT_EQ(c.post("/upload", "multipart/form-data; boundary=XX", many + "--XX--").status, 422);
  }
  {
    Client c(s.address());
    EXPECT_EQ(c.post("/small", "application/x-www-form-urlencoded", "a=%ff").status, 400);
  }
  wait_for_empty_spool();
}

TEST_F(Uploads, AFullOrMissingSpoolFolderIsAnAnswer) {
  std::filesystem::permissions(s.spool.path(), std::filesystem::perms::owner_all);
  s.server->stop();
  s.options.spool_dir = s.spool.path() + "/missing";
  s.start();
  Client c(s.address());
  EXPECT_EQ(c.post("/upload", "multipart/form-data; boundary=XX", part("f", "n", "abc") + "--XX--\r\n").status, 503);
}
}  // namespace
}  // namespace machiya::http
