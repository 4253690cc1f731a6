// What the page of the officer for information security shows, gathered from the engines: they do not know of each other.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "app/settings.h"
#include "console/protection_pages.h"
#include "console/security_page.h"

namespace machiya::registers {
class Registers;
}

namespace machiya::app {

/// References must outlive the page.
struct SecurityParts {
  const Settings& settings;
  store::Store& store;
  audit::Audit& audit;
  identity::Identity& identity;
  registers::Registers& registers;
  const console::Program& program;   ///< the running one
  const Clock& clock;
};
console::ProtectionPages protection_pages(const SecurityParts& parts, const pages::Templates& templates, const locale::Catalogue& texts,
                                          std::function<pages::Data(const http::Request&)> frame, std::function<std::shared_ptr<const city::City>()> city);
std::vector<console::Panel> security_panels(const SecurityParts& parts);
std::map<std::string, console::SettingCheck, std::less<>> setting_checks(const SecurityParts& parts);

}  // namespace machiya::app
