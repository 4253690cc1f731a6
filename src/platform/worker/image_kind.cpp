#include "platform/worker/image_kind.h"

#include "platform/blobs/blobs.h"
#include "platform/blobs/exif.h"
#include "platform/worker/codecs.h"
#include "platform/worker/frame.h"

namespace machiya::worker {
namespace {
constexpr int kThumbnailEdge = 320;

Result<Pixels> decode(std::string_view content, std::string_view type, std::uint64_t max_pixels) {
  if (blobs::sniff_type(content) != type) return Error(ErrorCode::invalid_input, "the content is not what it was said to be");
  if (type == "image/png") return decode_png(content, max_pixels);
  if (type == "image/webp") return decode_webp(content, max_pixels);
  if (type != "image/jpeg") return Error(ErrorCode::unsupported_type, "no picture");
  MACHIYA_TRY(Pixels picture, decode_jpeg(content, max_pixels));
  return upright(std::move(picture), blobs::exif_orientation(content));
}

Result<std::string> encode(const Pixels& picture, std::string_view type) {
  if (type == "image/png") return encode_png(picture);
  if (type == "image/webp") return encode_webp(picture);
  return encode_jpeg(picture);
}
}  // namespace

std::string image_request(std::string_view content, std::string_view type, std::uint64_t max_pixels) {
  return FieldWriter().number(max_pixels).text(type).text(content).take();
}

Result<blobs::RenderedImage> read_image_answer(std::string_view body) {
  FieldReader in(body);
  blobs::RenderedImage out;
  out.width = static_cast<int>(in.number());
  out.height = static_cast<int>(in.number());
  out.type = std::string(in.text());
  out.content = std::string(in.text());
  out.thumbnail = std::string(in.text());
  // A worker that was taken over may answer anything: believe only what looks like a picture.
  if (!in.ok() || out.width <= 0 || out.height <= 0 || blobs::sniff_type(out.content) != out.type || blobs::sniff_type(out.thumbnail) != "image/jpeg")
    return Error(ErrorCode::internal, "the worker's answer is no picture");
  return out;
}

Result<std::string> render_image(std::string_view request) {
  FieldReader in(request);
  const std::uint64_t max_pixels = in.number();
  const std::string_view type = in.text();
  const std::string_view content = in.text();
  if (!in.ok()) return Error(ErrorCode::malformed_request, "not a request");
  MACHIYA_TRY(const Pixels picture, decode(content, type, max_pixels));
  MACHIYA_TRY(const std::string encoded, encode(picture, type));
  MACHIYA_TRY(const std::string small, encode_jpeg(thumbnail(picture, kThumbnailEdge)));
  return FieldWriter().number(static_cast<std::uint64_t>(picture.width)).number(static_cast<std::uint64_t>(picture.height))
      .text(type).text(encoded).text(small).take();
}

}  // namespace machiya::worker
