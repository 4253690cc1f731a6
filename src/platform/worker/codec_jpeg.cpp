#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>
#include <jerror.h>

#include "platform/worker/codecs.h"

namespace machiya::worker {
namespace {
constexpr int kQuality = 85;
constexpr int kMostScans = 100;   // of a progressive file: an honest one has about ten

struct Trap {
  jpeg_error_mgr manager;
  std::jmp_buf back;
  bool cut_off = false;
};
Trap& trap_of(j_common_ptr info) { return *reinterpret_cast<Trap*>(info->err); }
[[noreturn]] void on_error(j_common_ptr info) { std::longjmp(trap_of(info).back, 1); }
void on_message(j_common_ptr info, int level) {
  if (level < 0 && (info->err->msg_code == JWRN_JPEG_EOF || info->err->msg_code == JWRN_HIT_MARKER)) trap_of(info).cut_off = true;
}
void no_text(j_common_ptr) {}
void on_progress(j_common_ptr info) {
  if (info->is_decompressor && reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMostScans) on_error(info);
}
jpeg_error_mgr* set_trap(Trap& trap) {
  jpeg_std_error(&trap.manager);
  trap.manager.error_exit = on_error;
  trap.manager.emit_message = on_message;
  trap.manager.output_message = no_text;
  return &trap.manager;
}

/// Adobe writes CMYK inverted; libjpeg gives it as it stands.
void from_cmyk(const std::vector<std::uint8_t>& row, std::uint8_t* out, int width) {
  for (int x = 0; x < width; ++x)
    for (int k = 0; k < 3; ++k)
      out[x * 3 + k] = static_cast<std::uint8_t>(row[static_cast<std::size_t>(x * 4 + k)] * row[static_cast<std::size_t>(x * 4 + 3)] / 255);
}

enum class Outcome { fine, broken, too_large };

/// Between setjmp and longjmp nothing with a destructor may be created: `out` and `row` belong to the caller.
Outcome decode_into(std::string_view content, std::uint64_t max_pixels, Trap& trap, Pixels& out, std::vector<std::uint8_t>& row) {
  jpeg_decompress_struct info{};
  jpeg_progress_mgr progress{};
  info.err = set_trap(trap);
  if (setjmp(trap.back)) {
    jpeg_destroy_decompress(&info);
    return Outcome::broken;
  }
  jpeg_create_decompress(&info);
  progress.progress_monitor = on_progress;
  info.progress = &progress;
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(content.data()), content.size());
  jpeg_read_header(&info, TRUE);
  if (std::uint64_t{info.image_width} * info.image_height > max_pixels) {
    jpeg_destroy_decompress(&info);
    return Outcome::too_large;
  }
  const bool cmyk = info.num_components == 4;
  info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&info);
  out.width = static_cast<int>(info.output_width);
  out.height = static_cast<int>(info.output_height);
  out.data.resize(static_cast<std::size_t>(out.height) * out.stride());
  if (cmyk) row.resize(static_cast<std::size_t>(out.width) * 4);
  while (info.output_scanline < info.output_height) {
    std::uint8_t* target = &out.data[info.output_scanline * out.stride()];
    JSAMPROW rows[1] = {cmyk ? row.data() : target};
    if (jpeg_read_scanlines(&info, rows, 1) == 1 && cmyk) from_cmyk(row, target, out.width);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return trap.cut_off ? Outcome::broken : Outcome::fine;
}

bool encode_into(const Pixels& picture, Trap& trap, unsigned char** buffer, unsigned long* size) {
  jpeg_compress_struct info{};
  info.err = set_trap(trap);
  if (setjmp(trap.back)) {
    jpeg_destroy_compress(&info);
    return false;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, buffer, size);
  info.image_width = static_cast<JDIMENSION>(picture.width);
  info.image_height = static_cast<JDIMENSION>(picture.height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, kQuality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW rows[1] = {const_cast<JSAMPROW>(&picture.data[info.next_scanline * picture.stride()])};
    jpeg_write_scanlines(&info, rows, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  return true;
}
}  // namespace

Result<Pixels> decode_jpeg(std::string_view content, std::uint64_t max_pixels) {
  Trap trap;
  Pixels out;
  std::vector<std::uint8_t> row;
  switch (decode_into(content, max_pixels, trap, out, row)) {
    case Outcome::fine: return out;
    case Outcome::too_large: return Error(ErrorCode::too_large, "too many pixels");
    case Outcome::broken: break;
  }
  return Error(ErrorCode::invalid_input, "the JPEG is broken or cut off");
}

Result<std::string> encode_jpeg(const Pixels& picture) {
  MACHIYA_ASSERT(picture.channels == 3);
  Trap trap;
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  const bool ok = encode_into(picture, trap, &buffer, &size);
  std::string out;
  if (ok) out.assign(reinterpret_cast<const char*>(buffer), size);
  std::free(buffer);
  if (!ok) return Error(ErrorCode::invalid_input, "the picture cannot be written as JPEG");
  return out;
}

}  // namespace machiya::worker
