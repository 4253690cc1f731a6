#include "sense/ingest/payload_value.h"

#include <algorithm>

#include "sense/payloads/line_protocol.h"
#include "sense/payloads/senml.h"

namespace machiya::sense::ingest {
namespace {
using feel::Value;

constexpr std::size_t kMostNodes = 100'000;

Value moment(std::int64_t us) { return Value::date_time(feel::parse_date_time(to_iso_utc(Instant{us})).value_or(feel::DateTime())); }

Cause unreadable(const Error& e, const char* ja, const char* en) {
  return {"unreadable", "", std::string(ja) + "(" + (e.where.empty() ? e.detail : e.where + ": " + e.detail) + ")", std::string(en) + " (" + (e.where.empty() ? e.detail : e.where + ": " + e.detail) + ")"};
}

Value record_value(const payloads::SenmlRecord& r) {
  std::vector<Value::Member> out{{"name", Value::string(std::string(r.name))}, {"unit", r.unit.empty() ? Value() : Value::string(std::string(r.unit))}, {"time", moment(r.time_us)}};
  using Kind = payloads::SenmlKind;
  Value value;
  if (r.kind == Kind::number) value = short_number(r.number);
  else if (r.kind == Kind::truth) value = Value::boolean(r.number != 0);
  else if (r.kind == Kind::text || r.kind == Kind::data) value = Value::string(std::string(r.text));
  out.emplace_back("value", std::move(value));
  out.emplace_back("sum", r.has_sum ? short_number(r.sum) : Value());
  return Value::context(std::move(out));
}

std::optional<Value> senml(const Message& m, Causes& causes) {
  tree::Arena arena;
  payloads::SenmlPack pack;
  if (auto read = payloads::read_senml(m.payload, m.arrived.us, arena, pack); !read.ok()) {
    causes.push_back(unreadable(read.error(), "SenML として読み取れません", "it cannot be read as SenML"));
    return {};
  }
  for (const payloads::SenmlError& e : pack.errors)
    causes.push_back({"unreadable", "record " + std::to_string(e.record + 1), "記録を読み取れません(" + std::string(e.what) + ")", std::string(e.what)});
  if (pack.records.empty()) {
    if (causes.empty()) causes.push_back({"nothing", "", "記録がひとつもありません", "there is no record"});
    return {};
  }
  std::vector<Value> records;
  for (const payloads::SenmlRecord& r : pack.records) records.push_back(record_value(r));
  return Value::context({{"records", Value::list(std::move(records))}});
}

std::string plain(std::string_view written) {
  std::string out;
  payloads::unescape(written, out);
  return out;
}

Value field_value(const payloads::Field& f) {
  using Kind = payloads::FieldKind;
  if (f.kind == Kind::boolean) return Value::boolean(f.number != 0);
  if (f.kind == Kind::integer) return Value::number(f.integer);
  if (f.kind != Kind::text) return short_number(f.number);
  std::string text;
  payloads::unescape_text(f.text, text);
  return Value::string(std::move(text));
}

/// "a=1,b=2" as written; an escaped comma or sign of equality belongs to the word.
Value tags_value(std::string_view tags) {
  std::vector<Value::Member> out;
  std::size_t start = 0, equals = std::string_view::npos;
  for (std::size_t i = 0; i <= tags.size(); ++i) {
    if (i < tags.size() && tags[i] == '\\') {
      ++i;
      continue;
    }
    if (i < tags.size() && tags[i] == '=' && equals == std::string_view::npos) equals = i;
    if (i < tags.size() && tags[i] != ',') continue;
    if (equals != std::string_view::npos) out.emplace_back(plain(tags.substr(start, equals - start)), Value::string(plain(tags.substr(equals + 1, i - equals - 1))));
    start = i + 1, equals = std::string_view::npos;
  }
  return Value::context(std::move(out));
}

Value line_value(const payloads::Line& line) {
  std::vector<Value::Member> fields;
  for (const payloads::Field& f : line.fields) fields.emplace_back(plain(f.key), field_value(f));
  return Value::context({{"measurement", Value::string(plain(line.measurement))}, {"tags", tags_value(line.tags)}, {"fields", Value::context(std::move(fields))},
                         {"time", line.time_us == payloads::Line::kNoTime ? Value() : moment(line.time_us)}});
}

/// Tags in order with the device's own, which nobody else can set.
std::string series_key(const payloads::Line& line, const std::string& device, bool& taken) {
  const Value tags = tags_value(line.tags);
  taken = tags.find("device") != nullptr;
  std::string with = std::string(line.tags) + (line.tags.empty() ? "device=" : ",device=") + device, out;
  payloads::put_in_order(with, out);
  return out;
}

/// The clock's rule holds for series, too; they carry no word of why, so what breaks it never becomes one silently.
bool on_time(const Message& m, std::int64_t time_us) {
  const ClockRule& clock = m.profile.clock;
  return time_us <= m.arrived.us + clock.ahead_us && time_us >= m.arrived.us - clock.behind_us;
}

void add_points(const Message& m, const payloads::Line& line, Mapped& out) {
  const std::string place = "line " + std::to_string(line.number), measurement = plain(line.measurement);
  bool taken = false;
  const std::string key = series_key(line, m.device.id, taken);
  if (taken) {
    out.causes.push_back({"tag", place, "device という名札は使えません", "the tag \"device\" is the house's own"});
    return;
  }
  const std::int64_t time = line.time_us == payloads::Line::kNoTime ? m.arrived.us : line.time_us;
  if (!on_time(m, time)) {
    out.causes.push_back({time > m.arrived.us ? "clock-ahead" : "clock-behind", place, "日時が到着から離れすぎています", "its time lies too far from its arrival"});
    return;
  }
  for (const payloads::Field& f : line.fields) {
    if (f.kind == payloads::FieldKind::text) out.causes.push_back({"no-number", place + ", " + plain(f.key), "数ではありません(系列は数だけを持ちます)", "it is a text; series hold numbers"});
    else out.points.push_back({measurement + '\x1f' + plain(f.key), key, time, f.number});
  }
}

}  // namespace

Value short_number(double d) {
  const auto decimal = feel::Decimal::parse(json::Value(d).number_text());
  return decimal ? Value::number(*decimal) : Value();
}

std::optional<Value> payload_value(const Message& m, Causes& causes) {
  if (m.profile.form == PayloadForm::text) return Value::string(std::string(m.payload));
  if (m.profile.form == PayloadForm::senml) return senml(m, causes);
  const auto parsed = json::parse(m.payload, {.depth = 32, .nodes = kMostNodes});
  if (!parsed.ok()) {
    causes.push_back(unreadable(parsed.error(), "JSON として読み取れません", "it cannot be read as JSON"));
    return {};
  }
  auto value = feel::from_json(*parsed, feel::Type::any());
  if (value.ok()) return std::move(*value);
  causes.push_back(unreadable(value.error(), "JSON の値を扱えません", "a value of the JSON cannot be used"));
  return {};
}

void each_line(const Message& m, Mapped& out, const std::function<void(const Value&, std::size_t, std::optional<std::int64_t>)>& visit) {
  payloads::LineReader reader(m.payload, m.precision);
  std::size_t lines = 0;
  for (;; ++lines) {
    const auto got = reader.next();
    if (got == payloads::LineReader::Got::end) break;
    if (got == payloads::LineReader::Got::error) {
      out.causes.push_back({"unreadable", "line " + std::to_string(reader.error.number), "行を読み取れません(" + std::string(reader.error.what) + ")", std::string(reader.error.what)});
      continue;
    }
    const payloads::Line& line = reader.line;
    const std::string measurement = plain(line.measurement);
    const bool series = std::find(m.profile.series.begin(), m.profile.series.end(), measurement) != m.profile.series.end();
    if (series) add_points(m, line, out);
    else if (m.profile.map.empty()) out.causes.push_back({"measurement", "line " + std::to_string(line.number), "この測定はプロファイルにありません", "the profile has no such measurement"});
    if (!series && !m.profile.map.empty()) visit(line_value(line), line.number, line.time_us == payloads::Line::kNoTime ? std::nullopt : std::optional(line.time_us));
  }
  if (lines == 0) out.causes.push_back({"nothing", "", "行がひとつもありません", "there is no line"});
}

}  // namespace machiya::sense::ingest
