// Checks of plain language: any text in any language ends, and every finding lies within the text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "tell/plain_words/plain_words.h"

using namespace machiya;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  constexpr std::string_view kLangs[] = {"ja", "ja-easy", "en", "vi"};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto report = plain_words::check(text, kLangs[data[0] % 4]);
  for (const auto& f : report.findings)
    if (f.at + f.length > to_utf32(text).size() || f.rule.empty() || f.ja.empty() || f.en.empty()) std::abort();
  return 0;
}
