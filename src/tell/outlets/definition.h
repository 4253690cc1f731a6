// Kind "outlet": a way in which a message reaches everybody at once and nobody in particular, with its rules of form as data.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "city/city.h"
#include "tell/bulletins/area_mail.h"
#include "tell/bulletins/cap.h"
#include "tell/bulletins/speech.h"

namespace machiya::tell {

enum class OutletKind : std::uint8_t { cap, feeds, signage, area_mail, l_alert, wireless, webhook };
/// The smallest area at which an outlet can aim.
enum class OutletUnit : std::uint8_t { ward, city };

struct OutletDefinition final : city::Definition {
  std::string id;
  OutletKind kind = OutletKind::cap;
  city::Text name;
  bool ordinary = false;    ///< takes ordinary messages too
  OutletUnit unit = OutletUnit::ward;
  int attempts = 12;        ///< before it is given up
  std::vector<std::string> stops;   ///< problems (bulletins::Problem::rule) for which nothing goes; "*": any
  std::vector<bulletins::FormatRule> carriers;   ///< area mail
  bulletins::Station station;       ///< wireless
  bulletins::Envelope envelope;     ///< Lアラート; the sender is the operator's to say

  /// Does something leave for a gateway of the operator, or is it fetched here?
  bool pushed() const { return kind == OutletKind::area_mail || kind == OutletKind::l_alert || kind == OutletKind::wireless || kind == OutletKind::webhook; }
};

city::Kind outlet_kind();
std::vector<const OutletDefinition*> outlets_of(const city::City& city);

}  // namespace machiya::tell
