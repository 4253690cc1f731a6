// The report of a message: rows by channel, language and state, reasons, times, and where the people live whom it was for; as a page and as CSV.
#include <algorithm>
#include <map>

#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/pages/charts.h"
#include "tell/campaigns/web.h"
#include "tell/ledger/statistics.h"

namespace machiya::tell::detail {
namespace {
using http::Request;
using http::Response;
using ledger_statistics::Cell;
using ledger_statistics::Window;
using pages::Data;

struct Report {
  std::vector<Cell> cells;
  std::vector<Window> windows;
  std::vector<Ledger::Reason> reasons;
  std::map<int, std::string> channels;   ///< number → id
};

Result<Report> read(const CampaignWeb& web, const Campaign& campaign) {
  Report out;
  if (campaign.message == 0) return out;
  MACHIYA_CHECK(web.store.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(out.cells, ledger_statistics::cells(tx, campaign.message));
    MACHIYA_TRY(out.windows, ledger_statistics::windows(tx, campaign.message));
    MACHIYA_TRY(out.reasons, web.ledger.reasons(tx, campaign.message));
    return {};
  }));
  for (const Cell& cell : out.cells) {
    MACHIYA_TRY(out.channels[cell.channel], web.audiences.name("channel", cell.channel));
  }
  for (const Ledger::Reason& reason : out.reasons) {
    MACHIYA_TRY(out.channels[reason.channel], web.audiences.name("channel", reason.channel));
  }
  return out;
}

const Window* window_of(const Report& report, int channel, int lang) {
  const auto found = std::find_if(report.windows.begin(), report.windows.end(), [&](const Window& w) { return w.channel == channel && w.lang == lang; });
  return found == report.windows.end() ? nullptr : &*found;
}
std::string_view language_of(int lang) { return lang >= 0 && lang < static_cast<int>(locale::kLanguages.size()) ? locale::kLanguages[static_cast<std::size_t>(lang)] : ""; }

/// What the page and the table need again and again.
struct View {
  const CampaignWeb& web;
  const Request& request;
  std::string lang;
  std::shared_ptr<const city::City> city;

  std::string t(const std::string& key, const locale::Args& args = {}) const { return text(web, request, "staff_messages." + key, args); }
  std::string channel(const Report& report, int number) const {
    const std::string& id = report.channels.at(number);
    const auto* found = city->get<ChannelDefinition>("channel", id);
    return found ? found->name.in(lang) : id;
  }
};

Data column(const std::string& label, bool number = false) {
  Data out = Data().set("label", label);
  if (number) out.set("number", true);
  return out;
}
Data cell(const std::string& text, bool number = false, bool header = false) {
  Data out = Data().set("text", text);
  if (number) out.set("number", true);
  if (header) out.set("header", true);
  return out;
}

/// Channel × language, with a column for each state that occurs.
Data rows_table(const View& v, const Report& report) {
  std::map<std::pair<int, int>, std::map<RowState, std::int64_t>> lanes;
  std::map<RowState, std::int64_t> sums;
  for (const Cell& one : report.cells) lanes[{one.channel, one.lang}][one.state] += one.rows, sums[one.state] += one.rows;
  Data columns{Data::List{}}, rows{Data::List{}};
  columns.push(column(v.t("channel"))), columns.push(column(v.t("language"))), columns.push(column(v.t("total"), true));
  for (const auto& [state, n] : sums) columns.push(column(v.t("row." + std::string(name_of(state))), true));
  columns.push(column(v.t("first_hand_off"))), columns.push(column(v.t("last_hand_off")));
  const auto numbers = [&](Data& cells, const std::map<RowState, std::int64_t>& counts) {
    std::int64_t total = 0;
    for (const auto& [state, n] : counts) total += n;
    cells.push(cell(grouped(total), true));
    for (const auto& [state, n] : sums) cells.push(cell(grouped(counts.contains(state) ? counts.at(state) : 0), true));
  };
  for (const auto& [lane, counts] : lanes) {
    Data cells{Data::List{}};
    cells.push(cell(v.channel(report, lane.first), false, true)), cells.push(cell(std::string(locale::language_name(language_of(lane.second)))));
    numbers(cells, counts);
    const Window* window = window_of(report, lane.first, lane.second);
    for (const bool first : {true, false}) cells.push(cell(window ? locale::format_time(first ? window->first : window->last, v.lang) : std::string("–")));
    rows.push(Data().set("cells", std::move(cells)));
  }
  if (lanes.size() > 1) {
    Data cells{Data::List{}};
    cells.push(cell(v.t("sum"), false, true)), cells.push(cell(""));
    numbers(cells, sums);
    cells.push(cell("")), cells.push(cell(""));
    rows.push(Data().set("cells", std::move(cells)));
  }
  return Data().set("id", "report-rows").set("caption", v.t("report_rows")).set("columns", std::move(columns)).set("rows", std::move(rows));
}

