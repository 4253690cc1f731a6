#include "platform/tables/text_decoder.h"

#include <iconv.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace machiya::tables {
namespace {

constexpr std::size_t kChunk = 64 * 1024;

Error undecodable() { return Error(ErrorCode::unsupported_type, "encoding"); }

/// How many bytes at the end of `s` begin a UTF-8 character that the next chunk finishes.
std::size_t unfinished(std::string_view s) {
  for (std::size_t back = 1; back <= 3 && back <= s.size(); ++back) {
    const auto byte = static_cast<unsigned char>(s[s.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/// Chunks that end at a character, after the carried rest of the chunk before.
Result<bool> whole_characters(Source& source, std::uint64_t start, const std::function<Result<bool>(std::string_view)>& sink) {
  std::string buffer;
  std::size_t carried = 0;
  for (std::uint64_t at = start;;) {
    buffer.resize(carried + kChunk);
    MACHIYA_TRY(const std::size_t n, source.read_at(at, buffer.data() + carried, kChunk));
    at += n;
    const std::string_view got(buffer.data(), carried + n);
    const std::size_t rest = n == 0 ? 0 : unfinished(got);
    const std::string_view whole = got.substr(0, got.size() - rest);
    if (!is_utf8(whole)) return false;
    MACHIYA_TRY(const bool more, sink(whole));
    if (n == 0 || !more) return true;
    const std::string keep(got.substr(got.size() - rest));
    std::copy(keep.begin(), keep.end(), buffer.begin());
    carried = rest;
  }
}

/// RAII of an iconv descriptor.
class Converter {
 public:
  explicit Converter(const char* from) : cd_(::iconv_open("UTF-8", from)) {}
  ~Converter() {
    if (ready()) ::iconv_close(cd_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  bool ready() const { return cd_ != reinterpret_cast<iconv_t>(-1); }
  /// Converts what it can; gives the bytes left over, or nothing for a byte without meaning.
  std::optional<std::size_t> run(char* in, std::size_t size, std::string& out) {
    out.resize(size * 4 + 16);
    char* to = out.data();
    std::size_t room = out.size();
    const std::size_t done = ::iconv(cd_, &in, &size, &to, &room);
    if (done == static_cast<std::size_t>(-1) && errno != EINVAL) return std::nullopt;
    out.resize(out.size() - room);
    return size;
  }

 private:
  iconv_t cd_;
};

Result<void> convert(Source& source, const Encoding& encoding, const std::function<Result<bool>(std::string_view)>& sink) {
  Converter converter(encoding.name.c_str());
  if (!converter.ready()) return Error(ErrorCode::unavailable, "encoding");
  std::string in, out;
  std::size_t carried = 0;
  for (std::uint64_t at = encoding.start;;) {
    in.resize(carried + kChunk);
    MACHIYA_TRY(const std::size_t n, source.read_at(at, in.data() + carried, kChunk));
    at += n;
    if (n == 0) return carried == 0 ? Result<void>() : undecodable();
    const std::size_t have = carried + n;
    const auto rest = converter.run(in.data(), have, out);
    if (!rest || *rest > 8) return undecodable();
    MACHIYA_TRY(const bool more, sink(out));
    if (!more) return {};
    const std::string keep(in.data() + have - *rest, *rest);
    std::copy(keep.begin(), keep.end(), in.begin());
    carried = *rest;
  }
}

/// UTF-16 without a mark: text of a table is full of separators and line ends, whose other byte is zero.
std::string_view zero_bytes(std::string_view head) {
  std::size_t even = 0, odd = 0;
  for (std::size_t i = 0; i < head.size(); ++i)
    if (head[i] == 0) ++(i % 2 == 0 ? even : odd);
  if (even + odd == 0) return {};
  return odd >= even ? "UTF-16LE" : "UTF-16BE";
}

}  // namespace

Result<Encoding> detect_encoding(Source& source) {
  std::string head(4096, '\0');
  MACHIYA_TRY(const std::size_t n, source.read_at(0, head.data(), head.size()));
  head.resize(n);
  if (starts_with(head, "\xEF\xBB\xBF")) return Encoding{"UTF-8", 3};
  if (starts_with(head, "\xFF\xFE")) return Encoding{"UTF-16LE", 2};
  if (starts_with(head, "\xFE\xFF")) return Encoding{"UTF-16BE", 2};
  if (const std::string_view wide = zero_bytes(head); !wide.empty()) return Encoding{std::string(wide), 0};
  MACHIYA_TRY(const bool utf8, whole_characters(source, 0, [](std::string_view) -> Result<bool> { return true; }));
  return Encoding{utf8 ? "UTF-8" : "CP932", 0};
}

Result<void> decode(Source& source, const Encoding& encoding, const std::function<Result<bool>(std::string_view)>& sink) {
  if (encoding.name != "UTF-8") return convert(source, encoding, sink);
  MACHIYA_TRY(const bool good, whole_characters(source, encoding.start, sink));
  if (!good) return undecodable();
  return {};
}

}  // namespace machiya::tables
