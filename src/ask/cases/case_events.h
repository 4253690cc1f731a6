// What happened to cases, as other engines hear it: ids and small facts, never personal data.
#pragma once
#include <string_view>
#include <vector>

#include "platform/events/events.h"

namespace machiya::cases {

inline constexpr std::string_view kCaseSubmitted = "case.submitted.v1";
inline constexpr std::string_view kCaseChanged = "case.changed.v1";
inline constexpr std::string_view kCaseDecided = "case.decided.v1";
inline constexpr std::string_view kCaseWithdrawn = "case.withdrawn.v1";
inline constexpr std::string_view kAutomaticJob = "case-automatic";
inline constexpr std::string_view kRetentionJob = "case-retention";

std::vector<events::EventType> case_event_types();

}  // namespace machiya::cases
