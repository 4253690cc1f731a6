// A guideline as a definition: its clauses, and for each line what shows that it is kept. A line without a test, a setting or
// a register shows nothing: it stays grey, whoever says otherwise.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "city/city.h"

namespace machiya::console {

struct GuidelineLine {
  city::Text text;
  std::string setting;               ///< name of a check of the running server; "" when none
  std::vector<std::string> tests;    ///< "audit_tests:EvidenceTest.…"
  std::string register_id;           ///< where the city keeps its own record; "" when none
};
struct Clause {
  std::string number;   ///< as the guideline counts
  city::Text title;
  std::vector<GuidelineLine> lines;
};
class Guideline final : public city::Definition {
 public:
  city::Text name, law;
  std::vector<Clause> clauses;
};

/// Settings that the server can check by itself, by the names that a guideline uses.
inline constexpr std::string_view kSettingChecks[] = {"audit-copied", "audit-complete", "base-url-https", "mail-encrypted", "production", "proxy-known", "restore-drilled"};

city::Kind guideline_kind();

}  // namespace machiya::console
