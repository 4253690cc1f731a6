// The page a person sees instead of the one they wanted: what happened, in their language, and a way on.
#pragma once
#include <string>
#include <string_view>

#include "platform/locale/locale.h"
#include "platform/pages/pages.h"

namespace machiya::pages {

/// Which text a status has: 401, 403, 404, 429 and 503 their own, other 4xx "400", other 5xx "500".
std::string error_kind(int status);
/// Renders web/templates/error.html. `layout` is what every page of the layout reads (city_name, demo, user …);
/// `incident` is the request id to give on the telephone, shown for 5xx only.
SafeHtml error_page(const Templates& templates, const locale::Catalogue& catalogue, int status, std::string_view lang, Data layout,
                    std::string_view incident);

}  // namespace machiya::pages
