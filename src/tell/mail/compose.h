// One mail to one person (RFC 5322, MIME): text and HTML of the same words, the headers that receivers of bulk mail ask for. Pure.
#pragma once
#include <string>
#include <string_view>

#include "base/time.h"
#include "tell/channel/channel.h"
#include "tell/mail/domain_rules.h"
#include "tell/mail/mailbox.h"

namespace machiya::tell {

/// What stands in each mail of this house.
struct MailHead {
  Mailbox from;           ///< header From; its domain signs and makes Message-ID
  std::string reply_to;   ///< as Mailbox::path() writes it; "": none
};
struct MailPerson {
  Mailbox to;
  std::string leave;        ///< Addressee::leave
  std::string message_id;   ///< the left half, from message_id_of()
  Charset charset = Charset::utf8;
};

/// The left half of Message-ID: the same for the same parcel and person at each attempt, so that a receiver can tell a second copy; says nothing
/// about the person to others. 32 hex digits.
std::string message_id_of(std::string_view parcel_key, const Addressee& to);

/// The mail with CRLF line ends, without signature. All of it is ASCII unless the address is not (RFC 6532). A text that ISO-2022-JP cannot say goes out
/// in UTF-8. Bulk headers: List-Unsubscribe with One-Click (RFC 8058, https only), Auto-Submitted (RFC 3834), Precedence; emergencies have a priority
/// (RFC 2156 §5.3.6) in Precedence's stead.
std::string compose(const MailHead& head, const MailPerson& person, const Content& content, Instant now);

}  // namespace machiya::tell
