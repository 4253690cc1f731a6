#include "sense/forecast/definition.h"

#include <algorithm>

#include "sense/history/duration.h"
#include "sense/models/entity_type.h"

namespace machiya::sense::forecast {
namespace {

constexpr std::int64_t kMostAhead = 7 * kDay, kLeastLearned = 7 * kDay, kMostLearned = 400 * kDay;

bool is_number(const AttributeType& attribute) { return !attribute.list && (attribute.kind == ValueKind::number || attribute.kind == ValueKind::integer); }

/// The IRI of an attribute of the type that may be used here; "" after a fault.
std::string named(const EntityType& type, const json::Value& body, std::string_view member, bool number, Diagnostics& faults) {
  const std::string& term = body.text(member);
  const std::string where = "/" + std::string(member);
  const AttributeType* found = type.attribute_named(term);
  if (found == nullptr) {
    faults.error(where, "「" + type.id + "」に項目「" + term + "」はありません", "\"" + type.id + "\" has no attribute \"" + term + "\"");
    return {};
  }
  if (number && !is_number(*found)) faults.error(where, "「" + term + "」は数ではありません", "\"" + term + "\" is no number");
  if (!number && found->kind != ValueKind::json) faults.error(where, "「" + term + "」は kind: json の項目にします", "\"" + term + "\" must be an attribute of kind json");
  return found->iri;
}

std::shared_ptr<const city::Definition> compile(const json::Value& body, const city::Source& source, const city::City& earlier, Diagnostics& faults) {
  auto out = std::make_shared<ForecastDefinition>();
  out->name = city::Text(body["name"]), out->of = body.text("of");
  Plan& plan = out->plan;
  plan.id = source.id;
  const EntityType* type = earlier.get<EntityType>("entity-type", out->of);
  if (type == nullptr) {
    faults.error("/of", "「" + out->of + "」という種類のエンティティはありません", "there is no entity type \"" + out->of + "\"");
    return out;
  }
  plan.type = type->iri;
  plan.attribute = named(*type, body, "attribute", true, faults), plan.writes = named(*type, body, "writes", false, faults);
  if (body.has("most")) plan.most = named(*type, body, "most", true, faults);
  if (body.has("least")) plan.least = body["least"].as_double();
  if (body.has("learn")) plan.learn_us = parse_duration(body.text("learn")).value_or(Duration{}).after(0);
  if (plan.learn_us < kLeastLearned || plan.learn_us > kMostLearned) faults.error("/learn", "7日から400日までにします", "between 7 and 400 days");
  for (std::size_t i = 0; i < body["ahead"].size(); ++i) {
    const std::int64_t ahead = parse_duration(body["ahead"][i].as_string()).value_or(Duration{}).after(0);
    if (ahead <= 0 || ahead > kMostAhead || ahead % kSlot != 0)
      faults.error("/ahead/" + std::to_string(i), "15分の倍数で、7日までにします(例: PT30M)", "a multiple of 15 minutes, at most 7 days, e.g. PT30M");
    else if (!plan.ahead_us.empty() && ahead <= plan.ahead_us.back())
      faults.error("/ahead/" + std::to_string(i), "近いものから順に書きます", "the nearest first");
    plan.ahead_us.push_back(ahead);
  }
  return out;
}

}  // namespace

city::Kind forecast_kind() {
  city::Kind kind;
  kind.name = "forecast", kind.folder = "forecasts", kind.compile_with = compile;
  return kind;
}

std::vector<const ForecastDefinition*> forecasts_of(const city::City& city) {
  std::vector<const ForecastDefinition*> out;
  for (const city::Loaded* loaded : city.all("forecast")) out.push_back(static_cast<const ForecastDefinition*>(loaded->definition.get()));
  return out;
}

}  // namespace machiya::sense::forecast
