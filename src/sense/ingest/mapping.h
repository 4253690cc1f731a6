// From a payload to attributes of entities, as a profile says. Pure: no clock, no store.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "sense/ingest/cause.h"
#include "sense/ingest/device.h"
#include "sense/ingest/profile.h"
#include "sense/payloads/line_protocol.h"
#include "sense/series/series.h"

namespace machiya::sense::ingest {

/// Why a value carries another quality than good: a word of the profile, or the rule that it broke.
struct MappedAttribute {
  std::string name;                        ///< as the profile writes it
  AttributeKind kind = AttributeKind::property;
  json::Value value;
  std::string unit;
  std::int64_t observed_us = 0;
  series::Quality quality = series::Quality::good;
  std::string reason;                      ///< "range", "clock", "device"; "" when it is good
  double per_minute = 0;                   ///< rate rule; 0: none
  Fate rate_fate = Fate::mark;
};
struct MappedEntity {
  std::string id, type;
  bool shared = false;
  std::vector<MappedAttribute> attributes;
};
/// A value of the line protocol that is kept as a series.
struct MappedPoint {
  std::string measurement;                 ///< "water␟litres"
  std::string key;                         ///< tags in order, with device=ID
  std::int64_t time_us = 0;
  double value = 0;
};
struct Mapped {
  std::vector<MappedEntity> entities;
  std::vector<MappedPoint> points;
  Causes causes;                           ///< of what was left out
  bool ignored = false;                    ///< the profile says that it is nothing
};

struct Message {
  const Profile& profile;
  const Device& device;
  const Captures& topic;
  std::string_view payload;
  Instant arrived;
  payloads::Precision precision = {};      ///< of times in lines
};
/// Everything that can be taken from it; the rest is told in `causes`, each with its place. Limits: 100,000 values in a payload, 10,000 entities.
Mapped map_payload(const Message& message);

std::string_view quality_name(series::Quality quality);

}  // namespace machiya::sense::ingest
