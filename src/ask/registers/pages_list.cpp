// One view of a register: tabs, filters, and the list or sheet.
#include <algorithm>

#include "ask/registers/pages_list.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

const char* template_of(ViewType type) {
  switch (type) {
    case ViewType::board: return "registers/board";
    case ViewType::calendar: return "registers/calendar";
    case ViewType::map: return "registers/map";
    case ViewType::timeline: return "registers/timeline";
    case ViewType::sheet: return "registers/sheet";
    case ViewType::chart:
    case ViewType::list: break;
  }
  return "registers/list";
}

void pages_of(const Request& request, const Register& reg, const Listing& listing, Data& data) {
  const http::Pairs search = search_of(request, reg);
  const bool later = !param_of(request, "after").empty();
  if (listing.next.empty() && !later) return;
  Data out;
  if (request.method == http::Method::post) {   // the search is in the body: the next page is a button of the same form
    if (!listing.next.empty()) data.set("posted_next", listing.next);
    return;
  }
  if (later) out.set("previous", address_of(reg, search));
  if (!listing.next.empty()) out.set("next", address_of(reg, search, "after", listing.next));
  data.set("pagination", std::move(out));
}

Result<void> show_list(const Web& web, const Request& request, const Register& reg, const View& view, Data& data) {
  Query query = query_of_request(web, request, reg);
  const bool sheet = view.type == ViewType::sheet;
  std::string group = param_of(request, "group");
  if (group.empty() && !request.query("group")) group = view.group;
  const Column* by = reg.column(group);
  if (!by || !by->filter || !web.registers.may_read(reg, *by, identity::principal_of(request))) group.clear();
  if (!group.empty()) query.sort = Sort{group, query.sort && query.sort->column == group && query.sort->descending};
  MACHIYA_TRY(const Listing listing, web.registers.list(reg, query, identity::principal_of(request)));
  data.set("count", count_text(web, request, listing));
  data.set("table", table_of(web, request, reg, view, listing, query, group));
  pages_of(request, reg, listing, data);
  if (sheet) data.set("printed", locale::format_date(web.clock.today(), staff_language(request)));
  return {};
}

Response show(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  const View& view = view_of(web, request, **reg);
  if (const auto rule = chart_asked(request, view)) return show_chart(web, request, **reg, view, *rule);
  Data data = view_page(web, request, **reg, view);
  if (view.type == ViewType::list || view.type == ViewType::sheet || view.type == ViewType::chart) {
    if (view.type != ViewType::sheet) data.set("count_by", count_by_of(web, request, **reg, {}));
    if (auto done = show_list(web, request, **reg, view, data); !done.ok()) return http::problem(done.error(), request);
  } else if (view.type == ViewType::board) {
    show_board(web, request, **reg, view, data);
  } else if (view.type == ViewType::calendar) {
    show_calendar(web, request, **reg, view, data);
  } else if (view.type == ViewType::map) {
    show_map(web, request, **reg, view, data);
  } else {
    show_timeline(web, request, **reg, view, data);
  }
  return render_view(web, request, template_of(view.type), std::move(data));
}

}  // namespace

Result<std::vector<Row>> rows_of(const Web& web, const Register& reg, Query query, const identity::Principal& who, std::size_t most, bool& more) {
  std::vector<Row> out;
  more = false;
  for (;;) {
    query.limit = static_cast<int>(std::min<std::size_t>(500, most - out.size()));
    MACHIYA_TRY(Listing listing, web.registers.list(reg, query, who));
    for (Row& row : listing.rows) out.push_back(std::move(row));
    more = !listing.next.empty();
    if (!more || out.size() >= most) return out;
    query.after = listing.next;
  }
}

Data row_link(const Web& web, const Register& reg, const Row& row, std::string_view lang) {
  Data out = Data().set("number", row.number).set("title", title_of(web, reg, row, lang)).set("href", row_path(reg, row.number)).set("revision", static_cast<long long>(row.revision));
  if (Data tag = state_tag(web, reg, row.state, lang); tag.find("label")) out.set("tag", std::move(tag));
  return out;
}

