#include "sense/ingest/mapping.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "sense/entities/stamp.h"
#include "sense/ingest/payload_value.h"

namespace machiya::sense::ingest {
namespace {
using feel::Value;
using series::Quality;

constexpr std::size_t kMostEntities = 10'000;
constexpr std::uint64_t kSteps = 2'000'000;   // of one payload
constexpr double kMillisecondsFrom = 1e11;    // seconds up to here lie before the year 5138

Value device_value(const Device& d) {
  std::vector<Value::Member> details;
  for (const auto& [name, value] : d.details.members()) {
    auto read = feel::from_json(value, feel::Type::any());
    details.emplace_back(name, read.ok() ? *read : Value());
  }
  const auto degrees = [](double v) { return short_number(v); };
  return Value::context({{"id", Value::string(d.id)}, {"name", Value::string(d.name)}, {"lat", d.at ? degrees(d.at->lat) : Value()}, {"lon", d.at ? degrees(d.at->lon) : Value()},
                         {"details", Value::context(std::move(details))}});
}

Value topic_value(const Captures& topic) {
  std::vector<Value::Member> out;
  for (const auto& [name, text] : topic) out.emplace_back(name, Value::string(text));
  return Value::context(std::move(out));
}

std::optional<std::int64_t> moment_us(const Value& v) {
  if (const feel::Decimal* number = v.number()) {
    const double n = number->to_double(), us = n >= kMillisecondsFrom ? n * 1e3 : n * 1e6;
    return us >= 0 && us < 2.5e17 ? std::optional(static_cast<std::int64_t>(std::llround(us))) : std::nullopt;
  }
  std::optional<feel::DateTime> read;
  if (const std::string* text = v.string()) {
    if (const auto instant = parse_rfc3339(*text)) return instant->us;
    read = feel::parse_date_time(*text);
  }
  const feel::DateTime* t = read ? &*read : v.date_time();
  if (!t) return {};
  const std::int64_t days = feel::days_of(t->date), second = t->nanos / feel::kNanosPerSecond;
  // Who names no zone means Japan.
  const std::int64_t offset = t->zone.kind == feel::Zone::Kind::none ? feel::kJapanOffset : feel::zone_offset(t->zone, days, second);
  if (std::abs(days) > 3'000'000) return {};
  return (days * 86'400 - offset) * kSecond + t->nanos / 1000;
}

class Mapper {
 public:
  Mapper(const Message& m, Mapped& out) : m_(m), out_(out) {}

  /// One payload; `place` names it within what was sent, `time_us` is its own time when the form has one.
  void map(const Value& payload, const std::string& place, std::optional<std::int64_t> time_us) {
    place_ = place, own_time_ = time_us;
    values_ = {payload, device_value(m_.device), Value::instant(m_.arrived), topic_value(m_.topic), Value()};
    if (m_.profile.ignore && ask(m_.profile.ignore).is_true()) {
      out_.ignored = true;
      return;
    }
    const std::size_t before = out_.entities.size(), causes = out_.causes.size();
    for (const EntityRule& rule : m_.profile.map) each(rule);
    if (out_.entities.size() == before && out_.causes.size() == causes && m_.profile.series.empty())
      cause("nothing", "", "どの規則にもあてはまりません", "no rule of the profile fits it");
  }

 private:
  Value ask(const feel::Expression& e) {
    feel::Environment environment(m_.arrived);
    environment.max_steps = kSteps;
    auto value = e.evaluate(values_, environment);
    return value.ok() ? std::move(*value) : Value();
  }
  void cause(std::string code, std::string_view attribute, std::string ja, std::string en) {
    std::string place = place_;
    if (!attribute.empty()) place += (place.empty() ? "" : ", ") + std::string(attribute);
    out_.causes.push_back({std::move(code), std::move(place), std::move(ja), std::move(en)});
  }
  void each(const EntityRule& rule) {
    values_[4] = Value();
    if (!rule.each) return entity(rule);
    const Value list = ask(rule.each);
    if (list.is_null()) return;
    if (!list.list()) return cause("no-list", "", "each の値が一覧ではありません", "\"each\" gives no list");
    const std::string outer = place_;
    const auto& items = list.items();
    for (std::size_t i = 0; i < items.size(); ++i) {
      values_[4] = items[i], place_ = outer + (outer.empty() ? "" : ", ") + "item " + std::to_string(i + 1);
      entity(rule);
    }
    place_ = outer;
  }
  void entity(const EntityRule& rule) {
    if (rule.when && !ask(rule.when).is_true()) return;
    if (out_.entities.size() >= kMostEntities) {
      if (out_.entities.size() == kMostEntities && !full_) cause("too-many", "", "一度に送れる数を超えています", "more entities than one message may have");
      full_ = true;
      return;
    }
    const Value id = ask(rule.id);
    if (!id.string() || id.as_string().empty()) return cause("no-entity", "", "実体のIDが得られません", "the mapping gives no id of an entity");
    MappedEntity out;
    out.id = id.as_string(), out.type = rule.type, out.shared = rule.shared;
    entity_time_.reset();
    if (rule.observed_at) {
      entity_time_ = moment_us(ask(rule.observed_at));
      if (!entity_time_) return cause("clock-unreadable", "", "観測の日時を読み取れません", "the time of observation cannot be read");
    }
    for (const AttributeRule& a : rule.attributes) attribute(a, out);
    if (!out.attributes.empty()) out_.entities.push_back(std::move(out));
  }
  void attribute(const AttributeRule& rule, MappedEntity& into) {
    if (rule.when && !ask(rule.when).is_true()) return;
    const Value value = ask(rule.value);
    if (value.is_null()) {
      if (!rule.optional) cause("no-value", rule.name, "値が得られません(項目がないか、計算できません)", "there is no value (it is missing, or cannot be worked out)");
      return;
    }
    MappedAttribute out;
    out.name = rule.name, out.kind = rule.kind, out.unit = rule.unit, out.per_minute = rule.per_minute, out.rate_fate = rule.rate_fate;
    // NGSI-LD's date-times are of UTC (§4.6.3), those of expressions of any zone.
    if (const auto us = value.date_time() ? moment_us(value) : std::nullopt) out.value = stamp_text(*us);
    else out.value = feel::to_json(value);
    if (!time_of(rule, out) || !quality_of(rule, out) || !in_range(rule, value, out)) return;
    into.attributes.push_back(std::move(out));
  }
  static void worsen(MappedAttribute& a, Quality quality, const char* reason) {
    if (static_cast<int>(quality) > static_cast<int>(a.quality)) a.quality = quality, a.reason = reason;
  }
  bool time_of(const AttributeRule& rule, MappedAttribute& out) {
    out.observed_us = entity_time_.value_or(own_time_.value_or(m_.arrived.us));
    if (rule.observed_at) {
      const auto own = moment_us(ask(rule.observed_at));
      if (!own) {
        cause("clock-unreadable", rule.name, "観測の日時を読み取れません", "the time of observation cannot be read");
        return false;
      }
      out.observed_us = *own;
    }
    const ClockRule& clock = m_.profile.clock;
    const bool ahead = out.observed_us > m_.arrived.us + clock.ahead_us, behind = out.observed_us < m_.arrived.us - clock.behind_us;
    if (!ahead && !behind) return true;
    if (clock.fate == Fate::mark) {
      worsen(out, Quality::uncertain, "clock");
      return true;
    }
    if (ahead) cause("clock-ahead", rule.name, "観測の日時が到着より先です(機器の時計を確かめてください)", "it was observed after its arrival (look at the device's clock)");
    else cause("clock-behind", rule.name, "観測の日時が古すぎます", "it was observed too long ago");
    return false;
  }
  bool quality_of(const AttributeRule& rule, MappedAttribute& out) {
    if (!rule.quality) return true;
    const std::string word = ask(rule.quality).as_string();
    for (const Quality q : {Quality::good, Quality::uncertain, Quality::estimated, Quality::bad})
      if (word == quality_name(q)) {
        worsen(out, q, "device");
        return true;
      }
    cause("quality", rule.name, "品質が good、uncertain、estimated、bad のどれでもありません", "the quality is none of good, uncertain, estimated, bad");
    return false;
  }
  bool in_range(const AttributeRule& rule, const Value& value, MappedAttribute& out) {
    if (!rule.min && !rule.max && rule.per_minute == 0) return true;
    const feel::Decimal* number = value.number();
    if (!number) {
      cause("no-number", rule.name, "数ではありません", "it is no number");
      return false;
    }
    // A border that a device has no detail for is no border.
    const Value low = rule.min ? ask(rule.min) : Value(), high = rule.max ? ask(rule.max) : Value();
    const bool below = low.number() && *number < *low.number(), above = high.number() && *high.number() < *number;
    if (!below && !above) return true;
    if (rule.range_fate == Fate::mark) {
      worsen(out, Quality::bad, "range");
      return true;
    }
    if (below) cause("range", rule.name, "下限より小さい値です", "it lies below the range");
    else cause("range", rule.name, "上限より大きい値です", "it lies above the range");
    return false;
  }

  const Message& m_;
  Mapped& out_;
  std::vector<Value> values_;
  std::string place_;
  std::optional<std::int64_t> own_time_, entity_time_;
  bool full_ = false;
};

}  // namespace

std::string_view quality_name(Quality quality) {
  constexpr std::array<std::string_view, 4> kNames = {"good", "uncertain", "estimated", "bad"};
  return kNames[static_cast<std::size_t>(quality)];
}

Mapped map_payload(const Message& m) {
  Mapped out;
  if (!is_utf8(m.payload)) {
    out.causes.push_back({"unreadable", "", "UTF-8 の文字ではありません", "it is no UTF-8"});
    return out;
  }
  Mapper mapper(m, out);
  if (m.profile.form == PayloadForm::lines) {
    each_line(m, out, [&](const feel::Value& line, std::size_t number, std::optional<std::int64_t> time_us) { mapper.map(line, "line " + std::to_string(number), time_us); });
    return out;
  }
  if (const auto payload = payload_value(m, out.causes)) mapper.map(*payload, "", {});
  return out;
}

}  // namespace machiya::sense::ingest
