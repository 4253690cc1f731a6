#include "sense/series/names_file.h"

#include <zlib.h>

#include "sense/series/bits.h"

namespace machiya::sense::series {

std::string pack_names(std::string_view names) {
  uLongf length = ::compressBound(names.size());
  std::string packed(length, '\0');
  // Only fails without memory, where nothing else goes on either.
  MACHIYA_ASSERT(::compress2(reinterpret_cast<Bytef*>(packed.data()), &length, reinterpret_cast<const Bytef*>(names.data()), names.size(), 6) == Z_OK);
  packed.resize(length);
  std::string block;
  put_fixed(block, static_cast<std::uint32_t>(packed.size()));
  put_fixed(block, static_cast<std::uint32_t>(names.size()));
  put_fixed(block, crc32c(packed));
  return block + packed;
}

Result<void> unpack_names(std::string_view file, const std::function<Result<void>(std::string_view)>& each) {
  const Error broken(ErrorCode::integrity_broken, "the file of names of a store of series is damaged");
  Reader in(file);
  std::string names;
  while (in.left() > 0) {
    const auto packed = in.fixed<std::uint32_t>(), whole = in.fixed<std::uint32_t>(), checksum = in.fixed<std::uint32_t>();
    const std::string_view bytes = in.text(packed);
    if (!in.ok() || crc32c(bytes) != checksum) return broken;
    names.resize(whole);
    uLongf length = whole;
    if (::uncompress(reinterpret_cast<Bytef*>(names.data()), &length, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()) != Z_OK || length != whole) return broken;
    MACHIYA_CHECK(each(names));
  }
  return {};
}

}  // namespace machiya::sense::series
