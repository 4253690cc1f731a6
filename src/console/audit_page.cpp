#include "console/audit_page.h"

#include <charconv>
#include <map>

#include "city/city.h"
#include "console/page.h"
#include "platform/audit/audit.h"
#include "platform/audit/formats.h"

namespace machiya::console {
namespace {

using http::Request;
using http::Response;
using pages::Data;

constexpr int kRows = 50;
constexpr int kExportDays = 31;
constexpr int kExportRows = 100'000;   // some 40 MB; `machiya audit export` has no limit
constexpr std::size_t kTyped = 200;    // bytes of one box

/// What was asked for, as it was typed and as it was understood.
struct Asked {
  std::map<std::string, std::string> typed;
  audit::Search search;
  std::string wrong;   ///< name of the box that cannot be read
};

std::string query_of(const Request& request, const std::string& name) { return std::string(trim(request.query(name).value_or(""))); }

/// A day of the form, as the instant when it begins; `wrong` is set when it is none.
std::optional<Instant> day(const Asked& asked, const std::string& name, int later, std::string& wrong) {
  const std::string& text = asked.typed.at(name);
  if (text.empty()) return std::nullopt;
  const auto date = parse_iso_date(text);
  if (!date) {
    wrong = name;
    return std::nullopt;
  }
  return start_of_day_in_japan(add_days(*date, later));
}

Asked read(const Request& request) {
  Asked out;
  for (const std::string name : {"actor", "action", "object", "purpose", "from", "to"}) {
    out.typed[name] = query_of(request, name);
    if (out.typed[name].size() > kTyped) out.wrong = name;
  }
  out.search.actor = out.typed["actor"];
  out.search.action = out.typed["action"];
  out.search.purpose = out.typed["purpose"];
  if (!out.typed["object"].empty()) out.search.objects = {out.typed["object"]};
  out.search.from = day(out, "from", 0, out.wrong);
  out.search.to = day(out, "to", 1, out.wrong);
  const std::string before = query_of(request, "before");
  std::from_chars(before.data(), before.data() + before.size(), out.search.before);
  out.search.limit = kRows;
  return out;
}

class Pages {
 public:
  explicit Pages(AuditPage parts) : p_(std::move(parts)) {}

  Response show(Request& request) const {
    const Asked asked = read(request);
    Data data = p_.frame(request);
    fill_form(request, asked, data);
    if (!asked.wrong.empty()) return render(request, std::move(data), 422);
    auto found = p_.audit.search(asked.search);
    if (!found.ok()) return http::problem(found.error(), request);
    note(request, "audit.search", json::Value::object({{"found", found->records.size()}}));
    if (auto filled = fill_rows(request, *found, data); !filled.ok()) return http::problem(filled.error(), request);
    if (found->next_before > 0) data.set("older", link(asked, found->next_before));
    if (found->records.empty() && found->next_before > 0) data.set("searched_on", true);
    return render(request, std::move(data), 200);
  }

  Response file(Request& request) const {
    const Asked asked = read(request);
    const auto format = audit::format_named(query_of(request, "format"));
    const bool whole = asked.search.from && asked.search.to;
    if (!format || !whole || asked.search.to->us - asked.search.from->us > kExportDays * kDay)
      return http::problem(Error(ErrorCode::invalid_input, "format (json, cef, syslog), from and to are needed; at most " + std::to_string(kExportDays) + " days"), request);
    std::string lines;
    int rows = 0;
    auto done = p_.audit.each_sealed(*asked.search.from, *asked.search.to, [&](const audit::Audit::Record& record) {
      lines += audit::to_line(record, *format) + "\n";
      return ++rows <= kExportRows;
    });
    if (!done.ok()) return http::problem(done.error(), request);
    if (rows > kExportRows)
      return http::problem(Error(ErrorCode::limit_exceeded, "more than " + std::to_string(kExportRows) + " rows: ask for fewer days, or use machiya audit export"), request);
    note(request, "audit.export", json::Value::object({{"rows", rows}}));
    Response r = http::text(std::move(lines));
    r.header("Content-Disposition", "attachment; filename=\"audit-" + asked.typed.at("from") + ".log\"").header("Cache-Control", "no-store");
    return r;
  }

 private:
  void note(const Request& request, std::string action, json::Value facts) const {
    p_.audit.append_later({identity::principal_of(request).actor(), std::move(action), "audit:*", "audit", request.id, std::move(facts)});
  }
  std::string text(const Request& request, std::string_view key) const { return p_.texts.text(language(request), key); }

