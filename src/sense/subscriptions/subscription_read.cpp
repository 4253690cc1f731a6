#include <algorithm>
#include <cmath>
#include <functional>

#include "base/text.h"
#include "sense/entities/read.h"
#include "sense/entities/stamp.h"
#include "sense/query/query.h"
#include "sense/subscriptions/subscription.h"
#include "sense/subscriptions/subscription_text.h"

namespace machiya::sense {
namespace {
using tree::Arena;
using tree::Member;
using tree::Value;
using Members = std::vector<Member>;

Error bad(std::string why, std::string_view where) { return Error(ErrorCode::invalid_input, std::move(why), std::string(where)); }
// What parsers of queries find wrong is wrong data here.
Error bad(Error error) {
  if (error.code == ErrorCode::malformed_request) error.code = ErrorCode::invalid_input;
  return error;
}
bool gone(const Value& v) { return v.is_null() || is_ngsi_null(v); }

constexpr std::string_view kForms[] = {"normalized", "concise", "keyValues", "simplified"};
constexpr std::string_view kJoins[] = {"flat", "inline", "@none"};
constexpr std::string_view kAccepts[] = {"application/json", "application/ld+json", "application/geo+json"};
// Headers that the connection or we ourselves decide.
constexpr std::string_view kOwnHeaders[] = {"host", "content-length", "content-type", "connection", "transfer-encoding", "upgrade", "te", "trailer", "expect", "link", "ngsild-tenant"};

template <class List> bool one_of(std::string_view word, const List& list) { return std::ranges::find(list, word) != std::end(list); }

/// Reads members one by one; each kind of value has a function.
class Reader {
 public:
  Reader(const Terms& terms, std::int64_t now_us, About about) : terms_(terms), now_us_(now_us), about_(about) {}
  Arena arena;

  Result<void> read(std::string_view key, const Value& v, Members& out) {
    if (key == "id") return keep(uri(v, key), key, out);
    if (key == "type") return v.text() == "Subscription" ? keep(v, key, out) : bad("\"Subscription\" is expected", key);
    if (key == "subscriptionName" || key == "description" || key == "scopeQ" || key == "lang") return keep(words(v, key), key, out);
    if (key == "entities") return keep(entities(v), key, out);
    if (key == "watchedAttributes") return keep(names(v, key), key, out);
    if (key == "notificationTrigger") return keep(triggers(v), key, out);
    if (key == "timeInterval" || key == "throttling") return keep(positive(v, key), key, out);
    if (key == "q" || key == "csf") return query(v, key, out);
    if (key == "geoQ") return keep(geo(v), key, out);
    if (key == "isActive" || key == "splitEntities") return keep(truth(v, key), key, out);
    if (key == "expiresAt") return keep(expiry(v), key, out);
    if (key == "datasetId") return keep(datasets(v), key, out);
    if (key == "jsonldContext") return keep(uri(v, key), key, out);
    if (key == "notification") return keep(notification(v), key, out);
    if (key == "temporalQ") return keep(temporal(v), key, out);
    return {};
  }
  /// A subscription about registrations that is changed may be ended so: what is over is told nothing (§5.11.7).
  bool past_too = false;

 private:
  const Terms& terms_;
  std::int64_t now_us_;
  About about_;

  NameExpander expander() {
    return [this](std::string_view name) { return std::string(terms_.expand_term(name, arena)); };
  }
  Result<void> keep(Result<Value> v, std::string_view key, Members& out) {
    if (!v.ok()) return std::move(v).error();
    out.push_back({key, *v});
    return {};
  }
  // A canonical text and, beside it, what was written.
  void keep_both(std::string_view key, std::string_view canonical, const Value& written, Members& out) {
    out.push_back({key, arena.string(canonical)});
    out.push_back({arena.text("~" + std::string(key)), written});
  }

  Result<Value> text(const Value& v, std::string_view where) { return v.is_string() && v.count > 0 ? Result<Value>(v) : bad("a text is expected", where); }
  Result<Value> uri(const Value& v, std::string_view where) { return v.is_string() && is_uri(v.text()) ? Result<Value>(v) : bad("a URI is expected", where); }
  Result<Value> truth(const Value& v, std::string_view where) { return v.is_bool() ? Result<Value>(v) : bad("true or false is expected", where); }
  Result<Value> positive(const Value& v, std::string_view where) {
    return v.is_number() && v.number() > 0 && v.number() < 1e10 ? Result<Value>(v) : bad("a number above 0 is expected", where);
  }
  Result<Value> word_of(const Value& v, std::span<const std::string_view> allowed, std::string_view where) {
    return v.is_string() && one_of(v.text(), allowed) ? Result<Value>(v) : bad("no value that is known here", where);
  }

