#include "platform/tables/zip_reader.h"

#include <zlib.h>

#include <algorithm>

namespace machiya::tables {
namespace {

constexpr std::size_t kChunk = 64 * 1024;
constexpr std::size_t kMaxParts = 4'096;
constexpr std::size_t kMaxDirectory = 4u << 20;
/// A part may swell this much beyond its first megabyte; sheets pack 5 to 30 times, bombs a thousand times.
constexpr std::uint64_t kMaxSwell = 200;

Error broken() { return Error(ErrorCode::invalid_input, "zip"); }
Error bomb() { return Error(ErrorCode::too_large, "unpacked"); }

std::uint32_t number(std::string_view bytes, std::size_t at, int width) {
  std::uint32_t n = 0;
  for (int i = width - 1; i >= 0; --i) n = n << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
  return n;
}

Result<std::string> bytes_at(Source& source, std::uint64_t at, std::size_t size) {
  std::string out(size, '\0');
  MACHIYA_TRY(const std::size_t n, source.read_at(at, out.data(), size));
  if (n != size) return broken();
  return out;
}

/// RAII of zlib's state for raw deflate.
struct Stream {
  z_stream z{};
  bool ready = false;
  Stream() { ready = ::inflateInit2(&z, -MAX_WBITS) == Z_OK; }
  ~Stream() {
    if (ready) ::inflateEnd(&z);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

}  // namespace

Result<ZipReader> ZipReader::open(Source& source, const Limits& limits) {
  ZipReader zip(source, limits);
  const std::uint64_t tail_size = std::min<std::uint64_t>(source.size(), 22 + 65'535);
  MACHIYA_TRY(const std::string tail, bytes_at(source, source.size() - tail_size, static_cast<std::size_t>(tail_size)));
  const std::size_t end = tail.rfind(std::string_view("PK\x05\x06", 4));
  if (end == std::string::npos || end + 22 > tail.size()) return broken();
  const std::size_t entries = number(tail, end + 10, 2);
  const std::uint64_t size = number(tail, end + 12, 4), offset = number(tail, end + 16, 4);
  if (entries > kMaxParts || size > kMaxDirectory || offset + size > source.size()) return broken();
  MACHIYA_TRY(const std::string directory, bytes_at(source, offset, static_cast<std::size_t>(size)));
  MACHIYA_CHECK(zip.read_directory(directory, entries));
  return zip;
}

Result<void> ZipReader::read_directory(std::string_view directory, std::size_t entries) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < entries; ++i) {
    if (at + 46 > directory.size() || directory.substr(at, 4) != std::string_view("PK\x01\x02", 4)) return broken();
    const std::size_t name = number(directory, at + 28, 2), extra = number(directory, at + 30, 2), comment = number(directory, at + 32, 2);
    if (at + 46 + name + extra + comment > directory.size()) return broken();
    Part part;
    part.method = static_cast<int>(number(directory, at + 10, 2));
    part.crc = number(directory, at + 16, 4);
    part.packed = number(directory, at + 20, 4), part.unpacked = number(directory, at + 24, 4), part.offset = number(directory, at + 42, 4);
    const bool sealed = (number(directory, at + 8, 2) & 1) != 0;
    if (sealed) return Error(ErrorCode::unsupported_type, "old-excel");
    if (!parts_.emplace(std::string(directory.substr(at + 46, name)), part).second) return broken();   // twice: which would be meant?
    at += 46 + name + extra + comment;
  }
  return {};
}

Result<std::uint64_t> ZipReader::data_start(const Part& part) const {
  MACHIYA_TRY(const std::string head, bytes_at(*source_, part.offset, 30));
  if (head.compare(0, 4, "PK\x03\x04", 4) != 0) return broken();
  const std::uint64_t start = part.offset + 30 + number(head, 26, 2) + number(head, 28, 2);
  if (start + part.packed > source_->size()) return broken();
  return start;
}

Result<void> ZipReader::read(std::string_view name, const std::function<Result<bool>(std::string_view)>& sink) const {
  const auto found = parts_.find(name);
  if (found == parts_.end()) return broken();
  const Part& part = found->second;
  if (part.unpacked > limits_->unpacked) return bomb();
  MACHIYA_TRY(const std::uint64_t start, data_start(part));
  if (part.method == 0) return copy(part, start, sink);
  if (part.method == 8) return inflate(part, start, sink);
  return broken();
}

Result<void> ZipReader::copy(const Part& part, std::uint64_t at, const std::function<Result<bool>(std::string_view)>& sink) const {
  std::string buffer(kChunk, '\0');
  for (std::uint64_t left = part.packed; left > 0;) {
    MACHIYA_TRY(const std::size_t n, source_->read_at(at, buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(left, kChunk))));
    if (n == 0) return broken();
    MACHIYA_TRY(const bool more, sink(std::string_view(buffer.data(), n)));
    if (!more) return {};
    at += n, left -= n;
  }
  return {};
}

Result<void> ZipReader::inflate(const Part& part, std::uint64_t at, const std::function<Result<bool>(std::string_view)>& sink) const {
  Stream stream;
  if (!stream.ready) return Error(ErrorCode::unavailable, "zip");
  std::string in(kChunk, '\0'), out(kChunk, '\0');
  std::uint64_t left = part.packed, made = 0;
  std::uint32_t crc = 0;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    if (stream.z.avail_in == 0 && left > 0) {
      MACHIYA_TRY(const std::size_t n, source_->read_at(at, in.data(), static_cast<std::size_t>(std::min<std::uint64_t>(left, kChunk))));
      if (n == 0) return broken();
      at += n, left -= n;
      stream.z.next_in = reinterpret_cast<Bytef*>(in.data());
      stream.z.avail_in = static_cast<uInt>(n);
    }
    stream.z.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.z.avail_out = kChunk;
    status = ::inflate(&stream.z, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END) return broken();
    const std::size_t n = kChunk - stream.z.avail_out;
    if (n == 0 && status == Z_OK && stream.z.avail_in == 0 && left == 0) return broken();   // cut off
    made += n;
    if (made > limits_->unpacked || made > (1u << 20) + kMaxSwell * (part.packed - left)) return bomb();
    crc = static_cast<std::uint32_t>(::crc32(crc, reinterpret_cast<const Bytef*>(out.data()), static_cast<uInt>(n)));
    if (n == 0) continue;
    MACHIYA_TRY(const bool more, sink(std::string_view(out.data(), n)));
    if (!more) return {};
  }
  if (crc != part.crc) return broken();
  return {};
}

}  // namespace machiya::tables
