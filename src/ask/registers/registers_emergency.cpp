// Emergency access to a row (緊急閲覧): which rows may be opened so, to whom one stands open, and what that lets them see.
#include "ask/registers/registers_impl.h"
#include "platform/identity/emergencies.h"

namespace machiya::registers {
namespace {

std::string object_of(const Register& reg, std::string_view number) { return "row:" + reg.id + "/" + std::string(number); }

}  // namespace

std::shared_ptr<const Register> Registers::Impl::register_of_rows(std::string_view id) const {
  const auto city = p.city();
  const city::Loaded* loaded = city->find("register", id);
  return loaded != nullptr ? std::dynamic_pointer_cast<const Register>(loaded->definition) : nullptr;
}

Result<Registers::Impl::RowAccess> Registers::Impl::access_to_row(store::ReadTx& tx, const Register& reg, std::string_view number, const identity::Principal& who) const {
  RowAccess out{access(reg, who), {}};
  if (reg.of_cases || who.kind != identity::PrincipalKind::staff || out.access.read()) return out;
  identity::Resource row;
  row.department = reg.owner, row.roles = &reg.rights.read;
  MACHIYA_TRY(const auto may, p.identity.decide(tx, who, "register.read", row, object_of(reg, number)));
  if (!may.allowed() || may.relation != kEmergency) return out;
  MACHIYA_TRY(out.emergency_until, p.identity.emergencies().open_until(tx, who, object_of(reg, number)));
  if (out.emergency_until) out.access.open_in_emergency();
  return out;
}

Result<std::shared_ptr<const Register>> Registers::find_of_row(std::string_view id, std::string_view number, const identity::Principal& who) const {
  auto found = find(id, who);
  if (found.ok()) return found;
  auto reg = impl_->register_of_rows(id);
  if (!reg) return found;
  MACHIYA_TRY(const bool opened, impl_->p.store.read([&](store::ReadTx& tx) -> Result<bool> {
    MACHIYA_TRY(const auto may, impl_->access_to_row(tx, *reg, number, who));
    return may.access.read();
  }));
  if (!opened) return found;
  return reg;
}

Result<std::shared_ptr<const Register>> Registers::find_closed(std::string_view id, std::string_view number, const identity::Principal& who) const {
  const Error nothing(ErrorCode::not_found, "no such row that is closed to them");
  auto reg = impl_->register_of_rows(id);
  if (!reg || who.kind != identity::PrincipalKind::staff || !impl_->p.identity.allowed(who, "breakglass.use")) return nothing;
  MACHIYA_TRY(const bool closed, impl_->p.store.read([&](store::ReadTx& tx) -> Result<bool> {
    MACHIYA_TRY(const auto may, impl_->access_to_row(tx, *reg, number, who));
    MACHIYA_TRY(const auto row, dao::find_row(tx, reg->id, number));
    return row.has_value() && !may.access.read();
  }));
  if (!closed) return nothing;
  return reg;
}

Result<void> Registers::open_in_emergency(std::string_view id, std::string_view number, const identity::Principal& who, std::string_view purpose, std::string_view reason,
                                          std::string_view request) {
  MACHIYA_TRY(const auto reg, find_closed(id, number, who));
  return impl_->p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto row, dao::find_row(tx, reg->id, number));
    if (!row) return Error(ErrorCode::not_found, "no such row");
    return impl_->p.identity.emergencies().open(tx, who, *impl_->p.identity.policy(), object_of(*reg, number), 0, "register.read", purpose, reason, request);
  });
}

std::shared_ptr<const identity::Policy> Registers::policy() const { return impl_->p.identity.policy(); }

bool Registers::may_read(const Register& reg, const Column& column, const Row& row, const identity::Principal& who) const {
  Access access = impl_->access(reg, who);
  if (row.emergency_until) access.open_in_emergency();
  return access.read(column);
}

}  // namespace machiya::registers