Data reasons_table(const View& v, const Report& report) {
  Data columns{Data::List{}}, rows{Data::List{}};
  columns.push(column(v.t("channel"))), columns.push(column(v.t("state"))), columns.push(column(v.t("note"))), columns.push(column(v.t("total"), true));
  for (const Ledger::Reason& one : report.reasons) {
    Data cells{Data::List{}};
    cells.push(cell(v.channel(report, one.channel), false, true)), cells.push(cell(v.t("row." + std::string(name_of(one.state))))), cells.push(cell(one.reason)), cells.push(cell(grouped(one.rows), true));
    rows.push(Data().set("cells", std::move(cells)));
  }
  return Data().set("id", "report-reasons").set("caption", v.t("reasons")).set("columns", std::move(columns)).set("rows", std::move(rows));
}

/// People as k-anonymity lets them be seen: none, "fewer than 10", or rounded down to tens (as audiences/segment.h).
std::string people_text(const View& v, std::int64_t people) {
  if (people == 0) return "0";
  if (people < Segment::kAnonymous) return v.t("reach_few", {{"k", std::to_string(Segment::kAnonymous)}});
  return grouped(people - people % Segment::kAnonymous);
}

/// 0: nobody or too few to tell; 1 to 4 by quarters of the ward with the most.
int shade_of(std::int64_t people, std::int64_t most) {
  constexpr int kShades = 4;
  return people < Segment::kAnonymous ? 0 : static_cast<int>(std::min<std::int64_t>(kShades, 1 + people * kShades / (most + 1)));
}

Data map_of(const View& v, const Campaigns::WardReach& reach, std::int64_t most) {
  const auto imported = v.web.boundaries ? v.web.boundaries() : nullptr;
  const auto approximate = imported ? std::vector<city::WardArea>() : city::approximate_areas(v.city->wards());
  std::vector<pages::MapArea> drawn;
  for (const city::WardArea& area : imported ? imported->wards : approximate) {
    const city::Ward* ward = v.city->ward(area.code);
    if (!ward) continue;
    const auto found = reach.wards.find(ward->id);
    const std::int64_t people = found == reach.wards.end() ? 0 : found->second;
    pages::MapArea shape;
    shape.name = ward->name.in(v.lang), shape.label = {ward->lat, ward->lon}, shape.text = people_text(v, people), shape.shade = shade_of(people, most);
    for (const Polygon& part : area.parts) shape.rings.insert(shape.rings.end(), part.begin(), part.end());
    drawn.push_back(std::move(shape));
  }
  return pages::ward_map("reach-map", v.t("reach_by_ward"), drawn, {}, !imported);
}

