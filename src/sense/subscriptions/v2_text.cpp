#include "sense/subscriptions/v2_text.h"

#include <algorithm>
#include <cmath>

#include "sense/query/literal.h"
#include "sense/v2/entity_read.h"
#include "sense/v2/view.h"

namespace machiya::sense {
namespace {
using ngsiv2::date_text;
using ngsiv2::quoted;
using tree::Value;

constexpr std::string_view kMembers[] = {"description", "subject", "notification", "expires", "status", "throttling"};
constexpr std::string_view kTargets[] = {"http", "httpCustom", "mqtt", "mqttCustom"};
constexpr std::string_view kFormats[] = {"normalized", "keyValues", "values", "simplifiedNormalized", "simplifiedKeyValues"};
constexpr std::string_view kAlterations[] = {"entityCreate", "entityChange", "entityUpdate", "entityDelete"};
constexpr std::string_view kMethods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
constexpr double kLongestTimeoutMs = 1'800'000;

Error bad(std::string why) { return Error(ErrorCode::invalid_input, std::move(why)); }
template <class List> bool among(const List& list, std::string_view word) { return std::ranges::find(list, word) != std::end(list); }

Result<void> check_names(const Value& list, std::string_view what) {
  if (!list.is_array()) return bad(std::string(what) + " is not a JSON array");
  for (const Value& item : list.items()) {
    if (!item.is_string()) return bad(std::string(what) + " element is not a string");
    MACHIYA_CHECK(ngsiv2::check_field(item.text(), "attribute name"));
  }
  return {};
}

Result<void> check_flag(const Value& of, std::string_view member) {
  if (of.has(member) && !of[member].is_bool()) return bad(std::string(member) + " is not a boolean");
  return {};
}

Result<void> check_condition(const Value& condition) {
  if (!condition.is_object()) return bad("condition is not a JSON object");
  if (condition.has("attrs")) MACHIYA_CHECK(check_names(condition["attrs"], "condition attrs"));
  MACHIYA_CHECK(check_flag(condition, "notifyOnMetadataChange"));
  if (!condition.has("alterationTypes")) return {};
  if (!condition["alterationTypes"].is_array()) return bad("alterationTypes is not a JSON array");
  for (const Value& type : condition["alterationTypes"].items())
    if (!among(kAlterations, type.text())) return bad("Unknown alterationType: " + std::string(type.text()));
  return {};
}

Result<void> check_subject(const Value& subject) {
  if (!subject.is_object()) return bad("subject is not a JSON object");
  const Value& entities = subject["entities"];
  if (!entities.is_array() || entities.count == 0) return bad(entities.is_array() ? "subject entities is empty" : "no subject entities specified");
  for (const Value& one : entities.items())
    if (one.is_object() && !one.has("id") && !one.has("idPattern")) return bad("subject entities element does not have id nor idPattern");
  return subject.has("condition") ? check_condition(subject["condition"]) : Result<void>();
}

Result<void> check_words(const Value& map, std::string_view what) {
  if (!map.is_object()) return bad(std::string(what) + " is not a JSON object");
  for (const tree::Member& m : map.members())
    if (!m.value.is_string()) return bad(std::string(what) + " elements must be strings");
  return {};
}

// At most one of the three may say what is sent.
Result<void> check_payload(const Value& custom) {
  if (custom.has("payload") + custom.has("json") + custom.has("ngsi") > 1) return bad("only one of payload, json or ngsi fields accepted at the same time in custom notifications");
  if (const Value* payload = custom.find("payload")) {
    if (!payload->is_string() && !payload->is_null()) return bad("payload is not a string");
    if (ngsiv2::has_forbidden(payload->text())) return bad("forbidden characters in custom /payload/");
  }
  if (const Value* json = custom.find("json"); json != nullptr && !json->is_object() && !json->is_array()) return bad("json fields must be object or array");
  if (const Value* ngsi = custom.find("ngsi"); ngsi != nullptr && !ngsi->is_object()) return bad("ngsi field must be a JSON object");
  return {};
}

Result<void> check_http(const Value& http, bool custom) {
  const std::string_view url = http["url"].text();
  if (!http.is_object() || !http["url"].is_string() || url.empty()) return bad("Invalid URL /" + std::string(url) + "/: url is missing");
  const std::size_t scheme = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
  if (scheme == 0 || url.size() == scheme || url[scheme] == '/') return bad("Invalid URL parsing notification url");
  if (const Value* timeout = http.find("timeout"); timeout != nullptr && (!timeout->is_number() || timeout->number() < 0 || timeout->number() > kLongestTimeoutMs))
    return bad("timeout field must be an integer between 0 and 1800000");
  if (!custom) return {};
  if (http.has("headers")) MACHIYA_CHECK(check_words(http["headers"], "headers"));
  if (http.has("qs")) MACHIYA_CHECK(check_words(http["qs"], "qs"));
  if (const Value* method = http.find("method"); method != nullptr && !among(kMethods, method->text())) return bad("unknown method httpCustom");
  return check_payload(http);
}

Result<void> check_mqtt(const Value& mqtt, bool custom) {
  const std::string_view url = mqtt["url"].text(), topic = mqtt["topic"].text();
  if (!mqtt.is_object() || !(url.starts_with("mqtt://") || url.starts_with("mqtts://")) || url.size() < 8) return bad("Invalid URL parsing notification url");
  if (topic.empty() || topic.find_first_of("+#") != std::string_view::npos) return bad(topic.empty() ? "missing topic in mqtt notification" : "+ and # cannot be used in mqtt topic");
  if (const Value* qos = mqtt.find("qos"); qos != nullptr && (!qos->is_number() || (qos->text() != "0" && qos->text() != "1" && qos->text() != "2"))) return bad("qos field must be an integer between 0 and 2");
  MACHIYA_CHECK(check_flag(mqtt, "retain"));
  if (mqtt.has("user") != mqtt.has("passwd")) return bad("both user and passwd fields have to be used in mqtt notification");
  for (const char* word : {"user", "passwd"})
    if (mqtt.has(word) && !mqtt[word].is_string()) return bad(std::string(word) + " is not a string");
  return custom ? check_payload(mqtt) : Result<void>();
}

Result<void> check_notification(const Value& n) {
  if (!n.is_object()) return bad("notification is not a JSON object");
  if (std::ranges::count_if(kTargets, [&](std::string_view t) { return n.has(t); }) != 1) return bad("notification must have exactly one of http, httpCustom, mqtt and mqttCustom");
  if (n.has("attrs") && n.has("exceptAttrs")) return bad("http notification has attrs and exceptAttrs");
  if (n.has("attrs")) MACHIYA_CHECK(check_names(n["attrs"], "attrs"));
  if (n.has("exceptAttrs")) {
    MACHIYA_CHECK(check_names(n["exceptAttrs"], "exceptAttrs"));
    if (n["exceptAttrs"].count == 0) return bad("exceptAttrs is empty");
  }
  if (n.has("metadata")) MACHIYA_CHECK(check_names(n["metadata"], "metadata"));
  if (n.has("attrsFormat") && !among(kFormats, n["attrsFormat"].text()))
    return bad("invalid attrsFormat, accepted values: normalized, keyValues, values, simplifiedNormalized, simplifiedKeyValues");
  MACHIYA_CHECK(check_flag(n, "onlyChangedAttrs"));
  MACHIYA_CHECK(check_flag(n, "covered"));
  if (n["covered"].truth && n["attrs"].count == 0) return bad("covered true cannot be used if notification attributes list is empty");
  if (n.has("http")) return check_http(n["http"], false);
  if (n.has("httpCustom")) return check_http(n["httpCustom"], true);
  return n.has("mqtt") ? check_mqtt(n["mqtt"], false) : check_mqtt(n["mqttCustom"], true);
}

Result<void> check_member(std::string_view key, const Value& value) {
  if (key == "subject") return check_subject(value);
  if (key == "notification") return check_notification(value);
  if (key == "throttling") return value.is_number() && value.number() >= 0 && value.number() == std::floor(value.number()) ? Result<void>() : bad("throttling must be an integer number of seconds");
  if (!value.is_string()) return bad(std::string(key) + " is not a string");
  if (key == "description") return value.count > 1024 ? bad("max description length exceeded") : ngsiv2::has_forbidden(value.text()) ? bad("forbidden characters in subscription description") : Result<void>();
  if (key == "expires") return value.text().empty() || v2_instant(value.text()) ? Result<void>() : bad("expires has an invalid format");
  const bool known = value.text() == "active" || value.text() == "inactive" || value.text() == "oneshot";
  return known ? Result<void>() : bad("status is not valid: it has to be either active, inactive or oneshot");
}

std::string kept_text(const std::string& id, std::string_view path, std::int64_t armed_us, const Value& v2) {
  std::string out = "{\"id\":" + quoted(id) + ",\"~about\":\"v2\",\"path\":" + quoted(path) + ",\"armedAt\":" + std::to_string(armed_us);
  if (v2.has("description")) out += ",\"description\":" + quoted(v2["description"].text());
  return out + ",\"v2\":" + tree::to_text(v2) + "}";
}

/// Writes what GET shows.
class Shown {
 public:
  Shown(const Value& kept, const SubscriptionState& state, std::int64_t now_us) : kept_(kept), v2_(kept["v2"]), state_(state), now_us_(now_us) {}

