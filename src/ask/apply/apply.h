// Applying: the interview's web pages and its JSON API. From the list of procedures over drafts to the receipt, and what
// the applicant sees afterwards. No rule of any procedure lives here: the interview engine decides, this module shows.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ask/apply/draft_signatures.h"
#include "ask/apply/drafts.h"
#include "ask/apply/fields.h"
#include "ask/apply/ports.h"
#include "city/city.h"
#include "platform/audit/audit.h"
#include "platform/blobs/blobs.h"
#include "platform/http/http.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/pages/pages.h"
#include "platform/store/store.h"
#include "platform/vault/vault.h"

namespace machiya::apply {

/// Of a token: a program that sends applications and asks for their state.
inline constexpr std::string_view kScope = "applications";

/// What every page of the house needs (web/README.md: city_name, demo, user, csrf …). Made by app.
using Frame = std::function<pages::Data(const http::Request&)>;

/// References must outlive the module.
struct Platform {
  store::Store& store;
  vault::Vault& vault;
  audit::Audit& audit;
  blobs::Blobs& blobs;
  identity::Identity& identity;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const locale::ReferenceData* reference = nullptr;   ///< null: no postal codes, no banks
  const Clock& clock;
  Rng& rng;
  Frame frame;
  std::function<std::shared_ptr<const city::City>()> city;
  std::string base_url;                               ///< "https://…" without a slash, for the QR code
};

/// One visible answer for a page: label, text, and where it is changed.
struct ShownAnswer {
  std::string field, label, text, source;
};

/// What was typed on the page of delegations, and what became of it.
struct GivenForm {
  std::string code;                       ///< to be shown, once
  std::string until, until_error, code_error;
  std::string procedure;
};

/// Thread-safe.
class Apply {
 public:
  Apply(Platform platform, Ports ports);
  /// Every page and API route of this module.
  void add_routes(http::Router& router);
  Drafts& drafts() { return drafts_; }
  /// For cases' port: in the transaction of the submission.
  Result<void> end_draft(store::Tx& tx, const std::string& draft, const std::string& number) { return drafts_.mark_sent(tx, draft, number); }
  static std::vector<store::Migration> migrations();

  /// The procedure in force; not_found when there is none or it is closed.
  Result<ProcedureNow> procedure(std::string_view id) const;
  /// A finished interview as the cases module takes it.
  cases::Submission submission_of(const ProcedureNow& now, const interview::State& state, const interview::Log& log, const identity::Principal& who) const;
  /// What a person may read after sending.
  interview::Situation situation(const http::Request& request, const Draft* draft) const;

 private:
  struct Opened {
    Draft draft;
    ProcedureNow now;
    interview::Situation situation;
    interview::State state;
  };
  void page_routes(http::Router& router);
  void draft_routes(http::Router& router);
  void case_routes(http::Router& router);
  void api_routes(http::Router& router);

