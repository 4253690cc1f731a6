#include "tell/bulletins/read_cap.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/text.h"
#include "tell/bulletins/cap_tree.h"

namespace machiya::bulletins {
namespace {

constexpr std::string_view kCap12 = "urn:oasis:names:tc:emergency:cap:1.2";
constexpr std::string_view kSignatures = "http://www.w3.org/2000/09/xmldsig#";

Error bad(std::string detail, std::string where) { return Error(ErrorCode::invalid_input, std::move(detail), std::move(where)); }

/// How often an element may stand, in the schema's order.
struct Slot {
  std::string_view name;
  bool required, many;
};
constexpr Slot kAlert[] = {{"identifier", true, false}, {"sender", true, false}, {"sent", true, false}, {"status", true, false}, {"msgType", true, false},
                           {"source", false, false}, {"scope", true, false}, {"restriction", false, false}, {"addresses", false, false}, {"code", false, true},
                           {"note", false, false}, {"references", false, false}, {"incidents", false, false}, {"info", false, true}};
constexpr Slot kInfo[] = {{"language", false, false}, {"category", true, true}, {"event", true, false}, {"responseType", false, true}, {"urgency", true, false},
                          {"severity", true, false}, {"certainty", true, false}, {"audience", false, false}, {"eventCode", false, true}, {"effective", false, false},
                          {"onset", false, false}, {"expires", false, false}, {"senderName", false, false}, {"headline", false, false}, {"description", false, false},
                          {"instruction", false, false}, {"web", false, false}, {"contact", false, false}, {"parameter", false, true}, {"resource", false, true}, {"area", false, true}};
constexpr Slot kArea[] = {{"areaDesc", true, false}, {"polygon", false, true}, {"circle", false, true}, {"geocode", false, true}, {"altitude", false, false}, {"ceiling", false, false}};
constexpr Slot kResource[] = {{"resourceDesc", true, false}, {"mimeType", true, false}, {"size", false, false}, {"uri", false, false}, {"derefUri", false, false}, {"digest", false, false}};
constexpr Slot kPair[] = {{"valueName", true, false}, {"value", true, false}};

std::string at(const std::string& where, std::string_view name) { return where.empty() ? std::string(name) : where + "/" + std::string(name); }

/// Children in the schema's order and number, all of CAP's namespace; `rest` says what may follow of another one.
Result<void> check_shape(const CapNode& node, const Slot* slots, std::size_t count, const std::string& where, bool signatures = false) {
  std::size_t slot = 0;
  std::vector<std::size_t> seen(count, 0);
  bool signed_part = false;
  for (const CapNode& child : node.children) {
    if (signatures && child.space == kSignatures) { signed_part = true; continue; }
    if (child.space != kCap12) return bad("an element of another namespace", at(where, child.name));
    if (signed_part) return bad("behind the signature", at(where, child.name));
    std::size_t found = slot;
    while (found < count && slots[found].name != child.name) ++found;
    if (found == count) {
      const bool known = std::any_of(slots, slots + count, [&](const Slot& s) { return s.name == child.name; });
      return bad(known ? "out of order" : "no element of CAP 1.2 at this place", at(where, child.name));
    }
    slot = found;
    if (++seen[found] > 1 && !slots[found].many) return bad("more than once", at(where, child.name));
  }
  for (std::size_t i = 0; i < count; ++i)
    if (slots[i].required && seen[i] == 0) return bad("missing", at(where, slots[i].name));
  if (!trim(node.text).empty()) return bad("text between elements", where);
  return {};
}

/// Text of an element without children.
Result<std::string> text_of(const CapNode& node, const std::string& where) {
  if (!node.children.empty()) return bad("elements inside", where);
  return node.text;
}

Result<std::string> token_of(const CapNode& node, const std::string& where) {
  MACHIYA_TRY(std::string text, text_of(node, where));
  if (text.empty() || text.find_first_of(" \t\r\n,<&") != std::string::npos) return bad("empty, or with space, comma, '<' or '&'", where);
  return text;
}

/// "2026-06-03T14:30:00+09:00": seconds, no fraction, an offset in digits ("-00:00" for UTC, never "Z"; §3.3.2).
Result<Instant> time_of(std::string_view text, const std::string& where) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00+00:00";
  bool fits = text.size() == kForm.size();
  for (std::size_t i = 0; fits && i < kForm.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    fits = kForm[i] == '0' ? digit : kForm[i] == '+' ? text[i] == '+' || text[i] == '-' : text[i] == kForm[i];
  }
  const auto parsed = fits ? parse_rfc3339(text) : std::nullopt;
  if (!parsed) return bad("no date-time with seconds and an offset in digits", where);
  return *parsed;
}
Result<Instant> time_of(const CapNode& node, const std::string& where) {
  MACHIYA_TRY(const std::string text, text_of(node, where));
  return time_of(std::string_view(text), where);
}

template <class T>
Result<T> choice(const CapNode& node, int count, const std::string& where) {
  for (int i = 0; i < count; ++i)
    if (node.children.empty() && node.text == word(static_cast<T>(i))) return static_cast<T>(i);
  return bad("not one of the standard's words", where);
}

Result<std::string> listed(const CapNode& node, std::initializer_list<std::string_view> words, const std::string& where) {
  for (const std::string_view w : words)
    if (node.children.empty() && node.text == w) return node.text;
  return bad("not one of the standard's words", where);
}

Result<std::pair<std::string, std::string>> pair_of(const CapNode& node, const std::string& where) {
  MACHIYA_CHECK(check_shape(node, kPair, std::size(kPair), where));
  MACHIYA_TRY(std::string name, text_of(node.children[0], at(where, "valueName")));
  MACHIYA_TRY(std::string value, text_of(node.children[1], at(where, "value")));
  return std::pair{std::move(name), std::move(value)};
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n", i);
    if (begin == std::string_view::npos) break;
    i = std::min(text.find_first_of(" \t\r\n", begin), text.size());
    out.push_back(text.substr(begin, i - begin));
  }
  return out;
}

