// libFuzzer target: multipart/form-data. The first byte cuts the stream, the second chooses the limits; the outcome does
// not depend on the cut, and limits hold.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "platform/http/multipart.h"

namespace {
using namespace machiya;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Sink final : http::PartSink {
  explicit Sink(const http::MultipartLimits& l) : limits(l) {}
  const http::MultipartLimits& limits;
  std::string log;
  std::uint64_t size = 0;
  int parts = 0;
  bool open = false, is_file = false;
  Result<void> begin(const http::PartHead& head) override {
    require(!open && ++parts <= limits.parts);
    open = true;
    is_file = head.is_file;
    size = 0;
    log += '[' + head.name + '|' + head.filename + '|' + head.content_type + '|';
    return {};
  }
  Result<void> data(std::string_view bytes) override {
    require(open && !bytes.empty());
    size += bytes.size();
    require(size <= (is_file ? limits.file : limits.text_field));
    log += bytes;
    return {};
  }
  Result<void> end() override {
    require(open);
    open = false;
    log += ']';
    return {};
  }
};

std::string parse(std::string_view bytes, std::size_t piece, const http::MultipartLimits& limits) {
  Sink sink(limits);
  http::MultipartParser parser("b", limits, sink);
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    if (!parser.feed(bytes.substr(at, piece)).ok()) return "refused";
  return (parser.finish().ok() ? "whole " : "open ") + sink.log;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 64 * 1024) return 0;
  http::MultipartLimits limits;
  limits.file = (data[1] & 1) ? 64 : 0;
  limits.text_field = 256;
  limits.part_head = 512;
  limits.parts = 4;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string whole = parse(bytes, bytes.size() + 1, limits), cut = parse(bytes, 1 + data[0] % 16, limits);
  // An unfinished body may differ only in how much of a possible boundary is held back.
  if (whole.compare(0, 5, "open ") != 0) require(whole == cut);
  else require(cut.compare(0, 5, "open ") == 0);
  (void)http::multipart_boundary(bytes);
  return 0;
}
