#include "tell/scenarios/runner.h"

#include <algorithm>
#include <map>

#include "tell/scenarios/message_scenario.h"
#include "tell/scenarios/stage.h"

namespace machiya::tell {
namespace {
using json::Value;
using Kind = ScenarioStep::Kind;

std::vector<std::string> list_in(const Value& value) {
  std::vector<std::string> out;
  for (const Value& one : value.items()) out.push_back(one.as_string());
  return out;
}
std::map<std::string, std::string> slots_in(const Value& value) {
  std::map<std::string, std::string> out;
  for (const auto& [name, one] : value.members()) out[name] = one.as_string();
  return out;
}

/// Why a step is refused, in the words of a scenario.
std::string word_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::forbidden: return error.where == "release" ? "second-person" : "rights";
    case ErrorCode::invalid_input: return "missing";
    case ErrorCode::not_found: return "unknown";
    case ErrorCode::conflict: return error.where == "Idempotency-Key" ? "key" : "state";
    default: return error.to_string();
  }
}

const char* word_of(CampaignState state) {
  switch (state) {
    case CampaignState::draft: return "draft";
    case CampaignState::waiting: return "waiting";
    case CampaignState::released: return "released";
    case CampaignState::cancelled: return "cancelled";
    case CampaignState::dropped: return "dropped";
  }
  return "";
}

/// One scenario on the stage.
class Run {
 public:
  Run(Stage& stage, const MessageScenarioParts& parts, const MessageScenario& scenario) : stage_(stage), parts_(parts), scenario_(scenario), run_(new_public_id(stage.rng)) {}

  std::vector<std::pair<std::string, std::string>> go() {
    if (auto ready = prepare(); !ready.ok()) return {{"/given", ready.error().to_string()}};
    for (std::size_t i = 0; i < scenario_.steps.size(); ++i) {
      const ScenarioStep& step = scenario_.steps[i];
      const std::string here = "/when/" + std::to_string(i);
      stage_.clock.advance(kSecond);
      refused_.clear(), why_.clear();
      auto done = take(step);
      if (done.ok()) done = stage_.deliver();
      if (!done.ok()) refused_ = word_of(done.error()), why_ = done.error().to_string();
      if (!refused_.empty() && !step.then.has("refused")) {
        out_.emplace_back(here, "the step was refused: " + why_);
        return out_;
      }
      if (step.then.has("refused")) expect(here + "/then/refused", step.then.text("refused"), refused_.empty() ? "no refusal" : refused_);
      check(step.then, here + "/then");
    }
    check(scenario_.then, "/then");
    return out_;
  }

 private:
  Result<void> prepare() {
    stage_.clock.set(Instant{scenario_.now.us - kHour});   // people were there before
    MACHIYA_CHECK(stage_.configure(scenario_.channels, scenario_.outlets));
    for (const ScenarioPerson& person : scenario_.people) {
      MACHIYA_TRY(const std::int64_t topics, topics_of(person.topics));
      std::vector<int> order;
      for (const std::string& channel : person.channels) {
        MACHIYA_TRY(const int number, stage_.audiences.number("channel", channel));
        order.push_back(number);
      }
      MACHIYA_TRY(const std::int64_t recipient, parts_.store.write([&](store::Tx& tx) { return subscribe(tx, person, order, topics); }));
      people_[person.name] = recipient;
    }
    stage_.clock.set(scenario_.now);
    return {};
  }
  Result<std::int64_t> topics_of(const std::vector<std::string>& ids) {
    std::int64_t out = 0;
    for (const std::string& id : ids) {
      MACHIYA_TRY(const int bit, stage_.audiences.number("topic", id));
      out |= std::int64_t{1} << bit;
    }
    return out;
  }
  Result<std::int64_t> subscribe(store::Tx& tx, const ScenarioPerson& person, const std::vector<int>& order, std::int64_t topics) {
    std::int64_t recipient = 0;
    for (const int number : order) {
      MACHIYA_TRY(recipient, stage_.audiences.subscribe(tx, recipient, number, person.name + "-" + run_ + "@example.jp", topics, person.lang, "person"));
    }
    if (recipient == 0) return Error(ErrorCode::invalid_input, person.name + " has no channel");
    MACHIYA_CHECK(stage_.audiences.prefer(tx, recipient, order));
    if (person.attributes.size() > 0) MACHIYA_CHECK(stage_.audiences.describe(tx, recipient, person.attributes, "person"));
    return recipient;
  }

  identity::Principal staff(const std::string& name) const {
    identity::Principal who;
    who.kind = identity::PrincipalKind::staff;
    who.public_id = who.name = name;
    for (const ScenarioStaff& one : scenario_.staff)
      if (one.name == name) who.roles = {one.role}, who.department = one.department;
    return who;
  }
  /// The public id of a message by its name; a made-up one when the step that should have made it was refused.
  std::string id_of(const std::string& name) const {
    const auto found = messages_.find(name);
    return found == messages_.end() ? std::string(26, '0') : found->second;
  }

