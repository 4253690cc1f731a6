// What the console's own pages share: the language of staff, and the fields of their small forms.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "platform/http/http.h"
#include "platform/locale/locale.h"
#include "platform/pages/pages.h"

namespace machiya::city {
class City;
}

namespace machiya::console {

/// The name of a role of the policy in the language of the page; its id where it has none.
std::string role_name(const city::City* city, const std::string& id, std::string_view lang);
/// What a select offers: value, label, checked.
pages::Data role_options(const city::City& city, const std::string& chosen, std::string_view lang);
pages::Data department_options(const city::City& city, const std::string& chosen, std::string_view lang);

inline std::string language(const http::Request& r) { return std::string(locale::staff_language(r.lang)); }
/// A form field without the white space around it; "" when absent.
inline std::string field(const http::Request& r, std::string_view name) { return std::string(trim(r.form(name).value_or(""))); }
inline std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& s : list) out += (out.empty() ? "" : ", ") + s;
  return out;
}

}  // namespace machiya::console
