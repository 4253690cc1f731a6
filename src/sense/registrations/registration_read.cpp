#include <algorithm>
#include <functional>

#include "base/text.h"
#include "sense/entities/read.h"
#include "sense/entities/stamp.h"
#include "sense/geometry/geometry.h"
#include "sense/history/duration.h"
#include "sense/registrations/registration_text.h"

namespace machiya::sense {
namespace {
using tree::Arena;
using tree::Member;
using tree::Value;
using Members = std::vector<Member>;

constexpr std::string_view kType = "ContextSourceRegistration";
constexpr std::string_view kModes[] = {"inclusive", "exclusive", "redirect", "auxiliary"};
// What only the broker writes (§5.2.2, §5.2.9).
constexpr std::string_view kReadOnly[] = {"createdAt", "modifiedAt", "deletedAt", "status", "timesSent", "timesFailed", "lastSuccess", "lastFailure"};
constexpr std::string_view kTexts[] = {"registrationName", "description", "tenant", "hostAlias", "contextSourceAlias"};
constexpr std::string_view kMandatory[] = {"id", "type", "information", "endpoint"};
// Headers that the connection decides.
constexpr std::string_view kOwnHeaders[] = {"host", "content-length", "connection", "transfer-encoding", "upgrade", "te", "trailer", "expect"};
constexpr std::size_t kMostInformation = 1000;

template <class List> bool one_of(std::string_view word, const List& list) { return std::ranges::find(list, word) != std::end(list); }
Error bad(std::string why, std::string_view where) { return Error(ErrorCode::invalid_input, std::move(why), std::string(where)); }
bool gone(const Value& v) { return v.is_null() || is_ngsi_null(v); }

/// Reads members one by one; each kind of value has a function.
class Reader {
 public:
  Reader(const Terms& terms, std::int64_t now_us) : terms_(terms), now_us_(now_us) {}
  Arena arena;

  Result<void> read(std::string_view key, const Value& v, Members& out) {
    if (one_of(key, kReadOnly)) return {};
    if (key == "id" || key == "endpoint") return keep(uri(v, key), key, out);
    if (key == "type") return v.is_string() && v.text() == kType ? keep(v, key, out) : bad("\"ContextSourceRegistration\" is expected", key);
    if (one_of(key, kTexts)) return keep(text(v, key), key, out);
    if (key == "information") return keep(information(v), key, out);
    if (key == "observationInterval" || key == "managementInterval") return keep(interval(v, key), key, out);
    if (key == "location" || key == "observationSpace" || key == "operationSpace") return keep(geometry(v, key), key, out);
    if (key == "expiresAt") return keep(future(v), key, out);
    if (key == "contextSourceInfo") return keep(pairs(v), key, out);
    if (key == "scope") return keep(scope(v), key, out);
    if (key == "mode") return v.is_string() && one_of(v.text(), kModes) ? keep(v, key, out) : bad("inclusive, exclusive, redirect or auxiliary is expected", key);
    if (key == "operations") return keep(operations(v), key, out);
    if (key == "refreshRate") return keep(duration(v, key), key, out);
    if (key == "management") return keep(management(v), key, out);
    return property(key, v, out);
  }
  /// The name under which a member that the standard does not know is kept.
  std::string_view own_name(std::string_view key) { return terms_.expand_term(key, arena); }

 private:
  const Terms& terms_;
  std::int64_t now_us_;

  Result<void> keep(Result<Value> v, std::string_view key, Members& out) {
    if (!v.ok()) return std::move(v).error();
    out.push_back({key, *v});
    return {};
  }
  // §5.2.9: "any other member" is a csourceProperty: described by whoever registers, looked at by csf.
  Result<void> property(std::string_view key, const Value& v, Members& out) {
    if (!is_name(key)) return bad("no name of a property", key);
    const std::string_view name = own_name(key);
    return name.empty() || name.front() == '@' ? Result<void>(bad("no name of a property", key)) : keep(v, name, out);
  }

  Result<Value> text(const Value& v, std::string_view where) { return v.is_string() && v.count > 0 ? Result<Value>(v) : bad("a text is expected", where); }
  Result<Value> uri(const Value& v, std::string_view where) { return v.is_string() && is_uri(v.text()) ? Result<Value>(v) : bad("a URI is expected", where); }
  Result<Value> list_of(const Value& v, std::string_view where, const std::function<Result<Value>(const Value&)>& each) {
    if (!v.is_array() || v.count == 0 || v.count > kMostInformation) return bad("a list of at least one element is expected", where);
    std::vector<Value> out;
    for (const Value& item : v.items()) {
      MACHIYA_TRY(const Value one, each(item));
      out.push_back(one);
    }
    return arena.array(out);
  }
  Result<Value> name(const Value& v, std::string_view where) {
    if (!v.is_string() || !is_name(v.text())) return bad("a name is expected", where);
    return arena.string(terms_.expand_term(v.text(), arena));
  }
  Result<Value> names(const Value& v, std::string_view where) {
    return list_of(v, where, [&](const Value& item) { return name(item, where); });
  }

