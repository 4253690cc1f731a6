// /staff/protection: what the officer for information security (CISO) looks at. Engines contribute panels through a list in app;
// the guideline's self-check stands below them.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/http/http.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/pages/pages.h"

namespace machiya::audit {
class Audit;
}
namespace machiya::city {
class City;
}

namespace machiya::console {

/// How a line stands. Grey: nothing shows it either way.
enum class Light : std::uint8_t { green, yellow, red, grey };

struct PanelLine {
  std::string label, value;
  Light light = Light::grey;
  std::string href;   ///< "" when there is nothing to go to
};
/// Who looks, and in which language.
struct PanelQuery {
  const identity::Principal& who;
  std::string lang;
  std::function<std::string(std::string_view key)> text;
};
/// One box of the page. A panel that cannot be worked out fails on its own; the others are shown.
struct Panel {
  std::string title;   ///< key of the text
  std::function<Result<std::vector<PanelLine>>(const PanelQuery&)> lines;
};
/// A setting of the running server: whether it is as the guideline wants it. Asked at every look.
using SettingCheck = std::function<bool()>;

/// References must outlive the router.
struct SecurityPage {
  audit::Audit& audit;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  std::function<pages::Data(const http::Request&)> frame;   ///< of the staff console
  std::function<std::shared_ptr<const city::City>()> city;
  std::vector<Panel> panels;
  std::map<std::string, SettingCheck, std::less<>> settings;   ///< by the names of kSettingChecks
};
inline constexpr std::string_view kSecurityPermission = "security.read";
void add_security_routes(http::Router& router, SecurityPage page);

}  // namespace machiya::console
