// CAP 1.2 alerts of others (JMA, prefecture, utilities): read strictly, refused with a reason.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tell/bulletins/notice.h"

namespace machiya::bulletins {

struct CapCircle {
  GeoPoint centre;
  double radius_km = 0;
};
struct CapArea {
  std::string description;
  std::vector<Ring> polygons;   ///< last point not repeated
  std::vector<CapCircle> circles;
  std::vector<std::pair<std::string, std::string>> geocodes;
};
struct CapInfo {
  std::string language = "en-US";   ///< the schema's default
  std::vector<Category> categories;
  std::vector<Response> responses;
  std::string event, sender_name, headline, description, instruction, web, contact, audience;
  Urgency urgency = Urgency::unknown;
  Severity severity = Severity::unknown;
  Certainty certainty = Certainty::unknown;
  std::vector<std::pair<std::string, std::string>> event_codes, parameters;
  std::optional<Instant> effective, onset, expires;
  std::vector<CapArea> areas;
};
struct CapAlert {
  std::string identifier, sender, source, restriction, addresses, note, incidents;
  Instant sent;
  std::string status, message_type, scope;   ///< words of the standard
  std::vector<std::string> codes;
  std::vector<Reference> references;
  std::vector<CapInfo> infos;
  bool signature = false;   ///< it carries an XML signature. It is NOT verified here
};

/// At most 4 MB, any encoding expat knows, no document type. invalid_input, `detail` the reason and `where` the element ("info/2/area/1/polygon"):
/// not well-formed; another namespace than CAP 1.2's; elements missing, unknown, repeated or out of order; words outside of the standard's
/// lists; times without offset; identifiers with space, comma, '<' or '&'; references that are none; Update, Cancel, Ack and Error without
/// references (§3.2.1); a restricted scope without restriction, a private one without addresses; polygons of fewer than four pairs, that
/// do not close or leave the earth. Links inside are never followed.
Result<CapAlert> read_cap(std::string_view bytes);

/// The alert as one of our notices, for signage: languages as far as the house has them ("ja-JP" → ja), times of the first info, circles as rings
/// of 32 points. Only Alert, Update and Cancel of public scope. Status System and Draft are refused (unsupported_type), as is an alert in no language of the
/// house or without any info.
Result<Notice> notice_of(const CapAlert& alert);

}  // namespace machiya::bulletins
