// Alerts as OASIS CAP 1.2, and the EDXL-DE 1.0 envelope in which Lアラート (FMMC) takes them from a municipality.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tell/bulletins/notice.h"
#include "tell/bulletins/xml_writer.h"

namespace machiya::bulletins {

/// One <alert> with one <info> per wording, ja first; all times "2026-06-03T14:30:00+09:00". Titles are marked in exercises and tests.
/// invalid_input as check_alert(). Valid against cap12.xsd (tests/conformance/bulletins_schemas.sh).
Result<std::string> cap12(const Notice& notice);
/// "sender,identifier,sent" of this message, for the <references> of what follows it.
std::string cap_reference(const Reference& reference);

/// What the receiver of an envelope lays down. The house states none of it as certain: every value comes from the definition, and what
/// nobody has compared with the receiver's own papers stands in `unchecked` and, as 要確認, in a comment at the envelope's head.
struct Envelope {
  std::string id;                  ///< of this profile ("l-alert")
  std::string sender_id;           ///< EDXL-DE <senderID>: actor@domain-name
  std::string confidentiality;     ///< <combinedConfidentiality>; the standard's own default reading is "UNCLASSIFIED AND NOT SENSITIVE"
  std::string country = "JP";      ///< ISO 3166-1
  std::string subdivision;         ///< ISO 3166-2 ("JP-27")
  std::vector<std::pair<std::string, std::string>> keywords;          ///< list's URN, value
  std::vector<std::pair<std::string, std::string>> recipient_roles;   ///< list's URN, value
  std::vector<std::string> unchecked;   ///< 要確認: what is assumed, one line each
};
/// The profile for Lアラート as far as public sources go. FMMC's format books (公共情報コモンズ EDXLフォーマット定義書, XML定義書) are given
/// to members only and were not at hand: its content format is FMMC's own XML (PCX…), for which CAP stands in here.
Envelope l_alert(std::string sender_id);

/// The alert within EDXL-DE 1.0 (OASIS, 2006): distributionType Report, Update or Cancel, distributionReference per reference, targetArea
/// from the notice's areas. invalid_input as check_alert(), and "envelope" when sender_id is no actor@domain-name.
Result<std::string> edxl_de(const Notice& notice, const Envelope& envelope);

/// One <alert> into a document that is being written. The notice has passed check_alert().
void write_cap(XmlWriter& xml, const Notice& notice);
/// "34.69,135.5 34.7,135.51 …", the first pair again at the end; up to six digits behind the point (0.1 m).
std::string polygon_text(const Ring& ring);

}  // namespace machiya::bulletins