  // procedures_http.cpp
  http::Response procedures_page(http::Request& request);
  http::Response procedure_page(http::Request& request);
  http::Response start(http::Request& request);
  // interview_http.cpp
  http::Response draft_home(http::Request& request);
  http::Response show_page(http::Request& request);
  http::Response post_page(http::Request& request);
  http::Response render_page(http::Request& request, Opened& opened, const interview::PageState& page);
  http::Response after_post(http::Request& request, Opened& opened, const std::string& key, const std::string& action, const std::string& elsewhere);
  std::string add_item(Opened& opened, const interview::PageState& page);
  // form_fields.cpp
  interview::Fields fields_of(http::Request& request, const Draft& draft, const interview::PageState& page, std::string& trouble);
  // drafts_http.cpp
  http::Response drafts_page(http::Request& request);
  http::Response draft_post(http::Request& request);
  http::Response draft_file(http::Request& request);
  // send_http.cpp
  http::Response check_page(http::Request& request);
  http::Response send(http::Request& request);
  /// `unsigned_too`: where a signature is asked for and not demanded, without one.
  http::Response send_opened(http::Request& request, Opened& opened, bool unsigned_too = false);
  http::Response receipt_page(http::Request& request);
  http::Response receipt_svg(http::Request& request);
  http::Response receipt_pdf(http::Request& request);
  // signing.cpp
  Result<std::string> document_of(const Opened& opened) const;
  Result<std::vector<std::pair<std::string, std::string>>> digests_of(const std::vector<std::string>& blobs) const;
  Result<std::optional<signatures::Accepted>> signature_of(const Opened& opened, const std::string& document);
  Result<std::optional<signatures::Accepted>> signature_to_send(const Opened& opened, bool unsigned_too);
  // signing_http.cpp
  void signing_routes(http::Router& router);
  std::optional<http::Response> not_to_be_signed(const http::Request& request, const Opened& opened) const;
  http::Response sign_page(http::Request& request);
  http::Response sign(http::Request& request);
  http::Response sign_with_app(http::Request& request, const Opened& opened, const std::string& document);
  http::Response sign_document(http::Request& request);
  http::Response signed_with_app(http::Request& request);
  http::Response unsigned_back(http::Request& request, const Draft& draft, const Error& error);
  // case_http.cpp
  http::Response my_page(http::Request& request);
  http::Response case_page(http::Request& request);
  http::Response status_page(http::Request& request, const std::string& number, const PublicStatus& status);
  http::Response own_case(http::Request& request, const cases::CaseView& opened);
  void own_answers(const http::Request& request, const cases::CaseView& view, const ProcedureNow& now, pages::Data& data) const;
  void asked_part(const http::Request& request, const cases::CaseView& view, const ProcedureNow& now, pages::Data& data) const;
  http::Response withdraw_page(http::Request& request);
  http::Response withdraw(http::Request& request);
  http::Response begin_correction(http::Request& request);
  http::Response case_document(http::Request& request);
  // access_http.cpp
  http::Response access_page(http::Request& request);
  Result<pages::Data> access_rows(const http::Request& request, const std::vector<audit::Audit::Record>& records) const;
  Result<std::string> reader_of(const http::Request& request, const std::string& actor) const;
  // api_http.cpp
  http::Response api_procedures(http::Request& request);
  http::Response api_procedure(http::Request& request);
  http::Response api_apply(http::Request& request);
  http::Response api_document(http::Request& request);
  struct ApiRequest;
  std::optional<http::Response> api_prepare(http::Request& request, ApiRequest& out);
  Result<std::string> api_document_of(const ApiRequest& sent, Instant answered) const;
  Result<void> api_sign(ApiRequest& sent) const;
  http::Response api_application(http::Request& request);
  http::Response api_towns(http::Request& request);
  http::Response api_file(http::Request& request);
  Result<identity::Principal> api_applicant(const http::Request& request, const interview::Procedure& procedure, const json::Value& body) const;
  http::Response api_errors(const http::Request& request, const ProcedureNow& now, const interview::State& state, const json::Value& answers) const;
  http::Response openapi(http::Request& request);

  // delegations_http.cpp
  void delegation_routes(http::Router& router);
  http::Response delegations_page(http::Request& request, const GivenForm& form, int status = 200);
  http::Response give_delegation(http::Request& request);
  http::Response accept_delegation(http::Request& request);
  http::Response end_delegation(http::Request& request);
  pages::Data delegation_lists(const http::Request& request, const identity::Principal& who) const;
  std::string procedure_name(const http::Request& request, const std::string& id) const;
  /// For whom this person may file this procedure: ties as choices; empty for nobody.
  pages::Data people_to_file_for(const http::Request& request, const std::string& procedure) const;
  /// The person behind the choice "for" of a form: 0 for oneself; not_found when it is not theirs to choose.
  Result<std::int64_t> file_for(const http::Request& request, const std::string& procedure) const;

  // opening.cpp
  Result<Access> access(const Draft& draft, const identity::Principal& who) const;
  Result<Opened> open(http::Request& request);
  Result<Opened> open(http::Request& request, std::string_view draft);
  Result<void> evaluate(Opened& opened) const;
  Result<void> follow_version(http::Request& request, Opened& opened);
  Result<ProcedureNow> procedure_of_version(std::string_view id, int version);
  Result<ProcedureNow> procedure_of_case(std::string_view id, std::string_view hash, int version);
  Result<ProcedureNow> procedure_of_case(const cases::CaseView& view);
  Result<ProcedureNow> compile_version(std::string body, std::string_view hash, const json::Value& decisions) const;
  http::Response refuse(const Error& error, http::Request& request);
  http::Response render(std::string_view name, pages::Data data, http::Request& request, int status = 200);
  pages::Data page_data(const http::Request& request, const std::string& title) const;
  std::string text(const http::Request& request, std::string_view key, const locale::Args& args = {}) const;
  std::vector<std::pair<std::string, std::vector<ShownAnswer>>> answers_by_page(const interview::State& state, std::string_view lang) const;

  Platform p_;
  Ports ports_;
  Drafts drafts_;
  DraftSignatures signatures_;
  /// Old versions that cases began with, compiled against the city of `revision`.
  struct OldVersions {
    std::mutex mutex;
    std::uint64_t revision = 0;
    std::unordered_map<std::string, ProcedureNow> by_hash;
  };
  OldVersions old_;
};

/// One procedure for programs: texts in `lang`, questions, JSON Schema of the answers.
json::Value procedure_json(const interview::Procedure& procedure, std::string_view lang, bool whole);
/// OpenAPI 3.1 of every procedure given.
json::Value openapi_document(const std::vector<std::shared_ptr<const interview::Procedure>>& procedures, const std::string& base_url, std::string_view lang);
/// Path of a draft or one of its pages.
std::string draft_path(const Draft& draft, std::string_view key = {});

}  // namespace machiya::apply
