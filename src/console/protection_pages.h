// What stands under /staff/protection: what changed in the policy, and the parts of the running server.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "console/parts_list.h"
#include "console/security_page.h"
#include "platform/identity/policy_history.h"

namespace machiya::console {

inline constexpr std::string_view kPolicyPath = "/staff/protection/policy", kPartsPath = "/staff/protection/parts";

/// References must outlive the router.
struct ProtectionPages {
  audit::Audit& audit;
  identity::Identity& identity;
  identity::PolicyHistory policy;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  std::function<pages::Data(const http::Request&)> frame;   ///< of the staff console
  std::function<std::shared_ptr<const city::City>()> city;
  std::function<std::string(const std::string& public_id)> member;   ///< name of a member of staff as shown; "" for nobody
  std::string parts_file;                                   ///< the list of parts (SPDX 2.3)
  const Program& program;
};
/// GET and POST kPolicyPath ("I have seen it"), GET kPartsPath and its download.
void add_protection_routes(http::Router& router, ProtectionPages pages);

/// The boxes of the overview that lead to them.
Panel policy_panel(const identity::PolicyHistory& policy);
/// `program` must outlive the panel.
Panel parts_panel(std::string parts_file, const Program& program);

}  // namespace machiya::console
