// Names of the cookies that are this host's alone.
#pragma once
#include <string>
#include <string_view>

namespace machiya::http {

/// Binds a cookie to this host, to TLS and to the path "/" (RFC 6265bis §4.1.3.2).
inline constexpr std::string_view kHostPrefix = "__Host-";
/// The name under which a cookie goes: with the prefix over TLS ("secure"); without TLS bare, as browsers would refuse it. Pure.
inline std::string host_cookie(bool secure, std::string_view name) { return std::string(secure ? kHostPrefix : "").append(name); }

}  // namespace machiya::http
