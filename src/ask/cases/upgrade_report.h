// `machiya report-upgrade`: what the definitions in force mean for open cases that began with older ones. Nothing is changed:
// a case finishes on the version it began with; the report tells the people who plan a release.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ask/cases/cases.h"

namespace machiya::cases {

/// Open cases of one procedure that began with one older pair of procedure and workflow.
struct UpgradeLine {
  std::string procedure;
  int began_with = 0, now = 0;              ///< versions; 0 for `now` when the procedure is gone
  std::int64_t open_cases = 0;
  std::vector<std::string> differences;     ///< "question added: chip", "state gone: correction" …
};
/// Lines for every older definition that has open cases; empty when all are on the present one.
Result<std::vector<UpgradeLine>> upgrade_report(Cases& cases);
/// Differences that an applicant or clerk would notice, between two canonical procedures or two workflows.
std::vector<std::string> definition_differences(const json::Value& before, const json::Value& after);

}  // namespace machiya::cases