  std::string text() {
    out_ = "{\"id\":" + quoted(kept_["id"].text());
    for (const char* word : {"description", "expires"})
      if (v2_.has(word) && v2_[word].count > 0) out_ += ",\"" + std::string(word) + "\":" + quoted(v2_[word].text());
    out_ += ",\"status\":\"" + std::string(status()) + "\",\"subject\":{\"entities\":" + tree::to_text(v2_["subject"]["entities"]) + ",\"condition\":";
    condition();
    out_ += "},\"notification\":";
    notification();
    if (v2_["throttling"].is_number() && v2_["throttling"].number() > 0) out_ += ",\"throttling\":" + tree::to_text(v2_["throttling"]);
    return out_ + "}";
  }

 private:
  const Value& kept_;
  const Value& v2_;
  const SubscriptionState& state_;
  std::int64_t now_us_;
  std::string out_;

  std::string_view status() const {
    const std::string_view said = v2_["status"].text();
    if (const auto expires = v2_instant(v2_["expires"].text()); expires && *expires <= now_us_) return "expired";
    if (said == "inactive") return said;
    if (said == "oneshot") {
      const bool fired = state_.fired_us != kNoTime && state_.fired_us >= static_cast<std::int64_t>(kept_["armedAt"].number());
      return fired ? "inactive" : said;
    }
    return state_.last_ok ? "active" : "failed";
  }

