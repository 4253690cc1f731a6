#include "sense/v2/names.h"

#include <algorithm>

#include "base/text.h"
#include "sense/entities/read.h"
#include "sense/entities/words.h"

namespace machiya::sense::ngsiv2 {
namespace {

constexpr std::size_t kLongest = 256;
constexpr std::string_view kHex = "0123456789ABCDEF";
// Members of entities and of attributes that are no attributes in NGSI-LD.
constexpr std::string_view kHeads[] = {"id", "type", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt"};

bool is_address(std::string_view name) { return name.starts_with("http://") || name.starts_with("https://") || name.starts_with("urn:"); }

bool must_encode(char c, bool first) {
  const auto u = static_cast<unsigned char>(c);
  return u <= 0x20 || u == 0x7f || std::string_view("%<>\"{}|\\^`").find(c) != std::string_view::npos || (first && c == '@');
}

std::string encoded(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (must_encode(c, out.empty())) {
      out += '%', out += kHex[static_cast<unsigned char>(c) >> 4], out += kHex[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  return out;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t high = text[i] == '%' && i + 2 < text.size() ? kHex.find(text[i + 1]) : std::string_view::npos;
    const std::size_t low = high != std::string_view::npos ? kHex.find(text[i + 2]) : std::string_view::npos;
    if (low != std::string_view::npos) {
      out += static_cast<char>(high * 16 + low), i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string NameMap::iri(std::string_view name) const {
  if (is_address(name)) return std::string(name);
  const bool taken = is_own_member(name) || sense::detail::is_reserved(name) || std::ranges::find(kHeads, name) != std::end(kHeads);
  if (!taken) {
    tree::Arena scratch;
    const std::string out(terms_->expand_term(name, scratch));
    if (!out.empty() && out.front() != '@' && this->name(out) == name) return out;
  }
  return std::string(kDefaultVocab) + encoded(name);
}

std::string NameMap::name(std::string_view iri) const {
  if (iri.starts_with(kDefaultVocab)) {
    const std::string_view rest = iri.substr(kDefaultVocab.size());
    std::string plain = decoded(rest);
    return encoded(plain) == rest ? plain : std::string(rest);
  }
  tree::Arena scratch;
  const std::string_view term = terms_->compact_iri(iri, scratch);
  return std::string(terms_->expand_term(term, scratch) == iri ? term : iri);
}

Result<void> check_field(std::string_view text, std::string_view what) {
  const auto bad = [](std::string why) { return Error(ErrorCode::invalid_input, std::move(why)); };
  if (text.empty()) return bad(std::string(what) + " length: 0, min length supported: 1");
  if (!is_utf8(text)) return bad("Invalid characters in " + std::string(what));
  if (const std::size_t n = count_code_points(text); n > kLongest) return bad(std::string(what) + " length: " + std::to_string(n) + ", max length supported: 256");
  const bool address = text.starts_with("http://") || text.starts_with("https://");
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    const bool forbidden = u <= 0x20 || u == 0x7f || std::string_view("&?<>\"'=;()").find(c) != std::string_view::npos || (!address && (c == '/' || c == '#'));
    if (forbidden) return bad("Invalid characters in " + std::string(what));
  }
  return {};
}

bool has_forbidden(std::string_view text) { return text.find_first_of("<>\"'=;()") != std::string_view::npos; }

bool has_forbidden(const tree::Value& value) {
  if (value.is_string()) return has_forbidden(value.text());
  for (const tree::Value& item : value.items())
    if (has_forbidden(item)) return true;
  return std::ranges::any_of(value.members(), [](const tree::Member& m) { return has_forbidden(m.key) || has_forbidden(m.value); });
}

}  // namespace machiya::sense::ngsiv2
