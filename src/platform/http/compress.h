// Content codings of answers (RFC 9110 §8.4): brotli and gzip.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace machiya::http {

enum class Coding { identity, gzip, brotli };
std::string_view coding_name(Coding c);

inline constexpr std::size_t kMinCompressed = 1024;             ///< smaller bodies fit a packet anyway
inline constexpr std::size_t kMaxCompressed = 8 * 1024 * 1024;  ///< larger ones would hold a worker too long

/// What the client likes best of what we have; brotli before gzip at equal weight (RFC 9110 §12.5.3).
Coding choose_coding(std::string_view accept_encoding);
/// Text types, JSON, XML, SVG, JavaScript; never event streams.
bool is_compressible(std::string_view content_type);
/// The coded body, or nothing when it would not be smaller.
std::optional<std::string> compress(Coding coding, std::string_view body);

}  // namespace machiya::http
