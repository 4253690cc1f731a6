// Cases: a record with a state machine, a statutory clock, notes, corrections and a decision. The service that web, API,
// counter, scenarios and demonstration seeding all call; nothing else writes cases.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ask/cases/clock.h"
#include "ask/cases/definitions.h"
#include "ask/records/records.h"
#include "base/json.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/identity/decision.h"
#include "platform/identity/identity.h"
#include "platform/jpki/holder.h"
#include "platform/signatures/judge.h"
#include "platform/store/store.h"

namespace machiya::vault {
class Vault;
}
namespace machiya::audit {
class Audit;
}
namespace machiya::events {
class Events;
}
namespace machiya::jobs {
class Jobs;
}

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
  std::optional<identity::Principal> agent;   ///< a guardian or delegate who files for the applicant
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
  std::optional<signatures::Accepted> signature;   ///< judged by whoever fills it in; of the values above
};
struct Receipt {
  std::string number;        ///< unguessable, readable: "R8-7KQF-9M3T-X4D2"
  std::string state;
  Instant received;
  std::int64_t fee = 0;
  bool repeated = false;     ///< the idempotency key was known
};

/// That a case was signed electronically, for the pages; the signature itself is read apart (Cases::signature).
struct SignedMark {
  std::string way, revocation;      ///< signatures::Accepted
  Instant at;
  std::string serial;               ///< of the certificate; these two for staff only
  jpki::Holder holder;
};
/// One entry of a case's history.
struct TimelineEntry {
  Instant at;
  std::string state;          ///< after the act
  std::string action;
  std::string actor;          ///< audit form; shown as a role to the citizen
  std::string actor_name;     ///< of staff; for staff only
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
  std::optional<SignedMark> signature;   ///< the newest, of a procedure that asks for one
  std::optional<int> days_left;     ///< of the statutory clock; negative: overdue
  records::Publicity publicity = records::Publicity::closed;
  std::optional<double> lat, lon;
  records::Terms terms;             ///< search terms: name, kana, address of the people in it
  std::shared_ptr<const Rules> rules;   ///< procedure and workflow that the case began with
};

/// What somebody does to a case.
struct Act {
  std::string action;
  std::string note, reason;
  std::vector<std::string> fields;
  std::int64_t revision = -1;       ///< expected revision; -1: do not check
  std::string request;
};

/// Staff's choices in a list of cases.
struct Choice {
  const Action* action = nullptr;
  bool allowed = false;             ///< by permission and guard
};
/// One row of an inbox or a search: no personal data except what the caller opened.
struct CaseRow {
  std::string number, procedure, title, state, state_name, department, assignee, category, proposal;
  Instant received, changed;
  std::optional<Instant> due;
  bool clock_running = false, overdue = false, ended = false;
  std::string applicant;            ///< name from the search terms, for search results only
};
struct InboxFilter {
  std::string department;           ///< "" : every department that the principal may see
  std::string state, procedure, assignee, category;
  bool unassigned = false, overdue = false, proposals = false, ended = false;
  std::string after;                ///< receipt number of the last row of the page before
  int limit = 50;
  std::string lang = "ja";          ///< of the names of states and procedures
};
struct Inbox {
  std::vector<CaseRow> rows;
  bool more = false;
  std::vector<records::Count> counts;   ///< by procedure, state and assignee, over the whole department
};
/// One case of a bulk decision before and after it is done.
struct BulkLine {
  std::string number, title, state;
  bool possible = false;
  std::string problem;              ///< error code when it is not
  std::string result;               ///< new state, or "proposed"
};

