#include "sense/ingest/profile.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

namespace machiya::sense::ingest {
namespace {
using json::Value;

constexpr std::array<std::string_view, 4> kForms = {"json", "senml", "lines", "text"};
constexpr std::int64_t kYear = 366 * kDay;

Fate fate_of(const Value& in) { return in.text("otherwise") == "misfit" ? Fate::misfit : Fate::mark; }

class Compiler {
 public:
  Compiler(const Value& in, Diagnostics& faults) : in_(in), faults_(faults) {}

  std::shared_ptr<const Profile> run(const city::Source& source) {
    out_->id = source.id, out_->version = source.version, out_->name = city::Text(in_["name"]);
    out_->form = form_of(in_.text("payload")), out_->context = in_.text("context");
    details();
    scope_ = profile_scope(out_->details);
    patterns(in_["topics"], "/topics", out_->topics);
    patterns(in_["paths"], "/paths", out_->paths);
    out_->silent_after_us = duration(in_, "silent-after", "", kDay);
    clock();
    out_->ignore = feel_at(in_, "ignore", "", {feel::Type::boolean()});
    for (std::size_t i = 0; i < in_["map"].size(); ++i) rule(in_["map"][i], "/map/" + std::to_string(i));
    for (const Value& one : in_["series"].items()) out_->series.push_back(one.as_string());
    if (out_->form != PayloadForm::lines && !out_->series.empty())
      faults_.error("/series", "series は payload: lines にだけ書けます", "\"series\" belongs to \"payload: lines\" only");
    if (out_->map.empty() && out_->series.empty()) faults_.error("", "map がありません。送られたものは何にもなりません", "there is no \"map\": nothing would become of what is sent");
    return faults_.ok() ? out_ : nullptr;
  }

 private:
  void details() {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < in_["details"].size(); ++i) {
      const Value& one = in_["details"][i];
      DeviceDetail detail;
      detail.name = one.text("detail"), detail.label = city::Text(one["label"]), detail.required = one["required"].as_bool();
      detail.type = one.text("type") == "number" ? DeviceDetail::Type::number : one.text("type") == "yes-no" ? DeviceDetail::Type::yes_no : DeviceDetail::Type::text;
      if (!seen.insert(detail.name).second) faults_.error("/details/" + std::to_string(i) + "/detail", "「" + detail.name + "」は二度書かれています", "\"" + detail.name + "\" stands here twice");
      out_->details.push_back(std::move(detail));
    }
  }
  void patterns(const Value& list, const std::string& at, std::vector<TopicPattern>& out) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      TopicPattern pattern(list[i].as_string());
      const std::string here = at + "/" + std::to_string(i);
      if (const std::string name = pattern.twice(); !name.empty()) faults_.error(here, "「{" + name + "}」は一度だけ書けます", "\"{" + name + "}\" may stand here once only");
      for (const TopicPattern& other : out)
        if (other.overlaps(pattern)) faults_.error(here, "「" + other.text() + "」と重なります", "the same could fit \"" + other.text() + "\"");
      out.push_back(std::move(pattern));
    }
  }
  std::int64_t duration(const Value& in, const char* key, const std::string& at, std::int64_t otherwise) {
    if (!in.has(key)) return otherwise;
    const std::int64_t out = duration_us(in.text(key));
    if (out >= 0 && out <= kYear) return out;
    faults_.error(at + "/" + key, "日・時・分・秒で、366日までを書きます(例: P1D、PT10M)", "days, hours, minutes and seconds up to 366 days, e.g. P1D or PT10M");
    return otherwise;
  }
  void clock() {
    const Value& in = in_["clock"];
    if (in.is_null()) return;
    out_->clock = {duration(in, "ahead", "/clock", ClockRule::kAhead), duration(in, "behind", "/clock", ClockRule::kBehind), fate_of(in)};
  }
  /// `wanted`: types of which the expression must be able to give one; empty: any.
  feel::Expression feel_at(const Value& in, const char* key, const std::string& at, std::initializer_list<feel::Type> wanted = {}) {
    if (!in.has(key)) return {};
    const std::string here = at + "/" + key;
    auto compiled = feel::compile(in.text(key), scope_);
    if (!compiled.ok()) {
      int line = 0, column = 0;
      const std::string& where = compiled.error().where;
      if (const auto colon = where.find(':'); colon != std::string::npos) line = std::atoi(where.c_str()), column = std::atoi(where.c_str() + colon + 1);
      faults_.error(here, "式に誤りがあります: " + compiled.error().detail, "the expression is wrong: " + compiled.error().detail, line, column);
      return {};
    }
    const feel::Type& type = compiled->type();
    if (wanted.size() > 0 && std::none_of(wanted.begin(), wanted.end(), [&](const feel::Type& t) { return may_meet(type, t); })) {
      const std::string right = wanted.begin()->to_string();
      faults_.error(here, "式の値は " + right + " でなければなりませんが、" + type.to_string() + " です", "the expression must give " + right + ", this is " + type.to_string(), 1, 1);
    }
    return std::move(*compiled);
  }
  feel::Expression moment(const Value& in, const std::string& at) { return feel_at(in, "observed-at", at, {feel::Type::date_time(), feel::Type::string(), feel::Type::number()}); }
  void rule(const Value& in, const std::string& at) {
    EntityRule out;
    out.each = feel_at(in, "each", at, {feel::Type::list()}), out.when = feel_at(in, "when", at, {feel::Type::boolean()});
    out.id = feel_at(in, "entity", at, {feel::Type::string()}), out.observed_at = moment(in, at);
    out.type = in.text("type"), out.shared = in["shared"].as_bool();
    std::set<std::string> seen;
    for (std::size_t i = 0; i < in["attributes"].size(); ++i) {
      const std::string here = at + "/attributes/" + std::to_string(i);
      out.attributes.push_back(attribute(in["attributes"][i], here));
      const std::string& name = out.attributes.back().name;
      if (!seen.insert(name).second) faults_.error(here + "/attribute", "「" + name + "」は二度書かれています", "\"" + name + "\" stands here twice");
      if (name == "id" || name == "type" || name == "scope") faults_.error(here + "/attribute", "「" + name + "」は属性の名前になりません", "\"" + name + "\" is no name of an attribute");
    }
    out_->map.push_back(std::move(out));
  }
  AttributeRule attribute(const Value& in, const std::string& at) {
    AttributeRule out;
    out.name = in.text("attribute"), out.unit = in.text("unit"), out.optional = in["optional"].as_bool();
    const std::string& kind = in.text("kind");
    out.kind = kind == "geo-property" ? AttributeKind::geo_property : kind == "relationship" ? AttributeKind::relationship : kind == "language-property" ? AttributeKind::language_property : AttributeKind::property;
    out.value = feel_at(in, "value", at), out.when = feel_at(in, "when", at, {feel::Type::boolean()});
    out.observed_at = moment(in, at), out.quality = feel_at(in, "quality", at, {feel::Type::string()});
    const bool measured = in.has("range") || in.has("rate");
    if ((measured || in.has("unit")) && out.kind != AttributeKind::property)
      faults_.error(at + "/kind", "unit、range、rate は kind: property にだけ書けます", "unit, range and rate belong to \"kind: property\" only");
    if (measured && out.value && !may_meet(out.value.type(), feel::Type::number()))
      faults_.error(at + "/value", "range や rate があるときは数でなければなりません", "with a range or rate it must be a number", 1, 1);
    const Value& range = in["range"];
    out.min = feel_at(range, "min", at + "/range", {feel::Type::number()}), out.max = feel_at(range, "max", at + "/range", {feel::Type::number()}), out.range_fate = fate_of(range);
    if (in.has("range") && !range.has("min") && !range.has("max")) faults_.error(at + "/range", "min か max が要ります", "min or max is needed");
    out.per_minute = in["rate"]["per-minute"].as_double(), out.rate_fate = fate_of(in["rate"]);
    if (in.has("rate") && !(out.per_minute > 0)) faults_.error(at + "/rate/per-minute", "0より大きい数を書きます", "a number above 0 is needed");
    return out;
  }

  const Value& in_;
  Diagnostics& faults_;
  std::shared_ptr<Profile> out_ = std::make_shared<Profile>();
  feel::Scope scope_;
};

}  // namespace

