#include "platform/tables/text_encoder.h"

#include <iconv.h>

namespace machiya::tables {
namespace {

constexpr std::string_view kGeta = "\x81\xAC";   // 〓

std::size_t length_of(unsigned char first) { return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4; }

}  // namespace

std::string to_cp932(std::string_view utf8) {
  const iconv_t cd = ::iconv_open("CP932", "UTF-8");
  std::string out(utf8.size() * 2 + 8, '\0');
  char *in = const_cast<char*>(utf8.data()), *to = out.data();
  std::size_t left = utf8.size(), room = out.size();
  while (left > 0 && cd != reinterpret_cast<iconv_t>(-1)) {
    if (::iconv(cd, &in, &left, &to, &room) != static_cast<std::size_t>(-1)) break;
    // One character that has no place there: two bytes are always enough room for it, as it had at least two.
    const std::size_t skip = std::min(left, length_of(static_cast<unsigned char>(*in)));
    in += skip, left -= skip;
    if (room < kGeta.size()) break;
    for (const char c : kGeta) *to++ = c, --room;
  }
  if (cd != reinterpret_cast<iconv_t>(-1)) ::iconv_close(cd);
  out.resize(out.size() - room);
  return out;
}

}  // namespace machiya::tables
