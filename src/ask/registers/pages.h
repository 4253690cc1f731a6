// What the handlers of the registers' pages share among themselves; web.h is for the other parts of the module.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ask/interview/interview.h"
#include "ask/registers/web.h"
#include "platform/identity/identity.h"

namespace machiya::registers::detail {

void add_list_routes(http::Router& router, const Web& web);
void add_map_routes(http::Router& router, const Web& web);
void add_form_routes(http::Router& router, const Web& web);
void add_row_routes(http::Router& router, const Web& web);
void add_cell_routes(http::Router& router, const Web& web);
void add_bulk_routes(http::Router& router, const Web& web);
void add_search_routes(http::Router& router, const Web& web);
void add_reminder_routes(http::Router& router, const Web& web);

std::string text(const Web& web, const http::Request& request, std::string_view key, const locale::Args& args = {});
/// A field of the posted form, else of the query.
std::string param_of(const http::Request& request, std::string_view name);

// pages_text.cpp
/// What names a row: its title column, else its number.
std::string title_of(const Web& web, const Register& reg, const Row& row, std::string_view lang);
/// A value as one types it: "2026-04-01", the label of an option, the title of a related row.
std::string typed(const Web& web, const Register& reg, const Column& column, const json::Value& value, const Row* row, std::string_view lang);
/// The tag of a state; nothing when the register has none.
pages::Data state_tag(const Web& web, const Register& reg, std::string_view state, std::string_view lang);
const cases::Workflow* workflow_of(const city::City* city, const Register& reg);
/// The column with a label and, for "state", a heading; how it is aligned.
bool is_number(const Column& column);
bool is_date(const Column& column);

// pages_query.cpp
/// A search as an address keeps it: names and values, without cursor. What a view fixes is not in it.
http::Pairs search_of(const http::Request& request, const Register& reg);
std::string address_of(const Register& reg, const http::Pairs& search, std::string_view name = {}, std::string_view value = {});
pages::Data filters_of(const Web& web, const http::Request& request, const Register& reg);
/// What of a search cannot be read, for the error summary: it narrows nothing, and its control says why.
pages::Data unread_of(const Web& web, const http::Request& request, const Register& reg);
/// The views whose conditions, dates, places and lanes somebody may read; one of everything when there is none.
std::vector<const View*> views_of(const Web& web, const Register& reg, const identity::Principal& who);
/// The view that the request names, else the first one.
const View& view_of(const Web& web, const http::Request& request, const Register& reg);
/// True when the search box may hold somebody's name: it is then sent in the body of a POST, never in an address.
bool searches_people(const Register& reg);
/// A bound of a filter ("from.planted") as the index takes it; "" when it says nothing.
std::string bound_of(const http::Request& request, const Column& column, std::string_view name);
/// What an address says beside the search: what is counted, and that a chart's rows are asked for.
inline constexpr const char* kChartNames[] = {"count", "split", "bucket", "measure", "of", "show"};
std::string condition_text(const Web& web, const Register& reg, const Condition& condition, std::string_view lang);

// pages_relation.cpp
struct Candidate {
  std::string number, title;
};
inline constexpr int kMaxChoices = 200;
/// All rows of a register by title when they are at most kMaxChoices; nothing when there are more or none may be read.
std::optional<std::vector<Candidate>> choices_of(const Web& web, std::string_view register_id, const identity::Principal& who, std::string_view lang);
/// What somebody may have meant: the row of that number, the one of that title, or those whose text holds it.
std::vector<Candidate> candidates(const Web& web, std::string_view register_id, std::string_view typed, const identity::Principal& who, std::string_view lang);
/// The number when exactly one row is meant.
std::optional<std::string> resolve(const Web& web, std::string_view register_id, std::string_view typed, const identity::Principal& who, std::string_view lang);

// pages_emergency.cpp
/// A row that is refused: who may open it in an emergency gets the form for that.
http::Response row_refused(const Web& web, http::Request& request, const Error& error);
http::Response open_row_in_emergency(const Web& web, http::Request& request);

// pages_form.cpp
/// A form as it stands: what the person saw when it was opened, and what they have typed.
struct Form {
  const Register* reg = nullptr;
  Row now;                              ///< of a change: the row today
  bool is_new = true;
  std::int64_t revision = 0;            ///< that they saw
  Values base = json::Value::object();  ///< that they saw
  interview::State state;               ///< with everything typed
  Values changes = json::Value::object();            ///< valid ones that differ from base; null: emptied
  std::vector<std::string> asked;       ///< columns that the form shows
  std::vector<std::string> fresh;       ///< columns that became visible through what was typed
  std::vector<CellError> errors;        ///< of asked columns
  std::string reason, trouble;          ///< trouble: key of a text about a refused file
  std::vector<std::pair<std::string, std::vector<Candidate>>> choose;   ///< columns whose text means several rows
};
Result<Form> open_form(const Web& web, const http::Request& request, const Register& reg, const Row* row);
Result<Form> read_form(const Web& web, http::Request& request, const Register& reg, const Row* row);
/// The files that waited belong to the row now.
void attach_files(const Web& web, const identity::Principal& who, const Register& reg, const std::string& number, const Values& changes);
/// True for an upload of this person that waits for a save.
bool waits_for(const Web& web, const identity::Principal& who, std::string_view blob);
// pages_form_data.cpp
http::Response show_form(const Web& web, const http::Request& request, const Form& form, int status);
// pages_cell.cpp
/// Reads one typed text as a value of a column: null and no error when empty.
std::pair<json::Value, std::optional<CellError>> read_cell(const Web& web, const Register& reg, const Column& column, std::string_view typed,
                                                           const identity::Principal& who, std::string_view lang);
/// The same for what a program sends: canonical JSON, or what people type; a relation is the number or the title of its row.
std::pair<json::Value, std::optional<CellError>> read_value(const Web& web, const Register& reg, const Column& column, const json::Value& given,
                                                            const identity::Principal& who, std::string_view lang);

}  // namespace machiya::registers::detail