std::optional<double> number(std::string_view text) {
  if (starts_with(text, "+")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<GeoPoint> place(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto lat = number(text.substr(0, comma)), lon = number(text.substr(comma + 1));
  if (!lat || !lon || !(std::abs(*lat) <= 90) || !(std::abs(*lon) <= 180)) return std::nullopt;
  return GeoPoint{*lat, *lon};
}

Result<Ring> polygon_of(std::string_view text, const std::string& where) {
  Ring ring;
  const auto pairs = words_of(text);
  for (const std::string_view pair : pairs) {
    const auto p = place(pair);
    if (!p) return bad("no latitude,longitude", where);
    ring.push_back(*p);
  }
  if (ring.size() < 4) return bad("fewer than four pairs", where);
  if (!(ring.front() == ring.back())) return bad("does not end where it begins", where);
  ring.pop_back();
  return ring;
}

Result<CapCircle> circle_of(std::string_view text, const std::string& where) {
  const auto parts = words_of(text);
  const auto centre = parts.size() == 2 ? place(parts[0]) : std::nullopt;
  const auto radius = parts.size() == 2 ? number(parts[1]) : std::nullopt;
  if (!centre || !radius || !(*radius >= 0)) return bad("no latitude,longitude radius", where);
  return CapCircle{*centre, *radius};
}

Result<CapArea> area_of(const CapNode& node, const std::string& where) {
  MACHIYA_CHECK(check_shape(node, kArea, std::size(kArea), where));
  CapArea out;
  for (const CapNode& child : node.children) {
    const std::string here = at(where, child.name);
    if (child.name == "geocode") {
      MACHIYA_TRY(auto pair, pair_of(child, here));
      out.geocodes.push_back(std::move(pair));
      continue;
    }
    MACHIYA_TRY(const std::string text, text_of(child, here));
    if (child.name == "areaDesc") out.description = text;
    else if (child.name == "polygon") {
      MACHIYA_TRY(Ring ring, polygon_of(text, here));
      out.polygons.push_back(std::move(ring));
    } else if (child.name == "circle") {
      MACHIYA_TRY(const CapCircle circle, circle_of(text, here));
      out.circles.push_back(circle);
    } else if (const auto height = number(trim(text)); !height || *height < 0) {
      return bad("no height in feet", here);
    }
  }
  return out;
}

/// What xs:anyURI asks: a colon before any '/', '?' or '#' ends a scheme, and '%' leads two hexadecimal digits.
bool is_uri(std::string_view text) {
  const std::size_t colon = text.find_first_of(":/?#");
  if (colon != std::string_view::npos && text[colon] == ':') {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const std::string_view scheme = text.substr(0, colon);
    if (scheme.empty() || !letter(scheme[0])) return false;
    if (!std::all_of(scheme.begin(), scheme.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; })) return false;
  }
  for (std::size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1))
    if (i + 2 >= text.size() || text.substr(i + 1, 2).find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) return false;
  return true;
}

