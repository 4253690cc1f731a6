// The two kinds of untrusted addresses of a log-in: where to mail the code, and where to go afterwards. Pure.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::identity {

/// Width-folded, trimmed, lower case; one form for one mailbox. invalid_input (where "email") for what cannot be an
/// address (RFC 5321 §4.1.2 without quoted local parts; 254 bytes at most).
Result<std::string> normal_email(std::string_view text);

/// `text` when it is a path of this site ("/cases/1?page=2"), else "/". Never another host: no scheme, no "//",
/// no backslash, no control character.
std::string local_path(std::string_view text);

}  // namespace machiya::identity