Result<void> add_reach(const View& v, const Campaign& campaign, Data& data) {
  MACHIYA_TRY(const auto reach, v.web.campaigns.ward_reach(campaign.message));
  std::int64_t most = 0;
  for (const auto& [ward, people] : reach.wards) most = std::max(most, people);
  Data columns{Data::List{}}, rows{Data::List{}};
  columns.push(column(v.t("ward"))), columns.push(column(v.t("people"), true));
  const auto row = [&](const std::string& name, std::int64_t people) {
    Data cells{Data::List{}};
    cells.push(cell(name, false, true)), cells.push(cell(people_text(v, people), true));
    rows.push(Data().set("cells", std::move(cells)));
  };
  for (const city::Ward& ward : v.city->wards()) {
    const auto found = reach.wards.find(ward.id);
    row(ward.name.in(v.lang), found == reach.wards.end() ? 0 : found->second);
  }
  row(v.t("silent"), reach.silent);
  Data out;
  out.set("map", map_of(v, reach, most)).set("lead", v.t("reach_by_ward_lead", {{"k", std::to_string(Segment::kAnonymous)}}));
  out.set("table", Data().set("id", "reach-table").set("caption", v.t("reach_by_ward")).set("columns", std::move(columns)).set("rows", std::move(rows)));
  data.set("reach_by_ward", std::move(out));
  return {};
}

Deed deed_of(const Request& request) { return {identity::principal_of(request), request.id}; }

void add_line(std::string& out, const std::vector<std::string>& fields) {
  // Ids, words of this house and numbers: nothing that a spreadsheet would run, nothing that needs quotes (RFC 4180).
  for (std::size_t i = 0; i < fields.size(); ++i) out += (i ? "," : "") + fields[i];
  out += "\r\n";
}
/// Reasons come from channels: quoted, and never the beginning of a formula.
std::string quoted(std::string_view field) {
  std::string out = "\"";
  if (!field.empty() && std::string_view("=+-@\t\r").find(field.front()) != std::string_view::npos) out += '\'';
  for (const char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

}  // namespace

Response report(const CampaignWeb& web, Request& request) {
  const auto campaign = web.campaigns.find(request.param("message"), deed_of(request));
  if (!campaign.ok()) return http::problem(campaign.error(), request);
  const auto found = read(web, *campaign);
  if (!found.ok()) return http::problem(found.error(), request);
  const View v{web, request, std::string(locale::staff_language(request.lang)), web.city()};
  Data data = page(web, request, v.t("report"));
  data.set("subject", campaign->draft.title.in("ja")).set("message", path_of(*campaign)).set("tag", state_tag(web, request, *campaign, message_of(web, *campaign)));
  if (campaign->draft.drill) data.set("drill", true);
  if (campaign->message == 0) return render(web, request, "staff-messages/report", std::move(data));
  data.set("csv", path_of(*campaign, "/report.csv")).set("rows", Data().set("table", rows_table(v, *found)));
  if (!found->reasons.empty()) data.set("reasons", Data().set("table", reasons_table(v, *found)));
  if (auto added = add_reach(v, *campaign, data); !added.ok()) return http::problem(added.error(), request);
  return render(web, request, "staff-messages/report", std::move(data));
}

Response report_csv(const CampaignWeb& web, Request& request) {
  const auto campaign = web.campaigns.find(request.param("message"), deed_of(request));
  if (!campaign.ok()) return http::problem(campaign.error(), request);
  const auto found = read(web, *campaign);
  if (!found.ok()) return http::problem(found.error(), request);
  std::string out = "\xEF\xBB\xBF";   // spreadsheets take it for UTF-8 then
  add_line(out, {"part", "channel", "language", "state", "reason", "rows", "first_hand_off", "last_hand_off"});
  for (const Cell& one : found->cells) {
    const Window* window = window_of(*found, one.channel, one.lang);
    add_line(out, {"rows", found->channels.at(one.channel), std::string(language_of(one.lang)), std::string(name_of(one.state)), "", std::to_string(one.rows), window ? to_iso_japan(window->first) : "",
                   window ? to_iso_japan(window->last) : ""});
  }
  for (const Ledger::Reason& one : found->reasons) add_line(out, {"reasons", found->channels.at(one.channel), "", std::string(name_of(one.state)), quoted(one.reason), std::to_string(one.rows), "", ""});
  Response answer = http::text(std::move(out), "text/csv; charset=utf-8");
  answer.header("Content-Disposition", "attachment; filename=\"message-" + campaign->public_id + ".csv\"").header("Cache-Control", "no-store");
  return answer;
}

}  // namespace machiya::tell::detail
