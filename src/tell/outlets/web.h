// Outlets on the staff's page of a message, and the door for machines that warn.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "city/boundaries.h"
#include "platform/http/http.h"
#include "platform/pages/pages.h"
#include "tell/outlets/publications.h"

namespace machiya::locale {
class Catalogue;
}

namespace machiya::tell {

/// Scope of API clients that may fire triggers.
inline constexpr std::string_view kAlertsScope = "alerts";
inline constexpr std::string_view kTriggersApi = "/api/v1/alerts/triggers";

/// References must outlive the router.
struct OutletWeb {
  Campaigns& campaigns;
  Publications& outlets;
  const locale::Catalogue& texts;
  const Clock& clock;
  std::function<std::shared_ptr<const city::City>()> city;
  std::function<std::shared_ptr<const city::Boundaries>()> boundaries;   ///< null or gives null: approximate areas
};

/// What became of a message at each outlet; before its release what stands in the way. Of an emergency also its area: people meant, over-alert
/// ratio, a map with its table.
void add_outlets(const OutletWeb& web, const http::Request& request, const Campaign& campaign, pages::Data& data);

/// POST /api/v1/alerts/triggers/{trigger}, scope "alerts": {"slots": {…}, "wards": [ids], "drill": bool} with an Idempotency-Key (docs/api.md).
void add_alert_routes(http::Router& router, const OutletWeb& web);

}  // namespace machiya::tell
