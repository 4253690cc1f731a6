#include "platform/identity/notices.h"

#include "base/log.h"
#include "platform/identity/people.h"
#include "platform/vault/vault.h"

namespace machiya::identity {

Result<std::string> person_email(store::ReadTx& tx, vault::Vault& vault, std::int64_t id) {
  MACHIYA_TRY(auto person, person_dao::by_id(tx, id));
  if (!person) return Error(ErrorCode::not_found, "there is no such person");
  return vault.open_sealed(tx, person->data_key, kEmailContext, person->email);
}

void send_notice(store::Store& store, vault::Vault& vault, CodeSender& sender, const Principal& who, std::string_view notice, std::string_view lang) {
  if (who.kind != PrincipalKind::citizen) return;
  auto email = store.read([&](store::ReadTx& tx) { return person_email(tx, vault, who.id); });
  if (email.ok() && email->empty()) return;   // logs in by a provider: their page shows what changed
  Result<void> sent = email.ok() ? sender.notify(*email, notice, lang) : Result<void>(email.error());
  if (!sent.ok()) log(LogLevel::error, "notice-not-sent", {{"notice", std::string(notice)}, {"error", std::string(sent.error().info().name)}});
}

}  // namespace machiya::identity
