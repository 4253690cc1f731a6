#include "app/demonstration.h"

#include <set>

#include "ask/apply/procedure_kind.h"
#include "ask/registers/register.h"
#include "city/city.h"
#include "platform/identity/identity.h"

namespace machiya::app {

std::vector<DemonstrationAccount> demonstration_accounts(const city::City& city) {
  std::set<std::string> owners;
  for (const city::Loaded* procedure : city.all("procedure"))
    if (const auto* compiled = city.get<apply::ProcedureDefinition>("procedure", procedure->source.id)) owners.insert(compiled->procedure->owner);
  for (const city::Loaded* loaded : city.all("register"))
    if (const auto* reg = city.get<registers::Register>("register", loaded->source.id)) owners.insert(reg->owner);
  std::vector<DemonstrationAccount> out;
  for (const std::string& owner : owners) {
    const city::Department* department = city.department(owner);
    const std::string name = department ? department->name.in("ja") : owner;
    out.push_back({owner + "-clerk", name + " 担当(実演)", "clerk", owner});
    out.push_back({owner + "-approver", name + " 決裁(実演)", "approver", owner});
  }
  for (const auto& [role, display] : {std::pair{"counter", "窓口(実演)"}, {"moderator", "公開審査(実演)"}, {"admin", "管理者(実演)"}, {"auditor", "監査(実演)"}, {"ciso", "情報セキュリティ責任者(実演)"}, {"crisis", "危機管理(実演)"}})
    out.push_back({role, display, role, owners.empty() ? "" : *owners.begin()});
  out.push_back({"crisis-second", "危機管理 二人目(実演)", "crisis", owners.empty() ? "" : *owners.begin()});   // one writes, another releases
  return out;
}

Result<void> ensure_demonstration_staff(store::Store& store, identity::Identity& identity, const city::City& city) {
  MACHIYA_TRY(const auto present, store.read([&](store::ReadTx& tx) { return identity.staff(tx); }));
  std::set<std::string> names;
  for (const auto& member : present) names.insert(member.name);
  std::vector<DemonstrationAccount> missing;
  for (auto& account : demonstration_accounts(city))
    if (!names.count(account.name)) missing.push_back(std::move(account));
  if (missing.empty()) return {};
  auto made = store.write([&](store::Tx& tx) -> Result<int> {
    for (const auto& account : missing) {
      auto id = identity.put_staff(tx, account.name, account.display, kDemonstrationPassword, kDemonstrationTotp, {account.role}, account.department);
      if (!id.ok()) return std::move(id).error();
    }
    return static_cast<int>(missing.size());
  });
  if (!made.ok()) return std::move(made).error();
  return {};
}

}  // namespace machiya::app
