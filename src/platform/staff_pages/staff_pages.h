// What pages of staff have in common: texts in their language, a page that no cache keeps, what was typed into a form.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/http/http.h"
#include "platform/pages/pages.h"

namespace machiya::locale {
class Catalogue;
}

namespace machiya::staff_pages {

using Arguments = std::vector<std::pair<std::string_view, std::string>>;

/// A text of the catalogue in the language of staff who read the page asked for.
std::string text(const locale::Catalogue& texts, const http::Request& request, std::string_view key, const Arguments& args = {});
/// Renders in the language of staff, with csrf; never cached.
http::Response render(const pages::Templates& templates, const http::Request& request, std::string_view name, pages::Data data, int status = 200);

// The same for an engine's own `Web`, which holds `texts`, `templates` and `staff_frame`.
template <typename Web>
std::string text(const Web& web, const http::Request& request, std::string_view key, const Arguments& args = {}) {
  return text(web.texts, request, key, args);
}
template <typename Web>
http::Response render(const Web& web, const http::Request& request, std::string_view name, pages::Data data, int status = 200) {
  return render(web.templates, request, name, std::move(data), status);
}
/// The console's frame with a title.
template <typename Web>
pages::Data page(const Web& web, const http::Request& request, std::string title) {
  pages::Data data = web.staff_frame(request);
  data.set("title", std::move(title));
  return data;
}

/// What was typed into a field, without the white space around it; "" when it is absent.
std::string field(const http::Request& request, std::string_view name);
/// Every value of a field that may stand more than once (ticked boxes), without empty ones.
std::vector<std::string> all_of(const http::Request& request, std::string_view name);
bool holds(const std::vector<std::string>& list, std::string_view one);
/// One box or radio button: {value, label, checked}.
pages::Data choice(std::string value, std::string label, bool checked);

}  // namespace machiya::staff_pages