  void fill_form(const Request& request, const Asked& asked, Data& data) const {
    Data boxes = Data(Data::List{});
    for (const char* name : {"actor", "action", "object", "purpose", "from", "to"}) {
      const std::string key = std::string("staff_audit.") + name;
      Data box;
      box.set("name", name).set("label", text(request, key)).set("value", asked.typed.at(name));
      box.set("hint", text(request, key + "_hint"));
      if (asked.wrong == name) box.set("error", text(request, "staff_audit.wrong"));
      boxes.push(std::move(box));
    }
    data.set("boxes", std::move(boxes));
    if (!asked.wrong.empty()) {
      Data items = Data(Data::List{});
      items.push(Data().set("href", "#audit-" + asked.wrong).set("text", text(request, "staff_audit." + asked.wrong) + ": " + text(request, "staff_audit.wrong")));
      data.set("errors", Data().set("items", std::move(items)));
    }
    if (const auto last = p_.audit.last_statement()) data.set("stated", locale::format_time(*last, language(request)));
    if (asked.search.from && asked.search.to) {
      const std::string days = "&from=" + asked.typed.at("from") + "&to=" + asked.typed.at("to");
      Data files = Data(Data::List{});
      for (const char* format : {"json", "cef", "syslog"}) files.push(Data().set("href", std::string("/staff/audit/export?format=") + format + days).set("label", format));
      data.set("files", std::move(files));
    }
  }

  std::string link(const Asked& asked, std::int64_t before) const {
    std::string out = "/staff/audit?before=" + std::to_string(before);
    for (const auto& [name, value] : asked.typed)
      if (!value.empty()) out += "&" + name + "=" + http::url_encode(value);
    return out;
  }

  /// "staff:…" as the name and department of the account; everybody else as they stand.
  Result<std::string> who(store::ReadTx& tx, const std::string& actor, const city::City* city, const std::string& lang) const {
    if (!starts_with(actor, "staff:")) return actor;
    MACHIYA_TRY(const auto member, p_.identity.staff_member(tx, actor.substr(6)));
    if (!member) return actor;
    const city::Department* department = city ? city->department(member->department) : nullptr;
    return member->display + (department ? " · " + department->name.in(lang) : "");
  }

  Result<void> fill_rows(const Request& request, const audit::Audit::Found& found, Data& data) const {
    const std::string lang = language(request);
    const auto city = p_.city();
    std::map<std::string, std::string> names;
    MACHIYA_CHECK(p_.store.read([&](store::ReadTx& tx) -> Result<void> {
      for (const auto& record : found.records) {
        if (names.count(record.entry.actor)) continue;
        MACHIYA_TRY(names[record.entry.actor], who(tx, record.entry.actor, city.get(), lang));
      }
      return {};
    }));
    Data rows = Data(Data::List{});
    for (const auto& record : found.records) {
      Data row;
      row.set("at", locale::format_time(record.at, lang)).set("who", names[record.entry.actor]).set("actor", record.entry.actor);
      row.set("action", record.entry.action).set("object", record.entry.object).set("purpose", record.entry.purpose).set("request", record.entry.request);
      const std::string facts = json::to_text(record.entry.facts);
      row.set("facts", facts == "null" || facts == "{}" ? "" : facts);
      if (record.sequence > 0) row.set("sequence", record.sequence);
      rows.push(std::move(row));
    }
    data.set("rows", std::move(rows)).set("any", !found.records.empty());
    return {};
  }

  Response render(const Request& request, Data data, int status) const {
    data.set("title", text(request, "staff_audit.title")).set("csrf", identity::principal_of(request).csrf);
    Response r = http::html(p_.templates.render("console/audit", data, language(request)).html, status);
    r.header("Cache-Control", "no-store");
    return r;
  }

  AuditPage p_;
};

}  // namespace

void add_audit_routes(http::Router& router, AuditPage page) {
  const auto pages = std::make_shared<Pages>(std::move(page));
  http::RouteOptions o;
  o.permission = "staff:audit.read", o.object = "none";
  o.page_kind = "staff-audit";
  o.reads_personal_data = true;
  router.get("/staff/audit", o, [pages](Request& r) { return pages->show(r); });
  o.page_kind.clear();
  o.reads_personal_data = false;   // ids only; the export leaves its row all the same
  router.get("/staff/audit/export", o, [pages](Request& r) { return pages->file(r); });
}

}  // namespace machiya::console
