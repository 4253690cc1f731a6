// Runs scenarios of messages through the same doors as staff and machines, with channels and gateways that only listen.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "city/city.h"
#include "platform/identity/principal.h"
#include "platform/store/store.h"

namespace machiya::locale {
class Catalogue;
}
namespace machiya::vault {
class Vault;
}

namespace machiya::tell {

struct MessageScenarioParts {
  std::shared_ptr<const city::City> city;
  store::Store& store;              ///< a fresh database with all migrations
  vault::Vault& vault;
  const locale::Catalogue& texts;
  std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
};
struct MessageScenarioResult {
  std::string file, name;
  int initiative = 0;
  std::vector<std::pair<std::string, std::string>> problems;   ///< JSON pointer into the file, what is wrong there
};
/// One after the other, each with people of its own and its own day. `room`: only this initiative; 0: all.
std::vector<MessageScenarioResult> run_message_scenarios(const MessageScenarioParts& parts, int room = 0);

}  // namespace machiya::tell