  Result<void> take(const ScenarioStep& step) {
    const Value& in = step.body;
    if (step.kind == Kind::wait) {
      stage_.clock.advance(wait_of(in.as_string()));
      return {};
    }
    if (step.kind == Kind::trigger) return trigger(in);
    if (step.kind == Kind::leave || step.kind == Kind::choose) return choose(step.kind, in);
    const identity::Principal who = staff(in.text("by"));
    const Deed deed{who, "scenario"};
    const std::string message = id_of(in.text("message"));
    switch (step.kind) {
      case Kind::write: return write(in, deed);
      case Kind::submit: return stage_.campaigns->submit(message, deed);
      case Kind::send_back: return stage_.campaigns->send_back(message, in.text("note"), deed);
      case Kind::release: return stage_.campaigns->release(message, deed);
      case Kind::cancel: return stage_.campaigns->cancel(message, deed);
      case Kind::end: {
        MACHIYA_TRY(messages_[in.has("as") ? in.text("as") : "end"], stage_.campaigns->end(message, deed));
        return {};
      }
      default: return {};
    }
  }
  Result<void> write(const Value& in, const Deed& deed) {
    Draft draft;
    Class cls = in["emergency"].as_bool() ? Class::emergency : Class::many;
    if (const auto* t = parts_.city->get<Template>("message", in.text("template"))) {
      draft.from_template = t->id, draft.title = t->title, draft.body = t->body, draft.short_text = t->short_text, draft.topic = t->topic, draft.channels = t->channels, draft.first_only = t->first_only;
      if (t->use == Use::emergency) cls = Class::emergency;
    }
    for (const auto& [key, text] : {std::pair{"title", &draft.title}, std::pair{"body", &draft.body}, std::pair{"short", &draft.short_text}})
      if (in.has(key)) *text = city::Text(in[key]);
    if (in.has("topic")) draft.topic = in.text("topic");
    if (in.has("channels")) draft.channels = list_in(in["channels"]);
    if (in.has("first-only")) draft.first_only = in["first-only"].as_bool();
    draft.segment = in.text("segment"), draft.wards = list_in(in["wards"]), draft.towns = list_in(in["towns"]), draft.slots = slots_in(in["slots"]), draft.drill = in["drill"].as_bool();
    if (in.has("follows")) draft.follows = id_of(in.text("follows"));
    if (in.has("start")) draft.start = parse_rfc3339(in.text("start") + ":00+09:00");
    MACHIYA_TRY(messages_[in.text("as")], stage_.campaigns->create(draft, cls, deed));
    return {};
  }
  Result<void> trigger(const Value& in) {
    Fired fired;
    fired.trigger = in.text("trigger"), fired.slots = slots_in(in["slots"]), fired.wards = list_in(in["wards"]), fired.drill = in["drill"].as_bool();
    fired.key = in.has("key") ? in.text("key") + "/" + run_ : std::string();
    fired.by = "client:scenario", fired.request = "scenario";
    MACHIYA_TRY(messages_[in.text("as")], stage_.campaigns->trigger(fired));
    return {};
  }
  Result<void> choose(Kind kind, const Value& in) {
    const std::int64_t recipient = people_.at(in.text("person"));
    MACHIYA_TRY(const int channel, stage_.audiences.number("channel", in.text("channel")));
    MACHIYA_TRY(const std::int64_t topics, topics_of(list_in(in["topics"])));
    return parts_.store.write([&](store::Tx& tx) -> Result<void> {
      if (kind == Kind::choose) return stage_.audiences.choose(tx, recipient, channel, topics, "person");
      MACHIYA_TRY(const bool left, stage_.audiences.leave(tx, recipient, channel, "person"));
      if (!left) return Error(ErrorCode::not_found, "there was no such channel");
      return {};
    });
  }

