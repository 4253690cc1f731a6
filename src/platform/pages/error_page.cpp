#include "platform/pages/error_page.h"

namespace machiya::pages {

std::string error_kind(int status) {
  for (int own : {401, 403, 404, 429, 503})
    if (status == own) return std::to_string(status);
  return status == 410 ? "404" : status >= 500 ? "500" : "400";
}

SafeHtml error_page(const Templates& templates, const locale::Catalogue& catalogue, int status, std::string_view lang, Data layout,
                    std::string_view incident) {
  std::string kind = error_kind(status);
  layout.set("title", catalogue.text(lang, "error_page." + kind + ".title")).set("status", status).set("kind", kind);
  if (status >= 500) layout.set("incident", incident);
  return templates.render("error", layout, lang);
}

}  // namespace machiya::pages
