// Sniffing, sizes from headers, EXIF: pure.
#include <gtest/gtest.h>

#include "platform/blobs/blobs.h"
#include "platform/blobs/exif.h"
#include "platform/blobs/exif_sample.h"
#include "platform/blobs/picture_size.h"

namespace machiya::blobs {
namespace {
using namespace std::string_literals;

std::string jpeg_head(int width, int height) {
  return "\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"s + "\xff\xc0\x00\x11\x08"s + static_cast<char>(height >> 8) + static_cast<char>(height) +
         static_cast<char>(width >> 8) + static_cast<char>(width) + "\x03\x01\x22\0\x02\x11\x01\x03\x11\x01"s;
}
std::string png_head(std::uint32_t width, std::uint32_t height) {
  std::string out = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s;
  for (auto v : {width, height})
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(v >> shift & 255);
  return out + "\x08\x02\0\0\0\0\0\0\0"s;
}

TEST(Sniff, ByContentOnly) {
  EXPECT_EQ(sniff_type(jpeg_head(1, 1)), "image/jpeg");
  EXPECT_EQ(sniff_type(png_head(1, 1)), "image/png");
  EXPECT_EQ(sniff_type("RIFF\x10\0\0\0WEBPVP8 "s), "image/webp");
  EXPECT_EQ(sniff_type("%PDF-1.7\n"), "application/pdf");
  EXPECT_EQ(sniff_type("GIF89a"), "image/gif");
  EXPECT_EQ(sniff_type("\0\0\0\x18""ftypheic"s), "image/heic");
  for (auto other : {""s, "\xff"s, "\xff\xd8"s, "MZ\x90"s, "PK\x03\x04"s, "<svg xmlns="s, "<html>"s, "RIFF1234WAVE"s, " %PDF-1.7"s, "\x89PNG\n"s})
    EXPECT_EQ(sniff_type(other), "") << other;
}

TEST(PictureSize, FromHeaders) {
  EXPECT_EQ(picture_size("image/jpeg", jpeg_head(4000, 3000))->pixels(), 12'000'000u);
  EXPECT_EQ(picture_size("image/png", png_head(640, 480))->width, 640u);
  EXPECT_EQ(picture_size("image/png", png_head(0xffffffffu, 0xffffffffu))->pixels(), 0xfffffffe00000001u);
  EXPECT_FALSE(picture_size("image/png", png_head(0, 480)));
  const std::string lossy = "RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01"s;
  EXPECT_EQ(picture_size("image/webp", lossy)->width, 640u);
  EXPECT_EQ(picture_size("image/webp", lossy)->height, 480u);
  const std::string extended = "RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\x7f\x02\0\xdf\x01\0"s;
  EXPECT_EQ(picture_size("image/webp", extended)->height, 480u);
  std::string animated = extended;
  animated[20] = 0x12;
  EXPECT_FALSE(picture_size("image/webp", animated));
  EXPECT_FALSE(picture_size("image/gif", "GIF89a\x01\0\x01\0"s));
}

TEST(PictureSize, EveryCutIsSafe) {
  for (const auto& [type, text] : {std::pair("image/jpeg", ExifSample(true).into(jpeg_head(40, 30))), std::pair("image/png", png_head(4, 3))})
    for (std::size_t n = 0; n < text.size(); ++n) (void)picture_size(type, text.substr(0, n));
  EXPECT_FALSE(picture_size("image/jpeg", jpeg_head(40, 30).substr(0, 25)));
  EXPECT_FALSE(picture_size("image/jpeg", "\xff\xd8\xff\xe0\x00\x01"s));   // a segment shorter than its own length field
  EXPECT_FALSE(picture_size("image/jpeg", "\xff\xd8\xff\xda\x00\x08"s));   // scan before any frame
}

TEST(Exif, PositionAndTimeInBothByteOrders) {
  for (bool big : {false, true}) {
    const PhotoFacts f = read_exif(ExifSample(big).into(jpeg_head(40, 30)));
    ASSERT_TRUE(f.latitude && f.longitude && f.taken);
    EXPECT_NEAR(*f.latitude, 34.693783, 1e-6);
    EXPECT_NEAR(*f.longitude, 135.502200, 1e-6);
    EXPECT_EQ(to_iso_japan(*f.taken), "2026-05-10T09:30:00+09:00");
  }
  ExifSample south(false);
  south.north_south = "S";
  south.east_west = "W";
  south.offset = "-03:30";
  const PhotoFacts f = read_exif(south.into(jpeg_head(40, 30)));
  EXPECT_LT(*f.latitude, 0);
  EXPECT_LT(*f.longitude, 0);
  EXPECT_EQ(to_iso_utc(*f.taken), "2026-05-10T13:00:00.000000Z");
  ExifSample plain(false);
  plain.offset = "";
  EXPECT_EQ(to_iso_japan(*read_exif(plain.into(jpeg_head(40, 30))).taken), "2026-05-10T09:30:00+09:00");
}

TEST(Exif, NonsenseIsNothing) {
  ExifSample s(false);
  s.latitude[1] = 0;
  s.taken = "2026:02:30 09:30:00";
  PhotoFacts f = read_exif(s.into(jpeg_head(40, 30)));
  EXPECT_FALSE(f.latitude || f.longitude || f.taken);
  s.latitude[1] = 1;
  s.latitude[0] = 91;
  EXPECT_FALSE(read_exif(s.into(jpeg_head(40, 30))).latitude);
  s.latitude[0] = 34;
  s.north_south = "X";
  EXPECT_FALSE(read_exif(s.into(jpeg_head(40, 30))).latitude);
  EXPECT_FALSE(read_exif(png_head(1, 1)).taken);
  EXPECT_FALSE(read_exif("").taken);
  EXPECT_EQ(exif_orientation(jpeg_head(1, 1)), 1);
  for (int o = 1; o <= 8; ++o) {
    s.orientation = o;
    EXPECT_EQ(exif_orientation(s.into(jpeg_head(1, 1))), o);
  }
  s.orientation = 9;
  EXPECT_EQ(exif_orientation(s.into(jpeg_head(1, 1))), 1);
}

TEST(Exif, EveryCutAndEveryFlippedByteIsSafe) {
  for (bool big : {false, true}) {
    const std::string whole = ExifSample(big).into(jpeg_head(40, 30));
    for (std::size_t n = 0; n < whole.size(); ++n) (void)read_exif(std::string(whole.substr(0, n)));
    for (std::size_t n = 0; n < whole.size(); ++n)
      for (int value : {0, 1, 0x7f, 0xff}) {
        std::string broken = whole;
        broken[n] = static_cast<char>(value);
        (void)read_exif(broken);
        (void)exif_orientation(broken);
      }
  }
}

}  // namespace
}  // namespace machiya::blobs