  void condition() {
    const Value& c = v2_["subject"]["condition"];
    out_ += "{\"attrs\":" + (c.has("attrs") ? tree::to_text(c["attrs"]) : std::string("[]"));
    for (const char* word : {"expression", "alterationTypes"})
      if (c.has(word)) out_ += ",\"" + std::string(word) + "\":" + tree::to_text(c[word]);
    out_ += std::string(",\"notifyOnMetadataChange\":") + (c.has("notifyOnMetadataChange") && !c["notifyOnMetadataChange"].truth ? "false" : "true") + "}";
  }

  void date(const char* name, std::int64_t us) {
    if (us != kNoTime) out_ += ",\"" + std::string(name) + "\":" + quoted(date_text(us));
  }

  void notification() {
    const Value& n = v2_["notification"];
    out_ += "{\"timesSent\":" + std::to_string(state_.sent);
    date("lastNotification", state_.last_us);
    if (n.has("exceptAttrs")) out_ += ",\"exceptAttrs\":" + tree::to_text(n["exceptAttrs"]);
    else out_ += ",\"attrs\":" + (n.has("attrs") ? tree::to_text(n["attrs"]) : std::string("[]"));
    out_ += std::string(",\"onlyChangedAttrs\":") + (n["onlyChangedAttrs"].truth ? "true" : "false");
    out_ += ",\"attrsFormat\":" + quoted(n.has("attrsFormat") ? n["attrsFormat"].text() : "normalized");
    for (const std::string_view target : kTargets)
      if (n.has(target)) out_ += ",\"" + std::string(target) + "\":" + shown_target(n[target]);
    if (n.has("metadata")) out_ += ",\"metadata\":" + tree::to_text(n["metadata"]);
    date("lastSuccess", state_.success_us), date("lastFailure", state_.failure_us);
    if (!state_.last_ok && !state_.cause.empty()) out_ += ",\"lastFailureReason\":" + quoted(state_.cause);
    if (state_.fails > 0) out_ += ",\"failsCounter\":" + std::to_string(state_.fails);
    out_ += std::string(",\"covered\":") + (n["covered"].truth ? "true" : "false") + "}";
  }

