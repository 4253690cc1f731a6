// Detached signatures as the card's client software writes them: CMS SignedData (RFC 5652), also known as PKCS#7, ".p7s".
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::jpki {

inline constexpr std::size_t kMaxCms = 64 * 1024;   ///< bytes of a signature with its certificates

/// Is `cms` (DER) the signature of exactly one person over exactly these bytes, by the certificate that lies in it? Gives that certificate
/// (DER); whether it is to be believed is Verifier's question. Causes: "signature-unreadable", "signature-attached" (it brings its own
/// content), "signature-many", "signature-weak" (a digest below SHA-256), "certificate-missing", "signature-wrong".
Result<std::string> check_detached(std::string_view content, std::string_view cms);

}  // namespace machiya::jpki
