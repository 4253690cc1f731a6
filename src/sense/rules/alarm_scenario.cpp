#include "sense/rules/alarm_scenario.h"

#include <set>

#include "sense/rules/rule.h"

namespace machiya::sense::rules {
namespace {
using json::Value;

class Compiler {
 public:
  Compiler(const Value& in, const city::City& city, Diagnostics& faults) : in_(in), city_(city), faults_(faults) {}

  std::shared_ptr<const AlarmScenario> run() {
    auto out = std::make_shared<AlarmScenario>();
    out->name = in_.text("alarm-scenario"), out->body = in_;
    if (const auto now = parse_rfc3339(in_["given"].text("now") + ":00+09:00")) out->now = *now;
    else fault("/given/now", "日時(2026-06-03T14:30 の形)が要ります", "a time is needed (2026-06-03T14:30)");
    names(in_["given"]["staff"], "name", "/given/staff", staff_);
    names(in_["given"]["entities"], "entity", "/given/entities", entities_);
    for (std::size_t i = 0; i < in_["given"]["staff"].size(); ++i) {
      const Value& one = in_["given"]["staff"][i];
      if (!city_.policy()["roles"].has(one.text("role"))) fault("/given/staff/" + std::to_string(i) + "/role", "役割「" + one.text("role") + "」は policy.yaml にありません", "policy.yaml has no role '" + one.text("role") + "'");
    }
    bool checks = in_.has("then");
    then(in_["then"], "/then");
    for (std::size_t i = 0; i < in_["when"].size(); ++i) {
      const Value& step = in_["when"][i];
      const std::string at = "/when/" + std::to_string(i);
      for (const char* key : {"set", "act", "remove"})
        if (step.has(key)) known(entities_, step[key], "entity", at + "/" + key, "対象", "entity");
      if (step.has("act")) known(staff_, step["act"], "by", at + "/act", "職員", "member of staff");
      for (const auto& [value, place] : {std::pair{step.text("wait"), at + "/wait"}, std::pair{step["act"].text("for"), at + "/act/for"}})
        if (!value.empty() && !duration_us(value)) fault(place, "日・時・分・秒で書きます(例: PT5M)", "days, hours, minutes and seconds are expected, e.g. PT5M");
      then(step["then"], at + "/then");
      checks = checks || step.has("then");
    }
    if (!checks) fault("", "then がひとつもありません。何も確かめないシナリオは置けません", "there is no then: a scenario that checks nothing proves nothing");
    return faults_.ok() ? out : nullptr;
  }

 private:
  void fault(const std::string& at, std::string ja, std::string en) { faults_.error(at, std::move(ja), std::move(en)); }
  void names(const Value& list, const char* key, const std::string& at, std::set<std::string>& out) {
    for (std::size_t i = 0; i < list.size(); ++i)
      if (!out.insert(list[i].text(key)).second) fault(at + "/" + std::to_string(i) + "/" + key, "同じ名前が二つあります", "this name is there twice");
  }
  void known(const std::set<std::string>& names, const Value& in, const char* key, const std::string& at, const std::string& ja, const std::string& en) {
    if (!names.contains(in.text(key))) fault(at + "/" + key, ja + "「" + in.text(key) + "」はこのシナリオにありません", "this scenario has no " + en + " '" + in.text(key) + "'");
  }
  void then(const Value& in, const std::string& at) {
    for (const char* list : {"states", "told"})
      for (std::size_t i = 0; i < in[list].size(); ++i) known(entities_, in[list][i], "entity", at + "/" + list + "/" + std::to_string(i), "対象", "entity");
  }

  const Value& in_;
  const city::City& city_;
  Diagnostics& faults_;
  std::set<std::string> staff_, entities_;
};

}  // namespace

city::Kind alarm_scenario_kind() {
  city::Kind kind;
  kind.name = "alarm-scenario", kind.folder = "scenarios";
  kind.compile_with = [](const Value& body, const city::Source&, const city::City& earlier, Diagnostics& faults) -> std::shared_ptr<const city::Definition> { return Compiler(body, earlier, faults).run(); };
  return kind;
}

}  // namespace machiya::sense::rules