/// What the service needs from others. References must outlive it.
struct Platform {
  store::Store& store;
  vault::Vault& vault;
  audit::Audit& audit;
  events::Events& events;
  jobs::Jobs& jobs;
  identity::Identity& identity;
  const Clock& clock;
  Rng& rng;
};
struct Ports {
  const DefinitionSource* definitions = nullptr;
  WorkingDay is_working_day;
  /// Departments in which staff may have cases (for lists over more than one).
  std::function<std::vector<std::string>()> departments;
  /// Ends the draft of a submission in its transaction (module apply). May be empty.
  std::function<Result<void>(store::Tx&, const std::string& draft, const std::string& number)> end_draft;
  /// Small facts for open pages: (topic, event, data). May be empty.
  std::function<void(std::string_view topic, std::string_view event, std::string_view data)> live;
  /// Deletes a file of an erased case. May be empty.
  std::function<Result<void>(const std::string& blob)> erase_blob;
};

/// The only writer of cases. Thread-safe.
class Cases {
 public:
  Cases(const Platform& platform, Ports ports);
  ~Cases();

  /// Makes a case of a finished interview: one transaction (record, history, search tokens, audit, outbox, idempotency),
  /// durable before the receipt is returned. The same idempotency key of the same applicant gives the first receipt.
  Result<Receipt> submit(const Submission& submission);

  // Staff. Each checks permission in the case's department, the state, the revision and what the action needs; each writes
  // history, audit and an event in its transaction.
  Result<CaseView> act(std::string_view number, const Act& act, const identity::Principal& who);
  /// The second of four eyes: confirms or returns the proposal. Never the one who proposed (forbidden).
  Result<CaseView> confirm(std::string_view number, bool approve, const Act& act, const identity::Principal& who);
  Result<CaseView> note(std::string_view number, const Act& act, const identity::Principal& who);
  Result<CaseView> assign(std::string_view number, std::string_view assignee, const Act& act, const identity::Principal& who);
  /// What a bulk decision would do, and doing it: each case is its own transaction, so that one failure hurts one case.
  Result<std::vector<BulkLine>> preview(const std::vector<std::string>& numbers, const Act& act, const identity::Principal& who);
  Result<std::vector<BulkLine>> act_on_many(const std::vector<std::string>& numbers, const Act& act, const identity::Principal& who);
  /// What this principal could do now with an opened case.
  std::vector<Choice> choices(const CaseView& view, const identity::Principal& who) const;

  // Applicant
  /// The answers of an open correction: `values` and `log` after merging; only asked fields may differ (invalid_input).
  Result<CaseView> resubmit(std::string_view number, const Submission& changed, const Act& act, const identity::Principal& who);
  Result<CaseView> withdraw(std::string_view number, const Act& act, const identity::Principal& who);

  // Reading; each leaves a read record in the audit.
  Result<CaseView> view_staff(std::string_view number, const identity::Principal& who, std::string_view request);
  /// The applicant's own case, and for guardians and delegates that of the person they act for; anybody else gets not_found, as
  /// if it did not exist.
  Result<CaseView> view_own(std::string_view number, const identity::Principal& who, std::string_view request, bool with_log = false);
  Result<std::vector<CaseRow>> own_cases(const identity::Principal& who, std::string_view lang);
  /// The cases of those for whom somebody is guardian or delegate, as far as each tie goes. A read record for each of them.
  Result<std::vector<CaseRow>> represented_cases(const identity::Principal& who, std::string_view lang, std::string_view request);
  Result<Inbox> inbox(const InboxFilter& filter, const identity::Principal& who);
  /// By receipt number, name, kana or address; results limited to departments the principal may read. Audited.
  Result<std::vector<CaseRow>> search(std::string_view text, const identity::Principal& who, std::string_view lang,
                                      std::string_view request);
  /// CSV or JSON of a filtered list, written row by row to `sink`. Audited.
  Result<std::int64_t> export_cases(const InboxFilter& filter, const identity::Principal& who, std::string_view request,
                                    const std::function<bool(const CaseView&)>& sink);
  struct DocumentView {
    std::string id, number, title, text, lang;
    Instant issued;
  };
  Result<DocumentView> document(std::string_view number, const identity::Principal& who, std::string_view request);

