#include "sense/rules/rule.h"

#include <algorithm>
#include <array>

#include "sense/jsonld/contexts.h"
#include "sense/models/entity_type.h"

namespace machiya::sense::rules {
namespace {

constexpr std::array<std::string_view, 3> kPriorities = {"high", "medium", "low"};
constexpr std::array<std::string_view, 7> kTakes = {"last", "avg", "min", "max", "sum", "count", "rate"};
constexpr std::int64_t kLeastEvery = 10 * kSecond, kMostEvery = kHour;

feel::Type type_of_word(std::string_view word) { return word == "text" ? feel::Type::string() : word == "yes-no" ? feel::Type::boolean() : feel::Type::number(); }

class Compiler {
 public:
  Compiler(const json::Value& in, const city::Source& source, const city::City& city, Diagnostics& faults) : in_(in), city_(city), faults_(faults) {
    out_->id = source.id, out_->hash = source.hash, out_->initiative = source.initiative;
  }

  std::shared_ptr<const Rule> run() {
    Rule& out = *out_;
    terms_ = in_.text("terms");
    out.name = city::Text(in_["name"]), out.owner = in_.text("owner");
    const json::Value& why = in_["rationalisation"];
    out.cause = city::Text(why["cause"]), out.consequence = city::Text(why["consequence"]), out.action = city::Text(why["action"]);
    out.respond_us = time(why, "respond-within", "/rationalisation");
    type(in_.text("entity"));
    out.priority = static_cast<Priority>(std::ranges::find(kPriorities, in_.text("priority")) - kPriorities.begin());
    out.manners = {time(in_, "on-delay", ""), time(in_, "off-delay", ""), in_["latched"].as_bool()};
    for (std::size_t i = 0; i < in_["values"].size(); ++i) value(in_["values"][i], "/values/" + std::to_string(i));
    condition();
    out.applies = expression("applies"), out.suppress = expression("suppress");
    rhythm();
    return faults_.ok() ? out_ : nullptr;
  }

 private:
  /// A type that the city has a definition of brings the names of its attributes along.
  void type(const std::string& name) {
    if (terms_.empty())
      for (const EntityType* one : entity_types_of(city_))
        if (one->term == name) type_ = one;
    out_->type = type_ ? type_->iri : expand(name, terms_);
  }
  std::string attribute(const std::string& name, const std::string& at) {
    if (type_ == nullptr || name.find(':') != std::string::npos) return expand(name, terms_);
    const AttributeType* found = type_->attribute_named(name);
    if (found == nullptr) faults_.error(at, "entity-type「" + type_->id + "」に属性「" + name + "」はありません", "entity-type '" + type_->id + "' has no attribute '" + name + "'");
    return found ? found->iri : std::string();
  }
  std::int64_t time(const json::Value& in, const char* key, const std::string& at) {
    if (!in.has(key)) return 0;
    const auto us = duration_us(in.text(key));
    if (!us) faults_.error(at + "/" + key, "日・時・分・秒で書きます(例: PT5M)", "days, hours, minutes and seconds are expected, e.g. PT5M");
    return us.value_or(0);
  }
  void value(const json::Value& in, const std::string& at) {
    ValueRule v;
    v.name = in.text("value"), v.attribute = attribute(in.text("attribute"), at + "/attribute");
    if (scope_.find(v.name)) faults_.error(at + "/value", "同じ名前が二つあります", "this name is there twice");
    v.take = in.has("take") ? static_cast<Take>(std::ranges::find(kTakes, in.text("take")) - kTakes.begin()) : Take::last;
    v.over_us = time(in, "over", at);
    if ((v.take == Take::last) == (v.over_us > 0))
      faults_.error(at + (in.has("over") ? "/over" : "/take"), "over(期間)は take: avg などといっしょに書きます", "over (a time) goes together with take: avg and the like");
    const feel::Type type = type_of_word(in.text("type"));
    v.type = type.kind();
    if (v.take != Take::last && v.type != feel::TypeKind::number) faults_.error(at + "/type", "期間の集計は数だけにできます", "only numbers can be taken over a time");
    scope_.add(v.name, type);
    out_->values.push_back(std::move(v));
  }
  feel::Expression compile(const std::string& source, const std::string& at, bool own) {
    auto made = feel::compile(source, scope_);
    if (!made.ok()) {
      int line = 0, column = 0;
      if (const std::size_t colon = made.error().where.find(':'); own && colon != std::string::npos) line = std::atoi(made.error().where.c_str()), column = std::atoi(made.error().where.c_str() + colon + 1);
      faults_.error(at, "式が正しくありません: " + made.error().detail, "the expression is wrong: " + made.error().detail, line, column);
      return {};
    }
    if (made->type().kind() != feel::TypeKind::boolean && !made->type().is_any()) {
      faults_.error(at, "条件は「はい・いいえ」になる式で書きます", "a condition gives true or false");
      return {};
    }
    return std::move(*made);
  }
  feel::Expression expression(const char* key) { return in_.has(key) ? compile(in_.text(key), "/" + std::string(key), true) : feel::Expression(); }

