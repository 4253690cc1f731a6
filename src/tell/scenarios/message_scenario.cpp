#include "tell/scenarios/message_scenario.h"

#include <algorithm>
#include <set>

#include "platform/locale/locale.h"
#include "tell/messages/definitions.h"

namespace machiya::tell {
namespace {
using json::Value;

std::vector<std::string> list_in(const Value& value) {
  std::vector<std::string> out;
  for (const Value& one : value.items()) out.push_back(one.as_string());
  return out;
}

class Compiler {
 public:
  Compiler(const Value& in, const city::City& city, Diagnostics& faults) : in_(in), city_(city), faults_(faults) {}

  std::shared_ptr<const MessageScenario> run() {
    out_->name = in_.text("message-scenario");
    const Value& given = in_["given"];
    if (const auto now = parse_rfc3339(given.text("now") + ":00+09:00")) out_->now = *now;
    else fault("/given/now", "日時(2026-06-03T14:30 の形)が要ります", "a time is needed (2026-06-03T14:30)");
    out_->channels = list_in(given["channels"]), out_->outlets = list_in(given["outlets"]);
    each(given["channels"], "/given/channels", [&](const std::string& id) { return city_.find("channel", id) != nullptr; }, "手段", "channel");
    each(given["outlets"], "/given/outlets", [&](const std::string& id) { return city_.find("outlet", id) != nullptr; }, "公開の手段", "outlet");
    for (std::size_t i = 0; i < given["staff"].size(); ++i) staff(given["staff"][i], "/given/staff/" + std::to_string(i));
    for (std::size_t i = 0; i < given["people"].size(); ++i) person(given["people"][i], "/given/people/" + std::to_string(i));
    bool checks = in_.has("then");
    for (std::size_t i = 0; i < in_["when"].size(); ++i) {
      step(in_["when"][i], "/when/" + std::to_string(i));
      checks = checks || in_["when"][i].has("then");
    }
    out_->then = in_["then"];
    then(out_->then, "/then");
    if (!checks) fault("", "then がひとつもありません。何も確かめないシナリオは置けません", "there is no then: a scenario that checks nothing proves nothing");
    return broken_ ? nullptr : out_;
  }

