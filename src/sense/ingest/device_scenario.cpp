#include "sense/ingest/device_scenario.h"

#include <algorithm>

#include "sense/ingest/mapping.h"

namespace machiya::sense::ingest {
namespace {
using json::Value;

/// Seconds may be left out; who names no zone means Japan.
std::optional<Instant> moment_of(const std::string& text) { return parse_rfc3339(text + (text.size() == 16 ? ":00" : "") + "+09:00"); }

std::shared_ptr<const city::Definition> compile(const Value& body, const city::Source&, const city::City& earlier, Diagnostics& faults) {
  auto out = std::make_shared<DeviceScenario>();
  out->name = body.text("device-scenario"), out->body = body;
  const Value& given = body["given"];
  const auto* profile = earlier.get<Profile>("device-profile", given.text("profile"));
  if (profile == nullptr) faults.error("/given/profile", "「" + given.text("profile") + "」という機器の定義はありません", "there is no device profile \"" + given.text("profile") + "\"");
  if (!is_device_id(given.text("device"))) faults.error("/given/device", "機器のIDは英数字と _ . : - です", "an id of a device has letters, digits, _ . : and -");
  for (const auto& [name, value] : given["details"].members()) {
    const auto known = [&name](const DeviceDetail& d) { return d.name == name; };
    if (profile != nullptr && std::none_of(profile->details.begin(), profile->details.end(), known))
      faults.error("/given/details/" + name, "この機器の定義に「" + name + "」はありません", "the profile has no detail \"" + name + "\"");
  }
  for (std::size_t i = 0; i < body["when"].size(); ++i) {
    const Value& step = body["when"][i];
    const std::string at = "/when/" + std::to_string(i);
    if (!moment_of(step.text("at"))) faults.error(at + "/at", "ない日時です", "there is no such time");
    if (step["then"].members().empty()) faults.error(at + "/then", "何も確かめていません", "it checks nothing");
  }
  return faults.ok() ? out : nullptr;
}

Value detail_of(const DeviceDetail& detail, const std::string& text) {
  if (detail.type == DeviceDetail::Type::yes_no) return Value(text == "yes" || text == "true");
  if (detail.type == DeviceDetail::Type::number)
    if (auto number = json::parse(text); number.ok()) return *number;
  return Value(text);
}

std::string shown(const Value& value) { return value.is_string() ? value.as_string() : json::to_text(value); }

class Run {
 public:
  Run(const DeviceScenario& scenario, const Profile& profile, ScenarioResult& out) : body_(scenario.body), profile_(profile), out_(out) {
    device_.id = body_["given"].text("device"), device_.profile = profile.id, device_.name = device_.id;
    for (const DeviceDetail& detail : profile.details)
      if (body_["given"]["details"].has(detail.name)) device_.details.set(detail.name, detail_of(detail, body_["given"]["details"].text(detail.name)));
  }
  void all() {
    for (std::size_t i = 0; i < body_["when"].size(); ++i) step(body_["when"][i], "/when/" + std::to_string(i));
  }

 private:
  void problem(const std::string& at, std::string what) { out_.problems.emplace_back(at, std::move(what)); }
  void step(const Value& step, const std::string& at) {
    const Captures topic;
    const std::string& payload = step.text("sends");
    const Mapped mapped = map_payload({profile_, device_, topic, payload, *moment_of(step.text("at"))});
    const Value& then = step["then"];
    if (mapped.ignored != then["ignored"].as_bool()) problem(at + "/then", mapped.ignored ? "it is ignored" : "it is not ignored");
    taken(mapped, then["taken"], at + "/then/taken");
    std::vector<std::string> left, wanted;
    for (const Cause& cause : mapped.causes) left.push_back(cause.code);
    for (const Value& code : then["misfits"].items()) wanted.push_back(code.as_string());
    if (left == wanted) return;
    std::string codes;
    for (const Cause& cause : mapped.causes) codes += (codes.empty() ? "" : ", ") + cause.code + (cause.place.empty() ? "" : " (" + cause.place + ")");
    problem(at + "/then", "the steward gets: " + (codes.empty() ? "nothing" : codes));
  }
  void taken(const Mapped& mapped, const Value& wanted, const std::string& at) {
    std::size_t there = 0;
    for (const MappedEntity& entity : mapped.entities) there += entity.attributes.size();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const Value& one = wanted[i];
      const std::string place = at + "/" + std::to_string(i);
      const MappedAttribute* found = nullptr;
      for (const MappedEntity& entity : mapped.entities)
        for (const MappedAttribute& attribute : entity.attributes)
          if (entity.id == one.text("entity") && attribute.name == one.text("attribute")) found = &attribute;
      if (found == nullptr) {
        problem(place, "it is not taken");
        continue;
      }
      const std::string quality = one.has("quality") ? one.text("quality") : std::string("good");
      if (shown(found->value) != one.text("is")) problem(place + "/is", "it is " + shown(found->value));
      if (quality_name(found->quality) != quality) problem(place, "its quality is " + std::string(quality_name(found->quality)));
    }
    if (there > wanted.size()) problem(at, std::to_string(there - wanted.size()) + " more attributes are taken");
  }

  const Value& body_;
  const Profile& profile_;
  ScenarioResult& out_;
  Device device_;
};

}  // namespace

city::Kind device_scenario_kind() {
  city::Kind kind;
  kind.name = "device-scenario", kind.folder = "scenarios", kind.compile_with = compile;
  return kind;
}

std::vector<ScenarioResult> run_device_scenarios(const city::City& city) {
  std::vector<ScenarioResult> out;
  for (const city::Loaded* loaded : city.all("device-scenario")) {
    const auto& scenario = static_cast<const DeviceScenario&>(*loaded->definition);
    out.push_back({loaded->source.file, scenario.name, loaded->source.initiative, {}});
    Run(scenario, *city.get<Profile>("device-profile", scenario.body["given"].text("profile")), out.back()).all();
  }
  return out;
}

}  // namespace machiya::sense::ingest
