// What somebody did, as the audit keeps it.
#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "platform/audit/audit.h"
#include "platform/identity/principal.h"

namespace machiya::identity {

/// `object` is "person:…", "staff:…", "client:…"; whoever acts upon their own account is its object too.
inline audit::Entry entry_by(const Principal& who, std::string_view action, std::string object, json::Value facts = {}) {
  audit::Entry entry;
  entry.actor = who.actor();
  entry.action = std::string(action);
  entry.object = std::move(object);
  entry.facts = std::move(facts);
  return entry;
}
inline audit::Entry own_entry(const Principal& who, std::string_view action, json::Value facts = {}) { return entry_by(who, action, who.actor(), std::move(facts)); }

}  // namespace machiya::identity
