#include "tell/outlets/definition.h"

#include <algorithm>
#include <map>

namespace machiya::tell {
namespace {

const std::map<std::string, OutletKind, std::less<>>& kinds() {
  static const std::map<std::string, OutletKind, std::less<>> all = {{"cap", OutletKind::cap},           {"feeds", OutletKind::feeds},       {"signage", OutletKind::signage}, {"area-mail", OutletKind::area_mail},
                                                                     {"l-alert", OutletKind::l_alert}, {"wireless", OutletKind::wireless}, {"webhook", OutletKind::webhook}};
  return all;
}

/// The carrier's own figures, and what the house knows of characters and forbidden parts.
bulletins::FormatRule carrier_in(const json::Value& one) {
  bulletins::FormatRule out;
  const auto& known = bulletins::area_mail_rules();
  const auto same = std::find_if(known.begin(), known.end(), [&](const auto& rule) { return rule.id == one.text("carrier"); });
  out = same == known.end() ? known.front() : *same;
  out.id = one.text("carrier");
  if (one.has("name")) out.name = one.text("name");
  out.max_title = static_cast<std::size_t>(one["title"].as_int()), out.max_body = static_cast<std::size_t>(one["body"].as_int());
  return out;
}

bulletins::Station station_in(const json::Value& value) {
  bulletins::Station out;
  out.name = value.text("name");
  out.times = static_cast<int>(value["times"].as_int(2)), out.most_seconds = static_cast<double>(value["seconds"].as_int(180));
  out.long_sentence = static_cast<std::size_t>(value["sentence"].as_int(60));
  for (const json::Value& one : value["readings"].items()) out.readings.emplace_back(one.text("written"), one.text("read"));
  // 東住吉区 before 住吉区: a name within another must not be read first.
  std::stable_sort(out.readings.begin(), out.readings.end(), [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  return out;
}

std::vector<std::string> stops_of(OutletKind kind, const json::Value& body) {
  std::vector<std::string> out;
  for (const json::Value& one : body["stops"].items()) out.push_back(one.as_string());
  if (!body.has("stops") && kind == OutletKind::area_mail) out = {"*"};   // a carrier takes no text that breaks its rules
  if (!body.has("stops") && kind == OutletKind::wireless) out = {"too-long"};
  return out;
}

std::shared_ptr<const city::Definition> compile(const json::Value& body, const city::Source& source, Diagnostics& faults) {
  auto out = std::make_shared<OutletDefinition>();
  out->id = source.id, out->name = city::Text(body["name"]);
  out->kind = kinds().at(body.text("adapter"));   // the schema lists the same words
  out->ordinary = body["ordinary"].as_bool(), out->unit = body.text("unit") == "city" ? OutletUnit::city : OutletUnit::ward;
  out->attempts = static_cast<int>(body["attempts"].as_int(12));
  out->stops = stops_of(out->kind, body);
  for (const json::Value& one : body["carriers"].items()) out->carriers.push_back(carrier_in(one));
  if ((out->kind == OutletKind::area_mail) != !out->carriers.empty()) faults.error("/carriers", "carriers は adapter: area-mail に要り、ほかには書けません", "carriers belong to \"adapter: area-mail\", and must stand there");
  if ((out->kind == OutletKind::wireless) != body.has("station")) faults.error("/station", "station は adapter: wireless に要り、ほかには書けません", "a station belongs to \"adapter: wireless\", and must stand there");
  if (body.has("station")) out->station = station_in(body["station"]);
  if (out->kind == OutletKind::l_alert) out->envelope = bulletins::l_alert("");
  return out;
}

}  // namespace

city::Kind outlet_kind() {
  city::Kind kind;
  kind.name = "outlet", kind.folder = "outlets", kind.compile = compile;
  return kind;
}

std::vector<const OutletDefinition*> outlets_of(const city::City& city) {
  std::vector<const OutletDefinition*> out;
  for (const city::Loaded* loaded : city.all("outlet")) out.push_back(static_cast<const OutletDefinition*>(loaded->definition.get()));
  return out;
}

}  // namespace machiya::tell
