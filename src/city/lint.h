// Warnings on style: what is no fault but what an author would want to know.
#pragma once
#include <vector>

#include "base/diagnostics.h"
#include "base/json.h"
#include "city/city.h"
#include "city/reader.h"

namespace machiya::city {

/// Warnings within one definition: missing translations by language, pages and questions that never open.
void lint_definition(const json::Value& body, const Source& source, Diagnostics& out);
/// Warnings across the city: rooms with services but without a scenario, blocks and definitions that nobody uses.
void lint_city(const City& city, const Reader& reader, std::vector<Fault>& out);

}  // namespace machiya::city
