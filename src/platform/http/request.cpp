#include <algorithm>
#include <array>

#include "base/text.h"
#include "platform/http/http.h"

namespace machiya::http {
namespace {
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::optional<std::string_view> find_pair(const Pairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return std::string_view(value);
  return std::nullopt;
}

/// The weight (0…1000) that an Accept header gives to a media type; the most specific range counts (RFC 9110 §12.5.1).
int accept_weight(std::string_view accept, std::string_view type, std::string_view subtype) {
  int best_rank = 0, best = 0;
  for (std::string_view item : split(accept, ',')) {
    const auto parts = split(item, ';');
    const std::string range = lower_ascii(trim(parts[0]));
    const std::string exact = std::string(type) + '/' + std::string(subtype);
    const int rank = range == exact ? 3 : range == std::string(type) + "/*" ? 2 : range == "*/*" ? 1 : 0;
    if (rank <= best_rank) continue;
    int weight = 1000;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::string_view p = trim(parts[i]);
      if (p.size() < 3 || (p[0] != 'q' && p[0] != 'Q') || p[1] != '=') continue;
      weight = p[2] == '1' ? 1000 : 0;
      int scale = 100;
      for (std::size_t k = 4; k < p.size() && scale > 0 && weight < 1000 && p[k] >= '0' && p[k] <= '9'; ++k, scale /= 10)
        weight += (p[k] - '0') * scale;
    }
    best_rank = rank;
    best = weight;
  }
  return best;
}
}  // namespace

std::string_view method_name(Method m) {
  static constexpr std::array<std::string_view, 7> names = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return names[static_cast<std::size_t>(m)];
}

std::string_view Request::header(std::string_view name) const { return find_pair(headers, name).value_or(std::string_view()); }
std::string_view Request::param(std::string_view name) const { return find_pair(params, name).value_or(std::string_view()); }
std::optional<std::string_view> Request::query(std::string_view name) const { return find_pair(query_pairs, name); }
std::optional<std::string_view> Request::form(std::string_view name) const { return find_pair(form_pairs, name); }

std::string_view Request::cookie(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key != "cookie") continue;
    for (std::string_view item : split(value, ';')) {
      item = trim(item);
      const std::size_t eq = item.find('=');
      if (eq == std::string_view::npos || item.substr(0, eq) != name) continue;
      item.remove_prefix(eq + 1);
      if (item.size() >= 2 && item.front() == '"' && item.back() == '"') item = item.substr(1, item.size() - 2);
      return item;
    }
  }
  return {};
}

bool Request::wants_json() const {
  const std::string_view accept = header("accept");
  if (accept.empty()) return false;
  const int as_json = std::max(accept_weight(accept, "application", "json"), accept_weight(accept, "application", "problem+json"));
  return as_json > accept_weight(accept, "text", "html");
}

bool Request::wants_fragment() const { return header("x-fragment") == "1"; }

Pairs parse_query(std::string_view text) {
  Pairs out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (item.empty()) continue;
    const std::size_t eq = std::min(item.find('='), item.size());
    out.emplace_back(decode(item.substr(0, eq), true), decode(item.substr(std::min(eq + 1, item.size())), true));
  }
  return out;
}

std::string url_decode(std::string_view text) { return decode(text, true); }

std::string url_encode(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~') {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += digits[c >> 4];
      out += digits[c & 15];
    }
  }
  return out;
}

}  // namespace machiya::http
