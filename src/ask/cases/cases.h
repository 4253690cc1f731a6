// Cases: a record with a state machine, a statutory clock, notes, corrections and a decision. The service that web, API,
// counter, scenarios and demonstration seeding all call; nothing else writes cases.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/identity/identity.h"
#include "platform/store/store.h"

namespace machiya::cases {

/// A finished interview on its way to become a case.
struct Submission {
  std::string procedure;
  int version = 1;
  int initiative = 0;
  std::string title;             ///< Japanese name of the procedure, for lists
  std::string department;        ///< owner
  std::string workflow;
  json::Value values;            ///< answers and calculated values by name
  json::Value log;               ///< the interview's log
  std::int64_t fee = 0;
  identity::Principal applicant;
  std::string channel = "web";   ///< web, api, counter, scenario, demo
  std::string lang = "ja";
  std::string idempotency_key;   ///< a second submission with it gives the first receipt
  std::string draft;             ///< public id of the draft it ends
  std::vector<std::string> blobs;
  /// What people search by: (field, text) such as ("name","山田 花子"), ("kana","ヤマダ ハナコ"), ("address","…").
  std::vector<std::pair<std::string, std::string>> search;
  std::optional<double> lat, lon;   ///< for the map
  std::string category;             ///< for reports
  std::string request;              ///< request id, for the audit
};
struct Receipt {
  std::string number;        ///< unguessable, readable: "R8-7KQF-9M3T-X4D2"
  std::string state;
  Instant received;
  std::int64_t fee = 0;
  bool repeated = false;     ///< the idempotency key was known
};

/// One entry of a case's history.
struct TimelineEntry {
  Instant at;
  std::string state;          ///< after the act
  std::string action;
  std::string actor;          ///< audit form; shown as a role to the citizen
  std::string note;           ///< internal: staff only
  std::string reason;         ///< told to the applicant
  std::vector<std::string> fields;
};
struct CaseView {
  std::int64_t id = 0;
  std::string number, procedure, title, state, outcome, department, workflow, channel, lang, category;
  int version = 1, initiative = 0;
  std::int64_t applicant = 0;       ///< person; 0: none
  std::string assignee;
  std::int64_t fee = 0;
  Instant received, changed;
  std::optional<Instant> due;       ///< end of the statutory clock; nothing while stopped
  bool clock_running = true;
  std::optional<Instant> ended;
  std::string proposal;             ///< action waiting for the second pair of eyes
  std::string proposed_by;
  std::vector<std::string> asked;   ///< fields of an open correction
  json::Value values, log;          ///< decrypted
  std::vector<TimelineEntry> timeline;
  std::vector<std::string> blobs;
  std::int64_t revision = 0;        ///< for optimistic locking
  std::string document;             ///< public id of the decision document, when decided
};

/// What somebody does to a case.
struct Act {
  std::string action;
  std::string note, reason;
  std::vector<std::string> fields;
  std::int64_t revision = -1;       ///< expected revision; -1: do not check
  std::string request;
};

}  // namespace machiya::cases
