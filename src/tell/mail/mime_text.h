// Texts inside mails: charsets, encoded words in folded header lines (RFC 2047), transfer encodings (RFC 2045), dates. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "tell/mail/domain_rules.h"

namespace machiya::tell {

/// "UTF-8", "ISO-2022-JP".
std::string_view charset_name(Charset charset);

/// The text in ISO-2022-JP (RFC 1468), in ASCII again at the end; nothing when a character of it does not exist there (emoji, ①, 髙, ｱ). Characters
/// that Windows and JIS number differently but draw alike (～ － ∥ ― ￠ ￡ ￢) are taken for each other.
std::optional<std::string> to_iso_2022_jp(std::string_view text);

/// Every character exists in the charset.
bool can_say(Charset charset, std::string_view text);

/// "Name: value" with CRLF. ASCII that fits stays as it is, folded at spaces; everything else becomes encoded words of at most 75 characters in lines
/// of at most 76, each holding whole characters. Control characters become spaces: no value can begin a second header. `text` must be sayable.
std::string header_line(std::string_view name, std::string_view text, Charset charset);
/// A display name for the front of an address: quoted, or encoded words; "" stays "".
std::string display_name(std::string_view text, Charset charset, std::size_t column);

/// base64 in lines of 76 characters with CRLF.
std::string base64_lines(std::string_view bytes);

/// "Mon, 21 Sep 2026 23:13:20 +0900" (RFC 5322 §3.3).
std::string mail_date(Instant when);

/// Lines ending in CRLF, whatever they ended in; other control characters but tab are dropped.
std::string crlf_lines(std::string_view text);
/// No line is longer than `most`, everything is ASCII.
bool is_plain_ascii(std::string_view text, std::size_t most);

}  // namespace machiya::tell
