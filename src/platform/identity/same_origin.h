// Does a request come from a page of this site? (Fetch Metadata; RFC 6454 §7.) Pure.
#pragma once
#include <cstdint>

#include "platform/http/http.h"

namespace machiya::identity {

enum class Origin : std::uint8_t {
  ours,      ///< the browser says so: a page of another site cannot make it say that
  unstated,  ///< no header tells (old browsers, programs): the token decides alone
  foreign
};
Origin origin_of(const http::Request& request);

}  // namespace machiya::identity