  Result<Value> words(const Value& v, std::string_view key) {
    MACHIYA_TRY(const Value out, text(v, key));
    if (key == "scopeQ")
      if (auto scope = ScopeQuery::parse(v.text()); !scope.ok()) return bad(scope.error());
    if (key == "lang")
      if (auto lang = LanguageFilter::parse(v.text()); !lang.ok()) return bad(lang.error());
    return out;
  }

  Result<Value> list_of(const Value& v, std::string_view where, const std::function<Result<Value>(const Value&)>& each) {
    if (!v.is_array() || v.count == 0) return bad("a list of at least one element is expected", where);
    std::vector<Value> out;
    for (const Value& item : v.items()) {
      MACHIYA_TRY(const Value one, each(item));
      out.push_back(one);
    }
    return arena.array(out);
  }
  Result<Value> names(const Value& v, std::string_view where) {
    return list_of(v, where, [&](const Value& item) -> Result<Value> {
      if (!item.is_string() || !is_name(item.text())) return bad("no name of an attribute", where);
      return arena.string(terms_.expand_term(item.text(), arena));
    });
  }
  Result<Value> triggers(const Value& v) {
    return list_of(v, "notificationTrigger", [&](const Value& item) -> Result<Value> {
      if (trigger_of(item.text()) == 0) return bad("no trigger that is known", "notificationTrigger");
      return item;
    });
  }
  Result<Value> datasets(const Value& v) {
    const auto one = [](const Value& d) { return d.is_string() && (d.text() == "@none" || is_uri(d.text())); };
    if (one(v)) return v;
    return list_of(v, "datasetId", [&](const Value& item) -> Result<Value> { return one(item) ? Result<Value>(item) : bad("a datasetId is a URI or @none", "datasetId"); });
  }
  Result<Value> temporal(const Value& v) {
    if (about_ == About::entities) return bad("a temporal query goes with subscriptions to registrations (§5.2.12)", "temporalQ");
    auto read = TemporalQuery::from_json(v);
    return read.ok() ? Result<Value>(v) : bad(read.error());
  }
  Result<Value> expiry(const Value& v) {
    const auto stamp = parse_stamp(v.text());
    if (!v.is_string() || !stamp) return bad("a date-time in UTC is expected", "expiresAt");
    return past_too || stamp->us > now_us_ ? Result<Value>(v) : bad("this is in the past", "expiresAt");
  }

  Result<Value> entities(const Value& v) {
    return list_of(v, "entities", [&](const Value& item) -> Result<Value> {
      Members out;
      if (!item.is_object()) return bad("an entity selector is an object", "entities");
      if (const Value& id = item["id"]; !gone(id)) {
        const auto ids = id.is_array() ? list_of(id, "entities/id", [&](const Value& one) { return uri(one, "entities/id"); }) : uri(id, "entities/id");
        if (auto done = keep(ids, "id", out); !done.ok()) return done.error();
      }
      if (const Value& pattern = item["idPattern"]; !gone(pattern)) {
        auto compiled = TextPattern::compile(pattern.text());
        if (!pattern.is_string() || !compiled.ok()) return bad(compiled.ok() ? "a pattern is expected" : compiled.error().detail, "entities/idPattern");
        out.push_back({"idPattern", pattern});
      }
      if (!item["type"].is_string()) return bad("each of the entities has a type", "entities/type");
      auto type = TypeSelection::parse(item["type"].text(), expander());
      if (!type.ok()) return bad(type.error());
      keep_both("type", type->text(), item["type"], out);
      return arena.object(out);
    });
  }

  Result<void> query(const Value& v, std::string_view key, Members& out) {
    if (!v.is_string() || v.count == 0) return bad("a query is expected", key);
    FilterOptions options;
    options.percent_too = true;
    auto filter = Filter::parse(v.text(), expander(), options, key);
    if (!filter.ok()) return bad(filter.error());
    keep_both(key, filter->text(), v, out);
    return {};
  }
  Result<Value> geo(const Value& v) {
    if (!v.is_object()) return bad("a geo query is an object", "geoQ");
    auto read = GeoQuery::from_json(v, expander());
    if (!read.ok()) return bad(read.error());
    Members out;
    for (const char* key : {"geometry", "coordinates", "georel"}) out.push_back({key, v[key]});
    if (v.has("geoproperty")) out.push_back({"geoproperty", arena.string(read->attribute())});
    return arena.object(out);
  }