  /// The newest signature with the case that it is of, for staff who may read that. Audited as "case.signature". not_found when there is none.
  struct SignatureView {
    CaseView view;
    signatures::Accepted accepted;
  };
  Result<SignatureView> signature(std::string_view number, const identity::Principal& who, std::string_view request);

  // System
  /// Runs one automatic action if the case is still in the state it was scheduled for.
  Result<void> run_automatic(std::string_view number, std::string_view action, std::string_view state);
  /// Erases records whose retention is over; gives how many.
  Result<int> erase_due(int limit);

  Result<std::shared_ptr<const Rules>> rules_of(const CaseView& view);
  Definitions& definitions() { return definitions_; }
  records::Records& records() { return records_; }
  const Platform& platform() const { return p_; }
  const Ports& ports() const { return ports_; }
  bool may(const identity::Principal& who, std::string_view permission, std::string_view department) const;
  /// For which purpose a list is read: "" when the permission needs none or is not held.
  std::string purpose_of(const identity::Principal& who, std::string_view permission) const;
  /// May they do this with one case, and for which purpose: by role, as owner, guardian, delegate, member in charge or in an emergency.
  Result<identity::Decision> decide(store::ReadTx& tx, const identity::Principal& who, std::string_view action, const records::RecordRow& row) const;

  static std::vector<store::Migration> migrations();
  /// Event types with schemas; call before Events::start().
  static void declare(events::Events& events, jobs::Jobs& jobs);

 private:
  struct Opened;
  struct Change;
  Result<Receipt> submit_once(const Submission& submission);
  Result<std::optional<Receipt>> known_receipt(const std::optional<std::string>& idempotency);
  Result<void> check_open_limit(store::Tx& tx, const Opened& opened);
  Result<Opened> open(store::ReadTx& tx, std::string_view number, bool with_log);
  Result<CaseView> view_of(store::ReadTx& tx, Opened& opened, bool staff);
  Result<void> check_act(store::ReadTx& tx, Opened& opened, const Action& action, const Act& act, const identity::Principal& who) const;
  /// decide(), or the refusal: `forbidden` for staff, `not_found` for everybody else. Keeps the purpose for the audit.
  Result<void> require(store::ReadTx& tx, Opened& opened, const identity::Principal& who, std::string_view action) const;
  Result<void> apply(store::Tx& tx, Opened& opened, const Action& action, const Change& change);
  Result<void> finish(store::Tx& tx, Opened& opened, const Change& change, std::string_view event, Instant entered_before,
                      const std::string& state_before);
  Result<void> run_immediate(store::Tx& tx, Opened& opened);
  Result<void> schedule_automatic(store::Tx& tx, const Opened& opened);
  Result<std::optional<SignedMark>> mark_of(store::ReadTx& tx, const Opened& opened, bool staff);
  Result<void> check_signature(const ProcedureInfo& procedure, const Submission& submission) const;
  Result<void> keep_signature(store::Tx& tx, Opened& opened, const Submission& submission);
  Result<void> issue_document(store::Tx& tx, Opened& opened, const Action& action, const Change& change);
  Result<void> note_history(store::Tx& tx, Opened& opened, const Change& change);
  Result<void> write_trail(store::Tx& tx, Opened& opened);
  Result<CaseView> change_case(std::string_view number, const std::function<Result<void>(store::Tx&, Opened&)>& work, bool with_log,
                               bool staff);
  std::vector<std::string> readable_departments(const identity::Principal& who) const;
  Result<records::ListFilter> filter_for(store::ReadTx& tx, const InboxFilter& filter, const identity::Principal& who) const;
  /// The rows of one person as an applicant reads them.
  Result<std::vector<records::RecordRow>> rows_of_person(store::ReadTx& tx, std::int64_t person);
  CaseRow own_row(store::ReadTx& tx, const records::RecordRow& row, std::string_view lang) const;
  CaseRow row_of(const records::RecordRow& row, std::string_view lang) const;

  Platform p_;
  Ports ports_;
  mutable Definitions definitions_;
  records::Records records_;
};

}  // namespace machiya::cases
