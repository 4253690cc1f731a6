// The views of a register: what list, board, calendar, map and timeline share.
#pragma once
#include <string>

#include "ask/registers/pages.h"

namespace machiya::registers::detail {

http::Response show_index(const Web& web, http::Request& request);
/// "1,234 rows", "more than 10,000 rows".
std::string count_text(const Web& web, const http::Request& request, const Listing& listing);
/// What stands above rows while not all of them are brought to the definition; empty when they are.
pages::Data indexing_of(const Web& web, const http::Request& request, const Register& reg);
/// The page of a view: frame, tabs, filters and what of them cannot be read, saved searches, tools.
pages::Data view_page(const Web& web, const http::Request& request, const Register& reg, const View& view);
/// A view as it is answered: 422 when something of its search cannot be read.
http::Response render_view(const Web& web, const http::Request& request, std::string_view name, pages::Data data);
/// A row as a link with its title, and its tag when it has a state.
pages::Data row_link(const Web& web, const Register& reg, const Row& row, std::string_view lang);
/// Rows of other registers that point to the row, by relation: how many, the first ones, the way to all of them and to a new one.
pages::Data related_of(const Web& web, const http::Request& request, const Register& reg, const std::string& number);
/// The table of a list: headings that sort, rows, groups. `group`: a column, or "".
pages::Data table_of(const Web& web, const http::Request& request, const Register& reg, const View& view, const Listing& listing, const Query& query,
                     const std::string& group);
void show_board(const Web& web, const http::Request& request, const Register& reg, const View& view, pages::Data& data);
void show_calendar(const Web& web, const http::Request& request, const Register& reg, const View& view, pages::Data& data);
void show_map(const Web& web, const http::Request& request, const Register& reg, const View& view, pages::Data& data);
void show_timeline(const Web& web, const http::Request& request, const Register& reg, const View& view, pages::Data& data);
/// What the address counts by: the chart of a view, or what somebody chose ("count", "split", "bucket", "measure", "of"); nothing for rows.
std::optional<ChartRule> chart_asked(const http::Request& request, const View& view);
http::Response show_chart(const Web& web, const http::Request& request, const Register& reg, const View& view, const ChartRule& rule);
/// The choice "count by …" beside a list, with the search of the address.
pages::Data count_by_of(const Web& web, const http::Request& request, const Register& reg, const ChartRule& now);
/// At most `most` rows of a query, page by page; `more` says that there were more.
Result<std::vector<Row>> rows_of(const Web& web, const Register& reg, Query query, const identity::Principal& who, std::size_t most, bool& more);
/// The open reminders of a row.
pages::Data reminders_of_row(const Web& web, const http::Request& request, const Register& reg, const Row& row);
/// The saved searches of this person for the register.
pages::Data searches_of(const Web& web, const http::Request& request, const Register& reg);

}  // namespace machiya::registers::detail
