// /staff/callouts/members: how many are on the staff list, a table that brings or changes them, and the names of a department.
#include <algorithm>

#include "base/text.h"
#include "platform/audit/audit.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/tables/table_file.h"
#include "tell/callout/web.h"

namespace machiya::callout::detail {
namespace {
using http::Request;
using http::Response;
using pages::Data;

constexpr int kPage = 100;
constexpr std::size_t kMostFaults = 50;
constexpr std::uint64_t kMostBytes = 32u << 20, kMostRows = 100'000;

/// What the head of a column means: "number" …, or the id of a channel.
std::string meaning(std::string_view head) {
  static constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"職員番号", "number"}, {"番号", "number"}, {"氏名", "name"}, {"名前", "name"}, {"所属", "department"}, {"役職", "role"}, {"代理", "deputy"}, {"代理者の職員番号", "deputy"},
      {"携帯電話", "sms"}, {"電話", "voice"}, {"メール", "mail"}};
  const std::string word(trim(head));
  for (const auto& [written, means] : kWords)
    if (word == written) return std::string(means);
  return lower_ascii(word);
}

struct Table {
  std::vector<Entry> entries;
  std::string wrong;   ///< key of what is wrong with the file as a whole; "": nothing
};

void put(Entry& entry, const std::string& means, std::string value, const city::City& city) {
  if (means == "number") entry.number = std::move(value);
  else if (means == "name") entry.name = std::move(value);
  else if (means == "role") entry.role = std::move(value);
  else if (means == "deputy") entry.deputy = std::move(value);
  else if (means != "department") entry.addresses[means] = std::move(value);
  else {
    entry.department = value;
    for (const city::Department& d : city.departments())
      if (d.name.in("ja") == value) entry.department = d.id;   // people write the name
  }
}

Table read(const Web& web, const http::UploadedFile& file) {
  Table out;
  auto source = tables::open_file(file.path);
  if (!source.ok()) return {{}, "unreadable"};
  tables::Limits limits;
  limits.bytes = kMostBytes, limits.rows = kMostRows, limits.columns = 40;
  const auto city = web.city();
  const auto channels = web.channels();
  std::vector<std::string> heads;
  const auto known = [&](const std::string& m) {
    static constexpr std::string_view kOwn[] = {"number", "name", "department", "role", "deputy", "push", "line", "mail", "sms", "voice"};
    return std::find(std::begin(kOwn), std::end(kOwn), m) != std::end(kOwn) || std::find(channels.begin(), channels.end(), m) != channels.end();
  };
  const auto done = tables::read_table(**source, limits, [&](std::uint64_t, const tables::Cells& cells) {
    if (heads.empty()) {
      for (const tables::Cell& cell : cells) heads.push_back(meaning(cell.text));
      if (std::any_of(heads.begin(), heads.end(), [&](const std::string& m) { return !m.empty() && !known(m); })) out.wrong = "column";
      for (const char* needed : {"number", "name", "department"})
        if (std::find(heads.begin(), heads.end(), needed) == heads.end()) out.wrong = "heads";
      return out.wrong.empty();
    }
    Entry entry;
    for (std::size_t i = 0; i < std::min(cells.size(), heads.size()); ++i)
      if (std::string value(trim(tables::unguarded(cells[i].text))); !value.empty() && !heads[i].empty()) put(entry, heads[i], std::move(value), *city);
    out.entries.push_back(std::move(entry));
    return true;
  });
  if (!done.ok() && out.wrong.empty()) out.wrong = "unreadable";
  if (out.wrong.empty() && out.entries.empty()) out.wrong = "empty";
  return out;
}

struct Outcome {
  std::string wrong;                     ///< key
  const Imported* imported = nullptr;
  const Error* error = nullptr;
};