  /// Exactly one of when, limit, silent.
  void condition() {
    const int ways = (in_.has("when") ? 1 : 0) + (in_.has("limit") ? 1 : 0) + (in_.has("silent") ? 1 : 0);
    if (ways != 1) faults_.error("", "when、limit、silent のどれか一つを書きます", "one of when, limit and silent is needed");
    if (in_.has("clear") && !in_.has("when")) faults_.error("/clear", "clear は when といっしょに書きます", "clear goes together with when");
    out_->when = expression("when"), out_->clear = expression("clear");
    if (in_.has("limit")) limit(in_["limit"]);
    if (in_.has("silent")) silence(in_["silent"]);
  }
  /// above 0.3 with a deadband of 0.1: raised over 0.3, cleared at 0.2 and under.
  void limit(const json::Value& in) {
    const std::string name = in.text("value");
    const feel::Type* type = scope_.find(name);
    if (type == nullptr || type->kind() != feel::TypeKind::number) return faults_.error("/limit/value", "「" + name + "」という数の値は values にありません", "values has no number '" + name + "'");
    if (in.has("above") == in.has("below")) return faults_.error("/limit", "above か below のどちらか一つを書きます", "one of above and below is needed");
    const bool above = in.has("above");
    const std::string edge = json::to_text(in[above ? "above" : "below"]), band = in.has("deadband") ? json::to_text(in["deadband"]) : "0";
    out_->when = compile(name + (above ? " > " : " < ") + edge, "/limit", false);
    out_->clear = compile(name + (above ? " <= (" + edge + ") - (" : " >= (" + edge + ") + (") + band + ")", "/limit", false);
  }
  void silence(const json::Value& in) {
    for (std::size_t i = 0; i < in["attributes"].size(); ++i) out_->silent.push_back(attribute(in["attributes"][i].as_string(), "/silent/attributes/" + std::to_string(i)));
    out_->silent_us = time(in, "for", "/silent");
    if (out_->silent_us == 0) faults_.error("/silent/for", "長さのある期間が要ります", "a time of some length is needed");
  }
  /// Windows move on without a change: they are looked at ten times while they pass, unless the definition says how often.
  void rhythm() {
    out_->every_us = time(in_, "every", "");
    if (in_.has("every") && out_->every_us < kLeastEvery) faults_.error("/every", "10秒以上にします", "ten seconds is the least");
    if (in_.has("every")) return;
    for (const ValueRule& v : out_->values)
      if (const std::int64_t step = std::clamp(v.over_us / 10, kLeastEvery, kMostEvery); v.over_us > 0) out_->every_us = out_->every_us == 0 ? step : std::min(out_->every_us, step);
  }

  const json::Value& in_;
  const city::City& city_;
  Diagnostics& faults_;
  std::string terms_;
  const EntityType* type_ = nullptr;   ///< the city's definition of it, when there is one
  feel::Scope scope_;
  std::shared_ptr<Rule> out_ = std::make_shared<Rule>();
};

const Contexts& contexts() {
  static const Contexts all(nullptr);
  return all;
}

}  // namespace

std::string_view word(Priority priority) { return kPriorities[static_cast<std::size_t>(priority)]; }

bool Rule::windowed() const {
  return std::ranges::any_of(values, [](const ValueRule& v) { return v.over_us > 0; });
}

bool Rule::reads(std::string_view attribute) const {
  return std::ranges::any_of(values, [&](const ValueRule& v) { return v.attribute == attribute; }) || std::ranges::find(silent, attribute) != silent.end();
}

std::string_view Rule::main_attribute() const {
  for (const ValueRule& v : values)
    if (v.type == feel::TypeKind::number) return v.attribute;
  return silent.empty() ? std::string_view() : std::string_view(silent.front());
}

std::string expand(std::string_view name, std::string_view terms) {
  if (name.find(':') != std::string_view::npos) return std::string(name);
  if (!terms.empty()) return std::string(terms) + std::string(name);
  tree::Arena scratch;
  return std::string(contexts().core()->expand_term(name, scratch));
}

std::optional<std::int64_t> duration_us(std::string_view text) {
  if (text.empty() || text[0] != 'P') return std::nullopt;
  std::int64_t out = 0, number = 0;
  bool time = false, digits = false, any = false;
  for (const char c : text.substr(1)) {
    if (c >= '0' && c <= '9') {
      if (number > 100'000'000) return std::nullopt;
      number = number * 10 + (c - '0'), digits = true;
      continue;
    }
    if (c == 'T' && !time && !digits) {
      time = true;
      continue;
    }
    const std::int64_t unit = c == 'D' && !time ? kDay : c == 'H' && time ? kHour : c == 'M' && time ? kMinute : c == 'S' && time ? kSecond : 0;
    if (unit == 0 || !digits || number > kNever / unit / 4) return std::nullopt;
    out += number * unit, number = 0, digits = false, any = true;
  }
  return digits || !any ? std::nullopt : std::optional(out);
}

city::Kind alarm_kind() {
  city::Kind kind;
  kind.name = "alarm", kind.folder = "alarms";
  kind.compile_with = [](const json::Value& body, const city::Source& source, const city::City& earlier, Diagnostics& faults) -> std::shared_ptr<const city::Definition> {
    return Compiler(body, source, earlier, faults).run();
  };
  return kind;
}

std::vector<RulePtr> rules_of(const city::City& city) {
  std::vector<RulePtr> out;
  for (const city::Loaded* loaded : city.all("alarm")) out.push_back(std::static_pointer_cast<const Rule>(loaded->definition));
  return out;
}

}  // namespace machiya::sense::rules
