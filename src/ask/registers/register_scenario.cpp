#include "ask/registers/register_scenario.h"

#include <map>

#include "city/near.h"
#include "city/schema.h"
#include "city/typed_answers.h"

namespace machiya::registers {
namespace {

using json::Value;

std::string type_name(const Column& column) {
  return column.kind == ColumnKind::relation ? "text" : std::string(interview::answer_type_name(column.type));
}

class ScenarioCompiler {
 public:
  ScenarioCompiler(const Value& in, const city::City& city, Diagnostics& faults) : in_(in), city_(city), faults_(faults) {}

  std::shared_ptr<const Scenario> run() {
    Scenario& s = *out_;
    s.name = in_.text("register-scenario"), s.register_id = in_.text("register");
    reg_ = city_.get<Register>("register", s.register_id);
    if (const auto today = parse_iso_date(in_["given"].text("today"))) s.today = *today;
    else fault("/given/today", "日付(2026-05-10 の形)が要ります", "a date is needed (2026-05-10)");
    for (std::size_t i = 0; i < in_["rows"].size(); ++i) row(in_["rows"][i], "/rows/" + std::to_string(i));
    bool checks = in_.has("then");
    for (std::size_t i = 0; i < in_["when"].size(); ++i) {
      step(in_["when"][i], "/when/" + std::to_string(i));
      checks = checks || in_["when"][i].has("then");
    }
    s.then = in_["then"];
    then(s.then, "/then", reg_);
    if (!checks) fault("", "then がひとつもありません。何も確かめないシナリオは置けません", "there is no then: a scenario that checks nothing proves nothing");
    return broken_ ? nullptr : out_;
  }