Response show(const Web& web, Request& request, const Outcome& outcome = {}, int status = 200) {
  const identity::Principal& who = identity::principal_of(request);
  const auto sizes = web.callouts.sizes(who);
  if (!sizes.ok()) return http::problem(sizes.error(), request);
  const std::string lang(locale::staff_language(request.lang));
  Data data = page(web, request, text(web, request, "staff_callout.members")), rows{Data::List{}}, faults{Data::List{}};
  std::int64_t all = 0;
  for (const Callouts::Size& size : *sizes) {
    all += size.members;
    rows.push(Data().set("name", department_name(web, size.department, lang)).set("href", std::string(kStaffBase) + "/members/" + size.department).set("members", std::to_string(size.members)));
  }
  data.set("rows", std::move(rows)).set("all", std::to_string(all));
  if (web.may(who, kStart, "")) data.set("may_import", true);
  const auto add = [&](std::string words) { faults.push(Data().set("href", "#file").set("text", std::move(words))); };
  if (!outcome.wrong.empty()) add(text(web, request, "staff_callout.file." + outcome.wrong));
  if (outcome.error) add(text(web, request, "staff_callout.file.row", {{"line", outcome.error->detail}, {"what", text(web, request, outcome.error->where == "deputy" ? "staff_callout.fault.deputy" : "staff_callout.fault.taken")}}));
  if (outcome.imported)
    for (std::size_t i = 0; i < std::min(kMostFaults, outcome.imported->faults.size()); ++i) {
      const ImportFault& f = outcome.imported->faults[i];
      add(text(web, request, "staff_callout.file.row", {{"line", std::to_string(f.line)}, {"what", text(web, request, "staff_callout.fault." + f.what) + (f.detail.empty() ? "" : " (" + f.detail + ")")}}));
    }
  const bool any = !outcome.wrong.empty() || outcome.error || (outcome.imported && !outcome.imported->faults.empty());
  if (any) data.set("errors", Data().set("items", std::move(faults)));
  if (outcome.imported && outcome.imported->faults.empty())
    data.set("flash", Data().set("kind", "success").set("text", text(web, request, "staff_callout.imported", {{"added", std::to_string(outcome.imported->added)}, {"changed", std::to_string(outcome.imported->changed)}})));
  return render(web, request, "callout/members", std::move(data), any ? 422 : status);
}

Response import(const Web& web, Request& request) {
  const auto file = std::find_if(request.files.begin(), request.files.end(), [](const http::UploadedFile& f) { return f.field == "file" && f.size > 0; });
  if (file == request.files.end()) return show(web, request, {"none"});
  const Table table = read(web, *file);
  if (!table.wrong.empty()) return show(web, request, {table.wrong});
  const auto done = web.callouts.import(table.entries, identity::principal_of(request), request.id);
  if (!done.ok() && done.error().code == ErrorCode::conflict) return show(web, request, {"", nullptr, &done.error()});
  if (!done.ok()) return http::problem(done.error(), request);
  return show(web, request, {"", &*done});
}

Response names(const Web& web, Request& request) {
  const identity::Principal& who = identity::principal_of(request);
  if (web.audit.backlogged()) return http::problem(Error(ErrorCode::unavailable, "reads cannot be recorded"), request);
  const std::string department(request.param("department")), lang(locale::staff_language(request.lang));
  if (!web.city()->department(department)) return http::problem(Error(ErrorCode::not_found), request);
  const auto members = web.callouts.members(department, std::atoll(std::string(request.query("after").value_or("0")).c_str()), kPage, who);
  if (!members.ok()) return http::problem(members.error(), request);
  web.audit.append_later({who.actor(), "callout.members", "department:" + department, web.purpose(who, kRead), request.id, json::Value::object({{"people", members->size()}})});
  Data data = page(web, request, department_name(web, department, lang)), rows{Data::List{}};
  for (const Member& m : *members) {
    std::string channels;
    for (const std::string& id : m.channels) channels += (channels.empty() ? "" : ", ") + id;
    Data row = Data().set("number", m.number).set("name", m.name).set("role", m.role).set("channels", channels).set("member", m.public_id);
    if (m.has_deputy) row.set("deputy", true);
    rows.push(std::move(row));
  }
  data.set("rows", std::move(rows)).set("action", std::string(kStaffBase) + "/members/" + department);
  if (members->size() == static_cast<std::size_t>(kPage)) data.set("next", std::string(kStaffBase) + "/members/" + department + "?after=" + std::to_string(members->back().id));
  if (web.may(who, kStart, "")) data.set("may_remove", true);
  return render(web, request, "callout/names", std::move(data));
}

Response remove(const Web& web, Request& request) {
  const auto done = web.callouts.remove(request.form("member").value_or(""), identity::principal_of(request), request.id);
  if (!done.ok() && done.error().code != ErrorCode::not_found) return http::problem(done.error(), request);   // gone is what was wanted
  return http::see_other(std::string(kStaffBase) + "/members/" + std::string(request.param("department")));
}

}  // namespace

void add_list_routes(http::Router& router, const Web& web) {
  const auto route = [](std::string_view permission, std::string page_kind) {
    http::RouteOptions out;
    out.permission = "staff:" + std::string(permission), out.page_kind = std::move(page_kind), out.object = "none";
    return out;
  };
  const std::string base = std::string(kStaffBase) + "/members", one = base + "/{department}";
  router.get(base, route(kRead, "staff-callout-members"), [web](Request& r) { return show(web, r); });
  http::RouteOptions upload = route(kStart, "");
  upload.file_limit = kMostBytes, upload.rate_per_minute = 30;
  router.post(base, upload, [web](Request& r) { return import(web, r); });
  http::RouteOptions read_names = route(kRead, "staff-callout-names");
  read_names.reads_personal_data = true;
  router.get(one, read_names.on("department"), [web](Request& r) { return names(web, r); });
  router.post(one, route(kStart, "").on("department"), [web](Request& r) { return remove(web, r); });
}

}  // namespace machiya::callout::detail
