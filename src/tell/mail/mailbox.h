// One mailbox as mails and relays write it, with the addresses that Japanese carriers handed out against RFC 5321. Pure.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::tell {

struct Mailbox {
  std::string local, domain;   ///< as given; the domain in lower case
  bool utf8 = false;           ///< a part of it is not ASCII: needs SMTPUTF8 (RFC 6531)
  /// For the envelope and for header fields: the local part in quotes when it is no dot-atom ("a..b", "a." of docomo and au before 2009;
  /// carriers take them in this form and in no other).
  std::string path() const;
};

/// Splits at the last "@". invalid_input (never with the address in it) for control characters, spaces, angle brackets, quotes or backslashes, an empty
/// half, a domain that is no row of labels, more than 254 bytes, a local part of more than 64 (RFC 5321 §4.5.3.1). What identity::normal_email made
/// is taken; it folds case and width, here nothing is changed but the domain's case.
Result<Mailbox> parse_mailbox(std::string_view text);

}  // namespace machiya::tell