 private:
  void fault(const std::string& at, std::string ja, std::string en) {
    faults_.error(at, std::move(ja), std::move(en));
    broken_ = true;
  }
  /// Types the values by their columns; a register that is not there has been reported by the schema's x-ref.
  void type(Value& values, const Register* reg, const std::string& at) {
    if (reg == nullptr || !values.is_object()) return;
    std::vector<std::string> names;
    for (const Column& c : reg->columns) names.push_back(c.name);
    for (auto& [name, value] : values.members()) {
      const std::string here = at + "/" + json::pointer_token(name);
      if (const Column* column = reg->column(name)) {
        if (column->kind == ColumnKind::relation && starts_with_dollar(value)) known(value.as_string(), here);
        else city::type_answer(value, type_name(*column));
        continue;
      }
      const std::string near = city::nearest(name, names);
      fault(here, "台帳「" + reg->id + "」に列「" + name + "」はありません" + (near.empty() ? "" : "。「" + near + "」の誤りではありませんか"),
            "register '" + reg->id + "' has no column '" + name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
  }
  static bool starts_with_dollar(const Value& value) { return !value.as_string().empty() && value.as_string()[0] == '$'; }
  std::string known(const std::string& name, const std::string& at) {
    if (!name.empty() && rows_.count(name.substr(1)) == 0)
      fault(at, "「" + name + "」という行はまだありません(as で名前を付けます)", "there is no row '" + name + "' yet (as gives it its name)");
    return name.empty() ? name : name.substr(1);
  }
  /// The register of a row by its name; the scenario's own when nobody knows it.
  const Register* register_of(const std::string& name) const {
    const auto known = rows_.find(name);
    return known == rows_.end() ? reg_ : city_.get<Register>("register", known->second);
  }
  void named(const std::string& name, const std::string& register_id, const std::string& at) {
    if (!name.empty() && !rows_.emplace(name, register_id).second) fault(at + "/as", "行「" + name + "」が二つあります", "the row '" + name + "' is there twice");
  }
  void row(const Value& in, const std::string& at) {
    ScenarioRow out{in.text("as"), in.text("register"), in["values"]};
    type(out.values, city_.get<Register>("register", out.register_id), at + "/values");
    named(out.as, out.register_id, at);
    out_->rows.push_back(std::move(out));
  }
  void role(const std::string& name, const std::string& at) {
    if (!name.empty() && city_.policy()["roles"].is_object() && !city_.policy()["roles"].has(name))
      fault(at, "役割「" + name + "」は policy.yaml にありません", "policy.yaml has no role '" + name + "'");
  }
  void step(const Value& in, const std::string& at) {
    using Kind = ScenarioStep::Kind;
    ScenarioStep out;
    out.register_id = in.has("register") ? in.text("register") : out_->register_id;
    if (in.has("register") && !in.has("add")) fault(at + "/register", "register は add にだけ書きます(ほかは row の台帳です)", "register goes with add only: other steps take that of their row");
    out.as = in.text("as"), out.by = in.text("by"), out.reason = in.text("reason");
    const std::pair<const char*, Kind> kinds[] = {{"add", Kind::add}, {"change", Kind::change}, {"act", Kind::act}, {"bulk", Kind::bulk}, {"wait", Kind::wait}};
    for (const auto& [key, kind] : kinds)
      if (in.has(key)) {
        out.kind = kind;
        body(in[key], at + "/" + key, out);
      }
    role(out.by, at);
    named(out.as, out.register_id, at);
    out.then = in["then"];
    then(out.then, at + "/then", city_.get<Register>("register", out.register_id));
    out_->steps.push_back(std::move(out));
  }
  void body(const Value& in, const std::string& at, ScenarioStep& out) {
    using Kind = ScenarioStep::Kind;
    if (out.kind == Kind::wait) {
      if (const auto period = cases::parse_period(in.as_string())) out.wait = *period;
      else fault(at, "期間を読み取れません(例 P3D)", "cannot read the period (for example P3D)");
      return;
    }
    if (out.kind == Kind::add) {
      out.values = in;
      return type(out.values, city_.get<Register>("register", out.register_id), at);
    }
    if (!in.text("by").empty()) out.by = in.text("by");
    if (!in.text("reason").empty()) out.reason = in.text("reason");
    if (in.has("row")) out.row = known(in.text("row"), at + "/row");
    const Register* reg = register_of(out.row);
    if (reg != nullptr) out.register_id = reg->id;
    out.values = in["set"];
    type(out.values, reg, at + "/set");
    for (std::size_t i = 0; i < in["where"].size(); ++i) condition(in["where"][i], at + "/where/" + std::to_string(i), out);
    if (out.kind != Kind::act) return;
    out.action = in.text("action");
    const auto* workflow = reg != nullptr ? city_.get<cases::Workflow>("workflow", reg->workflow) : nullptr;
    if (workflow != nullptr && workflow->action(out.action) == nullptr)
      fault(at + "/action", "ワークフロー「" + workflow->id + "」に操作「" + out.action + "」がありません", "workflow '" + workflow->id + "' has no action '" + out.action + "'");
  }
  void condition(const Value& in, const std::string& at, ScenarioStep& out) {
    const std::string& name = in.text("column");
    const Column* column = reg_ != nullptr ? reg_->column(name) : nullptr;
    if (reg_ != nullptr && name != "state" && (column == nullptr || !column->filter))
      fault(at + "/column", "列「" + name + "」では絞り込めません(filter: yes の列ではありません)", "'" + name + "' cannot be filtered: it is no column with filter: yes");
    for (const char* op : {"is", "not", "from", "to", "has"})
      if (in.has(op)) out.where.push_back({name, op, in.text(op)});
    for (const char* op : {"empty", "filled"})
      if (in[op].as_bool()) out.where.push_back({name, op, {}});
  }
  /// `step`: the register of the step that it follows.
  void then(Value& in, const std::string& at, const Register* step) {
    if (in.is_null()) return;
    if (in.has("row")) known(in.text("row"), at + "/row");
    const Register* reg = in.has("row") ? register_of(in.text("row").substr(1)) : step;
    if (Value* values = in.find("values")) type(*values, reg, at + "/values");
    const auto each = [&](const char* key, const auto& right, const std::string& ja, const std::string& en) {
      for (std::size_t i = 0; i < in[key].size(); ++i)
        if (const auto& one = in[key][i].as_string(); reg != nullptr && !right(one))
          fault(at + "/" + key + "/" + std::to_string(i), ja + "「" + one + "」はありません", "there is no " + en + " '" + one + "'");
    };
    each("errors", [&](const std::string& name) { return (step != nullptr ? step : reg)->column(name) != nullptr; }, "列", "column");
    each("due", [&](const std::string& id) {
      for (const Reminder& r : reg->reminders)
        if (r.id == id) return true;
      return false;
    }, "知らせ", "reminder");
    const auto* workflow = reg != nullptr ? city_.get<cases::Workflow>("workflow", reg->workflow) : nullptr;
    if (in.has("state") && reg != nullptr && (workflow == nullptr || workflow->state(in.text("state")) == nullptr))
      fault(at + "/state", "状態「" + in.text("state") + "」はありません", "there is no state '" + in.text("state") + "'");
  }

  const Value& in_;
  const city::City& city_;
  Diagnostics& faults_;
  const Register* reg_ = nullptr;
  std::shared_ptr<Scenario> out_ = std::make_shared<Scenario>();
  std::map<std::string, std::string> rows_;   ///< name -> register
  bool broken_ = false;
};

}  // namespace

city::Kind scenario_kind() {
  city::Kind kind;
  kind.name = "register-scenario", kind.folder = "scenarios";
  kind.compile_with = [](const Value& body, const city::Source&, const city::City& earlier, Diagnostics& faults) -> std::shared_ptr<const city::Definition> {
    return ScenarioCompiler(body, earlier, faults).run();
  };
  return kind;
}

}  // namespace machiya::registers
