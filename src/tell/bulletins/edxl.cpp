// EDXL-DE 1.0 (OASIS Standard, 1 May 2006) around a CAP 1.2 alert.
#include <algorithm>

#include "tell/bulletins/cap.h"

namespace machiya::bulletins {
namespace {

/// EDXL-DE 1.0 §3.2.1: senderID is actor@domain-name.
bool is_actor(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != 0 && at != std::string_view::npos && at + 1 < text.size() && text.find('@', at + 1) == std::string_view::npos &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c <= 0x20 || c >= 0x7f || c == ','; });
}

/// DE has no first message of a row: an alert is a Report.
std::string_view type_of(Act act) { return act == Act::alert ? "Report" : word(act); }

void write_list(XmlWriter& xml, std::string_view element, const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [urn, value] : values) xml.open(element).element("valueListUrn", urn).element("value", value).close();
}

void write_target(XmlWriter& xml, const Notice& notice, const Envelope& envelope) {
  xml.open("targetArea");
  for (const Area& area : notice.areas)
    for (const Ring& ring : area.polygons) xml.element("polygon", polygon_text(ring));
  xml.optional("country", envelope.country).optional("subdivision", envelope.subdivision).close();
}

}  // namespace

Envelope l_alert(std::string sender_id) {
  Envelope out;
  out.id = "l-alert";
  out.sender_id = std::move(sender_id);
  out.confidentiality = "UNCLASSIFIED AND NOT SENSITIVE";
  out.subdivision = "JP-27";
  out.unchecked = {
      "要確認: 中身の形式。Lアラートは公共情報コモンズXML（FMMCの定義書）を求めると公開資料にあるが、ここではCAP 1.2を入れている",
      "要確認: distributionID・文書IDの付け方、combinedConfidentiality・keyword・recipientRoleの値（公共情報コモンズ EDXLフォーマット定義書）",
      "要確認: 接続方式・電子署名・版（XMLバージョン2系）",
  };
  return out;
}

Result<std::string> edxl_de(const Notice& notice, const Envelope& envelope) {
  MACHIYA_CHECK(check_alert(notice));
  if (!is_actor(envelope.sender_id)) return Error(ErrorCode::invalid_input, "not actor@domain-name", "envelope/sender_id");
  if (envelope.confidentiality.empty()) return Error(ErrorCode::invalid_input, "empty", "envelope/confidentiality");
  XmlWriter xml;
  for (const std::string& line : envelope.unchecked) xml.comment(line);
  xml.open("EDXLDistribution").attribute("xmlns", "urn:oasis:names:tc:emergency:EDXL:DE:1.0");
  xml.element("distributionID", notice.id).element("senderID", envelope.sender_id).element("dateTimeSent", to_iso_japan(notice.sent));
  xml.element("distributionStatus", word(notice.status)).element("distributionType", type_of(notice.act));
  xml.element("combinedConfidentiality", envelope.confidentiality).element("language", tag(in_order(notice).front()->lang));
  write_list(xml, "recipientRole", envelope.recipient_roles);
  write_list(xml, "keyword", envelope.keywords);
  // §3.2.1: distributionID, senderID and dateTimeSent of what this follows.
  for (const Reference& r : notice.references) xml.element("distributionReference", r.id + "," + envelope.sender_id + "," + to_iso_japan(r.sent));
  write_target(xml, notice, envelope);
  const Wording& said = *in_order(notice).front();
  xml.open("contentObject").element("contentDescription", marked_title(notice, said));
  xml.open("xmlContent").open("embeddedXMLContent");
  write_cap(xml, notice);
  xml.close().close().close().close();
  return xml.take();
}

}  // namespace machiya::bulletins
