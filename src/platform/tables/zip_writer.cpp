#include "platform/tables/zip_writer.h"

#include <zlib.h>

#include <algorithm>

namespace machiya::tables {
namespace {

void put(std::string& out, std::uint64_t n, int width) {
  for (int i = 0; i < width; ++i, n >>= 8) out += static_cast<char>(n & 0xFF);
}

// 1980-01-01 00:00: the same content gives the same bytes.
constexpr std::uint32_t kDosTime = 0, kDosDay = 0x21;

}  // namespace

struct ZipWriter::Deflate {
  z_stream z{};
  bool ready = false;
  Deflate() { ready = ::deflateInit2(&z, Z_BEST_SPEED + 2, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK; }
  ~Deflate() {
    if (ready) ::deflateEnd(&z);
  }
};

ZipWriter::ZipWriter(const std::string& path) : out_(path) {}
ZipWriter::~ZipWriter() = default;

Result<void> ZipWriter::begin(std::string_view name) {
  Entry entry;
  entry.name = name, entry.offset = out_.written();
  std::string head("PK\x03\x04", 4);
  put(head, 20, 2), put(head, 0x0808, 2), put(head, 8, 2), put(head, kDosTime, 2), put(head, kDosDay, 2);   // sizes follow; UTF-8 name
  put(head, 0, 12), put(head, name.size(), 2), put(head, 0, 2);
  entries_.push_back(std::move(entry));
  deflate_ = std::make_unique<Deflate>();
  if (!deflate_->ready) return Error(ErrorCode::unavailable, "zip");
  return out_.write(head + std::string(name));
}

Result<void> ZipWriter::pump(std::string_view bytes, bool last) {
  Entry& entry = entries_.back();
  // Without bytes crc32() would start anew.
  if (!bytes.empty()) entry.crc = static_cast<std::uint32_t>(::crc32(entry.crc, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
  entry.unpacked += bytes.size();
  z_stream& z = deflate_->z;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  char buffer[16 * 1024];
  do {
    z.next_out = reinterpret_cast<Bytef*>(buffer);
    z.avail_out = sizeof buffer;
    ::deflate(&z, last ? Z_FINISH : Z_NO_FLUSH);
    const std::size_t n = sizeof buffer - z.avail_out;
    entry.packed += n;
    MACHIYA_CHECK(out_.write(std::string_view(buffer, n)));
  } while (z.avail_out == 0);
  return {};
}

Result<void> ZipWriter::write(std::string_view bytes) { return bytes.empty() ? Result<void>() : pump(bytes, false); }

Result<void> ZipWriter::end() {
  MACHIYA_CHECK(pump({}, true));
  const Entry& entry = entries_.back();
  std::string tail("PK\x07\x08", 4);
  put(tail, entry.crc, 4), put(tail, entry.packed, 4), put(tail, entry.unpacked, 4);
  deflate_.reset();
  return out_.write(tail);
}

Result<void> ZipWriter::part(std::string_view name, std::string_view bytes) {
  MACHIYA_CHECK(begin(name));
  MACHIYA_CHECK(write(bytes));
  return end();
}

Result<void> ZipWriter::finish() {
  const std::uint64_t start = out_.written();
  std::uint64_t largest = start;
  std::string directory;
  for (const Entry& e : entries_) {
    directory.append("PK\x01\x02", 4);
    put(directory, 20, 2), put(directory, 20, 2), put(directory, 0x0808, 2), put(directory, 8, 2), put(directory, kDosTime, 2), put(directory, kDosDay, 2);
    put(directory, e.crc, 4), put(directory, e.packed, 4), put(directory, e.unpacked, 4), put(directory, e.name.size(), 2);
    put(directory, 0, 12), put(directory, e.offset, 4);
    directory += e.name;
    largest = std::max({largest, e.packed, e.unpacked});
  }
  if (largest > 0xFFFFFFFEu) return Error(ErrorCode::too_large, "zip");
  const std::size_t size = directory.size();
  directory.append("PK\x05\x06", 4);
  put(directory, 0, 4), put(directory, entries_.size(), 2), put(directory, entries_.size(), 2), put(directory, size, 4), put(directory, start, 4), put(directory, 0, 2);
  MACHIYA_CHECK(out_.write(directory));
  return out_.flush();
}

}  // namespace machiya::tables
