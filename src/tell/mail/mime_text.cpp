#include "tell/mail/mime_text.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"
#include "platform/vault/vault.h"

namespace machiya::tell {
namespace {
constexpr std::size_t kLongestWord = 75, kLongestLine = 76;   // RFC 2047 §2
constexpr std::size_t kAroundWord = 7;                        // two "=?" and "?=", "B" and its question marks
constexpr std::size_t kBase64Line = 57;                       // bytes that make 76 characters (RFC 2045 §6.8)

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }
bool is_ascii(std::string_view text) { return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }); }

struct Closer {
  void operator()(void* handle) const { ::iconv_close(handle); }
};
using Converter = std::unique_ptr<void, Closer>;

/// What JIS X 0208 draws and Windows numbers otherwise.
std::string with_jis_numbers(std::string_view text) {
  static constexpr std::array<std::array<char32_t, 2>, 9> kAlike = {{{0xff5e, 0x301c}, {0xff0d, 0x2212}, {0x2225, 0x2016}, {0x2014, 0x2015}, {0xffe0, 0xa2}, {0xffe1, 0xa3}, {0xffe2, 0xac}, {0xffe3, 0x203e}, {0xa0, ' '}}};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    char32_t c = next_code_point(text, at);
    for (const auto& [windows, jis] : kAlike)
      if (c == windows) c = jis;
    append_utf8(c, out);
  }
  return out;
}

std::string as_bytes(std::string_view text, Charset charset) { return charset == Charset::utf8 ? std::string(text) : to_iso_2022_jp(text).value_or(std::string()); }

std::size_t word_size(std::string_view chunk, Charset charset) {
  const std::size_t bytes = charset == Charset::utf8 ? chunk.size() : as_bytes(chunk, charset).size();
  return kAroundWord + charset_name(charset).size() + 4 * ((bytes + 2) / 3);
}

/// Encoded words, the first beginning at `column` of its line.
std::string encoded_words(std::string_view text, Charset charset, std::size_t column) {
  std::string out;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t room = std::min(kLongestWord, kLongestLine - std::min(column, kLongestLine));
    std::size_t end = from;
    for (std::size_t next = from; next < text.size();) {
      next_code_point(text, next);
      if (word_size(text.substr(from, next - from), charset) > room) break;
      end = next;
    }
    if (end > from) {
      out.append("=?").append(charset_name(charset)).append("?B?").append(vault::base64(as_bytes(text.substr(from, end - from), charset))).append("?=");
      from = end;
    }
    if (from < text.size()) out += "\r\n ";
    column = 1;
  }
  return out;
}

std::string without_controls(std::string_view text) {
  std::string out(text);
  std::replace_if(out.begin(), out.end(), is_control, ' ');
  return out;
}
/// Words of ASCII in lines of at most 76; "" when a word alone is longer or looks like an encoded one.
std::string folded_ascii(std::string_view text, std::size_t column) {
  std::string out;
  if (text.find("=?") != std::string_view::npos || text.find("  ") != std::string_view::npos || text != trim(text)) return {};
  for (const std::string_view word : split(text, ' ')) {
    if (!out.empty() && column + 1 + word.size() > kLongestLine) {
      out += "\r\n ";
      column = 1 + word.size();
    } else {
      if (!out.empty()) out += ' ';
      column += word.size() + 1;
    }
    if (column > kLongestLine + 1) return {};
    out += word;
  }
  return out;
}
}  // namespace

std::string_view charset_name(Charset charset) { return charset == Charset::utf8 ? "UTF-8" : "ISO-2022-JP"; }

std::optional<std::string> to_iso_2022_jp(std::string_view text) {
  const std::string prepared = with_jis_numbers(text);
  const Converter converter(::iconv_open("ISO-2022-JP", "UTF-8"));
  if (converter.get() == reinterpret_cast<void*>(-1)) return std::nullopt;
  // Three bytes of UTF-8 become at most three of text and two escapes of three.
  std::string out(prepared.size() * 3 + 16, '\0');
  char* in = const_cast<char*>(prepared.data());
  char* to = out.data();
  std::size_t in_left = prepared.size(), out_left = out.size();
  if (::iconv(converter.get(), &in, &in_left, &to, &out_left) != 0 || ::iconv(converter.get(), nullptr, nullptr, &to, &out_left) != 0) return std::nullopt;
  out.resize(out.size() - out_left);
  return out;
}

bool can_say(Charset charset, std::string_view text) { return charset == Charset::utf8 || to_iso_2022_jp(text).has_value(); }

std::string header_line(std::string_view name, std::string_view given, Charset charset) {
  const std::string text = without_controls(given);
  std::string out(name);
  out += ": ";
  const std::string folded = is_ascii(text) ? folded_ascii(text, out.size()) : std::string();
  return out + (folded.empty() && !text.empty() ? encoded_words(text, charset, out.size()) : folded) + "\r\n";
}

std::string display_name(std::string_view given, Charset charset, std::size_t column) {
  const std::string text = without_controls(given);
  if (text.empty()) return {};
  if (!is_ascii(text) || column + text.size() + 2 > kLongestLine) return encoded_words(text, charset, column);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string base64_lines(std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out((bytes.size() + 2) / 3 * 4 + (bytes.size() / kBase64Line + 1) * 2, '\0');
  char* to = out.data();
  const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
  for (std::size_t line = 0; line < bytes.size(); line += kBase64Line) {
    const std::size_t end = std::min(line + kBase64Line, bytes.size());
    std::size_t at = line;
    for (; at + 3 <= end; at += 3) {
      const unsigned bits = static_cast<unsigned>(in[at]) << 16 | static_cast<unsigned>(in[at + 1]) << 8 | in[at + 2];
      *to++ = kAlphabet[bits >> 18];
      *to++ = kAlphabet[bits >> 12 & 63];
      *to++ = kAlphabet[bits >> 6 & 63];
      *to++ = kAlphabet[bits & 63];
    }
    if (at < end) {
      const bool two = end - at == 2;
      const unsigned bits = static_cast<unsigned>(in[at]) << 16 | (two ? static_cast<unsigned>(in[at + 1]) << 8 : 0U);
      *to++ = kAlphabet[bits >> 18];
      *to++ = kAlphabet[bits >> 12 & 63];
      *to++ = two ? kAlphabet[bits >> 6 & 63] : '=';
      *to++ = '=';
    }
    *to++ = '\r';
    *to++ = '\n';
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return out;
}

std::string mail_date(Instant when) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Date date = date_in_japan(when);
  const YearMonthDay day = civil(date);
  return std::string(kDays[weekday(date)]) + ", " + std::to_string(day.day) + ' ' + kMonths[day.month - 1] + ' ' + std::to_string(day.year) + ' ' + to_iso_japan(when).substr(11, 8) + " +0900";
}

std::string crlf_lines(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32 + 2);
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\r' || c == '\n') {
      if (c == '\r' && at + 1 < text.size() && text[at + 1] == '\n') ++at;
      out += "\r\n";
    } else if (!is_control(c) || c == '\t') {
      out += c;
    }
  }
  return out;
}

bool is_plain_ascii(std::string_view text, std::size_t most) {
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t end = std::min(text.find("\r\n", line), text.size());
    if (end - line > most) return false;
    line = end + 2;
  }
  return is_ascii(text);
}

}  // namespace machiya::tell
