// The staff pages of registers: what their handlers share.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ask/cases/web.h"
#include "ask/registers/registers.h"
#include "city/city.h"
#include "platform/blobs/blobs.h"
#include "platform/http/http.h"
#include "platform/locale/locale.h"
#include "platform/pages/pages.h"

namespace machiya::registers {

/// References must outlive the router.
struct Web {
  Registers& registers;
  store::Store& store;                 ///< saved searches, kept mappings: what belongs to the pages
  blobs::Blobs& blobs;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const locale::ReferenceData* reference = nullptr;               ///< null: no postal codes, no banks
  const Clock& clock;
  std::function<pages::Data(const http::Request&)> staff_frame;   ///< what every staff page needs (module console)
  std::function<std::shared_ptr<const city::City>()> city;
  std::string work_folder;             ///< for imports and exports on their way; private
  std::string base_url;                ///< "https://…" without a slash, for API documents
};

/// Lists, boards, calendars, maps, rows, forms, bulk edits, saved searches. Everything stands below kBase.
void add_register_routes(http::Router& router, const Web& web);
/// Import (file, columns, faults, all rows or none) and export (CSV, XLSX, JSON).
void add_import_routes(http::Router& router, const Web& web);
/// The JSON API and its OpenAPI document (docs/api.md), below /api/v1/registers.
void add_api_routes(http::Router& router, const Web& web);
inline constexpr std::string_view kBase = "/staff/registers";
/// The permission of every route here, or that of lists of cases; which register, row and column somebody may see or change is asked of Registers.
inline constexpr std::string_view kPermission = "register.read";
/// What the search page of the staff shows besides cases.
Result<std::vector<cases::FoundRow>> found_rows(const Web& web, const http::Request& request, std::string_view text);
/// Tables of the pages (saved searches).
std::vector<store::Migration> page_migrations();

namespace detail {

using cases::detail::option, cases::detail::select, cases::detail::staff_language;
http::RouteOptions staff_route(std::string page_kind, std::string sample = {});
/// Renders with csrf; never cached.
http::Response render(const Web& web, const http::Request& request, std::string_view name, pages::Data data, int status = 200);
/// A page of a register: frame, title, `register` (id, name, href), tools. `title` stands before the register's name.
pages::Data register_page(const Web& web, const http::Request& request, const Register& reg, std::string title);
/// The register of the route's {register}; not_found also for what this person may not see.
Result<std::shared_ptr<const Register>> register_of(const Web& web, const http::Request& request);
/// The same for the address of one row, which may stand open in an emergency.
Result<std::shared_ptr<const Register>> register_of_row(const Web& web, const http::Request& request);
/// kBase + "/<register>" + rest.
std::string path_of(const Register& reg, std::string_view rest = {});
/// The page of a row; of a case its own page, the one place where it is acted upon.
std::string row_path(const Register& reg, std::string_view number, std::string_view rest = {});
/// The filters, search, sort and cursor of an address ("f.species=oak", "from.planted=2026-01-01", "to.…", "q", "sort=-planted",
/// "after"), together with the fixed conditions of the view that it names ("view"). What the definition does not know is left out.
Query query_of_request(const Web& web, const http::Request& request, const Register& reg);
/// The same for a program: no view but the one that is named, and nothing passed over. What the register does not know to be
/// asked (or this reader may not ask), and values that cannot be read, are invalid_input with the name in `where`.
Result<Query> strict_query(const Web& web, const http::Request& request, const Register& reg);
/// A value as people read it: labels of choices, dates in words, the title of a related row, names of files.
std::string shown(const Web& web, const Register& reg, const Column& column, const json::Value& value, const Row* row, std::string_view lang);
/// Name of a state of the register's workflow; the id when there is none.
std::string state_name(const Web& web, const Register& reg, std::string_view state, std::string_view lang);
/// The columns that somebody may read, in the order of `names` or of the definition.
std::vector<const Column*> readable(const Web& web, const Register& reg, const std::vector<std::string>& names, const identity::Principal& who);
/// Of a row that they opened.
std::vector<const Column*> readable(const Web& web, const Register& reg, const std::vector<std::string>& names, const Row& row, const identity::Principal& who);

}  // namespace detail
}  // namespace machiya::registers
