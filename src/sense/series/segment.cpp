#include "sense/series/segment.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>

#include "sense/series/bits.h"
#include "sense/series/disk.h"

namespace machiya::sense::series {
namespace {

constexpr std::string_view kMagic = "MSERSEG1";
constexpr std::size_t kEntryBytes = 52, kFooterBytes = 24;

void put_entry(std::string& out, const BlockEntry& e) {
  put_fixed(out, e.measurement);
  put_fixed(out, e.facts.first);
  put_fixed(out, e.facts.last);
  put_fixed(out, static_cast<std::uint32_t>(e.field));
  put_fixed(out, e.facts.first_us);
  put_fixed(out, e.facts.last_us);
  put_fixed(out, e.offset);
  put_fixed(out, e.length);
  put_fixed(out, e.checksum);
  put_fixed(out, e.facts.count);
}

BlockEntry take_entry(Reader& in) {
  BlockEntry e;
  e.measurement = in.fixed<std::uint32_t>();
  e.facts.first = in.fixed<std::uint32_t>();
  e.facts.last = in.fixed<std::uint32_t>();
  e.field = static_cast<Field>(in.fixed<std::uint32_t>());
  e.facts.first_us = in.fixed<std::int64_t>();
  e.facts.last_us = in.fixed<std::int64_t>();
  e.offset = in.fixed<std::uint64_t>();
  e.length = in.fixed<std::uint32_t>();
  e.checksum = in.fixed<std::uint32_t>();
  e.facts.count = in.fixed<std::uint32_t>();
  return e;
}

auto key(const BlockEntry& e) { return std::tuple(e.measurement, e.field, e.facts.first, e.facts.first_us); }

}  // namespace

Result<std::unique_ptr<SegmentWriter>> SegmentWriter::create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return disk_error("cannot make a segment", path);
  std::unique_ptr<SegmentWriter> out(new SegmentWriter(fd, path));
  out->pending_ = kMagic;
  return out;
}

SegmentWriter::~SegmentWriter() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> SegmentWriter::drain() {
  MACHIYA_CHECK(write_all(fd_, pending_, path_));
  written_ += pending_.size();
  pending_.clear();
  return {};
}

Result<void> SegmentWriter::add(MeasurementId measurement, Field field, const BlockFacts& facts, std::string_view bytes) {
  entries_.push_back({measurement, field, facts, written_ + pending_.size(), static_cast<std::uint32_t>(bytes.size()), crc32c(bytes)});
  pending_ += bytes;
  if (pending_.size() < (std::size_t{1} << 20)) return {};
  return drain();
}

Result<void> SegmentWriter::finish() {
  std::sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return key(a) < key(b); });
  const std::uint64_t offset = written_ + pending_.size();
  std::string index;
  index.reserve(entries_.size() * kEntryBytes);
  for (const BlockEntry& e : entries_) put_entry(index, e);
  pending_ += index;
  put_fixed(pending_, offset);
  put_fixed(pending_, static_cast<std::uint32_t>(entries_.size()));
  put_fixed(pending_, crc32c(index));
  pending_ += kMagic;
  MACHIYA_CHECK(drain());
  if (::fdatasync(fd_) != 0) return disk_error("cannot make a segment durable", path_);
  return {};
}

Result<std::shared_ptr<const Segment>> Segment::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return disk_error("cannot open a segment", path);
  std::shared_ptr<Segment> out(new Segment(fd, path));
  MACHIYA_CHECK(out->load());
  return std::shared_ptr<const Segment>(std::move(out));
}

Segment::~Segment() { ::close(fd_); }

Result<void> Segment::load() {
  const off_t size = ::lseek(fd_, 0, SEEK_END);
  if (size < 0) return disk_error("cannot measure a segment", path_);
  bytes_ = static_cast<std::uint64_t>(size);
  const Error broken(ErrorCode::integrity_broken, "a segment of series has a damaged index", path_);
  if (bytes_ < kFooterBytes + kMagic.size()) return broken;
  std::string footer;
  MACHIYA_CHECK(read_at(fd_, bytes_ - kFooterBytes, kFooterBytes, footer, path_));
  Reader in(std::string_view(footer).substr(0, kFooterBytes));
  const auto offset = in.fixed<std::uint64_t>();
  const auto count = in.fixed<std::uint32_t>();
  const auto checksum = in.fixed<std::uint32_t>();
  const std::uint64_t length = std::uint64_t{count} * kEntryBytes;
  if (in.text(8) != kMagic || offset > bytes_ || offset + length + kFooterBytes != bytes_) return broken;
  std::string index;
  MACHIYA_CHECK(read_at(fd_, offset, length, index, path_));
  const std::string_view view = std::string_view(index).substr(0, length);
  if (crc32c(view) != checksum) return broken;
  Reader rows(view);
  entries_.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    entries_.push_back(take_entry(rows));
    if (entries_.back().offset + entries_.back().length > offset) return broken;
  }
  return {};
}

std::span<const BlockEntry> Segment::blocks(MeasurementId measurement, Field field) const {
  const auto less = [](const BlockEntry& e, const std::pair<MeasurementId, Field>& k) { return std::pair(e.measurement, e.field) < k; };
  const auto more = [](const std::pair<MeasurementId, Field>& k, const BlockEntry& e) { return k < std::pair(e.measurement, e.field); };
  const std::pair k(measurement, field);
  const auto from = std::lower_bound(entries_.begin(), entries_.end(), k, less);
  const auto to = std::upper_bound(from, entries_.end(), k, more);
  return {from, to};
}

std::span<const BlockEntry> Segment::blocks(MeasurementId measurement, Field field, std::uint32_t chunk) const {
  const auto all = blocks(measurement, field);
  const auto from = std::partition_point(all.begin(), all.end(), [&](const BlockEntry& e) { return e.facts.first / kChunk < chunk; });
  const auto to = std::partition_point(from, all.end(), [&](const BlockEntry& e) { return e.facts.first / kChunk <= chunk; });
  return {from, to};
}

Error Segment::damaged(const BlockEntry& e) const {
  return {ErrorCode::integrity_broken, "a block of series does not match its checksum", path_ + ":" + std::to_string(e.offset)};
}

Result<std::string_view> Segment::read(const BlockEntry& e, std::string& buffer) const {
  MACHIYA_CHECK(read_at(fd_, e.offset, e.length, buffer, path_));
  const std::string_view bytes = std::string_view(buffer).substr(0, e.length);
  if (crc32c(bytes) != e.checksum) return damaged(e);
  return bytes;
}

}  // namespace machiya::sense::series
