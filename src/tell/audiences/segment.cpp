#include "tell/audiences/segment.h"

#include <algorithm>

#include "tell/audiences/audiences_dao.h"

namespace machiya::tell {
namespace dao = audiences_dao;

const std::vector<Attribute>& attributes() {
  static const std::vector<Attribute> all = {{"age"}, {"events", true}, {"lang"}, {"town"}, {"ward"}};
  return all;
}

Result<json::Value> checked_attributes(const json::Value& given) {
  json::Value out = json::Value::object();
  for (const auto& [name, value] : given.members()) {
    const auto known = std::find_if(attributes().begin(), attributes().end(), [&, &name = name](const Attribute& a) { return a.name == name; });
    if (known == attributes().end()) return Error(ErrorCode::invalid_input, "no such attribute", name);
    const bool fits = known->list ? value.is_array() && std::all_of(value.items().begin(), value.items().end(), [](const json::Value& v) { return v.is_string(); }) : value.is_string();
    if (!fits) return Error(ErrorCode::invalid_input, known->list ? "a list of texts is expected" : "a text is expected", name);
  }
  // In one order and without what is empty, so that equal answers are one profile.
  for (const Attribute& attribute : attributes()) {
    const json::Value& value = given[attribute.name];
    if (attribute.list) {
      std::vector<std::string> texts;
      for (const json::Value& v : value.items()) texts.push_back(v.as_string());
      std::sort(texts.begin(), texts.end());
      texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
      json::Value list = json::Value::array();
      for (std::string& text : texts) list.push(std::move(text));
      if (list.size() > 0) out.set(std::string(attribute.name), std::move(list));
    } else if (!value.as_string().empty()) {
      out.set(std::string(attribute.name), value);
    }
  }
  return out;
}

namespace {
feel::Value as_feel(const json::Value& value, bool list) {
  if (!list) return value.is_string() ? feel::Value::string(value.as_string()) : feel::Value();
  std::vector<feel::Value> items;
  for (const json::Value& v : value.items()) items.push_back(feel::Value::string(v.as_string()));
  return feel::Value::list(std::move(items));
}
}  // namespace

Result<Segment> Segment::compile(std::string_view source) {
  feel::Scope scope;
  for (const Attribute& attribute : attributes()) scope.add(std::string(attribute.name), attribute.list ? feel::Type::list(feel::Type::string()) : feel::Type::string());
  auto compiled = feel::compile(source, scope);
  if (!compiled.ok()) return Error(ErrorCode::definition_error, compiled.error().detail, compiled.error().where);
  if (!may_meet(compiled->type(), feel::Type::boolean())) return Error(ErrorCode::definition_error, "a segment is true or false, this is " + compiled->type().to_string(), "1:1");
  Segment out;
  out.expression_ = std::move(*compiled);
  return out;
}

bool Segment::holds(const json::Value& given, Instant now) const {
  std::vector<feel::Value> values;
  for (const Attribute& attribute : attributes()) values.push_back(as_feel(given[attribute.name], attribute.list));
  const auto value = expression_.evaluate(values, feel::Environment(now));
  return value.ok() && value->is_true();   // who did not tell what a segment asks for does not belong to it
}

Result<std::vector<std::int64_t>> Segment::profiles(store::ReadTx& tx, Instant now) const {
  std::vector<std::int64_t> out;
  Result<void> bad;
  MACHIYA_CHECK(dao::each_profile(tx, [&](std::int64_t id, const std::string& text) {
    auto given = json::parse(text);
    if (!given.ok()) bad = given.error();
    else if (holds(*given, now)) out.push_back(id);
  }));
  if (!bad.ok()) return bad.error();
  return out;
}

Result<Segment::Preview> Segment::preview(store::ReadTx& tx, std::int64_t channels, std::int64_t topics, Instant now) const {
  MACHIYA_TRY(const auto fitting, profiles(tx, now));
  MACHIYA_TRY(const std::int64_t people, dao::count_reached(tx, fitting, channels, topics));
  Preview out;
  out.few = people > 0 && people < kAnonymous;
  out.people = people / kAnonymous * kAnonymous;
  return out;
}

}  // namespace machiya::tell