  void expect(const std::string& at, const std::string& wanted, const std::string& got) {
    if (wanted != got) out_.emplace_back(at, "expected " + wanted + ", got " + got);
  }
  std::vector<const Heard*> heard_by(const Value& line) const {
    std::vector<const Heard*> out;
    const auto person = people_.find(line.text("name"));
    for (const Heard& one : stage_.heard)
      if (person != people_.end() && one.recipient == person->second && one.message == id_of(line.text("message")) && (!line.has("by") || one.channel == line.text("by"))) out.push_back(&one);
    return out;
  }
  void told(const Value& line, const std::string& at) {
    const auto found = heard_by(line);
    if (found.empty()) return void(out_.emplace_back(at, line.text("name") + " was not told of " + line.text("message") + (line.has("by") ? " by " + line.text("by") : "")));
    for (const Heard* one : found) {
      if (line.has("lang")) expect(at + "/lang", line.text("lang"), one->lang);
      if (line.has("says") && one->text.find(line.text("says")) == std::string::npos) out_.emplace_back(at + "/says", "does not stand in: " + one->text);
    }
    if (line.has("by") && found.size() != 1) out_.emplace_back(at, line.text("name") + " was told " + std::to_string(found.size()) + " times");
  }
  void outlet(const Value& line, const std::string& at) {
    const auto rows = stage_.outlets->of(id_of(line.text("message")));
    if (!rows.ok()) return void(out_.emplace_back(at, rows.error().to_string()));
    bool any = false;
    for (const Publication& row : *rows) {
      if (row.outlet != line.text("outlet")) continue;
      any = true;
      expect(at + "/state", line.text("state"), std::string(name_of(row.state)));
      if (line.has("says") && row.body.find(line.text("says")) == std::string::npos) out_.emplace_back(at + "/says", "does not stand in: " + row.body);
    }
    if (!any) expect(at + "/state", line.text("state"), "nothing");
  }
  void check(const Value& then, const std::string& at) {
    if (then.is_null()) return;
    for (std::size_t i = 0; i < then["told"].size(); ++i) told(then["told"][i], at + "/told/" + std::to_string(i));
    for (std::size_t i = 0; i < then["not-told"].size(); ++i)
      if (!heard_by(then["not-told"][i]).empty()) out_.emplace_back(at + "/not-told/" + std::to_string(i), then["not-told"][i].text("name") + " was told of " + then["not-told"][i].text("message"));
    for (std::size_t i = 0; i < then["outlets"].size(); ++i) outlet(then["outlets"][i], at + "/outlets/" + std::to_string(i));
    if (then.has("all-told")) {
      const auto own = std::count_if(stage_.heard.begin(), stage_.heard.end(), [&](const Heard& one) { return std::any_of(people_.begin(), people_.end(), [&](const auto& p) { return p.second == one.recipient; }); });
      expect(at + "/all-told", std::to_string(then["all-told"].as_int()), std::to_string(own));
    }
    if (then.has("on-signs")) {
      const auto signs = stage_.signs();
      expect(at + "/on-signs", std::to_string(then["on-signs"].as_int()), signs.ok() ? std::to_string(own_on(**signs)) : signs.error().to_string());
    }
    for (std::size_t i = 0; i < then["states"].size(); ++i) state(then["states"][i], at + "/states/" + std::to_string(i));
  }
  /// Emergencies of this scenario, and the all-clears that took their place. Drills are on the screens that want them alone.
  std::int64_t own_on(const signage::Air& air) const {
    const auto own = [&](const std::string& key, const char* kind) { return std::any_of(messages_.begin(), messages_.end(), [&](const auto& m) { return key == kind + m.second; }); };
    return std::count_if(air.alerts.begin(), air.alerts.end(), [&](const signage::Alert& one) { return !one.drill && own(one.key, "alert/"); }) +
           std::count_if(air.postings.begin(), air.postings.end(), [&](const signage::Posting& one) { return !one.drill && one.topic.empty() && own(one.key, "message/"); });
  }
  void state(const Value& line, const std::string& at) {
    identity::Principal everybody = staff("");
    for (const auto& [role, about] : parts_.city->policy()["roles"].members()) everybody.roles.push_back(role);
    const auto campaign = stage_.campaigns->find(id_of(line.text("message")), {everybody, "scenario"});
    expect(at, line.text("is"), campaign.ok() ? word_of(campaign->state) : campaign.error().to_string());
  }

  Stage& stage_;
  const MessageScenarioParts& parts_;
  const MessageScenario& scenario_;
  std::string run_;                               ///< makes addresses and keys this run's own
  std::map<std::string, std::int64_t> people_;
  std::map<std::string, std::string> messages_;   ///< name → public id
  std::string refused_, why_;
  std::vector<std::pair<std::string, std::string>> out_;
};

}  // namespace

std::vector<MessageScenarioResult> run_message_scenarios(const MessageScenarioParts& parts, int room) {
  std::vector<MessageScenarioResult> out;
  Stage stage(parts);
  for (const city::Loaded* loaded : parts.city->all("message-scenario")) {
    const auto* scenario = dynamic_cast<const MessageScenario*>(loaded->definition.get());
    if (!scenario || (room != 0 && loaded->source.initiative != room)) continue;
    out.push_back({loaded->source.file, scenario->name, loaded->source.initiative, Run(stage, parts, *scenario).go()});
  }
  return out;
}

}  // namespace machiya::tell
