// Runs scenarios of alarms over the real broker, history and engine with a clock that the scenario sets.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "platform/audit/audit.h"
#include "platform/events/events.h"
#include "platform/vault/vault.h"
#include "sense/entities/read.h"
#include "sense/models/entity_type.h"
#include "sense/rules/alarm_scenario.h"
#include "sense/rules/alarms.h"
#include "sense/rules/history_windows.h"

namespace machiya::sense::rules {
namespace {
using json::Value;

std::string word_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::forbidden: return "rights";
    case ErrorCode::conflict: return "state";
    case ErrorCode::invalid_input: return "missing";
    case ErrorCode::not_found: return "unknown";
    default: return error.to_string();
  }
}

/// A value as JSON: what reads as a number or a truth is one.
std::string json_of(const std::string& text) {
  tree::Arena scratch;
  const auto parsed = tree::parse(text, scratch);
  return parsed.ok() && (parsed->is_number() || parsed->is_bool()) ? text : tree::quoted(text);
}

Result<std::unique_ptr<store::Store>> fresh_store(const std::string& folder) {
  std::error_code made;
  std::filesystem::create_directories(folder, made);
  if (made) return Error(ErrorCode::storage_failed, made.message(), folder);
  MACHIYA_TRY(auto store, store::Store::open({.url = "sqlite:" + folder + "/scenario.db", .synchronous = false}));
  std::vector<store::Migration> all = Alarms::migrations();
  for (const auto& list : {history_migrations(), audit::Audit::migrations(), events::Events::migrations()}) all.insert(all.end(), list.begin(), list.end());
  MACHIYA_CHECK(store->migrate(all));
  return std::move(store);
}

class Run {
 public:
  Run(const ScenarioParts& parts, const AlarmScenario& scenario, std::string folder, store::Store& store)
      : parts_(parts), scenario_(scenario), folder_(std::move(folder)), store_(store), clock_(scenario.now), audit_(store, clock_), events_(store, clock_) {}
  ~Run() {
    if (history_) history_->end_following();
    alarms_.reset();
  }

  std::vector<std::pair<std::string, std::string>> go() {
    if (auto ready = prepare(); !ready.ok()) return {{"/given", ready.error().to_string()}};
    for (std::size_t i = 0; i < scenario_.body["when"].size(); ++i) {
      const Value& step = scenario_.body["when"][i];
      const std::string at = "/when/" + std::to_string(i);
      clock_.advance(kSecond);
      auto done = take(step);
      const std::string refused = done.ok() ? "" : word_of(done.error());
      if (!done.ok() && !step["then"].has("refused")) {
        out_.emplace_back(at, "the step was refused: " + done.error().to_string());
        break;
      }
      if (step["then"].has("refused")) expect(at + "/then/refused", step["then"].text("refused"), refused.empty() ? "no refusal" : refused);
      if (auto judged = judge(); !judged.ok()) out_.emplace_back(at, judged.error().to_string());
      check(step["then"], at + "/then");
      if (step.has("then") || i + 1 < scenario_.body["when"].size()) told_.clear();
    }
    check(scenario_.body["then"], "/then");
    return out_;
  }

