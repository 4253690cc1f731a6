#include "city/decision_kind.h"

#include <algorithm>

#include "city/schema.h"

namespace machiya::city {
namespace {

/// The canonical text is kept by the loader; nothing else is needed until somebody evaluates.
class Checked final : public Definition {};

/// The decision and all that it needs, each once, itself first. A need that does not exist is left out: the loader has said so.
json::Value::Array with_needs(const City& city, std::string_view id) {
  std::vector<std::string> order{std::string(id)};
  json::Value::Array bodies;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Loaded* loaded = city.find("decision", order[i]);
    if (!loaded) continue;
    auto body = json::parse(*loaded->canonical);
    if (!body.ok()) continue;
    for (const json::Value& need : (*body)["needs"].items())
      if (std::find(order.begin(), order.end(), need.as_string()) == order.end()) order.push_back(need.as_string());
    bodies.push_back(std::move(body).value());
  }
  return bodies;
}

void link_decision(const City& city, const Source& source, const Definition&, Diagnostics& faults) {
  const json::Value::Array bodies = with_needs(city, source.id);
  for (const json::Value& body : bodies)
    for (const json::Value& need : body["needs"].items())
      if (!city.find("decision", need.as_string())) return;   // the missing one, or its own faults, are reported already
  feel::Diagnostics found;
  const auto compiled = feel::compile_decisions(bodies, feel::Scope(), found);
  for (const feel::Diagnostic& d : found)
    if (d.pointer == "/0" || d.pointer.rfind("/0/", 0) == 0) faults.error(d.pointer.substr(2), d.ja, d.en, d.line, d.column);
  if (!compiled.ok() && found.empty()) faults.error("", "判定表を読み取れません: " + compiled.error().detail, "the decision cannot be compiled: " + compiled.error().detail);
}

}  // namespace

Kind decision_kind() {
  Kind kind;
  kind.name = "decision", kind.folder = "decisions";
  kind.compile = [](const json::Value&, const Source&, Diagnostics&) { return std::make_shared<const Checked>(); };
  kind.link = link_decision;
  return kind;
}

Kind block_kind() {
  Kind kind;
  kind.name = "block", kind.folder = "blocks";
  kind.compile = [](const json::Value&, const Source&, Diagnostics&) { return std::make_shared<const Checked>(); };
  return kind;
}

Result<feel::Decision> compile_decision(const City& city, std::string_view id) {
  if (!city.find("decision", id)) return Error(ErrorCode::not_found, "no decision", std::string(id));
  feel::Diagnostics faults;
  auto compiled = feel::compile_decisions(with_needs(city, id), feel::Scope(), faults);
  if (!compiled.ok()) return Error(ErrorCode::definition_error, compiled.error().detail, std::string(id));
  return compiled->front();
}

}  // namespace machiya::city
