// The pages of module cases: what their handlers share.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ask/cases/cases.h"
#include "ask/cases/statistics.h"
#include "ask/interview/interview.h"
#include "city/city.h"
#include "platform/http/http.h"
#include "platform/http/hub.h"
#include "platform/locale/locale.h"
#include "platform/pages/charts.h"
#include "platform/pages/pages.h"

namespace machiya::cases {

/// A stored file, decrypted.
struct StoredFile {
  std::string type, content;
};

/// What a search found besides cases: a row of a register (module registers, plugged by app).
struct FoundRow {
  std::string title, href, table, department;
  pages::Data tag;              ///< of its state; without a label when it has none
  Instant created;
};

/// References must outlive the router.
struct Web {
  Cases& cases;
  Statistics& statistics;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  std::function<pages::Data(const http::Request&)> staff_frame;   ///< what every staff page needs (module console)
  std::function<pages::Data(const http::Request&)> site_frame;    ///< what every citizen page needs (app)
  std::function<std::shared_ptr<const city::City>()> city;
  http::Hub& hub;
  /// A file by its public id; `variant` "" or "thumb" (module blobs, plugged by app).
  std::function<Result<StoredFile>(std::string_view blob, std::string_view variant)> file;
  /// A compiled procedure of the city in force, for Open311 submissions; may be empty.
  std::function<std::shared_ptr<const interview::Procedure>(const std::string& id)> procedure;
  std::string export_folder;                                      ///< for exports on their way; private
  std::function<Result<std::vector<FoundRow>>(const http::Request&, std::string_view text)> search_rows = {};
  std::string registers = {};                                     ///< where each procedure is a register: "/staff/registers"; "": nowhere
  const signatures::Judge* judge = nullptr;                       ///< verifies signatures again; null: nothing is verified here
};

/// Staff: inbox, case, actions, bulk decisions, search, persons at the counter, statistics, exports, moderation of reports.
void add_staff_routes(http::Router& router, const Web& web);
/// Public: map and list of reports, their status, Open311 GeoReport v2.
void add_report_routes(http::Router& router, const Web& web);

namespace detail {

void add_inbox_routes(http::Router& router, const Web& web);
void add_case_routes(http::Router& router, const Web& web);
void add_person_routes(http::Router& router, const Web& web);
void add_statistics_routes(http::Router& router, const Web& web);
void add_export_routes(http::Router& router, const Web& web);
void add_moderation_routes(http::Router& router, const Web& web);
void add_open311_routes(http::Router& router, const Web& web);
void add_emergency_routes(http::Router& router, const Web& web);
void add_guardian_routes(http::Router& router, const Web& web);
void add_signature_routes(http::Router& router, const Web& web);

/// What staff read of a case's signature: {rows, differences?, warning?, href?}.
pages::Data signature_part(const Web& web, const CaseView& view, const std::string& lang);

/// What the forms for emergency access to a case and to a row share.
struct EmergencyForm {
  const identity::Policy* policy;
  const city::City* city;
  const locale::Catalogue& texts;
  std::string_view action;         ///< for which a purpose is chosen: "case.read", "register.read"
  std::string_view reason_hint;    ///< key
};
/// Purpose and reason as they were typed; `wrong`: the field that is.
void add_emergency_fields(pages::Data& data, const http::Request& request, const EmergencyForm& form, const std::string& wrong);
/// A case that is refused: who may open it in an emergency gets the form for that, with the status of the refusal.
http::Response case_refused(const Web& web, http::Request& request, const Error& error);
/// Until when the case stands open to this person only because of an emergency, as text; "" when they may anyway.
std::string emergency_until(const Web& web, const http::Request& request, const CaseView& view, const std::string& lang);
/// What is wrong with a field of a form: its id and the key of the text.
struct FieldFault {
  std::string field, text;
};
/// The key for this field; "" when nothing is wrong with it.
std::string fault_of(const std::vector<FieldFault>& faults, std::string_view field);
/// A person at the counter with what is known, or with what was typed when that has faults; audited. `done`: key of a success.
http::Response person_page(const Web& web, http::Request& request, const identity::Principal& person, std::string_view done, const std::vector<FieldFault>& faults = {});
/// The guardian's form; empty for staff without person.guardian.
pages::Data guardian_part(const Web& web, const http::Request& request, const identity::Principal& ward, const std::vector<FieldFault>& faults);

/// "ja" or "en": staff pages have two languages.
std::string staff_language(const http::Request& request);
http::RouteOptions staff_route(std::string permission, std::string page_kind, std::string sample = {});
/// Renders with csrf; never cached.
http::Response render(const pages::Templates& templates, const http::Request& request, std::string_view name, pages::Data data, std::string_view lang,
                      int status = 200);
http::Response render(const Web& web, const http::Request& request, std::string_view name, pages::Data data, std::string_view lang,
                      int status = 200);
/// A staff page with its title.
pages::Data staff_page(const Web& web, const http::Request& request, std::string_view title_key);
/// A success notice on top of the page.
void flash(pages::Data& data, std::string_view kind, std::string text);
/// Tag of a state: new, running, waiting, done, refused, stopped, late. Never told by colour alone.
pages::Data tag_of(const State* state, bool overdue, std::string label);
std::string department_name(const Web& web, std::string_view id, std::string_view lang);
std::string date_time_text(Instant t, std::string_view lang);
/// "a=1&b=2" with escapes; empty values are left out.
std::string query_of(const std::vector<std::pair<std::string, std::string>>& pairs);
/// The wards as areas of a server-made map (approximate shapes); none without a city.
std::vector<pages::MapArea> ward_areas(const city::City* city, std::string_view lang);
pages::Data cell(std::string text, std::string href = {});
pages::Data option(std::string value, std::string label, bool checked);
/// A choice beside a list (parts/select). Its first option is "all": `none` names it otherwise, `always` leaves it out.
pages::Data select(std::string name, std::string label, pages::Data options);

}  // namespace detail
}  // namespace machiya::cases
