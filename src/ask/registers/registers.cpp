// The service's door: which registers there are, who may do what, what it declares.
#include "ask/registers/registers.h"

#include <algorithm>

#include "ask/registers/registers_impl.h"

namespace machiya::registers {

Registers::Registers(Platform platform) : impl_(std::make_unique<Impl>(std::move(platform))) {
  Impl* impl = impl_.get();
  impl->p.jobs.handle(std::string(kAutomaticJob), [impl](const jobs::Job& job) { return impl->run_automatic(job); });
  impl->p.jobs.handle(std::string(kRetentionJob), [impl](const jobs::Job& job) { return impl->run_retention(job); });
  impl->p.jobs.handle(std::string(kReminderJob), [impl](const jobs::Job& job) { return impl->run_reminders(job); });
  impl->p.jobs.handle(std::string(kRelatedJob), [impl](const jobs::Job& job) { return impl->run_related(job); });
  impl->p.jobs.handle(std::string(kIndexJob), [impl](const jobs::Job& job) { return impl->run_index(job); });
  if (impl->p.may_case) impl->listen();
}
Registers::~Registers() = default;

std::vector<std::shared_ptr<const Register>> Registers::all(const identity::Principal& who) const {
  const auto city = impl_->p.city();
  std::vector<std::shared_ptr<const Register>> out;
  for (const city::Loaded* loaded : city->all("register"))
    if (auto reg = std::dynamic_pointer_cast<const Register>(loaded->definition); reg && impl_->access(*reg, who).read()) out.push_back(std::move(reg));
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a->initiative < b->initiative; });
  return out;
}

std::vector<std::shared_ptr<const Register>> Registers::of_cases(const identity::Principal& who) const {
  std::vector<std::shared_ptr<const Register>> out;
  const auto all = impl_->case_registers();   // held: a reload may replace it meanwhile
  for (const auto& [id, reg] : *all)
    if (impl_->access(*reg, who).may("case.list", reg->owner)) out.push_back(reg);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a->initiative < b->initiative; });
  return out;
}

Result<std::shared_ptr<const Register>> Registers::find(std::string_view id, const identity::Principal& who) const {
  auto reg = impl_->register_of_rows(id);
  if (!reg)
    if (const auto cases = impl_->case_registers(); cases->count(std::string(id)) > 0) reg = cases->at(std::string(id));
  if (!reg || !impl_->access(*reg, who).read()) return Error(ErrorCode::not_found, "no such register");
  return reg;
}

bool Registers::may_read(const Register& reg, const identity::Principal& who) const { return impl_->access(reg, who).read(); }
bool Registers::may_read(const Register& reg, const Column& column, const identity::Principal& who) const { return impl_->access(reg, who).read(column); }
bool Registers::may_write(const Register& reg, const Column& column, const identity::Principal& who) const { return impl_->access(reg, who).write(column); }
bool Registers::may_add(const Register& reg, const identity::Principal& who) const { return impl_->access(reg, who).write(); }
bool Registers::may_bulk(const Register& reg, const identity::Principal& who) const { return impl_->access(reg, who).bulk(); }
bool Registers::may_import(const Register& reg, const identity::Principal& who) const { return impl_->access(reg, who).import(); }
bool Registers::may_export(const Register& reg, const identity::Principal& who) const { return impl_->access(reg, who).take_away(); }

std::vector<store::Migration> Registers::migrations() {
  auto out = dao::migrations();
  for (auto& migration : dao::index_migrations()) out.push_back(std::move(migration));
  return out;
}

void Registers::declare(events::Events& events, jobs::Jobs& jobs) {
  const auto schema = [](std::initializer_list<const char*> texts, std::initializer_list<const char*> numbers) {
    json::Value properties = json::Value::object(), required = json::Value::array();
    for (const char* name : texts) properties.set(name, json::Value::object({{"type", "string"}})), required.push(name);
    for (const char* name : numbers) properties.set(name, json::Value::object({{"type", "integer"}})), required.push(name);
    return json::Value::object({{"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", false}});
  };
  events.declare({std::string(kRowChanged), "registers", schema({"register", "number", "department", "action", "state"}, {"initiative"}), true});
  events.declare({std::string(kRowsChanged), "registers", schema({"register", "batch", "department", "action"}, {"initiative", "rows"}), true});
  jobs.declare({std::string(kAutomaticJob), 60, 8, 5});
  jobs.declare({std::string(kReminderJob), 120, 8, 5});
  jobs.declare({std::string(kRetentionJob), 120, 8, 5});
  jobs.declare({std::string(kRelatedJob), 60, 8, 5});
  jobs.declare({std::string(kIndexJob), 300, 8, 5});
}

}  // namespace machiya::registers
