// /staff/messages/{message}/table: values of each recipient's own: a table attached, its dry run as a page and as CSV, lines left out.
#include <algorithm>

#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/tables/table_file.h"
#include "tell/campaigns/web.h"

namespace machiya::tell::detail {
namespace {
using http::Request;
using http::Response;
using pages::Data;

constexpr std::array<std::string_view, kListFindings> kFindings = {"unknown", "twice", "empty", "too-long"};
constexpr std::string_view kKey = "staff_messages.table.";

Deed deed_of(const Request& request) { return {identity::principal_of(request), request.id}; }

/// What went wrong with a file, as the page says it.
struct Refused {
  std::vector<std::string> lines;
};

struct View {
  const CampaignWeb& web;
  const Request& request;
  std::string lang;
  std::shared_ptr<const city::City> city;

  std::string t(const std::string& key, const locale::Args& args = {}) const { return text(web, request, std::string(kKey) + key, args); }
  std::string channel(const std::string& id) const {
    const auto* found = city->get<ChannelDefinition>("channel", id);
    return found ? found->name.in(lang) : id;
  }
  std::string finding(const ListFinding& f) const {
    const std::string part = f.part.empty() ? std::string() : text(web, request, "staff_messages.part." + f.part);
    const std::string key = f.what == ListFinding::What::too_long && !f.column.empty() ? "finding.value-too-long" : "finding." + std::string(kFindings[static_cast<std::size_t>(f.what)]);
    return t(key, {{"column", f.column}, {"channel", f.channel.empty() ? std::string() : channel(f.channel)}, {"language", f.lang.empty() ? std::string() : std::string(locale::language_name(f.lang))},
                   {"part", part}, {"detail", f.detail}});
  }
};

Data cell(const std::string& text, bool number = false, bool header = false) {
  Data out = Data().set("text", text);
  if (number) out.set("number", true);
  if (header) out.set("header", true);
  return out;
}

Data counts_table(const View& v, const DryRun& run) {
  Data columns{Data::List{}}, rows{Data::List{}};
  columns.push(Data().set("label", v.t("what"))), columns.push(Data().set("label", v.t("lines")).set("number", true));
  const auto row = [&](const std::string& label, std::int64_t n) {
    Data cells{Data::List{}};
    cells.push(cell(label, false, true)), cells.push(cell(grouped(n), true));
    rows.push(Data().set("cells", std::move(cells)));
  };
  row(v.t("count.rows"), run.rows), row(v.t("count.people"), run.people), row(v.t("count.faulty"), static_cast<std::int64_t>(run.faulty.size())), row(v.t("count.left_out"), run.left_out);
  for (std::size_t i = 0; i < kListFindings; ++i)
    if (run.counts[i] > 0) row(v.t("count." + std::string(kFindings[i])), run.counts[i]);
  return Data().set("id", "dry-run-counts").set("caption", v.t("counts")).set("columns", std::move(columns)).set("rows", std::move(rows));
}

Data findings_table(const View& v, const DryRun& run) {
  Data columns{Data::List{}}, rows{Data::List{}};
  columns.push(Data().set("label", v.t("line")).set("number", true)), columns.push(Data().set("label", v.t("what")));
  for (const ListFinding& f : run.first) {
    Data cells{Data::List{}};
    cells.push(cell(std::to_string(f.line), true)), cells.push(cell(v.finding(f)));
    rows.push(Data().set("cells", std::move(cells)));
  }
  return Data().set("id", "dry-run-findings").set("caption", v.t("findings", {{"most", std::to_string(DryRun::kShown)}})).set("columns", std::move(columns)).set("rows", std::move(rows));
}

Response show(const CampaignWeb& web, Request& request, const Campaign& campaign, const Refused& refused = {}) {
  const View v{web, request, std::string(locale::staff_language(request.lang)), web.city()};
  Data data = page(web, request, v.t("title"));
  data.set("subject", campaign.draft.title.in("ja")).set("message", path_of(campaign)).set("action", path_of(campaign, "/table")).set("tag", state_tag(web, request, campaign, message_of(web, campaign)));
  const bool writes = campaign.state == CampaignState::draft && web.may(identity::principal_of(request), kWriteMessages, campaign.department);
  if (writes) data.set("may_write", true);
  data.set("limits", v.t("limits", {{"rows", grouped(static_cast<std::int64_t>(kMostListRows))}, {"bytes", std::to_string(kMostListBytes >> 20)}, {"columns", std::to_string(kMostListColumns)},
                                    {"characters", std::to_string(kMostListValue)}, {"days", std::to_string(Campaigns::kListDays)}}));
  if (!refused.lines.empty()) {
    Data items{Data::List{}};
    for (const std::string& line : refused.lines) items.push(Data().set("href", "#file").set("text", line));
    data.set("errors", Data().set("items", std::move(items)));
  }
  if (!campaign.draft.columns.empty()) {
    std::string names;
    for (const std::string& one : campaign.draft.columns) names += (names.empty() ? "{" : " {") + one + "}";
    data.set("columns", names);
    const auto run = web.campaigns.dry_run(campaign);
    if (!run.ok() && run.error().code != ErrorCode::not_found) return http::problem(run.error(), request);
    if (!run.ok()) {
      data.set("removed", true);
    } else {
      Data found = Data().set("counts", Data().set("table", counts_table(v, *run)));
      if (!run->first.empty()) found.set("findings", Data().set("table", findings_table(v, *run))).set("csv", path_of(campaign, "/table.csv"));
      else if (run->people > 0) found.set("clean", v.t("clean", {{"texts", grouped(run->texts)}}));
      if (writes && !run->faulty.empty()) found.set("leave_out", v.t("leave_out", {{"lines", grouped(static_cast<std::int64_t>(run->faulty.size()))}}));
      data.set("run", std::move(found));
    }
  }
  return render(web, request, "staff-messages/table", std::move(data), refused.lines.empty() ? 200 : 422);
}

/// Words of tables::read_table() and read_list() that the page knows.
std::string file_fault(const View& v, const Error& error) {
  const std::string key = "file." + error.detail;
  const std::string words = v.web.texts.has("ja", std::string(kKey) + key) ? v.t(key) : v.t("file.unreadable");
  return error.where.rfind("row ", 0) == 0 ? v.t("at_line", {{"line", error.where.substr(4)}, {"what", words}}) : words;
}

Response attach(const CampaignWeb& web, Request& request, const Campaign& campaign) {
  const View v{web, request, std::string(locale::staff_language(request.lang)), web.city()};
  const auto file = std::find_if(request.files.begin(), request.files.end(), [](const http::UploadedFile& f) { return f.field == "file" && f.size > 0; });
  if (file == request.files.end()) return show(web, request, campaign, {{v.t("file.none")}});
  const auto source = tables::open_file(file->path);
  if (!source.ok()) return http::problem(source.error(), request);
  const auto table = read_list(**source);
  if (!table.ok() && table.error().code == ErrorCode::storage_failed) return http::problem(table.error(), request);
  if (!table.ok()) return show(web, request, campaign, {{file_fault(v, table.error())}});
  if (!table->faults.empty()) {
    Refused refused;
    for (const ListFault& f : table->faults) refused.lines.push_back(v.t("at", {{"line", std::to_string(f.line)}, {"column", f.column}, {"what", v.t("fault." + f.what)}}));
    return show(web, request, campaign, refused);
  }
  const auto done = web.campaigns.attach(campaign.public_id, *table, deed_of(request));
  if (!done.ok() && done.error().code == ErrorCode::invalid_input) return show(web, request, campaign, {{v.t(done.error().where == "segment" ? "file.segment" : "file.emergency")}});
  if (!done.ok() && done.error().code == ErrorCode::conflict) return show(web, request, campaign, {{text(web, request, "staff_messages.conflict")}});
  if (!done.ok()) return http::problem(done.error(), request);
  return http::see_other(path_of(campaign, "/table"));
}

/// A field of CSV (RFC 4180) that no spreadsheet runs.
std::string quoted(std::string_view field) {
  std::string out = "\"";
  for (const char c : tables::guarded(field)) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

}  // namespace

Response table(const CampaignWeb& web, Request& request) {
  const auto campaign = web.campaigns.find(request.param("message"), deed_of(request));
  if (!campaign.ok()) return http::problem(campaign.error(), request);
  return show(web, request, *campaign);
}

Response table_act(const CampaignWeb& web, Request& request) {
  const auto campaign = web.campaigns.find(request.param("message"), deed_of(request));
  if (!campaign.ok()) return http::problem(campaign.error(), request);
  const std::string what(request.form("act").value_or(""));
  if (what == "attach") return attach(web, request, *campaign);
  Result<void> done = Error(ErrorCode::invalid_input, "no such action", "act");
  if (what == "detach") done = web.campaigns.detach(campaign->public_id, deed_of(request));
  if (what == "leave_out") {
    const auto out = web.campaigns.leave_out(campaign->public_id, deed_of(request));
    done = out.ok() ? Result<void>() : Result<void>(out.error());
  }
  if (!done.ok() && done.error().code == ErrorCode::conflict) return show(web, request, *campaign, {{text(web, request, "staff_messages.conflict")}});
  if (!done.ok()) return http::problem(done.error(), request);
  return http::see_other(path_of(*campaign, "/table"));
}

Response table_csv(const CampaignWeb& web, Request& request) {
  const auto campaign = web.campaigns.find(request.param("message"), deed_of(request));
  if (!campaign.ok()) return http::problem(campaign.error(), request);
  const View v{web, request, std::string(locale::staff_language(request.lang)), web.city()};
  std::vector<std::pair<std::uint64_t, std::string>> rows;   // by line
  const auto run = web.campaigns.dry_run(*campaign, [&](const ListFinding& f) {
    rows.emplace_back(f.line, std::to_string(f.line) + "," + std::string(kFindings[static_cast<std::size_t>(f.what)]) + "," + quoted(f.column) + "," + f.channel + "," + f.lang + "," + f.part + "," + quoted(f.detail) + "," + quoted(v.finding(f)) + "\r\n");
  });
  if (!run.ok() && run.error().code != ErrorCode::not_found) return http::problem(run.error(), request);   // without a table: the head alone
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out = "\xEF\xBB\xBF" "line,finding,column,channel,language,part,detail,words\r\n";   // spreadsheets take it for UTF-8 then
  for (const auto& [line, text] : rows) out += text;
  Response answer = http::text(std::move(out), "text/csv; charset=utf-8");
  answer.header("Content-Disposition", "attachment; filename=\"dry-run-" + campaign->public_id + ".csv\"").header("Cache-Control", "no-store");
  return answer;
}

}  // namespace machiya::tell::detail
