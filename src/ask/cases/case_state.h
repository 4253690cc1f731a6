// Inside the service: an opened case and one change to it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "ask/cases/case_document_dao.h"
#include "ask/cases/case_signature_dao.h"
#include "ask/cases/cases.h"
#include "platform/audit/audit.h"
#include "platform/events/events.h"

namespace machiya::cases {

struct Cases::Opened {
  records::RecordRow row;
  std::shared_ptr<const Rules> rules;
  json::Value data;                 ///< {"values", "blobs"}
  records::Terms terms;
  json::Value log;                  ///< only when asked for
  std::string purpose;              ///< for which the one who opened it may
  // What the changes leave behind beside the row itself; write_trail() writes it all, a kind a statement.
  std::vector<records::EventRow> history;
  std::vector<audit::Entry> audit;
  std::vector<events::Draft> events;
  std::vector<DocumentRow> documents;
  std::optional<SignatureRow> signature;
  /// A write function may run more than once: back to `first`, and nothing to leave behind.
  void begin_again(const records::RecordRow& first) {
    row = first;
    history.clear(), audit.clear(), events.clear(), documents.clear(), signature.reset();
  }
  const json::Value& values() const { return data["values"]; }
  const State* state() const { return rules->workflow->state(row.state); }
  StatutoryClock clock() const { return {row.clock, row.due, row.clock_left}; }
  void set_clock(const StatutoryClock& c) { row.clock = c.state, row.due = c.due, row.clock_left = c.left; }
};

/// Who changes a case, when and why.
struct Cases::Change {
  Instant now;
  std::string actor, actor_name, action, note, reason, request;
  std::vector<std::string> fields;
  Change() = default;
  Change(Instant at, const identity::Principal& who, const Act& act)
      : now(at), actor(who.actor()), actor_name(who.name), action(act.action), note(act.note), reason(act.reason),
        request(act.request), fields(act.fields) {}
};

std::string fields_text(const std::vector<std::string>& fields);
std::vector<std::string> fields_of(const std::string& text);

}  // namespace machiya::cases