  // A password is never shown again.
  static std::string shown_target(const Value& target) {
    std::string out = "{";
    for (const tree::Member& m : target.members()) {
      if (out.size() > 1) out += ',';
      out += quoted(m.key) + ":" + (m.key == "passwd" ? std::string("\"*****\"") : tree::to_text(m.value));
    }
    return out + "}";
  }
};

}  // namespace

std::optional<std::int64_t> v2_instant(std::string_view text) {
  if (const auto us = detail::instant_of(text)) return us;
  return detail::day_of(text);
}

Result<std::string> read_v2_subscription(const Value& body, const std::string& id, std::int64_t now_us) {
  const Value& sent = body["body"];
  if (!sent.is_object()) return bad("not a JSON object");
  if (!sent.has("subject")) return bad("no subject for subscription specified");
  if (!sent.has("notification")) return bad("no notification for subscription specified");
  tree::Arena arena;
  std::vector<tree::Member> members;
  for (const std::string_view key : kMembers) {
    const Value* value = sent.find(key);
    if (value == nullptr) continue;
    MACHIYA_CHECK(check_member(key, *value));
    members.push_back({key, *value});
  }
  return kept_text(id, body["path"].text(), now_us, arena.object(members));
}

Result<std::string> merge_v2_subscription(const std::string& kept_body, const Value& fragment, std::int64_t now_us) {
  if (!fragment.is_object()) return bad("not a JSON object");
  tree::Arena arena;
  MACHIYA_TRY(const Value kept, tree::parse(kept_body, arena));
  std::vector<tree::Member> members;
  for (const std::string_view key : kMembers) {
    const Value* sent = fragment.find(key);
    if (sent != nullptr) MACHIYA_CHECK(check_member(key, *sent));
    if (sent == nullptr) sent = kept["v2"].find(key);
    if (sent != nullptr) members.push_back({key, *sent});
  }
  const std::int64_t armed = fragment.has("status") ? now_us : static_cast<std::int64_t>(kept["armedAt"].number());
  return kept_text(std::string(kept["id"].text()), kept["path"].text(), armed, arena.object(members));
}

std::string write_v2_subscription(const std::string& kept_body, const SubscriptionState& state, std::int64_t now_us) {
  tree::Arena arena;
  const auto kept = tree::parse(kept_body, arena);
  return kept.ok() ? Shown(*kept, state, now_us).text() : std::string("{}");
}

std::string v2_path_of(const std::string& kept_body) {
  tree::Arena arena;
  const auto kept = tree::parse(kept_body, arena);
  return kept.ok() ? std::string((*kept)["path"].text()) : std::string();
}

}  // namespace machiya::sense
