// The type of a file by its first bytes; what a browser or a name claims does not count.
#include "platform/blobs/blobs.h"

namespace machiya::blobs {
namespace {
bool begins(std::string_view s, std::string_view with) { return s.substr(0, with.size()) == with; }
}  // namespace

std::string sniff_type(std::string_view head) {
  using namespace std::string_view_literals;
  if (begins(head, "\xff\xd8\xff"sv)) return "image/jpeg";
  if (begins(head, "\x89PNG\r\n\x1a\n"sv)) return "image/png";
  if (begins(head, "RIFF"sv) && head.size() >= 12 && head.substr(8, 4) == "WEBP"sv) return "image/webp";
  // A PDF may hide behind other bytes (readers search 1024 of them); here it must begin at the first.
  if (begins(head, "%PDF-"sv)) return "application/pdf";
  if (begins(head, "GIF87a"sv) || begins(head, "GIF89a"sv)) return "image/gif";
  if (head.size() >= 12 && head.substr(4, 4) == "ftyp"sv) {
    const std::string_view brand = head.substr(8, 4);
    if (brand == "heic"sv || brand == "heix"sv || brand == "mif1"sv || brand == "hevc"sv) return "image/heic";
    if (brand == "avif"sv) return "image/avif";
  }
  return "";
}

}  // namespace machiya::blobs
