// Drafts: interviews that are not sent yet, and the memory of those that were.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ask/interview/interview.h"
#include "base/json.h"
#include "base/time.h"

namespace machiya::apply {

inline constexpr std::int64_t kKeepPersonDraft = 60 * kDay;    ///< after the last change
inline constexpr std::int64_t kKeepVisitorDraft = 7 * kDay;
inline constexpr std::int64_t kKeepSentDraft = 30 * kDay;      ///< for the receipt page and double sending
inline constexpr std::size_t kMaxDraftEntries = 5'000;

struct Draft {
  std::int64_t id = 0;
  std::string public_id;
  std::string procedure;
  int version = 1;
  std::string hash;               ///< of the definition that it was last shown with
  std::int64_t person = 0;        ///< 0: a visitor's
  std::int64_t on_behalf = 0;     ///< the person for whom it is filled in; 0: for oneself
  std::string session;            ///< of the visitor; "" once it belongs to a person
  std::int64_t data_key = 0;
  std::string state = "open";     ///< open, sent
  std::string number;             ///< receipt number once it is sent
  std::string case_number;        ///< a correction of this case
  std::vector<std::string> asked; ///< the questions of the correction
  json::Value changes;            ///< what a new version of the definition changed: [{what, label}]
  Instant created, changed, expires;
  std::int64_t revision = 0;
  interview::Log log;
  bool sent() const { return state == "sent"; }
};

}  // namespace machiya::apply