 private:
  void fault(const std::string& at, std::string ja, std::string en) {
    faults_.error(at, std::move(ja), std::move(en));
    broken_ = true;
  }
  template <class Right>
  void each(const Value& list, const std::string& at, const Right& right, const std::string& ja, const std::string& en) {
    for (std::size_t i = 0; i < list.size(); ++i)
      if (!right(list[i].as_string())) fault(at + "/" + std::to_string(i), ja + "「" + list[i].as_string() + "」はありません", "there is no " + en + " '" + list[i].as_string() + "'");
  }
  void one_of(const std::set<std::string>& names, const Value& in, const char* key, const std::string& at, const std::string& ja, const std::string& en) {
    if (in.has(key) && !names.contains(in.text(key))) fault(at + "/" + key, ja + "「" + in.text(key) + "」はこのシナリオにいません", "this scenario has no " + en + " '" + in.text(key) + "'");
  }
  void topics(const Value& list, const std::string& at) {
    each(list, at, [&](const std::string& id) { return topic_of(city_, id) != nullptr; }, "分野", "topic");
  }
  void staff(const Value& in, const std::string& at) {
    if (!city_.policy()["roles"].has(in.text("role"))) fault(at + "/role", "役割「" + in.text("role") + "」は policy.yaml にありません", "policy.yaml has no role '" + in.text("role") + "'");
    if (in.has("department") && !city_.department(in.text("department"))) fault(at + "/department", "所属「" + in.text("department") + "」はありません", "there is no department '" + in.text("department") + "'");
    if (!staff_.insert(in.text("name")).second) fault(at + "/name", "同じ名前が二つあります", "this name is there twice");
    out_->staff.push_back({in.text("name"), in.text("role"), in.text("department")});
  }
  void person(const Value& in, const std::string& at) {
    ScenarioPerson out;
    out.name = in.text("name");
    if (!people_.insert(out.name).second) fault(at + "/name", "同じ名前が二つあります", "this name is there twice");
    const auto& all = locale::kLanguages;
    const auto lang = std::find(std::begin(all), std::end(all), in.has("lang") ? in.text("lang") : "ja");
    out.lang = static_cast<int>(lang - std::begin(all));
    out.attributes = Value::object();
    for (const char* key : {"ward", "town", "age", "events"})
      if (in.has(key)) out.attributes.set(key, in[key]);
    if (in.has("ward") && !city_.ward(in.text("ward"))) fault(at + "/ward", "区「" + in.text("ward") + "」はありません", "there is no ward '" + in.text("ward") + "'");
    out.channels = list_in(in["channels"]), out.topics = list_in(in["topics"]);
    each(in["channels"], at + "/channels", [&](const std::string& id) { return city_.find("channel", id) != nullptr; }, "手段", "channel");
    topics(in["topics"], at + "/topics");
    out_->people.push_back(std::move(out));
  }
  void step(const Value& in, const std::string& at) {
    using Kind = ScenarioStep::Kind;
    const std::pair<const char*, Kind> kinds[] = {{"write", Kind::write}, {"submit", Kind::submit}, {"send-back", Kind::send_back}, {"release", Kind::release}, {"cancel", Kind::cancel},
                                                  {"trigger", Kind::trigger}, {"end", Kind::end}, {"leave", Kind::leave}, {"choose", Kind::choose}, {"wait", Kind::wait}};
    ScenarioStep out;
    for (const auto& [key, kind] : kinds)
      if (in.has(key)) out.kind = kind, out.body = in[key], body(out, at + "/" + key);
    out.then = in["then"];
    then(out.then, at + "/then");
    out_->steps.push_back(std::move(out));
  }
  void body(const ScenarioStep& step, const std::string& at) {
    const Value& in = step.body;
    if (step.kind == ScenarioStep::Kind::wait) return;
    one_of(staff_, in, "by", at, "職員", "member of staff");
    one_of(people_, in, "person", at, "人", "person");
    one_of(messages_, in, "message", at, "お知らせ", "message");
    one_of(messages_, in, "follows", at, "お知らせ", "message");
    each(in["wards"], at + "/wards", [&](const std::string& id) { return city_.ward(id) != nullptr; }, "区", "ward");
    each(in["channels"], at + "/channels", [&](const std::string& id) { return city_.find("channel", id) != nullptr; }, "手段", "channel");
    topics(in["topics"], at + "/topics");
    if (in.has("topic") && !topic_of(city_, in.text("topic"))) fault(at + "/topic", "分野「" + in.text("topic") + "」はありません", "there is no topic '" + in.text("topic") + "'");
    const bool makes = step.kind == ScenarioStep::Kind::write || step.kind == ScenarioStep::Kind::trigger || step.kind == ScenarioStep::Kind::end;
    if (makes && in.has("as")) messages_.insert(in.text("as"));
  }
  void then(const Value& in, const std::string& at) {
    if (in.is_null()) return;
    for (const char* key : {"told", "not-told", "outlets", "states"})
      for (std::size_t i = 0; i < in[key].size(); ++i) {
        const std::string here = at + "/" + key + "/" + std::to_string(i);
        one_of(people_, in[key][i], "name", here, "人", "person");
        one_of(messages_, in[key][i], "message", here, "お知らせ", "message");
      }
  }

  const Value& in_;
  const city::City& city_;
  Diagnostics& faults_;
  std::shared_ptr<MessageScenario> out_ = std::make_shared<MessageScenario>();
  std::set<std::string> staff_, people_, messages_;
  bool broken_ = false;
};

}  // namespace

std::int64_t wait_of(std::string_view text) {
  std::int64_t out = 0, number = 0;
  bool time = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') number = number * 10 + (c - '0');
    else if (c == 'T') time = true;
    else if (c == 'D') out += number * kDay, number = 0;
    else if (c == 'H') out += number * kHour, number = 0;
    else if (c == 'M' && time) out += number * kMinute, number = 0;
  }
  return out;
}

city::Kind message_scenario_kind() {
  city::Kind kind;
  kind.name = "message-scenario", kind.folder = "scenarios";
  kind.compile_with = [](const Value& body, const city::Source&, const city::City& earlier, Diagnostics& faults) -> std::shared_ptr<const city::Definition> { return Compiler(body, earlier, faults).run(); };
  return kind;
}

}  // namespace machiya::tell
