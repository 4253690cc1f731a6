// The tables of the audit that are only added to: the role that the server runs as may do no more (store/roles.h).
#pragma once
#include <string_view>
#include <vector>

namespace machiya::audit {

inline std::vector<std::string_view> only_added_to() { return {"audit_row", "audit_seal", "audit_statement", "audit_cut"}; }

}  // namespace machiya::audit
