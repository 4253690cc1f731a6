#include "ask/cases/scenario_check.h"

#include <algorithm>
#include <set>

namespace machiya::cases {

bool same_value(const json::Value& a, const json::Value& b) {
  if (a.is_number() && b.is_number()) return a.number_text() == b.number_text() || a.as_double() == b.as_double();
  if (a.is_object() && b.is_object()) {   // every member that is written must be there
    for (const auto& [key, value] : a.members())
      if (!same_value(value, b[key])) return false;
    return true;
  }
  if (a.is_array() && b.is_array()) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!same_value(a[i], b[i])) return false;
    return true;
  }
  return a == b;
}

namespace {

std::string leaf(const std::string& field) { return field.substr(field.rfind('/') + 1); }

/// Fields with errors, as "members/<item>/born", "members/born" and "born".
std::set<std::string> names_of(const std::string& field) {
  std::set<std::string> out = {field, leaf(field)};
  const std::size_t first = field.find('/'), last = field.rfind('/');
  if (first != std::string::npos) out.insert(field.substr(0, first)), out.insert(field.substr(0, first) + field.substr(last));
  return out;
}

std::set<std::string> errors_of(const ScenarioWorld& w) {
  std::set<std::string> out;
  if (w.interview) {
    for (const auto& page : w.interview->pages)
      for (const auto& e : page.errors) out.merge(names_of(e.field));
    for (const auto& e : w.interview->errors) out.merge(names_of(e.field));
  }
  if (w.failed) {
    out.insert(std::string(w.failed->info().name));
    if (!w.failed->where.empty()) out.merge(names_of(w.failed->where[0] == '/' ? w.failed->where.substr(1) : w.failed->where));
  }
  return out;
}

std::set<std::string> shown_in(const ScenarioWorld& w) {
  std::set<std::string> out;
  if (!w.interview) return out;
  for (const auto& page : w.interview->pages) {
    if (page.page) out.insert(page.page->id);
    for (const auto& q : page.questions) out.merge(names_of(q.field));
  }
  return out;
}

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& s : list) out += (out.empty() ? "" : ", ") + s;
  return "[" + out + "]";
}
std::string joined(const std::set<std::string>& list) { return joined(std::vector<std::string>(list.begin(), list.end())); }

std::vector<std::string> texts(const json::Value& v) {
  std::vector<std::string> out;
  for (const json::Value& item : v.items()) out.push_back(item.as_string());
  return out;
}

std::vector<std::string> states_of(const CaseView& v) {
  std::vector<std::string> out;
  for (const TimelineEntry& e : v.timeline)
    if (out.empty() || out.back() != e.state) out.push_back(e.state);
  return out;
}

class Checker {
 public:
  Checker(const ScenarioWorld& world, std::vector<Difference>& out) : w_(world), out_(out) {}

  void check(const std::string& key, const json::Value& wanted) {
    if (key == "fee") return check_fee(wanted);
    if (key == "stop") return check_stop(wanted.as_string());
    if (key == "errors") return check_all(key, texts(wanted), errors_of(w_), true);
    if (key == "shown") return check_all(key, texts(wanted), shown_in(w_), true);
    if (key == "hidden") return check_all(key, texts(wanted), shown_in(w_), false);
    if (key == "values") return check_values(wanted);
    check_case(key, wanted);
  }

 private:
  void say(const std::string& key, const std::string& wanted, const std::string& got) {
    out_.push_back({key, key + ": expected " + wanted + ", got " + got});
  }
  void check_fee(const json::Value& wanted) {
    std::optional<std::int64_t> fee = w_.interview ? w_.interview->fee : std::nullopt;
    if (w_.view) fee = w_.view->fee;
    if (fee.value_or(0) != wanted.as_int()) say("fee", wanted.number_text(), fee ? std::to_string(*fee) : "no fee");
  }
  void check_stop(const std::string& part) {
    const std::string got = w_.interview && w_.interview->stop ? w_.interview->stop->title + " " + w_.interview->stop->message : "no stop";
    if (got.find(part) == std::string::npos) say("stop", "a text with '" + part + "'", got);
  }
  void check_all(const std::string& key, const std::vector<std::string>& wanted, const std::set<std::string>& got, bool present) {
    for (const std::string& name : wanted)
      if ((got.count(name) > 0) != present) say(key, name, joined(got));
  }
  void check_values(const json::Value& wanted) {
    for (const auto& [name, value] : wanted.members()) {
      const json::Value* got = nullptr;
      if (w_.interview) got = w_.interview->values.find(name);
      if (!got && w_.view) got = w_.view->values.find(name);
      if (!same_value(value, got ? *got : json::Value())) say("values", name + " = " + json::to_text(value), got ? json::to_text(*got) : "nothing");
    }
  }
  void check_case(const std::string& key, const json::Value& wanted) {
    if (!w_.view) return say(key, json::to_text(wanted), "no case was made");
    const CaseView& v = *w_.view;
    auto text = [&](const std::string& got) {
      if (got != wanted.as_string()) say(key, wanted.as_string(), got.empty() ? "nothing" : got);
    };
    if (key == "state") text(v.state);
    else if (key == "outcome") text(v.outcome);
    else if (key == "clock") text(v.clock_running ? "running" : "stopped");
    else if (key == "asked") {
      std::vector<std::string> a = texts(wanted), b = v.asked;
      std::sort(a.begin(), a.end()), std::sort(b.begin(), b.end());
      if (a != b) say(key, joined(a), joined(b));
    } else if (key == "timeline") {
      if (texts(wanted) != states_of(v)) say(key, joined(texts(wanted)), joined(states_of(v)));
    } else if (key == "days_left") {
      if (!v.days_left || *v.days_left != wanted.as_int()) say(key, wanted.number_text(), v.days_left ? std::to_string(*v.days_left) : "no clock");
    } else if (key == "document") {
      if (w_.document.find(wanted.as_string()) == std::string::npos)
        say(key, "a text with '" + wanted.as_string() + "'", w_.document.empty() ? "no document" : w_.document);
    } else {
      say(key, json::to_text(wanted), "a key that cannot be checked");
    }
  }

  const ScenarioWorld& w_;
  std::vector<Difference>& out_;
};

}  // namespace

std::vector<Difference> differences(const json::Value& then, const ScenarioWorld& world) {
  std::vector<Difference> out;
  Checker checker(world, out);
  for (const auto& [key, wanted] : then.members()) checker.check(key, wanted);
  return out;
}

}  // namespace machiya::cases
