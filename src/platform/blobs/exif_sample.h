// For tests: an EXIF block as a camera writes it.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace machiya::blobs {

/// Little TIFF writer: directories of entries, values that do not fit behind them.
class ExifSample {
 public:
  explicit ExifSample(bool big_endian) : big_(big_endian) {}
  int orientation = 1;
  std::string taken = "2026:05:10 09:30:00", offset = "+09:00", north_south = "N", east_west = "E";
  std::uint32_t latitude[6] = {34, 1, 41, 1, 3762, 100};    // 34°41'37.62"
  std::uint32_t longitude[6] = {135, 1, 30, 1, 792, 100};   // 135°30'7.92"

  /// An APP1 segment with its marker.
  std::string segment() const {
    const std::uint32_t first = 8, exif = first + 2 + 3 * 12 + 4, gps = exif + 2 + 2 * 12 + 4, values = gps + 2 + 4 * 12 + 4;
    const std::uint32_t at_taken = values, at_offset = at_taken + 20, at_lat = at_offset + 8, at_lon = at_lat + 24;
    std::string t = big_ ? "MM" : "II";
    t += u16(42) + u32(first);
    t += u16(3) + entry(0x0112, 3, 1, u16(static_cast<std::uint16_t>(orientation)) + u16(0)) + entry(0x8769, 4, 1, u32(exif)) + entry(0x8825, 4, 1, u32(gps)) + u32(0);
    t += u16(2) + entry(0x9003, 2, 20, u32(at_taken)) + entry(0x9011, 2, 7, u32(at_offset)) + u32(0);
    t += u16(4) + entry(1, 2, 2, text4(north_south)) + entry(2, 5, 3, u32(at_lat)) + entry(3, 2, 2, text4(east_west)) + entry(4, 5, 3, u32(at_lon)) + u32(0);
    t += padded(taken, 20) + padded(offset, 8);
    for (auto v : latitude) t += u32(v);
    for (auto v : longitude) t += u32(v);
    const std::string body = std::string("Exif\0\0", 6) + t;
    const std::size_t length = body.size() + 2;
    return std::string("\xff\xe1") + static_cast<char>(length >> 8) + static_cast<char>(length & 255) + body;
  }
  /// Puts the segment behind the SOI of a JPEG.
  std::string into(const std::string& jpeg) const { return jpeg.substr(0, 2) + segment() + jpeg.substr(2); }

 private:
  std::string u16(std::uint16_t v) const {
    const char high = static_cast<char>(v >> 8), low = static_cast<char>(v & 255);
    return big_ ? std::string{high, low} : std::string{low, high};
  }
  std::string u32(std::uint32_t v) const {
    const auto high = static_cast<std::uint16_t>(v >> 16), low = static_cast<std::uint16_t>(v & 0xffff);
    return big_ ? u16(high) + u16(low) : u16(low) + u16(high);
  }
  std::string entry(std::uint16_t tag, std::uint16_t type, std::uint32_t count, const std::string& value) const {
    return u16(tag) + u16(type) + u32(count) + value;
  }
  static std::string padded(std::string s, std::size_t size) { return s.resize(size, '\0'), s; }
  static std::string text4(const std::string& s) { return padded(s, 4); }
  bool big_;
};

}  // namespace machiya::blobs
