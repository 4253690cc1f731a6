#include "ask/cases/export_text.h"

#include "ask/cases/decision_text.h"

namespace machiya::cases {
namespace {

bool is_plain_number(std::string_view s) {
  std::size_t i = !s.empty() && s[0] == '-' ? 1 : 0;
  if (i == s.size()) return false;
  for (; i < s.size(); ++i)
    if ((s[i] < '0' || s[i] > '9') && s[i] != '.') return false;
  return true;
}

std::string optional_time(const std::optional<Instant>& t) { return t ? to_iso_japan(*t) : std::string(); }

}  // namespace

std::string csv_field(std::string_view text) {
  std::string value(text);
  if (!value.empty() && std::string_view("=+-@\t\r").find(value[0]) != std::string_view::npos && !is_plain_number(value)) value.insert(0, "'");
  if (value.find_first_of(",\"\r\n") == std::string::npos) return value;
  std::string out = "\"";
  for (char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string csv_head(const ProcedureInfo* procedure, std::string_view lang) {
  std::string out = "number,procedure,state,outcome,department,assignee,received,due,ended,fee,channel";
  if (procedure)
    for (const FieldInfo& f : procedure->fields)
      if (f.name.find('/') == std::string::npos) out += "," + csv_field(f.label.in(lang));
  return out + "\r\n";
}

std::string csv_line(const CaseView& v, const ProcedureInfo* procedure, std::string_view lang) {
  std::string out;
  for (const std::string& text : {v.number, v.procedure, v.state, v.outcome, v.department, v.assignee, to_iso_japan(v.received),
                                  optional_time(v.due), optional_time(v.ended), std::to_string(v.fee), v.channel}) {
    if (!out.empty()) out += ',';
    out += csv_field(text);
  }
  if (procedure)
    for (const FieldInfo& f : procedure->fields)
      if (f.name.find('/') == std::string::npos) out += "," + csv_field(readable(v.values[f.name], &f, lang));
  return out + "\r\n";
}

json::Value export_json(const CaseView& v) {
  json::Value out = json::Value::object({{"number", v.number},
                                         {"procedure", v.procedure},
                                         {"version", v.version},
                                         {"state", v.state},
                                         {"outcome", v.outcome},
                                         {"department", v.department},
                                         {"assignee", v.assignee},
                                         {"received", to_iso_japan(v.received)},
                                         {"fee", v.fee},
                                         {"channel", v.channel}});
  if (v.due) out.set("due", to_iso_japan(*v.due));
  if (v.ended) out.set("ended", to_iso_japan(*v.ended));
  out.set("values", v.values);
  json::Value history = json::Value::array();
  for (const TimelineEntry& e : v.timeline)
    history.push(json::Value::object({{"at", to_iso_japan(e.at)}, {"action", e.action}, {"state", e.state}, {"actor", e.actor}}));
  out.set("history", std::move(history));
  return out;
}

}  // namespace machiya::cases
