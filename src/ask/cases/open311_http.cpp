// Open311 GeoReport v2 (wiki.open311.org/GeoReport_v2): services and requests, generated from the procedures that carry
// map.public. A service is a category of such a procedure: service_code "<procedure>.<category>".
#include <algorithm>

#include "ask/cases/reports.h"
#include "ask/cases/submission.h"
#include "ask/cases/web.h"
#include "base/text.h"
#include "platform/identity/identity.h"

namespace machiya::cases::detail {
namespace {

using http::Request;
using http::Response;

std::string xml_text(std::string_view s) {
  std::string out;
  for (char c : s) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
  }
  return out;
}

/// A list of flat objects as GeoReport XML: <list><item><key>value</key>…</item></list>.
std::string to_xml(const json::Value& items, std::string_view list, std::string_view item) {
  std::string out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<" + std::string(list) + ">\n";
  for (const json::Value& v : items.items()) {
    out += "<" + std::string(item) + ">";
    for (const auto& [key, member] : v.members()) {
      const std::string text = member.is_string() ? member.as_string() : member.is_null() ? "" : json::to_text(member);
      out += "<" + key + ">" + xml_text(text) + "</" + key + ">";
    }
    out += "</" + std::string(item) + ">\n";
  }
  return out + "</" + std::string(list) + ">\n";
}

bool wants_xml(const Request& r) { return r.path.size() > 4 && r.path.substr(r.path.size() - 4) == ".xml"; }

Response answer(const Request& r, const json::Value& items, const char* list, const char* item, int status = 200) {
  if (wants_xml(r)) return http::text(to_xml(items, list, item), "text/xml; charset=utf-8", status);
  return http::json(items, status);
}

/// Errors as the specification writes them: [{"code": 400, "description": "…"}].
Response refuse(const Request& r, int code, const std::string& description) {
  json::Value list = json::Value::array();
  list.push(json::Value::object({{"code", code}, {"description", description}}));
  return answer(r, list, "errors", "error", code);
}

std::string service_code(const ProcedureInfo& p, const std::string& category) { return p.id + "." + category; }

json::Value request_json(const PublicReport& r) {
  json::Value out = json::Value::object({{"service_request_id", r.number},
                                         {"status", r.status},
                                         {"status_notes", r.state_label},
                                         {"service_name", r.category_label},
                                         {"service_code", r.procedure + "." + r.category},
                                         {"agency_responsible", r.department},
                                         {"requested_datetime", to_iso_japan(r.received)},
                                         {"updated_datetime", to_iso_japan(r.changed)},
                                         {"lat", r.lat},
                                         {"long", r.lon}});
  if (r.due) out.set("expected_datetime", to_iso_japan(*r.due));
  if (!r.photo.empty()) out.set("media_url", "/reports/" + r.number + "/photo");
  return out;
}

Response services(const Web& web, Request& request) {
  Reports reports(web.cases);
  json::Value out = json::Value::array();
  for (const auto& rules : reports.procedures()) {
    const ProcedureInfo& p = *rules->procedure;
    const FieldInfo* category = p.field(p.map.category);
    if (!category) continue;
    for (const auto& [value, label] : category->options)
      out.push(json::Value::object({{"service_code", service_code(p, value)}, {"service_name", label.in(request.lang)},
                                    {"description", p.summary.in(request.lang)}, {"metadata", wants_xml(request) ? json::Value("false") : json::Value(false)},
                                    {"type", "realtime"}, {"keywords", ""}, {"group", p.name.in(request.lang)}}));
  }
  return answer(request, out, "services", "service");
}

std::vector<std::string> listed(std::string_view text) {
  std::vector<std::string> out;
  for (std::string_view part : split(text, ','))
    if (!trim(part).empty()) out.emplace_back(trim(part));
  return out;
}

Response requests(const Web& web, Request& request) {
  Reports reports(web.cases);
  json::Value out = json::Value::array();
  if (auto ids = request.query("service_request_id"); ids && !ids->empty()) {
    for (const std::string& id : listed(*ids))
      if (auto r = reports.find(id, request.lang); r.ok()) out.push(request_json(*r));
    return answer(request, out, "service_requests", "request");
  }
  ReportFilter f;
  f.lang = request.lang, f.limit = 1000;
  for (auto [name, target] : {std::pair{"start_date", &f.since}, std::pair{"end_date", &f.until}}) {
    const auto text = request.query(name);
    if (!text || text->empty()) continue;
    *target = parse_rfc3339(*text);
    if (!*target) return refuse(request, 400, std::string(name) + " is not a date-time (RFC 3339)");
  }
  // Without dates: the last 90 days (GeoReport v2, GET Service Requests).
  if (!f.since && !f.until) f.since = Instant{web.cases.platform().clock.now().us - 90 * kDay};
  const std::vector<std::string> status = listed(request.query("status").value_or("")), codes = listed(request.query("service_code").value_or(""));
  if (status.size() == 1 && status[0] == "open") f.open_only = true;
  auto found = reports.list(f);
  if (!found.ok()) return http::problem(found.error(), request);
  for (const PublicReport& r : *found) {
    if (!status.empty() && std::find(status.begin(), status.end(), r.status) == status.end()) continue;
    if (!codes.empty() && std::find(codes.begin(), codes.end(), r.procedure + "." + r.category) == codes.end()) continue;
    out.push(request_json(r));
  }
  return answer(request, out, "service_requests", "request");
}

Response one_request(const Web& web, Request& request) {
  std::string number(request.param("file"));
  const std::size_t dot = number.rfind('.');
  if (dot != std::string::npos) number.resize(dot);
  Reports reports(web.cases);
  auto r = reports.find(number, request.lang);
  if (!r.ok()) return refuse(request, 404, "service_request_id was not found");
  json::Value out = json::Value::array();
  out.push(request_json(*r));
  return answer(request, out, "service_requests", "request");
}

/// The answers of a GeoReport request as the procedure's interview takes them: category, place, and the first long text for
/// the description; "attribute[name]" for every other question.
json::Value answers_of(const Request& request, const ProcedureInfo& p, const std::string& category) {
  json::Value values = json::Value::object();
  values.set(p.map.category, category);
  const std::string lat(request.form("lat").value_or("")), lon(request.form("long").value_or(""));
  auto is_number = [](const std::string& s) { return !s.empty() && json::parse(s).ok() && json::parse(s)->is_number(); };
  if (is_number(lat) && is_number(lon)) {
    json::Value place = json::Value::object({{"lat", json::Value::number(lat)}, {"lon", json::Value::number(lon)}});
    if (auto address = request.form("address_string"); address && !address->empty()) place.set("address", *address);
    values.set(p.map.place, std::move(place));
  }
  for (const FieldInfo& f : p.fields) {
    if (auto given = request.form("attribute[" + f.name + "]")) {
      if (f.type == "yes-no" || f.type == "declaration") values.set(f.name, *given == "true" || *given == "yes");
      else values.set(f.name, *given);
    } else if (f.type == "long-text" && !values.has(f.name)) {
      if (auto text = request.form("description"); text && !text->empty()) values.set(f.name, *text);
    } else if (f.type == "email" && request.form("email")) {
      values.set(f.name, *request.form("email"));
    } else if (f.type == "phone" && request.form("phone")) {
      values.set(f.name, *request.form("phone"));
    }
  }
  return values;
}

Response post_request(const Web& web, Request& request) {
  const std::string code(request.form("service_code").value_or(""));
  const std::size_t dot = code.find('.');
  if (dot == std::string::npos) return refuse(request, 400, "service_code was not provided");
  auto rules = web.cases.definitions().current(code.substr(0, dot));
  if (!rules.ok() || !(*rules)->procedure->map.is_public) return refuse(request, 404, "service_code was not found");
  if (!web.procedure) return http::problem(Error(ErrorCode::unavailable), request);
  auto procedure = web.procedure(code.substr(0, dot));
  if (!procedure) return refuse(request, 404, "service_code was not found");
  Rng& rng = web.cases.platform().rng;
  interview::Situation situation;
  situation.now = web.cases.platform().clock.now(), situation.lang = request.lang;
  std::vector<std::string> ids;
  for (int i = 0; i < 64; ++i) ids.push_back(new_public_id(rng));
  auto answers = interview::read_values(*procedure, answers_of(request, *(*rules)->procedure, code.substr(dot + 1)), situation, "applicant", ids);
  if (!answers.ok()) return refuse(request, 400, answers.error().detail);
  interview::Log log;
  for (interview::Answer& a : *answers) log.append(std::move(a));
  auto state = interview::evaluate(*procedure, log, situation);
  if (!state.ok()) return http::problem(state.error(), request);
  if (state->stop) return refuse(request, 400, state->stop->title + " " + state->stop->message);
  if (!state->complete) {
    std::string missing;
    for (const interview::PageState& page : state->pages)
      for (const interview::QuestionState& q : page.questions)
        if (!q.answered && !q.question->optional && q.question->asks()) missing += (missing.empty() ? "" : ", ") + q.field;
    return refuse(request, 400, "not complete: " + missing);
  }
  Submission s = make_submission(*procedure, *state, log);
  s.applicant = identity::principal_of(request), s.channel = "api", s.lang = request.lang;
  s.idempotency_key = std::string(request.header("idempotency-key"));
  auto receipt = web.cases.submit(s);
  if (!receipt.ok()) return http::problem(receipt.error(), request);
  json::Value out = json::Value::array();
  out.push(json::Value::object({{"service_request_id", receipt->number}, {"service_notice", ""}, {"account_id", ""}}));
  return answer(request, out, "service_requests", "request", 201);
}

http::RouteOptions api() {
  http::RouteOptions o;
  o.permission = "public", o.object = "none";
  o.csrf = false;
  o.rate_per_minute = 60;
  return o;
}

}  // namespace

void add_open311_routes(http::Router& router, const Web& web) {
  for (const char* kind : {"json", "xml"}) {
    const std::string base = "/open311/v2/";
    router.get(base + "services." + kind, api(), [web](Request& r) { return services(web, r); });
    router.get(base + "requests." + kind, api(), [web](Request& r) { return requests(web, r); });
    router.post(base + "requests." + kind, api(), [web](Request& r) { return post_request(web, r); });
  }
  router.get("/open311/v2/requests/{file}", api().on("report"), [web](Request& r) { return one_request(web, r); });
}

}  // namespace machiya::cases::detail
