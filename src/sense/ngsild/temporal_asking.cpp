#include "sense/ngsild/temporal_asking.h"

#include <algorithm>

#include "base/text.h"

namespace machiya::sense::ngsild {
namespace {
using tree::Value;

Error bad(std::string why, std::string where = {}) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

template <class T>
Result<void> take(Result<T> from, T& to) {
  if (!from.ok()) return bad_data(from.error());
  to = std::move(*from);
  return {};
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    out.push_back(trim(text.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

bool says(const Call& call, std::string_view word) { return call.option(word) || call.parameter("format") == word; }

Result<void> read_form(const Call& call, PastAsking& out) {
  const bool values = says(call, "temporalValues"), aggregated = says(call, "aggregatedValues");
  if (values && aggregated) return bad("temporalValues and aggregatedValues go not together", "options");
  if (values || out.asking.shape.format == Format::simplified) out.form = PastForm::values;
  if (aggregated) out.form = PastForm::aggregates;
  return {};
}

// Only entities that are joined have members behind a relationship, and evolutions join nothing.
Result<void> plain_projection(const Asking& asking) {
  for (const auto* list : {&asking.shape.members.pick, &asking.shape.members.omit})
    if (std::ranges::any_of(*list, [](const Selection::Member& m) { return !m.within.empty(); })) return bad("pick and omit cannot follow relationships here", "pick");
  if (asking.query.q.linked_depth() > 0) return bad("q may not follow relationships here", "q");
  return {};
}

Result<void> read_parameters(Call& call, bool needed, PastAsking& out) {
  const auto text = [&](std::string_view name) { return call.parameter(name).value_or(""); };
  for (const std::string_view name : {"timerel", "timeAt", "endTimeAt", "timeproperty", "lastN"})
    if (call.parameter(name) && text(name).empty()) return bad("the parameter is empty", std::string(name));
  const TemporalQuery::Words words{text("timerel"), text("timeAt"), text("endTimeAt"), text("timeproperty"), text("lastN")};
  if (auto done = take(TemporalQuery::parse(words, needed), out.window.when); !done.ok()) return done;
  out.window.bounded = !words.timerel.empty();
  if (auto done = read_form(call, out); !done.ok()) return done;
  if (auto done = plain_projection(out.asking); !done.ok()) return done;
  if (out.form != PastForm::aggregates) return {};
  const auto methods = call.parameter("aggrMethods");
  if (!methods) return bad("aggregatedValues needs aggrMethods", "aggrMethods");
  return take(Aggregating::parse(split(*methods), text("aggrPeriodDuration")), out.aggregating);
}

// "avg,max" or ["avg", "max"].
Result<std::vector<std::string_view>> methods_of(const Value& value) {
  if (value.is_string()) return split(value.text());
  std::vector<std::string_view> out;
  for (const Value& v : value.items()) {
    if (!v.is_string()) return bad("a list of methods is expected", "aggrMethods");
    out.push_back(v.text());
  }
  return out;
}

Result<void> read_aggregation(const Value& object, PastAsking& out) {
  const Value *methods = object.find("aggrMethods"), *period = object.find("aggrPeriodDuration");
  if (methods == nullptr && period == nullptr) return {};
  if (methods == nullptr) return bad("aggrPeriodDuration goes with aggrMethods", "aggrMethods");
  if (period != nullptr && (!period->is_string() || period->count == 0)) return bad("an ISO 8601 duration is expected", "aggrPeriodDuration");
  MACHIYA_TRY(const auto words, methods_of(*methods));
  if (out.form == PastForm::values) return bad("temporalValues and aggregation go not together", "aggrMethods");
  out.form = PastForm::aggregates;
  return take(Aggregating::parse(words, period != nullptr ? period->text() : std::string_view()), out.aggregating);
}

}  // namespace

const std::vector<std::string_view> kTemporalRetrieveParameters = {"attrs", "pick", "omit", "lang", "options", "format", "datasetId", "local", "containedBy", "jsonKeys", "expandValues", "timeproperty", "timerel",
                                                                   "timeAt", "endTimeAt", "lastN", "aggrMethods", "aggrPeriodDuration", "entityMap", "entityMapLifetime"};
const std::vector<std::string_view> kTemporalQueryParameters = {"id", "type", "idPattern", "attrs", "pick", "omit", "q", "csf", "geometry", "georel", "coordinates", "geoproperty", "lang", "scopeQ", "limit",
                                                                "offset", "count", "options", "format", "datasetId", "local", "containedBy", "jsonKeys", "expandValues", "timeproperty", "timerel", "timeAt",
                                                                "endTimeAt", "lastN", "aggrMethods", "aggrPeriodDuration", "entityMap", "entityMapLifetime"};
const std::vector<std::string_view> kTemporalBodyParameters = {"limit", "offset", "count", "options", "format", "lang", "local", "containedBy", "datasetId", "entityMap", "entityMapLifetime"};

HistoryAsking PastAsking::question() const {
  HistoryAsking out;
  out.query = &asking.query, out.window = window, out.datasets = asking.datasets.empty() ? nullptr : &asking.datasets;
  out.shown = [this](std::string_view name) { return asking.shape.members.shows(name); };
  out.aggregating = form == PastForm::aggregates ? &aggregating : nullptr;
  out.offset = asking.page.offset, out.limit = asking.page.limit, out.count = asking.page.count;
  return out;
}

PastShape PastAsking::shape() const { return {asking.shape, form, window.when.property, window.bounded}; }

Result<void> read_past_retrieve(Call& call, PastAsking& out) {
  if (auto done = read_shape(call, out.asking); !done.ok()) return done;
  out.asking.settle();
  return read_parameters(call, false, out);
}

Result<void> read_past_query(Call& call, PastAsking& out) {
  if (auto done = read_query(call, out.asking); !done.ok()) return done;
  out.asking.settle();
  return read_parameters(call, true, out);
}

Result<void> read_past_body(Call& call, PastAsking& out) {
  if (auto done = read_query_body(call, call.body, out.asking); !done.ok()) return done;
  const Value* temporal = call.body.find("temporalQ");
  if (temporal == nullptr) return bad("a temporal query is expected", "temporalQ");
  if (auto done = take(TemporalQuery::from_json(*temporal, true), out.window.when); !done.ok()) return done;
  if (const Value* datasets = call.body.find("datasetId")) {
    for (const Value& d : datasets->is_array() ? datasets->items() : std::span<const Value>(datasets, 1)) out.asking.datasets.emplace_back(d.text());
  }
  out.asking.settle();
  if (auto done = read_form(call, out); !done.ok()) return done;
  if (auto done = plain_projection(out.asking); !done.ok()) return done;
  if (auto done = read_aggregation(*temporal, out); !done.ok()) return done;
  if (const Value* aggregation = call.body.find("aggrParams")) {
    if (!aggregation->is_object()) return bad("an object is expected", "aggrParams");
    if (auto done = read_aggregation(*aggregation, out); !done.ok()) return done;
  }
  if (out.form == PastForm::aggregates && out.aggregating.methods.empty()) return bad("aggregatedValues needs aggrMethods", "aggrMethods");
  return {};
}

}  // namespace machiya::sense::ngsild
