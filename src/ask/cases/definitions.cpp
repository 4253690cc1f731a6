#include "ask/cases/definitions.h"

#include "ask/cases/definitions_dao.h"
#include "feel/value.h"

namespace machiya::cases {
namespace {

constexpr std::size_t kMaxCached = 4096;

feel::Type type_of_question(const std::string& type) {
  if (type == "date") return feel::Type::date();
  if (type == "yes-no" || type == "declaration") return feel::Type::boolean();
  if (type == "money" || type == "number") return feel::Type::number();
  if (type == "choices") return feel::Type::list(feel::Type::string());
  if (type == "photo" || type == "file") return feel::Type::list();
  if (type == "text" || type == "long-text" || type == "choice" || type == "digits" || type == "email" || type == "phone")
    return feel::Type::string();
  return feel::Type::any();   // name, organisation, address, place, bank-account: contexts
}

FieldInfo read_field(const json::Value& q, const std::string& page, const std::string& prefix) {
  FieldInfo f;
  f.name = prefix + q.text("name"), f.type = q.text("type"), f.page = page, f.label = city::Text(q["label"]), f.prefill = q.text("prefill");
  for (const json::Value& o : q["options"].items()) f.options.emplace_back(o.text("value"), city::Text(o["label"]));
  return f;
}

bool yes(const json::Value& v) { return v.as_bool() || v.as_string() == "yes"; }

}  // namespace

const FieldInfo* ProcedureInfo::field(std::string_view wanted) const {
  for (const FieldInfo& f : fields)
    if (f.name == wanted) return &f;
  return nullptr;
}

feel::Scope guard_scope(const json::Value& procedure) {
  feel::Scope scope;
  for (const json::Value& page : procedure["pages"].items()) {
    std::vector<feel::Type::Member> members;
    const std::string& repeat = page["repeat"].text("name");
    for (const json::Value& q : page["ask"].items()) {
      if (q.text("name").empty() || q.text("type") == "info") continue;
      feel::Type type = type_of_question(q.text("type"));
      if (repeat.empty()) scope.add(q.text("name"), std::move(type));
      else members.emplace_back(q.text("name"), std::move(type));
    }
    if (!repeat.empty()) scope.add(repeat, feel::Type::list(feel::Type::context(std::move(members))));
  }
  for (const json::Value& c : procedure["calculate"].items()) {
    auto type = feel::parse_type(c.text("type"));
    scope.add(c.text("name"), type.ok() ? *type : feel::Type::any());
  }
  scope.add("fee", feel::Type::number());
  scope.add("today", feel::Type::date());
  scope.add("submitted", feel::Type::date());
  scope.add("state", feel::Type::string());
  return scope;
}

std::shared_ptr<const ProcedureInfo> read_procedure(const json::Value& body, const std::string& hash, int initiative) {
  auto p = std::make_shared<ProcedureInfo>();
  p->id = body.text("procedure"), p->hash = hash, p->initiative = initiative;
  p->version = static_cast<int>(body["version"].as_int(1));
  p->kind = body.text("kind"), p->owner = body.text("owner"), p->workflow = body.text("case");
  p->name = city::Text(body["name"]), p->summary = city::Text(body["summary"]);
  if (auto target = parse_period(body.text("target"))) p->target = *target;
  for (const json::Value& page : body["pages"].items()) {
    PageInfo info{page.text("page"), city::Text(page["title"]), page["repeat"].text("name"), {}};
    for (const json::Value& q : page["ask"].items()) {
      if (q.text("name").empty() || q.text("type") == "info") continue;
      p->fields.push_back(read_field(q, info.id, info.repeat.empty() ? "" : info.repeat + "/"));
      info.fields.push_back(p->fields.back().name);
    }
    p->pages.push_back(std::move(info));
  }
  for (const json::Value& c : body["calculate"].items()) p->calculated.emplace_back(c.text("name"), city::Text(c["label"]));
  const json::Value& map = body["map"];
  p->map = {yes(map["public"]), map.text("category"), map.text("place"), map.text("photo")};
  p->per_person_open = body["limits"]["per_person_open"].as_int();
  p->must_be_signed = body.text("signature") == "required", p->may_be_signed = p->must_be_signed || body.text("signature") == "asked";
  p->scope = guard_scope(body);
  return p;
}

Result<bool> Rules::allows(const Action& action, const json::Value& values, std::int64_t fee, Instant received, std::string_view state,
                           Instant now) const {
  auto guard = guards_.find(action.id);
  if (guard == guards_.end()) return true;
  std::vector<feel::Value> bound;
  for (const auto& [name, type] : procedure->scope.names()) {
    if (name == "fee") bound.push_back(feel::Value::number(fee));
    else if (name == "today") bound.push_back(feel::Value::date(date_in_japan(now)));
    else if (name == "submitted") bound.push_back(feel::Value::date(date_in_japan(received)));
    else if (name == "state") bound.push_back(feel::Value::string(std::string(state)));
    else {
      auto value = feel::from_json(values[name], type);
      bound.push_back(value.ok() ? std::move(*value) : feel::Value());
    }
  }
  MACHIYA_TRY(feel::Value result, guard->second.evaluate(bound, feel::Environment(now)));
  return result.is_true();
}

std::shared_ptr<const Rules> Definitions::cached(const std::string& key) {
  std::lock_guard lock(mutex_);
  auto found = by_hash_.find(key);
  return found == by_hash_.end() ? nullptr : found->second;
}

void Definitions::keep(const std::string& key, std::shared_ptr<const Rules> rules) {
  std::lock_guard lock(mutex_);
  if (by_hash_.size() >= kMaxCached) by_hash_.clear();
  by_hash_[key] = std::move(rules);
}

Result<std::shared_ptr<const Rules>> Definitions::build(const json::Value& procedure, const std::string& procedure_hash,
                                                        const json::Value& workflow, const std::string& workflow_hash, int initiative) {
  auto rules = std::make_shared<Rules>();
  rules->procedure = read_procedure(procedure, procedure_hash, initiative);
  Diagnostics faults;
  rules->workflow = compile_workflow(workflow, faults);
  rules->workflow_hash = workflow_hash;
  if (!rules->workflow) return Error(ErrorCode::definition_error, "workflow " + workflow.text("workflow"));
  for (const Action& a : rules->workflow->actions) {
    if (a.when.empty()) continue;
    auto guard = feel::compile(a.when, rules->procedure->scope);
    if (!guard.ok()) return Error(ErrorCode::definition_error, "guard of " + a.id + ": " + guard.error().detail, guard.error().where);
    rules->guards_.emplace(a.id, std::move(*guard));
  }
  return std::shared_ptr<const Rules>(rules);
}

Result<std::shared_ptr<const Rules>> Definitions::current(std::string_view procedure) {
  const std::uint64_t revision = source_.revision();
  const std::string id(procedure);
  {
    std::lock_guard lock(mutex_);
    if (revision_ != revision) by_id_.clear(), revision_ = revision;
    if (auto found = by_id_.find(id); found != by_id_.end()) return found->second;
  }
  MACHIYA_TRY(const auto p, version_in_force(source_, procedure));
  if (!p) return Error(ErrorCode::not_found, "no procedure " + id);
  const auto w = source_.find("workflow", p->body.text("case"));
  if (!w) return Error(ErrorCode::definition_error, "no workflow " + p->body.text("case"));
  MACHIYA_TRY(json::Value flow, json::parse(*w->canonical));
  MACHIYA_TRY(auto rules, build(p->body, p->hash, flow, w->hash, p->text.initiative));
  keep(p->hash + "+" + w->hash, rules);
  std::lock_guard lock(mutex_);
  if (revision_ == revision) by_id_[id] = rules;
  return rules;
}

Result<json::Value> Definitions::body_of(store::ReadTx& tx, std::string_view hash) {
  MACHIYA_TRY(auto body, find_snapshot(tx, hash));
  if (!body) return Error(ErrorCode::not_found, "no definition with that hash is kept");
  return json::parse(*body);
}

Result<VersionTexts> Definitions::version_of(store::ReadTx& tx, std::string_view procedure, std::string_view hash) {
  VersionTexts out;
  if (auto now = current(procedure); now.ok() && (*now)->procedure->hash == hash) {
    out.current = true;
    return out;
  }
  MACHIYA_TRY(auto body, find_snapshot(tx, hash));
  if (!body) return Error(ErrorCode::not_found, "no definition with that hash is kept");
  out.procedure = std::make_shared<const std::string>(std::move(*body));
  out.decisions = json::Value::object();
  MACHIYA_TRY(auto parts, parts_of(tx, hash));
  for (const SnapshotPart& part : parts) {
    MACHIYA_TRY(json::Value decision, json::parse(part.body));
    out.decisions.set(part.id, std::move(decision));
  }
  return out;
}

Result<std::shared_ptr<const Rules>> Definitions::of_case(store::ReadTx& tx, std::string_view procedure, std::string_view procedure_hash,
                                                          std::string_view workflow_hash, int initiative) {
  const std::string key = std::string(procedure_hash) + "+" + std::string(workflow_hash);
  if (auto hit = cached(key)) return hit;
  if (auto now = current(procedure); now.ok())
    if ((*now)->procedure->hash == procedure_hash && (*now)->workflow_hash == workflow_hash) return *now;
  MACHIYA_TRY(json::Value body, body_of(tx, procedure_hash));
  MACHIYA_TRY(json::Value flow, body_of(tx, workflow_hash));
  MACHIYA_TRY(auto rules, build(body, std::string(procedure_hash), flow, std::string(workflow_hash), initiative));
  keep(key, rules);
  return rules;
}

Result<void> Definitions::remember(store::Tx& tx, const Rules& rules, Instant now) {
  const std::string key = rules.procedure->hash + "+" + rules.workflow_hash;
  {
    std::lock_guard lock(mutex_);
    if (remembered_.count(key)) return {};
  }
  MACHIYA_TRY(const auto p, version_in_force(source_, rules.procedure->id));
  const auto w = source_.find("workflow", rules.workflow->id);
  if (!p || !w || p->hash != rules.procedure->hash || w->hash != rules.workflow_hash)
    return Error(ErrorCode::conflict, "the definition was replaced meanwhile");
  MACHIYA_CHECK(insert_snapshot(tx, p->hash, "procedure", p->text.id, p->text.version, *p->text.canonical, now));
  for (const DefinitionText& d : p->decisions) {
    MACHIYA_CHECK(insert_snapshot(tx, d.hash, "decision", d.id, d.version, *d.canonical, now));
    MACHIYA_CHECK(insert_part(tx, p->hash, d.hash));
  }
  MACHIYA_CHECK(insert_snapshot(tx, w->hash, "workflow", w->id, w->version, *w->canonical, now));
  tx.after_commit([this, key] {
    std::lock_guard lock(mutex_);
    remembered_[key] = true;
  });
  return {};
}

}  // namespace machiya::cases
