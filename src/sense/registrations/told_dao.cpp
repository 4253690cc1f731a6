#include "sense/registrations/told_dao.h"

namespace machiya::sense::dao {

Result<void> delete_told(store::Tx& tx, const std::string& tenant, const std::string& subscription) {
  return tx.execute_later("DELETE FROM sense_registration_told WHERE tenant = :tenant AND subscription = :subscription",
                          {{"tenant", tenant}, {"subscription", subscription}});
}

Result<void> write_told(store::Tx& tx, const std::vector<Told>& told) {
  for (const Told& one : told) {
    MACHIYA_CHECK(delete_told(tx, one.tenant, one.subscription));
    for (const RegistrationPtr& r : one.registrations)
      MACHIYA_CHECK(tx.execute_later("INSERT INTO sense_registration_told (tenant, subscription, registration, body, context, created_us, modified_us) "
                                     "VALUES (:tenant, :subscription, :registration, :body, :context, :created, :modified)",
                                     {{"tenant", one.tenant}, {"subscription", one.subscription}, {"registration", r->id}, {"body", r->body}, {"context", r->context},
                                      {"created", r->created_us},
                                      {"modified", r->modified_us}}));
  }
  return {};
}

Result<std::vector<Told>> told(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT tenant, subscription, registration, body, context, created_us, modified_us FROM sense_registration_told "
                                      "ORDER BY tenant, subscription, registration"));
  std::vector<Told> out;
  for (const store::Row& row : rows) {
    if (out.empty() || out.back().tenant != row.text(0) || out.back().subscription != row.text(1)) out.push_back({row.text(0), row.text(1), {}});
    auto one = parse_registration(row.text(0), row.text(3), row.text(4), row.integer(5), row.integer(6));
    if (!one.ok()) return Error(ErrorCode::integrity_broken, "registration " + row.text(2) + ": " + one.error().detail);
    out.back().registrations.push_back(std::move(*one));
  }
  return out;
}

}  // namespace machiya::sense::dao