/// Asked before the rows are: a walk that ends between the two has its notice once too often, never a gap without one.
Data indexing_of(const Web& web, const Request& request, const Register& reg) {
  const auto progress = web.registers.index_progress(reg);
  if (progress.ok() && !*progress) return {};
  if (!progress.ok()) return Data().set("text", text(web, request, "staff_registers.indexing_unknown"));
  return Data().set("text", text(web, request, "staff_registers.indexing", {{"done", std::to_string((*progress)->done)}, {"total", std::to_string((*progress)->total)}}));
}

Data view_page(const Web& web, const Request& request, const Register& reg, const View& view) {
  const std::string lang = staff_language(request);
  const identity::Principal& who = identity::principal_of(request);
  const auto views = views_of(web, reg, who);
  Data data = register_page(web, request, reg, views.size() > 1 ? view.name.in(lang) : std::string());
  data.set("heading", reg.name.in(lang)).set("summary", reg.summary.in(lang)).set("view_name", view.name.in(lang));
  Data tabs{Data::List{}};
  for (const View* v : views) {
    Data tab = Data().set("label", v->name.in(lang)).set("href", path_of(reg, "?view=" + http::url_encode(v->id)));
    if (v == &view) tab.set("current", true);
    tabs.push(std::move(tab));
  }
  if (views.size() > 1) data.set("tabs", Data().set("items", std::move(tabs)));
  data.set("filters", filters_of(web, request, reg));
  if (Data unread = unread_of(web, request, reg); !std::get<Data::List>(unread.get()).empty()) data.set("errors", Data().set("items", std::move(unread)));
  Data fixed{Data::List{}};
  for (const Condition& c : view.where) fixed.push(condition_text(web, reg, c, lang));
  if (!view.where.empty()) data.set("fixed", Data().set("items", std::move(fixed)));
  Data tools{Data::List{}};
  auto tool = [&](std::string_view key, std::string href, bool primary) {
    tools.push(Data().set("label", text(web, request, key)).set("href", std::move(href)).set("primary", primary));
  };
  const std::string search = address_of(reg, search_of(request, reg)).substr(path_of(reg).size());
  if (web.registers.may_add(reg, who)) tool("staff_registers.add", path_of(reg, "/new"), true);
  if (web.registers.may_bulk(reg, who)) tool("staff_registers.bulk", path_of(reg, "/bulk") + search, false);
  if (web.registers.may_import(reg, who)) tool("staff_registers.import", path_of(reg, "/import"), false);
  if (web.registers.may_export(reg, who)) {
    tool("staff_registers.export_xlsx", path_of(reg, "/export.xlsx") + search, false);
    tool("staff_registers.export_csv", path_of(reg, "/export.csv") + search, false);
  }
  data.set("tools", Data().set("items", std::move(tools)));
  data.set("searches", searches_of(web, request, reg));
  data.set("indexing", indexing_of(web, request, reg));
  if (request.query("done") == "undone") data.set("flash", Data().set("kind", "success").set("text", text(web, request, "staff_registers.undone")));
  return data;
}

Response render_view(const Web& web, const Request& request, std::string_view name, Data data) {
  const int status = data.find("errors") ? 422 : 200;
  return render(web, request, name, std::move(data), status);
}

void add_list_routes(http::Router& router, const Web& web) {
  router.get(std::string(kBase), staff_route("staff-registers").on("none"), [web](Request& r) { return show_index(web, r); });
  const std::string one = std::string(kBase) + "/{register}";
  http::RouteOptions list = staff_route("staff-register", one);
  list.reads_personal_data = true;
  router.get(one, list, [web](Request& r) { return show(web, r); });
  list.page_kind.clear();
  router.post(one, list, [web](Request& r) { return show(web, r); });   // a search that may hold a name
}

}  // namespace machiya::registers::detail
