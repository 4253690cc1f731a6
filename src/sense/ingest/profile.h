// The definition of a kind of device: which payloads it sends where, and what of them becomes which attribute of which entity.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "city/city.h"
#include "feel/feel.h"
#include "sense/entities/entity.h"
#include "sense/ingest/topic_pattern.h"

namespace machiya::sense::ingest {

enum class PayloadForm : std::uint8_t { json, senml, lines, text };
/// "json", "senml", "lines", "text".
std::string_view form_name(PayloadForm form);
PayloadForm form_of(std::string_view name);

/// What becomes of a value that breaks a rule.
enum class Fate : std::uint8_t { mark, misfit };

struct AttributeRule {
  std::string name;                       ///< as written; the profile's context expands it
  AttributeKind kind = AttributeKind::property;
  feel::Expression value, when, observed_at, quality;   ///< all but value may be absent
  bool optional = false;                  ///< a payload without it is no misfit
  std::string unit;                       ///< UN/CEFACT code; "" for none
  feel::Expression min, max;
  Fate range_fate = Fate::mark, rate_fate = Fate::mark;
  double per_minute = 0;                  ///< most change in one minute; 0: no rule
};
struct EntityRule {
  feel::Expression each, when, id, observed_at;
  std::string type;                       ///< as written
  bool shared = false;
  std::vector<AttributeRule> attributes;
};
struct ClockRule {
  static constexpr std::int64_t kAhead = 5 * kMinute, kBehind = 30 * kDay;
  std::int64_t ahead_us = kAhead, behind_us = kBehind;
  Fate fate = Fate::misfit;
};
struct DeviceDetail {
  enum class Type : std::uint8_t { text, number, yes_no } type = Type::text;
  std::string name;
  city::Text label;
  bool required = false;
};

class Profile final : public city::Definition {
 public:
  std::string id;
  int version = 1;
  city::Text name;
  PayloadForm form = PayloadForm::json;
  std::vector<TopicPattern> topics, paths;
  std::string context;                    ///< "": the city's own names (models)
  std::int64_t silent_after_us = kDay;
  std::vector<DeviceDetail> details;
  ClockRule clock;
  feel::Expression ignore;                ///< may be absent
  std::vector<EntityRule> map;
  std::vector<std::string> series;        ///< measurements, without escapes
};

/// Names that expressions of a profile see, in the order in which mapping.cpp gives their values: payload, device, arrived, topic, item.
feel::Scope profile_scope(const std::vector<DeviceDetail>& details);

/// Kind "device-profile" (folder devices/).
city::Kind profile_kind();
/// All of a city, by file name.
std::vector<const Profile*> profiles_of(const city::City& city);

/// ISO 8601 as the schema's "duration" allows it, without years and months (their length differs): µs; below 0 when it has any.
std::int64_t duration_us(std::string_view text);

}  // namespace machiya::sense::ingest
