// Files and bodies with validators: ranges, conditional requests, compression, over sockets.
#include <brotli/decode.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <fstream>

#include "platform/http/testing.h"

namespace machiya::http {
namespace {
using testing::Client;
using testing::Reply;
using testing::TestServer;

std::string gunzip(const std::string& coded) {
  z_stream z{};
  inflateInit2(&z, 15 + 16);
  std::string out(1'000'000, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
  z.avail_in = static_cast<uInt>(coded.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const bool ok = inflate(&z, Z_FINISH) == Z_STREAM_END;
  out.resize(ok ? z.total_out : 0);
  inflateEnd(&z);
  return out;
}

std::string unbrotli(const std::string& coded) {
  std::string out(1'000'000, '\0');
  std::size_t size = out.size();
  const auto* in = reinterpret_cast<const std::uint8_t*>(coded.data());
  if (BrotliDecoderDecompress(coded.size(), in, &size, reinterpret_cast<std::uint8_t*>(out.data())) != BROTLI_DECODER_RESULT_SUCCESS) size = 0;
  out.resize(size);
  return out;
}

struct Files : ::testing::Test {
  TestServer s;
  std::string big, page;
  std::atomic<int> asked{0};
  void SetUp() override {
    for (int i = 0; i < 100'000; ++i) big += std::to_string(i) + ',';
    for (int i = 0; i < 300; ++i) page += "<li>ほげ " + std::to_string(i) + "</li>\n";
    write("big.bin", big);
    write("page.html", page);
    write("tiny.txt", "0123456789");
    s.router.get("/files/{name}", {}, [this](Request& r) {
      Response out;
      out.file = s.spool.path() + "/" + std::string(r.param("name"));
      return out;
    });
    s.router.get("/tagged", {}, [this](Request&) { return html(page).header("ETag", "\"v1\""); });
    s.router.get("/page", {}, [this](Request&) { return html(page); });
    s.router.get("/static/{name}", {}, [this](Request& r) {
      ++asked;
      return text(r.param("name") == "a" ? page : page + page, "text/css").header("Cache-Control", "public, max-age=31536000, immutable");
    });
    s.router.get("/png", {}, [this](Request&) { return text(page, "image/png"); });
    s.start();
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(s.spool.path() + "/" + name, std::ios::binary) << text; }
};

TEST_F(Files, WholeFilesSmallAndLarge) {
  Client c(s.address());
  Reply r = c.get("/files/tiny.txt");
  EXPECT_EQ(r.body, "0123456789");
  EXPECT_EQ(r.header("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(r.header("accept-ranges"), "bytes");
  EXPECT_NE(r.header("last-modified"), "");
  r = c.get("/files/big.bin");
  EXPECT_EQ(r.body, big);
  EXPECT_EQ(c.get("/files/none").status, 404);
  EXPECT_EQ(c.get("/files/").status, 404);
  c.send("HEAD /files/big.bin HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(c.read(false).header("content-length"), std::to_string(big.size()));
  EXPECT_EQ(c.get("/files/tiny.txt").body, "0123456789");
}

TEST_F(Files, Ranges) {
  Client c(s.address());
  Reply r = c.get("/files/tiny.txt", "Range: bytes=2-4\r\n");
  EXPECT_EQ(r.status, 206);
  EXPECT_EQ(r.body, "234");
  EXPECT_EQ(r.header("content-range"), "bytes 2-4/10");
  EXPECT_EQ(c.get("/files/tiny.txt", "Range: bytes=7-\r\n").body, "789");
  EXPECT_EQ(c.get("/files/tiny.txt", "Range: bytes=-2\r\n").body, "89");
  EXPECT_EQ(c.get("/files/tiny.txt", "Range: bytes=8-99\r\n").body, "89");
  r = c.get("/files/tiny.txt", "Range: bytes=10-\r\n");
  EXPECT_EQ(r.status, 416);
  EXPECT_EQ(r.header("content-range"), "bytes */10");
  for (const char* odd : {"bytes=4-2", "bytes=1-2,4-5", "bytes=x-", "lines=1-2", "bytes=", "bytes=-"})
    EXPECT_EQ(c.get("/files/tiny.txt", std::string("Range: ") + odd + "\r\n").status, 200) << odd;
  r = c.get("/files/big.bin", "Range: bytes=100000-400000\r\nAccept-Encoding: gzip\r\n");
  EXPECT_EQ(r.body, big.substr(100'000, 300'001));
  EXPECT_EQ(r.header("content-encoding"), "");
}

TEST_F(Files, IfRangeNeedsTheSameRepresentation) {
  Client c(s.address());
  const Reply first = c.get("/files/tiny.txt");
  const std::string range = "Range: bytes=0-0\r\nIf-Range: ";
  EXPECT_EQ(c.get("/files/tiny.txt", range + first.header("etag") + "\r\n").status, 206);
  EXPECT_EQ(c.get("/files/tiny.txt", range + first.header("last-modified") + "\r\n").status, 206);
  EXPECT_EQ(c.get("/files/tiny.txt", range + "\"other\"\r\n").status, 200);
  EXPECT_EQ(c.get("/files/tiny.txt", range + "W/" + first.header("etag") + "\r\n").status, 200);
  EXPECT_EQ(c.get("/files/tiny.txt", range + "Thu, 01 Jan 1970 00:00:00 GMT\r\n").status, 200);
}

TEST_F(Files, ConditionalRequests) {
  Client c(s.address());
  const Reply first = c.get("/files/tiny.txt");
  Reply r = c.get("/files/tiny.txt", "If-None-Match: \"x\", W/" + first.header("etag") + "\r\n");
  EXPECT_EQ(r.status, 304);
  EXPECT_EQ(r.header("etag"), first.header("etag"));
  EXPECT_EQ(r.header("content-length"), "");
  EXPECT_EQ(c.get("/files/tiny.txt", "If-Modified-Since: " + first.header("last-modified") + "\r\n").status, 304);
  EXPECT_EQ(c.get("/files/tiny.txt", "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n").status, 200);
  EXPECT_EQ(c.get("/files/tiny.txt", "If-None-Match: \"x\"\r\nIf-Modified-Since: " + first.header("last-modified") + "\r\n").status, 200);
  EXPECT_EQ(c.get("/tagged", "If-None-Match: \"v1\"\r\n").status, 304);
  EXPECT_EQ(c.get("/tagged", "If-None-Match: \"v2\"\r\n").status, 200);
  EXPECT_EQ(c.get("/tagged", "Range: bytes=0-3\r\n").body, page.substr(0, 4));
  write("tiny.txt", "changed content");
  EXPECT_EQ(c.get("/files/tiny.txt", "If-None-Match: " + first.header("etag") + "\r\n").status, 200);
}

TEST_F(Files, CompressionByWhatTheClientTakes) {
  Client c(s.address());
  for (const char* path : {"/page", "/files/page.html", "/files/page.html", "/tagged"}) {
    Reply r = c.get(path, "Accept-Encoding: gzip\r\n");
    EXPECT_EQ(r.header("content-encoding"), "gzip") << path;
    EXPECT_EQ(gunzip(r.body), page);
    EXPECT_EQ(r.header("vary"), "Accept-Encoding");
    r = c.get(path, "Accept-Encoding: gzip, deflate, br\r\n");
    EXPECT_EQ(r.header("content-encoding"), "br") << path;
    EXPECT_EQ(unbrotli(r.body), page);
    r = c.get(path, "Accept-Encoding: br;q=0, gzip;q=0.5, *;q=0\r\n");
    EXPECT_EQ(r.header("content-encoding"), "gzip") << path;
    r = c.get(path, "Accept-Encoding: identity\r\n");
    EXPECT_EQ(r.header("content-encoding"), "") << path;
    EXPECT_EQ(r.body, page);
    EXPECT_EQ(r.header("vary"), "Accept-Encoding");
  }
  EXPECT_EQ(c.get("/png", "Accept-Encoding: gzip\r\n").header("content-encoding"), "");
  EXPECT_EQ(c.get("/files/tiny.txt", "Accept-Encoding: gzip\r\n").header("content-encoding"), "");
}

TEST_F(Files, ImmutableBodiesAreKeptCodedByTheirAddress) {
  Client c(s.address());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(unbrotli(c.get("/static/a", "Accept-Encoding: br\r\n").body), page);
    EXPECT_EQ(unbrotli(c.get("/static/b", "Accept-Encoding: br\r\n").body), page + page);
    EXPECT_EQ(gunzip(c.get("/static/b", "Accept-Encoding: gzip\r\n").body), page + page);
    EXPECT_EQ(c.get("/static/a").body, page);
  }
  EXPECT_EQ(asked, 12);  // the handler runs each time; only the coding is spared
}

TEST_F(Files, CompressedAnswersHaveWeakTagsThatStillMatch) {
  Client c(s.address());
  const Reply r = c.get("/tagged", "Accept-Encoding: br\r\n");
  EXPECT_EQ(r.header("etag"), "W/\"v1\"");
  EXPECT_EQ(c.get("/tagged", "Accept-Encoding: br\r\nIf-None-Match: W/\"v1\"\r\n").status, 304);
}
}  // namespace
}  // namespace machiya::http
