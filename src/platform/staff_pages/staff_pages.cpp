#include "platform/staff_pages/staff_pages.h"

#include <algorithm>

#include "base/text.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"

namespace machiya::staff_pages {

std::string text(const locale::Catalogue& texts, const http::Request& request, std::string_view key, const Arguments& args) {
  return texts.text(locale::staff_language(request.lang), key, args);
}

http::Response render(const pages::Templates& templates, const http::Request& request, std::string_view name, pages::Data data, int status) {
  data.set("csrf", identity::principal_of(request).csrf);
  http::Response out = http::html(templates.render(name, data, locale::staff_language(request.lang)).html, status);
  out.header("Cache-Control", "no-store");
  return out;
}

std::string field(const http::Request& request, std::string_view name) { return std::string(trim(request.form(name).value_or(""))); }

std::vector<std::string> all_of(const http::Request& request, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& [key, value] : request.form_pairs)
    if (key == name && !value.empty()) out.push_back(value);
  return out;
}

bool holds(const std::vector<std::string>& list, std::string_view one) { return std::find(list.begin(), list.end(), one) != list.end(); }

pages::Data choice(std::string value, std::string label, bool checked) {
  return pages::Data().set("value", std::move(value)).set("label", std::move(label)).set("checked", checked);
}

}  // namespace machiya::staff_pages
