// An alert of others as one of our notices.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/text.h"
#include "platform/locale/locale.h"
#include "tell/bulletins/read_cap.h"

namespace machiya::bulletins {
namespace {

Error not_ours(std::string detail, std::string where) { return Error(ErrorCode::unsupported_type, std::move(detail), std::move(where)); }

/// The house's language for a tag of RFC 3066 / BCP 47; "" for none.
std::string language_of(std::string_view tag) {
  const std::string first = lower_ascii(split(tag, '-').front());
  for (const std::string_view known : {"ja", "en", "zh", "ko", "vi"})
    if (first == known) return locale::negotiate(tag);
  return {};
}

/// Braces would be read as our markup of readings; nothing else of a foreign text is touched.
std::string without_markup(std::string text) {
  for (std::size_t at = text.find_first_of("{}"); at != std::string::npos; at = text.find_first_of("{}", at + 3)) text.replace(at, 1, text[at] == '{' ? "｛" : "｝");
  return text;
}

std::string one_line(std::string_view text) {
  std::string out(trim(text));
  for (char& c : out)
    if (c == '\n' || c == '\r') c = ' ';
  return without_markup(out);
}

/// A circle as a ring: CAP's radius is in km, a degree of latitude about 111.32 km (WGS 84).
Ring ring_of(const CapCircle& circle) {
  Ring out;
  const double lat_span = circle.radius_km / 111.32;
  const double shrink = std::max(0.01, std::cos(circle.centre.lat * std::numbers::pi / 180));
  for (int i = 0; i < 32; ++i) {
    const double angle = 2 * std::numbers::pi * i / 32;
    const GeoPoint p{circle.centre.lat + lat_span * std::sin(angle), circle.centre.lon + lat_span / shrink * std::cos(angle)};
    out.push_back({std::clamp(p.lat, -90.0, 90.0), std::clamp(p.lon, -180.0, 180.0)});
  }
  return out;
}

Area area_of(const CapArea& in, const std::string& lang) {
  Area out;
  const std::string name = one_line(in.description);
  out.names = {{lang, name.empty() ? "-" : name}};
  out.polygons = in.polygons;
  for (const CapCircle& c : in.circles)
    if (c.radius_km > 0) out.polygons.push_back(ring_of(c));
  for (const auto& code : in.geocodes)
    if (!code.first.empty() && !code.second.empty()) out.codes.push_back(code);
  return out;
}

Wording wording_of(const CapInfo& info, std::string lang) {
  Wording w;
  w.lang = std::move(lang);
  w.event = one_line(info.event);
  w.title = one_line(info.headline);
  if (w.title.empty()) w.title = w.event;
  w.body = without_markup(info.description);
  w.instruction = without_markup(info.instruction);
  w.sender = one_line(info.sender_name);
  return w;
}

Hazard hazard_of(const CapInfo& info) {
  Hazard out{info.categories, info.responses, info.urgency, info.severity, info.certainty, 0, {}, info.onset};
  for (const auto& code : info.event_codes)
    if (!code.first.empty() && !code.second.empty()) out.codes.push_back(code);
  for (const auto& [name, value] : info.parameters)
    if (name == "jp-warning-level" && value.size() == 1 && value[0] >= '1' && value[0] <= '5') out.level = value[0] - '0';
  return out;
}

}  // namespace

Result<Notice> notice_of(const CapAlert& alert) {
  if (alert.scope != "Public") return not_ours("not public", "scope");
  Notice out;
  if (alert.status == "Actual") out.status = Status::actual;
  else if (alert.status == "Exercise") out.status = Status::exercise;
  else if (alert.status == "Test") out.status = Status::test;
  else return not_ours(alert.status, "status");
  if (alert.message_type == "Alert") out.act = Act::alert;
  else if (alert.message_type == "Update") out.act = Act::update;
  else if (alert.message_type == "Cancel") out.act = Act::cancel;
  else return not_ours(alert.message_type, "msgType");
  out.id = alert.identifier, out.sender = alert.sender, out.published = out.sent = alert.sent;
  out.thread = alert.references.empty() ? alert.identifier : alert.references.front().id;
  if (out.act != Act::alert) out.references = alert.references;
  out.note = without_markup(alert.note);
  for (const CapInfo& info : alert.infos) {
    const std::string lang = language_of(info.language);
    const bool have = std::any_of(out.wordings.begin(), out.wordings.end(), [&](const Wording& w) { return w.lang == lang; });
    if (lang.empty() || have) continue;
    if (!out.hazard) {
      out.hazard = hazard_of(info);
      out.expires = info.expires;
      if (is_address(info.web)) out.url = info.web;
      for (const CapArea& area : info.areas) out.areas.push_back(area_of(area, lang));
    }
    out.wordings.push_back(wording_of(info, lang));
  }
  if (out.wordings.empty()) return not_ours("in no language of the house", "info");
  MACHIYA_CHECK(check_alert(out));
  return out;
}

}  // namespace machiya::bulletins
