// What blobs need from outside: somebody who decodes untrusted pictures far away from this process (platform/worker).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::blobs {

/// A picture decoded and encoded anew: nothing of the original bytes is left, and no metadata.
struct RenderedImage {
  std::string type;       ///< "image/jpeg" …
  std::string content;
  std::string thumbnail;  ///< JPEG
  int width = 0;
  int height = 0;
};

class ImageRenderer {
 public:
  virtual ~ImageRenderer() = default;
  /// invalid_input, unsupported_type, too_large: the picture's own fault, do not try again. Any other error (a crash, a
  /// time-out) is worth another try. Thread-safe; blocks.
  virtual Result<RenderedImage> render(std::string_view content, std::string_view type, std::uint64_t max_pixels) = 0;
};

/// Makes a document anew from what its pages show (platform/worker).
class DocumentCleaner {
 public:
  virtual ~DocumentCleaner() = default;
  /// The new PDF. Errors as those of ImageRenderer::render(). Thread-safe; blocks.
  virtual Result<std::string> clean(std::string_view content) = 0;
};

/// What a scanner says of one upload.
struct Verdict {
  bool infected = false;
  std::string name;   ///< of what was found, in the scanner's words
};

/// Looks at every upload before it is kept (clamd.h).
class Scanner {
 public:
  virtual ~Scanner() = default;
  /// `unavailable` when there is no verdict. Thread-safe; blocks.
  virtual Result<Verdict> scan(std::string_view content) = 0;
};

}  // namespace machiya::blobs
