#include "platform/blobs/exif.h"

#include <array>
#include <cstdint>
#include <optional>

#include "platform/blobs/blobs.h"

namespace machiya::blobs {
namespace {
constexpr std::size_t kMostEntries = 256;       // of one directory
constexpr std::size_t kMostSegments = 64;       // before the EXIF block
constexpr std::int64_t kJapan = 9 * kHour;      // cameras without an offset are taken to show local time

enum Tag : std::uint16_t {
  kOrientation = 0x0112, kExifDirectory = 0x8769, kGpsDirectory = 0x8825, kTaken = 0x9003, kTakenOffset = 0x9011,
  kLatitudeRef = 1, kLatitude = 2, kLongitudeRef = 3, kLongitude = 4
};
enum Type : std::uint16_t { kAscii = 2, kShort = 3, kLong = 4, kRational = 5 };

/// A TIFF structure; every access is checked against its end.
class Tiff {
 public:
  explicit Tiff(std::string_view data) : data_(data), big_(data.substr(0, 2) == "MM") {}
  bool valid() const { return data_.size() >= 8 && (big_ || data_.substr(0, 2) == "II") && u16(2) == 42; }

  std::uint16_t u16(std::size_t i) const {
    if (i + 2 > data_.size()) return 0;
    const unsigned a = byte(i), b = byte(i + 1);
    return static_cast<std::uint16_t>(big_ ? a << 8 | b : b << 8 | a);
  }
  std::uint32_t u32(std::size_t i) const {
    if (i + 4 > data_.size()) return 0;
    const std::uint32_t a = u16(i), b = u16(i + 2);
    return big_ ? a << 16 | b : b << 16 | a;
  }
  struct Entry {
    std::uint16_t type = 0;
    std::uint32_t count = 0;
    std::size_t at = 0;   ///< of the value
  };
  std::optional<Entry> find(std::size_t directory, std::uint16_t tag) const {
    if (directory < 8 || directory + 2 > data_.size()) return std::nullopt;
    const std::size_t entries = std::min<std::size_t>(u16(directory), kMostEntries);
    for (std::size_t k = 0; k < entries; ++k) {
      const std::size_t at = directory + 2 + 12 * k;
      if (at + 12 > data_.size()) return std::nullopt;
      if (u16(at) != tag) continue;
      Entry e{u16(at + 2), u32(at + 4), at + 8};
      const std::uint64_t each = e.type == kRational ? 8 : e.type == kLong ? 4 : e.type == kShort ? 2 : 1;
      const std::uint64_t size = each * e.count;
      if (size > 4) e.at = u32(at + 8);
      if (e.at + size > data_.size()) return std::nullopt;
      return e;
    }
    return std::nullopt;
  }
  std::size_t directory(std::size_t parent, std::uint16_t tag) const {
    auto e = find(parent, tag);
    return e && e->type == kLong && e->count == 1 ? u32(e->at) : 0;
  }
  std::string_view ascii(std::size_t directory, std::uint16_t tag) const {
    auto e = find(directory, tag);
    if (!e || e->type != kAscii) return {};
    std::string_view text = data_.substr(e->at, e->count);
    return text.substr(0, text.find('\0'));
  }
  /// Degrees, minutes and seconds as one number.
  std::optional<double> angle(std::size_t directory, std::uint16_t tag) const {
    auto e = find(directory, tag);
    if (!e || e->type != kRational || e->count != 3) return std::nullopt;
    double out = 0, unit = 1;
    for (std::size_t k = 0; k < 3; ++k, unit *= 60) {
      const double top = u32(e->at + 8 * k), bottom = u32(e->at + 8 * k + 4);
      if (bottom == 0) {
        if (top != 0 || k == 0) return std::nullopt;
        continue;
      }
      out += top / bottom / unit;
    }
    return out;
  }

 private:
  unsigned byte(std::size_t i) const { return static_cast<unsigned char>(data_[i]); }
  std::string_view data_;
  bool big_;
};

/// The TIFF structure of the first APP1 segment that says "Exif".
std::string_view exif_block(std::string_view s) {
  if (s.substr(0, 2) != "\xff\xd8") return {};
  std::size_t i = 2;
  for (std::size_t n = 0; n < kMostSegments && i + 4 <= s.size(); ++n) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(s[k]); };
    if (byte(i) != 0xff || byte(i + 1) == 0xda || byte(i + 1) == 0xd9) return {};
    const std::size_t length = static_cast<std::size_t>(byte(i + 2)) << 8 | byte(i + 3);
    if (length < 2 || i + 2 + length > s.size()) return {};
    const std::string_view body = s.substr(i + 4, length - 2);
    if (byte(i + 1) == 0xe1 && body.size() > 6 && body.substr(0, 6) == std::string_view("Exif\0\0", 6)) return body.substr(6);
    i += 2 + length;
  }
  return {};
}

std::optional<int> digits(std::string_view s, std::size_t at, std::size_t count) {
  int out = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (i >= s.size() || s[i] < '0' || s[i] > '9') return std::nullopt;
    out = out * 10 + (s[i] - '0');
  }
  return out;
}

/// "2026:05:10 09:30:00" and "+09:00".
std::optional<Instant> moment(std::string_view text, std::string_view offset) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto date = checked_date(*year, *month, *day);
  if (!date) return std::nullopt;
  std::int64_t shift = kJapan;
  const auto off_hour = digits(offset, 1, 2), off_minute = digits(offset, 4, 2);
  if (offset.size() >= 6 && (offset[0] == '+' || offset[0] == '-') && off_hour && off_minute && *off_hour <= 14 && *off_minute <= 59)
    shift = (*off_hour * kHour + *off_minute * kMinute) * (offset[0] == '-' ? -1 : 1);
  return Instant{date->days * kDay + *hour * kHour + *minute * kMinute + *second * kSecond - shift};
}
}  // namespace

PhotoFacts read_exif(std::string_view jpeg) {
  PhotoFacts facts;
  const Tiff tiff(exif_block(jpeg));
  if (!tiff.valid()) return facts;
  const std::size_t first = tiff.u32(4);
  if (const std::size_t exif = tiff.directory(first, kExifDirectory)) facts.taken = moment(tiff.ascii(exif, kTaken), tiff.ascii(exif, kTakenOffset));
  if (const std::size_t gps = tiff.directory(first, kGpsDirectory)) {
    const auto latitude = tiff.angle(gps, kLatitude), longitude = tiff.angle(gps, kLongitude);
    const std::string_view ns = tiff.ascii(gps, kLatitudeRef), ew = tiff.ascii(gps, kLongitudeRef);
    const bool named = (ns == "N" || ns == "S") && (ew == "E" || ew == "W");
    if (latitude && longitude && named && *latitude <= 90 && *longitude <= 180) {
      facts.latitude = ns == "S" ? -*latitude : *latitude;
      facts.longitude = ew == "W" ? -*longitude : *longitude;
    }
  }
  return facts;
}

int exif_orientation(std::string_view jpeg) {
  const Tiff tiff(exif_block(jpeg));
  if (!tiff.valid()) return 1;
  auto e = tiff.find(tiff.u32(4), kOrientation);
  if (!e || e->type != kShort || e->count != 1) return 1;
  const int value = tiff.u16(e->at);
  return value >= 1 && value <= 8 ? value : 1;
}

}  // namespace machiya::blobs
