// The JSON API of registers (docs/api.md): what its handlers share. The same service, rights and reading of values as the pages.
#pragma once
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "ask/registers/export_row.h"
#include "ask/registers/pages.h"

namespace machiya::registers::detail {

inline constexpr std::string_view kApi = "/api/v1/registers";
inline constexpr int kMaxPage = 1000, kUsualPage = 50;   ///< rows of one answer

void add_api_read_routes(http::Router& router, const Web& web);
void add_api_save_routes(http::Router& router, const Web& web);
void add_api_bulk_routes(http::Router& router, const Web& web);
void add_api_document_routes(http::Router& router, const Web& web);

/// Reading: a client with either scope, or staff by their session. Writing: the scope for it, or a session with X-CSRF-Token.
http::RouteOptions api_reading();
http::RouteOptions api_writing();
/// The same for an answer that holds nothing of any row.
http::RouteOptions without_rows(http::RouteOptions options);
using ApiHandler = std::function<http::Response(const Web&, http::Request&)>;
/// In the language of ?lang=, else of Accept-Language; never cached.
http::Handler api_handler(const Web& web, ApiHandler handler);

/// A problem with `errors`; a parameter or a member that is at fault (Error::where) is named in them.
http::Response api_problem(const Web& web, const http::Request& request, const Error& error);
/// 422: every fault at its column. What the caller may not read is called unknown.
http::Response api_faults(const Web& web, const http::Request& request, const Register& reg, const std::vector<CellError>& errors);
json::Value faults_json(const Web& web, const http::Request& request, const Register& reg, const std::vector<CellError>& errors);
/// Adds members to the body of a problem.
http::Response with_members(http::Response problem, json::Value::Object members);

/// A row as the caller may read it: write_members() with revision, ended, self.
json::Value api_row(const Web& web, const http::Request& request, const Register& reg, const Row& row);
/// The columns of rows as the caller may see them: for many rows once.
std::vector<Target> api_columns(const Web& web, const http::Request& request, const Register& reg);
/// Appends the same as JSON text.
void write_api_row(const Register& reg, const Row& row, const std::vector<Target>& columns, std::string& out);
/// The same with the actions that the caller may take now; ETag is the revision.
http::Response api_whole_row(const Web& web, const http::Request& request, const Register& reg, const Row& row, int status = 200);
std::string api_path(const Register& reg, std::string_view rest = {});
std::string api_row_path(const Register& reg, std::string_view number, std::string_view rest = {});
/// A body that is a JSON object; members other than `known` are refused.
Result<json::Value> api_body(const http::Request& request, std::initializer_list<std::string_view> known);
/// The caller's values by column, read as people type them. `now`: the row that is changed, else null.
Values api_values(const Web& web, const http::Request& request, const Register& reg, const json::Value& given, const Row* now, std::vector<CellError>& errors);
/// strict_query of the members of a body: { "f.species": "oak", "q": "…" }.
Result<Query> api_query(const Web& web, const http::Request& request, const Register& reg, const json::Value& body);
/// 1 to kMaxPage; kUsualPage for nothing.
Result<int> rows_asked(std::string_view text);

// api_schema.cpp
enum class Sent { whole, patch };
/// JSON Schema 2020-12 of `values` as this caller may send them: a new row, or a merge patch.
json::Value sent_schema(const Web& web, const Register& reg, const identity::Principal& who, std::string_view lang, Sent sent);
/// Of `values` as this caller is answered.
json::Value answered_schema(const Web& web, const Register& reg, const identity::Principal& who, std::string_view lang);
/// A register as this caller meets it. `whole`: with columns, views, states and schema.
json::Value definition_json(const Web& web, const Register& reg, const identity::Principal& who, std::string_view lang, bool whole);
/// The actions of the workflow that somebody may ever take.
std::vector<const cases::Action*> actions_for(const Web& web, const city::City* city, const Register& reg, const identity::Principal& who);
// api_openapi.cpp
json::Value openapi_of(const Web& web, const identity::Principal& who, std::string_view lang);

}  // namespace machiya::registers::detail
