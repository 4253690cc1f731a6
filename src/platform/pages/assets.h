// Static files of the pages: styles, scripts and the vendor files made at build time, held in memory and served under
// /static/<hash of their folder>/…, so that a browser may keep them for a year and relative imports still work.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace machiya::pages {

/// The policy every page is served with: no inline script or style, nothing from other hosts. MapLibre needs a worker
/// of our own origin and images made in the page (blob:, data:). Scripts carry it too: a worker lives under its own.
inline constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    "worker-src 'self' blob:; manifest-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// What is no page but was opened as one (data, pictures, exports) runs, loads and embeds nothing.
inline constexpr std::string_view kDataSecurityPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";
/// Browsers show a PDF in a viewer of their own, which a sandbox would keep shut.
inline constexpr std::string_view kPdfSecurityPolicy = "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct Asset {
  std::string content_type;
  std::string body;
};

/// Immutable after loading; thread-safe.
class Assets {
 public:
  /// Each pair is a name and a folder: {"styles", "web/styles"} gives styles/machiya.css. A folder that does not
  /// exist is an error. Several folders may share a name (vendor files beside own ones).
  static Result<std::unique_ptr<Assets>> load(const std::vector<std::pair<std::string, std::string>>& folders);
  ~Assets();
  /// "/static/3f2a9c1b7d5e0a46/styles/machiya.css" for "styles/machiya.css".
  std::optional<std::string> url(std::string_view name) const;
  /// The file for the part of the path behind "/static/": "3f…46/styles/machiya.css" (may be kept for ever). nullptr
  /// when unknown; a path with an old hash is unknown too.
  const Asset* find(std::string_view path) const;
  std::vector<std::string> names() const;

 private:
  Assets();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::pages
