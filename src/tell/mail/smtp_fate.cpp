#include "tell/mail/smtp_fate.h"

namespace machiya::tell {

Fate fate_of_reply(int code, std::string_view status) {
  if (code >= 200 && code < 300) return Fate::accepted;
  if (code < 500 || code > 599) return Fate::again;
  if (code == 530 || code == 535) return Fate::again;   // we are to log in or to speak TLS first (RFC 4954 §6): the operator's to mend, nobody's address
  const bool says_nothing = status.empty() || status == "5.0.0" || status == "5.5.0";
  if (says_nothing) return code == 550 || code == 551 || code == 553 ? Fate::dead_address : Fate::refused;
  if (status.front() == '4') return Fate::again;   // a 5xx with a 4.x.x contradicts itself: the milder one
  if (status == "5.2.1") return Fate::dead_address;
  return status.starts_with("5.1.") && status != "5.1.7" && status != "5.1.8" ? Fate::dead_address : Fate::refused;
}

}  // namespace machiya::tell
