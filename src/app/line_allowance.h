// What LINE still delivers this month, on the page of a message that is about to be released.
#pragma once
#include <memory>

#include "app/settings.h"
#include "city/city.h"
#include "platform/http/http.h"
#include "platform/pages/pages.h"
#include "tell/campaigns/campaigns.h"
#include "tell/line/line_quota.h"

namespace machiya::app {

/// Null when no LINE channel is configured. `door` and `clock` must outlive it.
std::shared_ptr<tell::LineQuotaWatch> line_quota_watch(const city::City& city, const Settings& settings, const outbound::Outbound& door, const Clock& clock);
/// Adds "allowance" to the page of a message that is not released yet and may go by LINE. Nothing is asked for a drill: no byte leaves for it.
void add_line_allowance(tell::LineQuotaWatch* watch, const city::City& city, const locale::Catalogue& texts, const http::Request& request, const tell::Campaign& campaign, pages::Data& data);

}  // namespace machiya::app