Result<void> check_resource(const CapNode& node, const std::string& where) {
  MACHIYA_CHECK(check_shape(node, kResource, std::size(kResource), where));
  for (const CapNode& child : node.children) {
    MACHIYA_TRY(const std::string text, text_of(child, at(where, child.name)));
    if (child.name == "uri" && !is_uri(trim(text))) return bad("no address", at(where, child.name));
    if (child.name != "size") continue;
    const std::string_view digits = trim(text);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return bad("no number of bytes", at(where, child.name));
  }
  return {};
}

/// xs:language: letters, then letters and digits, parted by hyphens, eight at most each.
bool is_language_tag(std::string_view text) {
  bool first = true;
  for (const std::string_view part : split(text, '-')) {
    if (part.empty() || part.size() > 8) return false;
    for (const char c : part)
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (!first && c >= '0' && c <= '9'))) return false;
    first = false;
  }
  return true;
}

Result<bool> info_words(const CapNode& child, CapInfo& out, const std::string& here) {
  if (child.name == "category") {
    MACHIYA_TRY(const Category c, choice<Category>(child, 12, here));
    out.categories.push_back(c);
  } else if (child.name == "responseType") {
    MACHIYA_TRY(const Response r, choice<Response>(child, 9, here));
    out.responses.push_back(r);
  } else if (child.name == "urgency") {
    MACHIYA_TRY(out.urgency, choice<Urgency>(child, 5, here));
  } else if (child.name == "severity") {
    MACHIYA_TRY(out.severity, choice<Severity>(child, 5, here));
  } else if (child.name == "certainty") {
    MACHIYA_TRY(out.certainty, choice<Certainty>(child, 5, here));
  } else {
    return false;
  }
  return true;
}

Result<bool> info_parts(const CapNode& child, CapInfo& out, const std::string& here) {
  if (child.name == "eventCode" || child.name == "parameter") {
    MACHIYA_TRY(auto pair, pair_of(child, here));
    (child.name == "eventCode" ? out.event_codes : out.parameters).push_back(std::move(pair));
  } else if (child.name == "effective" || child.name == "onset" || child.name == "expires") {
    MACHIYA_TRY(const Instant t, time_of(child, here));
    (child.name == "effective" ? out.effective : child.name == "onset" ? out.onset : out.expires) = t;
  } else if (child.name == "resource") {
    MACHIYA_CHECK(check_resource(child, here));
  } else if (child.name == "area") {
    MACHIYA_TRY(CapArea area, area_of(child, here));
    out.areas.push_back(std::move(area));
  } else {
    return false;
  }
  return true;
}

