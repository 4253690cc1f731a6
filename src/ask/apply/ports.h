// What this module asks of others now: cases, parties. Plugged by app.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ask/cases/cases.h"
#include "base/json.h"
#include "base/result.h"
#include "platform/http/http.h"
#include "platform/identity/identity.h"
#include "platform/signatures/judge.h"

namespace machiya::apply {

/// A row of "my applications".
struct OwnCase {
  std::string number, title, state;   ///< the state as the applicant reads it
  Instant received, changed;
  std::optional<Instant> due;
  bool ended = false, asked = false;  ///< asked: a correction is open
};
/// What anybody who holds the number may see of a report that was made without an account.
struct PublicStatus {
  std::string title, state;
  Instant received, changed;
};
struct DocumentText {
  std::string title, text, lang;
  Instant issued;
};

/// Electronic signatures with the card. Without a judge nothing can be signed, and the pages say so.
struct SigningPorts {
  const signatures::Judge* judge = nullptr;
  struct App {
    std::string id, name;
  };
  /// Providers whose app signs; may be empty.
  std::function<std::vector<App>(std::string_view lang)> apps;
  struct Departure {
    std::string location, state;
    json::Value memory;   ///< for arrive(); secret
  };
  std::function<Result<Departure>(std::string_view app, std::string_view document)> depart;
  /// The signature that the app's answer leads to, judged.
  std::function<Result<signatures::Accepted>(std::string_view app, const http::Pairs& answer, const json::Value& memory, std::string_view document)> arrive;
};

struct Ports {
  /// Durable when it returns; the same idempotency key gives the first receipt.
  std::function<Result<cases::Receipt>(const cases::Submission&)> submit;
  /// The applicant's own case, with the log when asked; leaves a read record. not_found for everybody else.
  std::function<Result<cases::CaseView>(std::string_view number, const identity::Principal&, std::string_view request, bool with_log)> view_own;
  std::function<Result<std::vector<OwnCase>>(const identity::Principal&, std::string_view lang)> own_cases;
  /// The cases of the people that somebody acts for, as far as they may; leaves a read record for each person. May be empty.
  std::function<Result<std::vector<OwnCase>>(const identity::Principal&, std::string_view lang, std::string_view request)> represented;
  std::function<Result<cases::CaseView>(std::string_view number, const cases::Submission&, const cases::Act&, const identity::Principal&)> resubmit;
  std::function<Result<cases::CaseView>(std::string_view number, const cases::Act&, const identity::Principal&)> withdraw;
  /// True when the applicant may take `action` now ("withdraw").
  std::function<bool(const cases::CaseView&, std::string_view action)> may;
  /// A state of this case as the applicant reads it.
  std::function<std::string(const cases::CaseView&, std::string_view state, std::string_view lang)> state_text;
  std::function<Result<DocumentText>(std::string_view number, const identity::Principal&, std::string_view request)> document;
  /// The texts of the version `hash` of a procedure that a case began with (CaseView::rules); not_found when it is not kept.
  /// May be empty.
  std::function<Result<cases::VersionTexts>(std::string_view procedure, std::string_view hash)> version_of;
  /// Where a case stands, for whoever may know that and no more (policy: case.status): holders of the number of a report that nobody owns,
  /// and the client that `sent` it. not_found for everybody else. May be empty.
  std::function<Result<PublicStatus>(std::string_view number, const identity::Principal&, bool sent, std::string_view lang)> status;
  /// The log of any case, for telling whether a repeated request is the same as the first. Null once the case is erased. May be empty.
  std::function<Result<json::Value>(std::string_view number)> log_of;
  /// The person of an address, for an application that a client sends for somebody. May be empty: then clients cannot.
  std::function<Result<identity::Principal>(std::string_view email)> person_of_email;
  /// A visitor came to a page of an interview; "sent" is the last. For statistics of drop-off: no person, no session. May be empty.
  std::function<void(std::string_view procedure, std::string_view page, int place)> visited;
  /// The department of a member of staff, as citizens read it, for an audit row's "staff:…"; "" when the account is unknown. May be empty.
  std::function<Result<std::string>(std::string_view staff, std::string_view lang)> department_of;
  SigningPorts signing;
  /// {"person": {"name": {…}, …}} of a verified person; empty for nobody. May be empty.
  std::function<Result<json::Value>(const identity::Principal&)> facts_of;
};

}  // namespace machiya::apply
