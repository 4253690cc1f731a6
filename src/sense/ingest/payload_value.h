// Payloads as values that mappings read. Pure. Inside ingest only.
#pragma once
#include <functional>
#include <optional>

#include "feel/value.h"
#include "sense/ingest/mapping.h"

namespace machiya::sense::ingest {

/// JSON as it stands; SenML as {records: [{name, unit, time, value, sum}]} with everything resolved; text as a text. Nothing, with the cause, when it cannot
/// be read; records that are wrong are left out and told.
std::optional<feel::Value> payload_value(const Message& message, Causes& causes);

/// The shortest decimal that reads back as the same double.
feel::Value short_number(double d);

/// {measurement, tags, fields, time} of each line; lines that are wrong are told. Lines of the profile's `series` become `out.points` instead.
void each_line(const Message& message, Mapped& out, const std::function<void(const feel::Value& line, std::size_t number, std::optional<std::int64_t> time_us)>& visit);

}  // namespace machiya::sense::ingest