  Result<void> projection(std::string_view key, const Value& v, Members& out, Projection& read) {
    std::vector<std::string_view> texts;
    if (v.is_string()) texts.push_back(v.text());
    for (const Value& item : v.items()) {
      if (!item.is_string()) return bad("members' names are expected", key);
      texts.push_back(item.text());
    }
    if (texts.empty()) return bad("a list of at least one member is expected", key);
    auto parsed = Projection::parse(texts, expander(), key);
    if (!parsed.ok()) return bad(parsed.error());
    read = std::move(*parsed);
    keep_both(key, read.text(), v, out);
    return {};
  }

  Result<Value> notification(const Value& v) {
    if (!v.is_object()) return bad("an object is expected", "notification");
    Members out;
    Projection pick, omit;
    bool attributes = false;
    for (const Member& m : v.members()) {
      if (gone(m.value)) continue;
      Result<void> done;
      if (m.key == "attributes") attributes = true, done = keep(names(m.value, "notification/attributes"), m.key, out);
      else if (m.key == "pick") done = projection("pick", m.value, out, pick);
      else if (m.key == "omit") done = projection("omit", m.value, out, omit);
      else if (m.key == "format") done = keep(word_of(m.value, kForms, "notification/format"), m.key, out);
      else if (m.key == "sysAttrs" || m.key == "showChanges") done = keep(truth(m.value, m.key), m.key, out);
      else if (m.key == "join") done = keep(word_of(m.value, kJoins, "notification/join"), m.key, out);
      else if (m.key == "joinLevel") done = keep(join_level(m.value), m.key, out);
      else if (m.key == "endpoint") done = keep(endpoint(m.value), m.key, out);
      if (!done.ok()) return done.error();
    }
    if (auto done = check_projections(pick, omit, attributes); !done.ok()) return bad(done.error());
    const Value whole = arena.object(out);
    if (!whole.has("endpoint")) return bad("an endpoint is expected", "notification/endpoint");
    const std::string_view format = whole["format"].text();
    if (whole["showChanges"].truth && (format == "keyValues" || format == "simplified")) return bad("changes are not shown in the simplified form", "notification/showChanges");
    return whole;
  }
  Result<Value> join_level(const Value& v) {
    const double n = v.is_number() ? v.number() : 0;
    return n >= 1 && n <= 10 && n == std::floor(n) ? Result<Value>(v) : bad("a whole number from 1 to 10 is expected", "notification/joinLevel");
  }