std::string_view form_name(PayloadForm form) { return kForms[static_cast<std::size_t>(form)]; }

PayloadForm form_of(std::string_view name) {
  const auto found = std::find(kForms.begin(), kForms.end(), name);
  return static_cast<PayloadForm>(found == kForms.end() ? 0 : found - kForms.begin());
}

feel::Scope profile_scope(const std::vector<DeviceDetail>& details) {
  std::vector<feel::Type::Member> known;
  for (const DeviceDetail& f : details)
    known.emplace_back(f.name, f.type == DeviceDetail::Type::number ? feel::Type::number() : f.type == DeviceDetail::Type::yes_no ? feel::Type::boolean() : feel::Type::string());
  feel::Scope scope;
  scope.add("payload", feel::Type::any());
  scope.add("device", feel::Type::context({{"id", feel::Type::string()}, {"name", feel::Type::string()}, {"lat", feel::Type::number()}, {"lon", feel::Type::number()},
                                           {"details", feel::Type::context(std::move(known))}}));
  scope.add("arrived", feel::Type::date_time());
  scope.add("topic", feel::Type::any());
  scope.add("item", feel::Type::any());
  return scope;
}

std::int64_t duration_us(std::string_view text) {
  std::int64_t out = 0, number = 0;
  bool time = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      if (number > 1'000'000'000) return -1;
      number = number * 10 + (c - '0');
      continue;
    }
    if (c == 'Y' || (c == 'M' && !time)) return -1;
    if (c == 'T') time = true;
    else if (c == 'D') out += number * kDay;
    else if (c == 'H') out += number * kHour;
    else if (c == 'M') out += number * kMinute;
    else if (c == 'S') out += number * kSecond;
    if (out > 10'000 * kDay) return -1;
    number = 0;
  }
  return out;
}

city::Kind profile_kind() {
  city::Kind kind;
  kind.name = "device-profile", kind.folder = "devices";
  kind.compile = [](const Value& body, const city::Source& source, Diagnostics& faults) -> std::shared_ptr<const city::Definition> { return Compiler(body, faults).run(source); };
  return kind;
}

std::vector<const Profile*> profiles_of(const city::City& city) {
  std::vector<const Profile*> out;
  for (const city::Loaded* loaded : city.all("device-profile")) out.push_back(static_cast<const Profile*>(loaded->definition.get()));
  return out;
}

}  // namespace machiya::sense::ingest