  Result<Value> information(const Value& v) {
    return list_of(v, "information", [&](const Value& item) -> Result<Value> {
      if (!item.is_object()) return bad("an object is expected", "information");
      Members out;
      for (const Member& m : item.members()) {
        if (gone(m.value)) continue;
        Result<void> done;
        if (m.key == "entities") done = keep(entities(m.value), m.key, out);
        else if (m.key == "propertyNames" || m.key == "relationshipNames") done = keep(names(m.value, m.key), m.key, out);
        else done = bad("entities, propertyNames and relationshipNames are expected", "information/" + std::string(m.key));
        if (!done.ok()) return done.error();
      }
      return out.empty() ? Result<Value>(bad("neither entities nor attributes are said", "information")) : arena.object(out);
    });
  }
  Result<Value> entities(const Value& v) {
    return list_of(v, "entities", [&](const Value& item) -> Result<Value> {
      Members out;
      for (const Member& m : item.members()) {
        if (gone(m.value)) continue;
        Result<void> done;
        if (m.key == "id") done = keep(uri(m.value, "entities/id"), m.key, out);
        else if (m.key == "idPattern") done = keep(pattern(m.value), m.key, out);
        else if (m.key == "type") done = keep(m.value.is_array() ? names(m.value, "entities/type") : name(m.value, "entities/type"), m.key, out);
        if (!done.ok()) return done.error();
      }
      const Value entity = arena.object(out);
      return entity.has("type") || entity.has("id") ? Result<Value>(entity) : bad("each of the entities has a type", "entities/type");
    });
  }
  Result<Value> pattern(const Value& v) {
    if (!v.is_string()) return bad("a pattern is expected", "entities/idPattern");
    auto compiled = TextPattern::compile(v.text());
    return compiled.ok() ? Result<Value>(v) : bad(compiled.error().detail, "entities/idPattern");
  }

  // §5.2.11
  Result<Value> interval(const Value& v, std::string_view where) {
    const auto from = parse_stamp(v["startAt"].text()), until = parse_stamp(v["endAt"].text());
    if (!v["startAt"].is_string() || !from) return bad("startAt, a date-time in UTC, is expected", where);
    if (v.has("endAt") && (!v["endAt"].is_string() || !until)) return bad("endAt is a date-time in UTC", where);
    if (until && until->us < from->us) return bad("the interval ends before it begins", where);
    Members out{{"startAt", v["startAt"]}};
    if (until) out.push_back({"endAt", v["endAt"]});
    return arena.object(out);
  }
  Result<Value> geometry(const Value& v, std::string_view where) {
    auto read = Geometry::from_json(v);
    return read.ok() ? Result<Value>(v) : bad("a GeoJSON geometry is expected: " + read.error().detail, where);
  }
  Result<Value> future(const Value& v) {
    const auto stamp = parse_stamp(v.text());
    if (!v.is_string() || !stamp) return bad("a date-time in UTC is expected", "expiresAt");
    return stamp->us > now_us_ ? Result<Value>(v) : bad("this is in the past", "expiresAt");
  }
  Result<Value> duration(const Value& v, std::string_view where) {
    return v.is_string() && parse_duration(v.text()) ? Result<Value>(v) : bad("a duration of ISO 8601 is expected", where);
  }
  Result<Value> scope(const Value& v) {
    if (v.is_string()) return is_scope(v.text()) ? Result<Value>(v) : bad("no scope", "scope");
    return list_of(v, "scope", [](const Value& item) -> Result<Value> {
      if (!item.is_string() || !is_scope(item.text())) return bad("no scope", "scope");
      return item;
    });
  }
  // A word that this version does not know is kept, and counts for nothing.
  Result<Value> operations(const Value& v) {
    return list_of(v, "operations", [&](const Value& item) -> Result<Value> { return text(item, "operations"); });
  }

  // A key may become a header's name (RFC 9110 §5.6.2), its value a header's value: nothing that could end the line.
  Result<Value> pairs(const Value& v) {
    return list_of(v, "contextSourceInfo", [&](const Value& item) -> Result<Value> {
      const Value &key = item["key"], &value = item["value"];
      const bool said_plainly = value.is_string() || value.is_number() || value.is_bool();
      if (!key.is_string() || key.count == 0 || !said_plainly) return bad("a key and a value are expected", "contextSourceInfo");
      const auto token = [](char c) { return c > ' ' && c < 127 && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos; };
      const auto visible = [](char c) { return c >= ' ' && c < 127; };
      const std::string said = value.is_bool() ? value.truth ? "true" : "false" : std::string(value.text());
      if (!std::ranges::all_of(key.text(), token) || !std::ranges::all_of(said, visible)) return bad("this cannot be a header", "contextSourceInfo");
      if (one_of(lower_ascii(key.text()), kOwnHeaders)) return bad("this header is the connection's", "contextSourceInfo");
      return arena.object({{"key", key}, {"value", arena.string(said)}});
    });
  }

