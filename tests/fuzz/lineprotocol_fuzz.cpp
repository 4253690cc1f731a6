// Any bytes as line protocol, with every precision: lines or mistakes in rising order, nothing read outside of the body, tags put in order once and for all.
#include <cstdlib>
#include <string>

#include "sense/payloads/line_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace machiya::sense::payloads;
  static constexpr std::string_view kPrecisions[] = {"ns", "us", "ms", "s", "m", "h"};
  const std::string body(reinterpret_cast<const char*>(data), size);
  Precision precision;
  if (!Precision::parse(kPrecisions[size % 6], precision)) std::abort();
  LineReader reader(body, precision);
  std::size_t before = 0;
  for (;;) {
    const auto got = reader.next();
    if (got == LineReader::Got::end) return 0;
    const std::size_t number = got == LineReader::Got::line ? reader.line.number : reader.error.number;
    if (number <= before) std::abort();
    before = number;
    if (got == LineReader::Got::error) {
      if (reader.error.what.empty()) std::abort();
      continue;
    }
    if (reader.line.fields.empty() || reader.line.measurement.empty()) std::abort();
    std::string once, twice, text;
    put_in_order(reader.line.tags, once);
    put_in_order(once, twice);
    if (once != twice || once.size() != reader.line.tags.size()) std::abort();
    if (reader.line.tags_in_order && once != reader.line.tags) std::abort();
    for (const Field& field : reader.line.fields) unescape(field.key, text), unescape_text(field.text, text);
  }
}