Result<CapInfo> info_of(const CapNode& node, const std::string& where) {
  MACHIYA_CHECK(check_shape(node, kInfo, std::size(kInfo), where));
  CapInfo out;
  const std::pair<std::string_view, std::string*> texts[] = {{"event", &out.event}, {"audience", &out.audience}, {"senderName", &out.sender_name}, {"headline", &out.headline},
                                                             {"description", &out.description}, {"instruction", &out.instruction}, {"web", &out.web}, {"contact", &out.contact}};
  std::size_t areas = 0;
  for (const CapNode& child : node.children) {
    const std::string here = at(where, child.name) + (child.name == "area" ? "/" + std::to_string(++areas) : "");
    MACHIYA_TRY(const bool as_word, info_words(child, out, here));
    if (as_word) continue;
    MACHIYA_TRY(const bool as_part, info_parts(child, out, here));
    if (as_part) continue;
    MACHIYA_TRY(const std::string text, text_of(child, here));
    if (child.name == "language") {
      if (trim(text).empty()) continue;   // the schema's default
      out.language = std::string(trim(text));
      if (!is_language_tag(out.language)) return bad("no language tag", here);
    }
    if (child.name == "web" && !is_uri(trim(text))) return bad("no address", here);
    for (const auto& [name, target] : texts)
      if (child.name == name) *target = text;
  }
  return out;
}

Result<std::vector<Reference>> references_of(std::string_view text, const std::string& where) {
  std::vector<Reference> out;
  const auto parts = words_of(text);
  for (const std::string_view part : parts) {
    const auto fields = split(part, ',');
    if (fields.size() != 3 || fields[0].empty() || fields[1].empty() || part.find_first_of("<&") != std::string_view::npos)
      return bad("not sender,identifier,sent", where);
    MACHIYA_TRY(const Instant sent, time_of(fields[2], where));
    out.push_back({std::string(fields[0]), std::string(fields[1]), sent});
  }
  if (out.empty()) return bad("refers to nothing", where);
  return out;
}

Result<void> head_of(const CapNode& child, CapAlert& out) {
  const std::string& name = child.name;
  if (name == "identifier") { MACHIYA_TRY(out.identifier, token_of(child, name)); }
  else if (name == "sender") { MACHIYA_TRY(out.sender, token_of(child, name)); }
  else if (name == "sent") { MACHIYA_TRY(out.sent, time_of(child, name)); }
  else if (name == "status") { MACHIYA_TRY(out.status, listed(child, {"Actual", "Exercise", "System", "Test", "Draft"}, name)); }
  else if (name == "msgType") { MACHIYA_TRY(out.message_type, listed(child, {"Alert", "Update", "Cancel", "Ack", "Error"}, name)); }
  else if (name == "scope") { MACHIYA_TRY(out.scope, listed(child, {"Public", "Restricted", "Private"}, name)); }
  else {
    MACHIYA_TRY(std::string text, text_of(child, name));
    if (name == "references") { MACHIYA_TRY(out.references, references_of(text, name)); }
    else if (name == "code") out.codes.push_back(std::move(text));
    else (name == "source" ? out.source : name == "restriction" ? out.restriction : name == "addresses" ? out.addresses : name == "note" ? out.note : out.incidents) = std::move(text);
  }
  return {};
}

Result<void> check_head(const CapAlert& alert) {
  if (alert.message_type != "Alert" && alert.references.empty()) return bad("missing for " + alert.message_type, "references");
  if (alert.scope == "Restricted" && trim(alert.restriction).empty()) return bad("missing for a restricted scope", "restriction");
  if (alert.scope == "Private" && trim(alert.addresses).empty()) return bad("missing for a private scope", "addresses");
  return {};
}

}  // namespace

Result<CapAlert> read_cap(std::string_view bytes) {
  MACHIYA_TRY(const CapNode root, cap_tree(bytes));
  if (root.name != "alert") return bad("not an alert", root.name);
  if (root.space != kCap12) return bad("namespace " + root.space + " is not CAP 1.2", "alert");
  MACHIYA_CHECK(check_shape(root, kAlert, std::size(kAlert), "", true));
  CapAlert out;
  for (const CapNode& child : root.children) {
    if (child.space == kSignatures) out.signature = true;
    else if (child.name == "info") {
      MACHIYA_TRY(CapInfo info, info_of(child, "info/" + std::to_string(out.infos.size() + 1)));
      out.infos.push_back(std::move(info));
    } else {
      MACHIYA_CHECK(head_of(child, out));
    }
  }
  MACHIYA_CHECK(check_head(out));
  return out;
}

}  // namespace machiya::bulletins
