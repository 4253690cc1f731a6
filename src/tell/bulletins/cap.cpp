#include "tell/bulletins/cap.h"

#include <cmath>
#include <cstdio>

namespace machiya::bulletins {
namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (const std::string& part : parts) (out += out.empty() ? std::string_view() : between) += part;
  return out;
}

/// Six digits behind the point without trailing zeros; never "-0".
std::string degrees(double value) {
  const auto micro = static_cast<long long>(std::llround(value * 1e6));
  char text[32];
  std::snprintf(text, sizeof text, "%s%lld.%06lld", micro < 0 ? "-" : "", std::llabs(micro) / 1'000'000, std::llabs(micro) % 1'000'000);
  std::string out(text);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

std::string polygon(const Ring& ring) {
  std::string out;
  auto add = [&](const GeoPoint& p) { (out += out.empty() ? "" : " ") += degrees(p.lat) + "," + degrees(p.lon); };
  for (const GeoPoint& p : ring) add(p);
  if (degrees(ring.front().lat) != degrees(ring.back().lat) || degrees(ring.front().lon) != degrees(ring.back().lon)) add(ring.front());
  return out;
}

void write_pair(XmlWriter& xml, std::string_view element, std::string_view name, std::string_view value) {
  xml.open(element).element("valueName", name).element("value", value).close();
}

void write_area(XmlWriter& xml, const Area& area, std::string_view lang) {
  xml.open("area").element("areaDesc", plain(name_for(area.names, lang), lang));
  for (const Ring& ring : area.polygons) xml.element("polygon", polygon(ring));
  for (const auto& [list, code] : area.codes) write_pair(xml, "geocode", list, code);
  xml.close();
}

/// The order of the elements is the schema's.
void write_info(XmlWriter& xml, const Notice& notice, const Wording& w) {
  const Hazard& hazard = *notice.hazard;
  xml.open("info").element("language", tag(w.lang));
  for (const Category c : hazard.categories) xml.element("category", word(c));
  xml.element("event", plain(w.event.empty() ? w.title : w.event, w.lang));
  for (const Response r : hazard.responses) xml.element("responseType", word(r));
  xml.element("urgency", word(hazard.urgency)).element("severity", word(hazard.severity)).element("certainty", word(hazard.certainty));
  for (const auto& [list, code] : hazard.codes) write_pair(xml, "eventCode", list, code);
  xml.element("effective", to_iso_japan(notice.sent));
  if (hazard.onset) xml.element("onset", to_iso_japan(*hazard.onset));
  if (notice.expires) xml.element("expires", to_iso_japan(*notice.expires));
  xml.optional("senderName", plain(w.sender, w.lang)).element("headline", marked_title(notice, w));
  xml.optional("description", plain(joined(paragraphs(w.body), "\n\n"), w.lang));
  xml.optional("instruction", plain(joined(paragraphs(w.instruction), "\n\n"), w.lang));
  xml.optional("web", notice.url);
  // A name of our own: CAP leaves parameters to the sender. 警戒レベル, 1 to 5.
  if (hazard.level > 0) write_pair(xml, "parameter", "jp-warning-level", std::to_string(hazard.level));
  for (const Area& area : notice.areas) write_area(xml, area, w.lang);
  xml.close();
}

}  // namespace

std::string cap_reference(const Reference& reference) { return reference.sender + "," + reference.id + "," + to_iso_japan(reference.sent); }

std::string polygon_text(const Ring& ring) { return polygon(ring); }

void write_cap(XmlWriter& xml, const Notice& notice) {
  xml.open("alert").attribute("xmlns", "urn:oasis:names:tc:emergency:cap:1.2");
  xml.element("identifier", notice.id).element("sender", notice.sender).element("sent", to_iso_japan(notice.sent));
  xml.element("status", word(notice.status)).element("msgType", word(notice.act)).element("scope", "Public");
  // CAP 1.2 §3.2.1: an exercise names itself in <note>.
  std::string note = plain(notice.note, "ja");
  if (note.empty()) note = status_word(notice.status, "en");
  xml.optional("note", note);
  std::vector<std::string> references;
  for (const Reference& r : notice.references) references.push_back(cap_reference(r));
  xml.optional("references", joined(references, " "));
  for (const Wording* w : in_order(notice)) write_info(xml, notice, *w);
  xml.close();
}

Result<std::string> cap12(const Notice& notice) {
  MACHIYA_CHECK(check_alert(notice));
  XmlWriter xml;
  write_cap(xml, notice);
  return xml.take();
}

}  // namespace machiya::bulletins