 private:
  Result<void> prepare() {
    auto journal = open_file_journal(folder_);
    if (!journal.ok()) return journal.error();
    MACHIYA_TRY(entities_, EntityStore::open(std::move(*journal), clock_, rng_));
    MACHIYA_TRY(numbers_, series::open_files(folder_ + "/series"));
    MACHIYA_TRY(history_, History::open(store_, *numbers_, clock_, rng_));
    history_->follow(*entities_);
    windows_ = std::make_unique<HistoryWindows>(*history_, *numbers_);
    Alarms::declare(events_);
    for (const std::string_view type : {kRaised, kCleared, kAcknowledged, kWithheld, kRestored})
      events_.subscribe("scenario", std::string(type), [this](store::Tx&, const events::Event& e) -> Result<void> {
        const std::string name = e.type.substr(6, e.type.size() - 9);   // alarm.….v1
        for (const auto& [alias, id] : ids_)
          if (id == e.payload.text("entity") && seen_.insert(e.id).second) told_.push_back(name + " " + e.payload.text("rule") + " " + alias);
        return {};
      });
    MACHIYA_TRY(alarms_, Alarms::open({store_, *entities_, windows_.get(), audit_, events_, clock_, rng_, parts_.may, {}}, {}));
    alarms_->use(rules_of(*parts_.city));
    const std::string run = new_public_id(rng_);
    for (const Value& one : scenario_.body["given"]["entities"].items()) {
      const std::string alias = one.text("entity");
      ids_[alias] = "urn:machiya:scenario:" + run + ":" + alias, types_[alias] = one.text("type");
      MACHIYA_CHECK(set(alias, one["values"]));
    }
    MACHIYA_CHECK(judge());
    told_.clear();
    return {};
  }
  /// As definitions of alarms name attributes.
  std::string name_of(const std::string& alias, const std::string& attribute) const {
    for (const EntityType* type : entity_types_of(*parts_.city))
      if (type->term == types_.at(alias))
        if (const AttributeType* found = type->attribute_named(attribute)) return found->iri;
    return expand(attribute, "");
  }
  std::string type_of(const std::string& alias) const {
    for (const EntityType* type : entity_types_of(*parts_.city))
      if (type->term == types_.at(alias)) return type->iri;
    return expand(types_.at(alias), "");
  }
  Result<void> set(const std::string& alias, const Value& values) {
    std::string text = R"({"id":)" + tree::quoted(ids_.at(alias)) + R"(,"type":)" + tree::quoted(type_of(alias));
    for (const auto& [name, value] : values.members()) text += "," + tree::quoted(name_of(alias, name)) + R"(:{"type":"Property","value":)" + json_of(value.as_string()) + "}";
    tree::Arena arena;
    MACHIYA_TRY(const tree::Value body, tree::parse(text + "}", arena));
    MACHIYA_TRY(const Draft draft, read_entity(body, BodyOf::entity, *contexts_.core(), arena));
    MACHIYA_TRY(const Change change, entities_->write("", ids_.at(alias), [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
      return current ? append_attributes(current, draft, false, context) : create_entity(draft, context);
    }));
    (void)change;
    return {};
  }
  Result<void> remove(const std::string& alias) {
    MACHIYA_TRY(const Change change, entities_->write("", ids_.at(alias), [](const EntityPtr& current, const ChangeContext&) -> Result<Change> {
      if (!current) return Error(ErrorCode::not_found, "no such entity");
      return delete_entity(current);
    }));
    (void)change;
    return {};
  }
  Result<void> judge() {
    MACHIYA_CHECK(alarms_->pump());
    MACHIYA_TRY(const std::int64_t delivered, events_.deliver_now());
    (void)delivered;
    return {};
  }
  Result<AlarmRow> row(const std::string& alias, const std::string& rule) const {
    MACHIYA_TRY(const auto rows, alarms_->of_entity("", ids_.at(alias)));
    for (const AlarmRow& one : rows)
      if (one.rule == rule) return one;
    return AlarmRow();
  }
  Result<void> take(const Value& step) {
    if (step.has("wait")) {
      clock_.advance(duration_us(step.text("wait")).value_or(0));
      return {};
    }
    if (step.has("set")) return set(step["set"].text("entity"), step["set"]["values"]);
    if (step.has("remove")) return remove(step["remove"].text("entity"));
    return act(step["act"]);
  }
  Result<void> act(const Value& in) {
    identity::Principal who;
    who.kind = identity::PrincipalKind::staff, who.public_id = who.name = in.text("by");
    for (const Value& one : scenario_.body["given"]["staff"].items())
      if (one.text("name") == in.text("by")) who.roles = {one.text("role")}, who.department = one.text("department");
    MACHIYA_TRY(const AlarmRow alarm, row(in.text("entity"), in.text("alarm")));
    const Deed deed{who, "scenario"};
    const std::string &id = alarm.public_id, what = in.text("do"), reason = in.text("reason");
    if (what == "acknowledge") return alarms_->acknowledge(id, deed);
    if (what == "reset") return alarms_->reset(id, deed);
    if (what == "shelve") return alarms_->shelve(id, Instant{clock_.now().us + duration_us(in.text("for")).value_or(0)}, reason, deed);
    if (what == "unshelve") return alarms_->unshelve(id, deed);
    if (what == "take-out") return alarms_->take_out(id, reason, deed);
    if (what == "put-back") return alarms_->put_back(id, deed);
    return alarms_->comment(id, reason, deed);
  }

  void expect(const std::string& at, const std::string& wanted, const std::string& got) {
    if (wanted != got) out_.emplace_back(at, "expected " + wanted + ", got " + got);
  }
  void check(const Value& then, const std::string& at) {
    for (std::size_t i = 0; i < then["states"].size(); ++i) {
      const Value& line = then["states"][i];
      const auto found = row(line.text("entity"), line.text("alarm"));
      if (!found.ok()) {
        out_.emplace_back(at, found.error().to_string());
        continue;
      }
      const Mode mode = found->alarm.mode();
      expect(at + "/states/" + std::to_string(i), line.text("is"), std::string(mode == Mode::in_service ? word(found->alarm.state) : word(mode)));
    }
    if (!then.has("told")) return;
    std::string wanted, got;
    for (const Value& line : then["told"].items()) wanted += (wanted.empty() ? "" : ", ") + line.text("event") + " " + line.text("alarm") + " " + line.text("entity");
    for (const std::string& one : told_) got += (got.empty() ? "" : ", ") + one;
    expect(at + "/told", wanted.empty() ? "nothing" : wanted, got.empty() ? "nothing" : got);
  }

  const ScenarioParts& parts_;
  const AlarmScenario& scenario_;
  std::string folder_;
  store::Store& store_;
  FakeClock clock_;
  vault::SystemRng rng_;
  Contexts contexts_{nullptr};
  audit::Audit audit_;
  events::Events events_;
  std::unique_ptr<EntityStore> entities_;
  std::unique_ptr<series::Store> numbers_;
  std::unique_ptr<History> history_;
  std::unique_ptr<HistoryWindows> windows_;
  std::unique_ptr<Alarms> alarms_;
  std::map<std::string, std::string> ids_, types_;   ///< by alias
  std::vector<std::string> told_;
  std::set<std::int64_t> seen_;                      ///< a transaction may run twice
  std::vector<std::pair<std::string, std::string>> out_;
};

}  // namespace

std::vector<ScenarioResult> run_alarm_scenarios(const ScenarioParts& parts, int room) {
  std::vector<ScenarioResult> out;
  for (const city::Loaded* loaded : parts.city->all("alarm-scenario")) {
    const auto* scenario = dynamic_cast<const AlarmScenario*>(loaded->definition.get());
    if (!scenario || (room != 0 && loaded->source.initiative != room)) continue;
    ScenarioResult result{loaded->source.file, scenario->name, loaded->source.initiative, {}};
    const std::string folder = parts.folder + "/alarms-" + std::to_string(out.size());
    // A database of its own: times of scenarios do not follow one another.
    if (auto store = fresh_store(folder); store.ok()) result.problems = Run(parts, *scenario, folder, **store).go();
    else result.problems.emplace_back("", store.error().to_string());
    out.push_back(std::move(result));
  }
  return out;
}

}  // namespace machiya::sense::rules
