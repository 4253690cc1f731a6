#include "platform/identity/same_origin.h"

#include "base/text.h"

namespace machiya::identity {

Origin origin_of(const http::Request& request) {
  const std::string_view site = request.header("sec-fetch-site");
  const std::string_view origin = request.header("origin");
  if (!site.empty() && site != "same-origin" && site != "none") return Origin::foreign;
  if (origin.empty()) return site == "same-origin" ? Origin::ours : Origin::unstated;
  // "null" comes from sandboxed frames, and from our own pages under a strict referrer policy: then only Fetch
  // Metadata can tell them apart.
  if (origin == "null") return site == "same-origin" ? Origin::ours : Origin::foreign;
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return Origin::foreign;
  const std::string_view name = origin.substr(0, scheme);
  if (name != "http" && name != "https") return Origin::foreign;
  if (request.secure && name != "https") return Origin::foreign;
  return lower_ascii(origin.substr(scheme + 3)) == lower_ascii(request.header("host")) ? Origin::ours : Origin::foreign;
}

}  // namespace machiya::identity