  Result<Value> milliseconds(const Value& v, std::string_view where) {
    return v.is_number() && v.number() >= 1 && v.number() < 1e10 ? Result<Value>(v) : bad("a number of at least 1 is expected", where);
  }
  // §5.2.34
  Result<Value> management(const Value& v) {
    if (!v.is_object()) return bad("an object is expected", "management");
    Members out;
    for (const Member& m : v.members()) {
      if (gone(m.value)) continue;
      const std::string where = "management/" + std::string(m.key);
      Result<void> done;
      if (m.key == "localOnly") done = m.value.is_bool() ? keep(m.value, m.key, out) : bad("true or false is expected", where);
      else if (m.key == "cacheDuration") done = keep(duration(m.value, where), m.key, out);
      else if (m.key == "timeout" || m.key == "cooldown") done = keep(milliseconds(m.value, where), m.key, out);
      if (!done.ok()) return done.error();
    }
    return arena.object(out);
  }
};

constexpr std::string_view kOrder[] = {"id", "type", "registrationName", "description", "information", "tenant", "observationInterval", "managementInterval", "location",
                                       "observationSpace", "operationSpace", "expiresAt", "endpoint", "contextSourceInfo", "scope", "mode", "operations", "refreshRate",
                                       "management", "hostAlias", "contextSourceAlias"};

// §4.3.6.3: an exclusive source alone holds attributes of entities that are named.
Result<void> check_exclusive(const Value& information) {
  for (const Value& info : information.items()) {
    if (!info.has("propertyNames") && !info.has("relationshipNames")) return bad("an exclusive registration names attributes", "information/propertyNames");
    if (!info.has("entities")) return bad("an exclusive registration names entities", "information/entities");
    for (const Value& e : info["entities"].items())
      if (!e.has("id") || e.has("idPattern")) return bad("an exclusive registration names each entity by its id", "information/entities/id");
  }
  return {};
}

// §4.3.6.2: an auxiliary source is only ever read.
Result<void> check_auxiliary(const Value& operations) {
  for (const Value& item : operations.items()) {
    const std::string word(item.text());
    if (operations_of(word).touches(writing_operations())) return bad("an auxiliary source is only read: \"" + word + "\" writes", "operations");
  }
  return {};
}

Result<std::string> whole(const Members& members, Arena& arena) {
  Members ordered;
  for (const std::string_view key : kOrder)
    if (const auto it = std::ranges::find(members, key, &Member::key); it != members.end()) ordered.push_back(*it);
  for (const Member& m : members)
    if (!one_of(m.key, kOrder)) ordered.push_back(m);
  const Value out = arena.object(ordered);
  for (const char* needed : {"type", "information", "endpoint"})
    if (!out.has(needed)) return bad("this is missing", needed);
  if (out["mode"].text() == "exclusive") MACHIYA_CHECK(check_exclusive(out["information"]));
  if (out["mode"].text() == "auxiliary") MACHIYA_CHECK(check_auxiliary(out["operations"]));
  return tree::to_text(out);
}

}  // namespace

Result<std::string> read_registration(const Value& body, const Terms& terms, const std::string& id, std::int64_t now_us) {
  Reader reader(terms, now_us);
  Members members;
  if (!body.has("id")) members.push_back({"id", Value::string(id)});
  for (const Member& m : body.members()) {
    if (gone(m.value) && m.key != "id" && m.key != "type") continue;
    if (auto done = reader.read(m.key, m.value, members); !done.ok()) return done.error();
  }
  return whole(members, reader.arena);
}

Result<std::string> merge_registration(const Registration& kept, const Value& fragment, const Terms& terms, std::int64_t now_us) {
  Reader reader(terms, now_us);
  Members members(kept.members().members().begin(), kept.members().members().end());
  for (const Member& m : fragment.members()) {
    if (m.key == "id" && m.value.text() != kept.id) return bad("the id cannot be changed", "id");
    if (gone(m.value) && one_of(m.key, kMandatory)) return bad("this cannot be taken away", m.key);
    const std::string_view name = one_of(m.key, kOrder) ? m.key : reader.own_name(m.key);
    std::erase_if(members, [&](const Member& old) { return old.key == name; });
    if (gone(m.value)) continue;
    if (auto done = reader.read(m.key, m.value, members); !done.ok()) return done.error();
  }
  return whole(members, reader.arena);
}

}  // namespace machiya::sense
