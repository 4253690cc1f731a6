#include "platform/http/multipart.h"

#include <gtest/gtest.h>

#include <vector>

namespace machiya::http {
namespace {
struct Recorder final : PartSink {
  std::string log;
  Result<void> begin(const PartHead& h) override {
    log += '[' + h.name + (h.is_file ? "|" + h.filename + "|" + h.content_type : "") + ':';
    return {};
  }
  Result<void> data(std::string_view bytes) override {
    log += bytes;
    return {};
  }
  Result<void> end() override {
    log += ']';
    return {};
  }
};

std::string parse(const std::string& text, std::size_t piece, MultipartLimits limits = {}) {
  Recorder sink;
  MultipartParser parser("XX", limits, sink);
  for (std::size_t at = 0; at < text.size(); at += piece)
    if (auto r = parser.feed(std::string_view(text).substr(at, piece)); !r.ok()) return std::string(r.error().info().name);
  if (auto r = parser.finish(); !r.ok()) return "open " + sink.log;
  return sink.log;
}

const std::string kForm =
    "preamble\r\n--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--XX  \r\n"
    "content-disposition: form-data; name=f; filename=\"n \\\"q\\\" %22.txt\"\r\nContent-Type: text/plain\r\n\r\n"
    "line\r\n--X\r\n--XY\r\n\r\n\r\n--XX\r\nContent-Disposition: form-data; name=\"e\"\r\n\r\n\r\n--XX--\r\nepilogue --XX";

TEST(Multipart, AnyCutGivesTheSame) {
  MultipartLimits limits;
  limits.file = 1000;
  const std::string expected = "[a:one][f|n \"q\" \".txt|text/plain:line\r\n--X\r\n--XY\r\n\r\n][e:]";
  for (std::size_t piece = 1; piece <= kForm.size(); ++piece) ASSERT_EQ(parse(kForm, piece, limits), expected) << piece;
}

TEST(Multipart, Refusals) {
  const std::string head = "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n";
  EXPECT_EQ(parse(head + "text", 7), "open [a:text");
  EXPECT_EQ(parse("", 7), "open ");
  EXPECT_EQ(parse(head + "x\r\n--XXjunk\r\n", 7), "malformed_request");
  EXPECT_EQ(parse("--XX\r\nContent-Type: text/plain\r\n\r\nx\r\n--XX--", 7), "malformed_request");
  EXPECT_EQ(parse("--XX\r\n\r\nx\r\n--XX--", 7), "malformed_request");
  EXPECT_EQ(parse("--XX\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--XX--", 7), "malformed_request");
  EXPECT_EQ(parse("--XX\r\nnocolon\r\n\r\nx\r\n--XX--", 7), "malformed_request");
  EXPECT_EQ(parse("--XX\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\nx\r\n--XX--", 7), "malformed_request");
  EXPECT_EQ(parse("--XX\r\nX: " + std::string(9000, 'a'), 100), "header_too_large");
  EXPECT_EQ(parse("--XX\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\nx\r\n--XX--", 7), "unsupported_type");
  MultipartLimits limits;
  limits.text_field = 3;
  limits.file = 2;
  limits.parts = 2;
  EXPECT_EQ(parse(head + "four\r\n--XX--", 7, limits), "too_large");
  EXPECT_EQ(parse(head + "thr\r\n--XX--", 7, limits), "[a:thr]");
  EXPECT_EQ(parse("--XX\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\nthr\r\n--XX--", 7, limits), "too_large");
  EXPECT_EQ(parse(head + "\r\n" + head + "\r\n" + head + "\r\n--XX--", 7, limits), "limit_exceeded");
}

TEST(Multipart, AnUntouchedFileFieldIsFineWhereNoFilesAreTaken) {
  EXPECT_EQ(parse("--XX\r\nContent-Disposition: form-data; name=f; filename=\"\"\r\n\r\n\r\n--XX--", 7), "[f||:]");
}

TEST(Multipart, Boundaries) {
  EXPECT_EQ(*multipart_boundary("multipart/form-data; charset=utf-8; boundary=\"a b'()+_,-./:=?\""), "a b'()+_,-./:=?");
  EXPECT_EQ(*multipart_boundary("multipart/form-data;BOUNDARY=----WebKit123"), "----WebKit123");
  for (const char* bad : {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"x \"", "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary=\"a\\\\b\"",
                          "multipart/form-data; boundary=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg1"})
    EXPECT_FALSE(multipart_boundary(bad).ok()) << bad;
  EXPECT_TRUE(is_multipart(" Multipart/Form-Data ; boundary=x"));
  EXPECT_FALSE(is_multipart("multipart/mixed"));
}
}  // namespace
}  // namespace machiya::http
