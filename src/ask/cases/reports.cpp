#include "ask/cases/reports.h"

#include <algorithm>
#include <cmath>

#include "platform/audit/audit.h"
#include "platform/identity/identity.h"
#include "platform/vault/vault.h"

namespace machiya::cases {
namespace {

constexpr double kRadians = 3.14159265358979323846 / 180;
constexpr double kMetresPerDegree = 111'195;   // of latitude, for the first box only

}  // namespace

double metres_between(double lat1, double lon1, double lat2, double lon2) {
  const double a = std::sin((lat2 - lat1) * kRadians / 2), b = std::sin((lon2 - lon1) * kRadians / 2);
  const double h = a * a + std::cos(lat1 * kRadians) * std::cos(lat2 * kRadians) * b * b;
  return 2 * 6'371'008.8 * std::asin(std::min(1.0, std::sqrt(h)));
}

std::vector<std::shared_ptr<const Rules>> Reports::procedures() const {
  std::vector<std::shared_ptr<const Rules>> out;
  for (const std::string& id : cases_.definitions().source().ids("procedure")) {
    auto rules = cases_.definitions().current(id);
    if (rules.ok() && (*rules)->procedure->map.is_public) out.push_back(*rules);
  }
  return out;
}

Result<PublicReport> Reports::of(store::ReadTx& tx, const records::RecordRow& row, std::string_view lang) const {
  PublicReport out;
  MACHIYA_TRY(auto rules, cases_.definitions().of_case(tx, row.type, row.definition, row.rules, row.initiative));
  out.number = row.number, out.procedure = row.type, out.category = row.category, out.state = row.state, out.department = row.department;
  out.category_label = row.category, out.state_label = row.state;
  if (const FieldInfo* f = rules->procedure->field(rules->procedure->map.category))
    for (const auto& [value, label] : f->options)
      if (value == row.category) out.category_label = label.in(lang);
  if (const State* s = rules->workflow->state(row.state)) {
    out.state_label = s->told().in(lang);
    out.ended_well = s->end == "decided" && s->outcome != "refused";
  }
  out.status = row.ended ? "closed" : "open";
  // Five digits are about a metre: enough to find a hole, and what the map shows.
  out.lat = std::round(row.lat.value_or(0) * 1e5) / 1e5, out.lon = std::round(row.lon.value_or(0) * 1e5) / 1e5;
  out.received = row.created, out.changed = row.changed, out.ended = row.ended, out.due = row.due;
  return out;
}

Result<std::vector<PublicReport>> Reports::list(const ReportFilter& f) {
  return cases_.platform().store.read([&](store::ReadTx& tx) -> Result<std::vector<PublicReport>> {
    records::ListFilter filter;
    filter.open_only = f.open_only, filter.state = f.state, filter.since = f.since, filter.until = f.until;
    filter.limit = std::max(1, std::min(f.limit, 1000));
    if (!f.after.empty()) {
      MACHIYA_TRY(auto row, records::find_record(tx, f.after));
      if (!row) return Error(ErrorCode::not_found, "no such page");
      filter.before = row->id;
    }
    std::vector<std::pair<std::int64_t, PublicReport>> found;
    for (const auto& rules : procedures()) {
      if (!f.procedure.empty() && rules->procedure->id != f.procedure) continue;
      MACHIYA_TRY(auto rows, records::public_records(tx, rules->procedure->id, f.category, {}, filter));
      for (const records::RecordRow& row : rows) {
        MACHIYA_TRY(PublicReport report, of(tx, row, f.lang));
        found.emplace_back(row.id, std::move(report));
      }
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<PublicReport> out;
    for (auto& [id, report] : found)
      if (static_cast<int>(out.size()) < filter.limit) out.push_back(std::move(report));
    return out;
  });
}

Result<PublicReport> Reports::find(std::string_view number, std::string_view lang) {
  return cases_.platform().store.read([&](store::ReadTx& tx) -> Result<PublicReport> {
    MACHIYA_TRY(auto row, records::find_record(tx, number));
    if (!row || (row->publicity != records::Publicity::listed && row->publicity != records::Publicity::released))
      return Error(ErrorCode::not_found, "no such report");
    MACHIYA_TRY(PublicReport out, of(tx, *row, lang));
    if (row->publicity == records::Publicity::released && !row->sealed.empty()) {
      MACHIYA_TRY(std::string plain, cases_.platform().vault.open_sealed(tx, row->data_key, records::kDataContext, row->sealed));
      MACHIYA_TRY(json::Value packed, json::parse(plain));
      MACHIYA_TRY(auto rules, cases_.definitions().of_case(tx, row->type, row->definition, row->rules, row->initiative));
      const json::Value& photos = packed["data"]["values"][rules->procedure->map.photo];
      if (photos.size() > 0) out.photo = photos[std::size_t{0}].text("blob");
    }
    return out;
  });
}

Result<std::vector<PublicReport>> Reports::nearby(std::string_view procedure, std::string_view category, double lat, double lon,
                                                  double metres, std::string_view lang) {
  const double up = metres / kMetresPerDegree, side = up / std::max(0.1, std::cos(lat * kRadians));
  return cases_.platform().store.read([&](store::ReadTx& tx) -> Result<std::vector<PublicReport>> {
    records::ListFilter filter;
    filter.limit = 200;
    MACHIYA_TRY(auto rows, records::public_records(tx, std::string(procedure), std::string(category),
                                                   {lat - up, lon - side, lat + up, lon + side}, filter));
    std::vector<PublicReport> out;
    for (const records::RecordRow& row : rows) {
      MACHIYA_TRY(PublicReport report, of(tx, row, lang));
      report.metres = metres_between(lat, lon, *row.lat, *row.lon);
      if (report.metres <= metres) out.push_back(std::move(report));
    }
    std::sort(out.begin(), out.end(), [](const PublicReport& a, const PublicReport& b) { return a.metres < b.metres; });
    if (out.size() > 10) out.resize(10);
    return out;
  });
}

Result<void> Reports::moderate(std::string_view number, records::Publicity publicity, const identity::Principal& who, std::string_view request) {
  const Platform& p = cases_.platform();
  return p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(auto row, records::find_record(tx, number));
    if (!row || row->publicity == records::Publicity::closed) return Error(ErrorCode::not_found, "no such report");
    const char* permission = publicity == records::Publicity::released ? "photo.release" : "report.release";
    MACHIYA_TRY(const auto may, cases_.decide(tx, who, permission, *row));
    if (!may.allowed()) return Error(ErrorCode::forbidden, permission);
    row->publicity = publicity;
    row->changed = p.clock.now();
    MACHIYA_CHECK(records::update_record(tx, *row));
    const std::string action = publicity == records::Publicity::released ? "release" : publicity == records::Publicity::hidden ? "hide" : "list";
    MACHIYA_CHECK(records::insert_event(tx, {row->id, 0, row->changed, row->state, "report:" + action, who.actor(), "", ""}));
    return p.audit.append(tx, {who.actor(), "report." + action, "case:" + row->number, may.purpose, std::string(request), {}});
  });
}

}  // namespace machiya::cases