  Result<Value> endpoint(const Value& v) {
    Members out;
    for (const Member& m : v.members()) {
      if (gone(m.value)) continue;
      Result<void> done;
      if (m.key == "uri") done = keep(target(m.value), m.key, out);
      else if (m.key == "accept") done = keep(word_of(m.value, kAccepts, "endpoint/accept"), m.key, out);
      else if (m.key == "timeout" || m.key == "cooldown") done = keep(positive(m.value, m.key), m.key, out);
      else if (m.key == "receiverInfo") done = keep(pairs(m.value, m.key, false), m.key, out);
      else if (m.key == "notifierInfo") done = keep(pairs(m.value, m.key, true), m.key, out);
      if (!done.ok()) return done.error();
    }
    const Value whole = arena.object(out);
    return whole.has("uri") ? Result<Value>(whole) : bad("the endpoint's uri is expected", "endpoint/uri");
  }
  Result<Value> target(const Value& v) {
    const std::string scheme = lower_ascii(v.text().substr(0, v.text().find(':')));
    if (!v.is_string() || !is_uri(v.text())) return bad("a URI is expected", "endpoint/uri");
    return one_of(scheme, std::initializer_list<std::string_view>{"http", "https", "mqtt", "mqtts"}) ? Result<Value>(v) : bad("notifications go by http and mqtt", "endpoint/uri");
  }
  // A header's name is a token (RFC 9110 §5.6.2), its value visible ASCII: nothing that could end the line.
  Result<Value> pairs(const Value& v, std::string_view where, bool notifier) {
    return list_of(v, where, [&](const Value& item) -> Result<Value> {
      const Value &key = item["key"], &value = item["value"];
      if (!key.is_string() || key.count == 0 || (!value.is_string() && !value.is_number() && !value.is_bool())) return bad("a key and a value are expected", where);
      const auto token = [](char c) { return c > ' ' && c < 127 && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos; };
      const auto visible = [](char c) { return c >= ' ' && c < 127; };
      const std::string said = value.is_bool() ? value.truth ? "true" : "false" : std::string(value.text());
      if (!std::ranges::all_of(key.text(), token) || !std::ranges::all_of(said, visible)) return bad("this cannot be a header", where);
      if (!notifier && one_of(lower_ascii(key.text()), kOwnHeaders)) return bad("this header is not the subscriber's", where);
      if (auto done = notifier ? mqtt(key.text(), said) : Result<void>(); !done.ok()) return done.error();
      return arena.object({{"key", key}, {"value", arena.string(said)}});
    });
  }
  // §8.3: what is said of MQTT.
  static Result<void> mqtt(std::string_view key, std::string_view value) {
    if (key == "MQTT-Version" && value != "mqtt3.1.1" && value != "mqtt5.0") return bad("mqtt3.1.1 or mqtt5.0 is expected", "notifierInfo/MQTT-Version");
    if (key == "MQTT-QoS" && value != "0" && value != "1" && value != "2") return bad("0, 1 or 2 is expected", "notifierInfo/MQTT-QoS");
    return {};
  }
};

constexpr std::string_view kOrder[] = {"id", "type", "subscriptionName", "description", "entities", "watchedAttributes", "notificationTrigger", "timeInterval", "q", "~q", "geoQ", "csf", "~csf", "splitEntities",
                                       "isActive", "notification", "expiresAt", "throttling", "temporalQ", "scopeQ", "lang", "datasetId", "jsonldContext", "~about"};

Result<std::string> whole(const Members& members, Arena& arena) {
  Members ordered;
  for (const std::string_view key : kOrder)
    if (const auto it = std::ranges::find(members, key, &Member::key); it != members.end()) ordered.push_back(*it);
  const Value out = arena.object(ordered);
  if (!out.has("type")) return bad("\"type\": \"Subscription\" is expected", "type");
  if (!out.has("notification")) return bad("a notification is expected", "notification");
  if (!out.has("entities") && !out.has("watchedAttributes")) return bad("entities or watchedAttributes are expected", "entities");
  if (out.has("timeInterval") && out.has("throttling")) return bad("what comes at an interval is not throttled", "throttling");
  if (out.has("timeInterval") && out.has("watchedAttributes")) return bad("what comes at an interval watches nothing", "watchedAttributes");
  return tree::to_text(out);
}

}  // namespace

Result<std::string> read_subscription(const Value& body, const Terms& terms, const std::string& id, std::int64_t now_us, About about) {
  Reader reader(terms, now_us, about);
  Members members;
  if (about == About::registrations) members.push_back({"~about", Value::string("registrations")});
  if (!body.has("id")) members.push_back({"id", Value::string(id)});
  for (const Member& m : body.members()) {
    if ((gone(m.value) && m.key != "id" && m.key != "type") || m.key.starts_with('~')) continue;
    if (auto done = reader.read(m.key, m.value, members); !done.ok()) return done.error();
  }
  return whole(members, reader.arena);
}

Result<std::string> merge_subscription(const std::string& kept, const Value& fragment, const Terms& terms, std::int64_t now_us) {
  Arena old;
  auto before = tree::parse(kept, old);
  if (!before.ok()) return Error(ErrorCode::integrity_broken, "a subscription cannot be read");
  const bool of_sources = (*before)["~about"].text() == "registrations";
  Reader reader(terms, now_us, of_sources ? About::registrations : About::entities);
  reader.past_too = of_sources;
  Members members(before->members().begin(), before->members().end());
  for (const Member& m : fragment.members()) {
    if (m.key == "id" && m.value.text() != (*before)["id"].text()) return bad("the id cannot be changed", "id");
    if (gone(m.value) && (m.key == "id" || m.key == "type" || m.key == "notification")) return bad("this cannot be taken away", m.key);
    if (m.key.starts_with('~')) continue;
    std::erase_if(members, [&](const Member& o) { return o.key == m.key || (o.key.starts_with('~') && o.key.substr(1) == m.key); });
    if (gone(m.value)) continue;
    if (auto done = reader.read(m.key, m.value, members); !done.ok()) return done.error();
  }
  return whole(members, reader.arena);
}

}  // namespace machiya::sense
