#include "sense/jsonld/iri.h"

#include <algorithm>
#include <array>
#include <vector>

namespace machiya::sense::jsonld {
namespace {

constexpr std::array<std::string_view, kKeywords> kTexts = {
    "", "@base", "@container", "@context", "@direction", "@graph", "@id", "@import", "@included", "@index", "@json", "@language", "@list", "@nest",
    "@none", "@prefix", "@propagate", "@protected", "@reverse", "@set", "@type", "@value", "@version", "@vocab",
};

constexpr bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool scheme_char(char c) { return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; }

/// Bytes of the scheme before its colon; 0 when there is none.
std::size_t scheme_length(std::string_view s) {
  if (s.empty() || !letter(s[0])) return 0;
  std::size_t n = 1;
  while (n < s.size() && scheme_char(s[n])) ++n;
  return n < s.size() && s[n] == ':' ? n : 0;
}

/// The five parts of RFC 3986 §3; presence matters for authority, query and fragment.
struct Parts {
  std::string_view scheme, authority, path, query, fragment;
  bool has_authority = false, has_query = false, has_fragment = false;
};

Parts split(std::string_view s) {
  Parts p;
  if (const std::size_t n = scheme_length(s)) p.scheme = s.substr(0, n), s.remove_prefix(n + 1);
  if (const std::size_t hash = s.find('#'); hash != std::string_view::npos) p.has_fragment = true, p.fragment = s.substr(hash + 1), s = s.substr(0, hash);
  if (const std::size_t mark = s.find('?'); mark != std::string_view::npos) p.has_query = true, p.query = s.substr(mark + 1), s = s.substr(0, mark);
  if (s.substr(0, 2) == "//") {
    s.remove_prefix(2);
    const std::size_t end = std::min(s.find('/'), s.size());
    p.has_authority = true, p.authority = s.substr(0, end), s.remove_prefix(end);
  }
  p.path = s;
  return p;
}

/// §5.2.4.
std::string without_dots(std::string_view in) {
  std::string out;
  auto starts = [&](std::string_view with) { return in.substr(0, with.size()) == with; };
  while (!in.empty()) {
    if (starts("../")) in.remove_prefix(3);
    else if (starts("./")) in.remove_prefix(2);
    else if (starts("/./")) in.remove_prefix(2);
    else if (in == "/.") in = "/";
    else if (starts("/../") || in == "/..") {
      in = in.size() > 3 ? in.substr(3) : std::string_view("/");
      out.resize(out.rfind('/') == std::string::npos ? 0 : out.rfind('/'));
    } else if (in == "." || in == "..") in = {};
    else {
      const std::size_t end = std::min(in.find('/', 1), in.size());
      out += in.substr(0, end), in.remove_prefix(end);
    }
  }
  return out;
}

std::string join(std::string_view scheme, const Parts& of, std::string_view path, const Parts& query_of, const Parts& fragment_of) {
  std::string out(scheme);
  if (!scheme.empty()) out += ':';
  if (of.has_authority) out += "//", out += of.authority;
  out += path;
  if (query_of.has_query) out += '?', out += query_of.query;
  if (fragment_of.has_fragment) out += '#', out += fragment_of.fragment;
  return out;
}

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0;;) {
    const std::size_t slash = path.find('/', at);
    out.push_back(path.substr(at, slash == std::string_view::npos ? slash : slash - at));
    if (slash == std::string_view::npos) return out;
    at = slash + 1;
  }
}

}  // namespace

Keyword keyword_of(std::string_view s) {
  if (s.size() < 3 || s[0] != '@') return Keyword::none;
  for (std::size_t i = 1; i < kTexts.size(); ++i)
    if (kTexts[i] == s) return static_cast<Keyword>(i);
  return Keyword::none;
}

std::string_view keyword_text(Keyword k) { return kTexts[static_cast<std::size_t>(k)]; }

bool looks_like_keyword(std::string_view s) { return s.size() > 1 && s[0] == '@' && std::all_of(s.begin() + 1, s.end(), letter); }

bool is_absolute_iri(std::string_view s) {
  if (scheme_length(s) == 0) return false;
  return std::none_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

std::string resolve_iri(std::string_view base_text, std::string_view reference) {
  const Parts r = split(reference);
  if (!r.scheme.empty()) return join(r.scheme, r, without_dots(r.path), r, r);
  const Parts base = split(base_text);
  if (base.scheme.empty()) return std::string(reference);
  if (r.has_authority) return join(base.scheme, r, without_dots(r.path), r, r);
  if (r.path.empty()) return join(base.scheme, base, base.path, r.has_query ? r : base, r);
  if (r.path[0] == '/') return join(base.scheme, base, without_dots(r.path), r, r);
  std::string merged;
  if (base.has_authority && base.path.empty()) merged = "/";
  else if (const std::size_t slash = base.path.rfind('/'); slash != std::string_view::npos) merged = base.path.substr(0, slash + 1);
  merged += r.path;
  return join(base.scheme, base, without_dots(merged), r, r);
}

std::string relative_iri(std::string_view base_text, std::string_view iri) {
  const Parts base = split(base_text), to = split(iri);
  if (base.scheme.empty() || base.scheme != to.scheme || base.has_authority != to.has_authority || base.authority != to.authority) return std::string(iri);
  const std::string base_path = without_dots(base.path), to_path = without_dots(to.path);
  const auto from = segments(base_path), into = segments(to_path);
  const std::size_t keep = to.has_query || to.has_fragment ? 0 : 1;
  std::size_t same = 0;
  while (same < from.size() && same + keep < into.size() && from[same] == into[same]) ++same;
  std::string path;
  for (std::size_t i = same + 1; i < from.size(); ++i) path += "../";
  for (std::size_t i = same; i < into.size(); ++i) {
    if (i > same) path += '/';
    path += into[i];
  }
  Parts out = to;
  out.has_authority = false;
  // A first segment with a colon would read as a scheme (RFC 3986 §4.2), a keyword-like one as a keyword.
  const std::string_view first = std::string_view(path).substr(0, path.find('/'));
  if (first.find(':') != std::string_view::npos || looks_like_keyword(first)) path.insert(0, "./");
  std::string text = join({}, out, path, out, out);
  return text.empty() ? "./" : text;
}

}  // namespace machiya::sense::jsonld
