// Electronic signatures of applications: who must bring one, where it is kept, who reads it.
#include "ask/cases/case_state.h"
#include "ask/cases/signed_document.h"
#include "platform/vault/vault.h"

namespace machiya::cases {
namespace {

constexpr std::string_view kContext = "case/signature";

/// Only the house's own rehearsals may say that somebody signed without showing it.
bool rehearsed(std::string_view channel) { return channel == "scenario" || channel == "demo"; }

}  // namespace

/// The one place that holds for every channel. Where: "signature" when one is missing.
Result<void> Cases::check_signature(const ProcedureInfo& procedure, const Submission& s) const {
  if (!s.signature) return procedure.must_be_signed ? Result<void>(Error(ErrorCode::invalid_input, "this procedure must be signed electronically", "signature")) : Result<void>();
  if (!procedure.may_be_signed) return Error(ErrorCode::invalid_input, "this procedure takes no electronic signature", "signature");
  if (s.signature->way == signatures::kRehearsal && !rehearsed(s.channel)) return Error(ErrorCode::invalid_input, "no signature", "signature");
  return check_signed_document(s.signature->document, s.procedure, s.values);
}

Result<void> Cases::keep_signature(store::Tx& tx, Opened& opened, const Submission& s) {
  if (!s.signature) return {};
  SignatureRow row;
  row.way = s.signature->way, row.revocation = s.signature->revocation, row.at = s.signature->at;
  MACHIYA_TRY(row.sealed, p_.vault.seal(tx, opened.row.data_key, kContext, json::to_text(s.signature->to_json())));
  opened.signature = std::move(row);
  const std::string by = s.agent ? s.agent->actor() : s.applicant.actor();
  opened.audit.push_back({by, "case.sign", "case:" + opened.row.number, opened.purpose.empty() ? s.channel : opened.purpose, s.request, json::Value::object({{"way", s.signature->way}})});
  return {};
}

namespace {

Result<signatures::Accepted> opened_signature(vault::Vault& vault, store::ReadTx& tx, std::int64_t key, const SignatureRow& row) {
  MACHIYA_TRY(const std::string plain, vault.open_sealed(tx, key, kContext, row.sealed));
  MACHIYA_TRY(const json::Value body, json::parse(plain));
  return signatures::Accepted::from_json(body);
}

}  // namespace

Result<std::optional<SignedMark>> Cases::mark_of(store::ReadTx& tx, const Opened& opened, bool staff) {
  MACHIYA_TRY(const auto row, find_signature(tx, opened.row.id));
  if (!row) return std::optional<SignedMark>();
  SignedMark out{row->way, row->revocation, row->at, "", {}};
  if (!staff || row->way == signatures::kRehearsal) return std::optional<SignedMark>(std::move(out));
  MACHIYA_TRY(const signatures::Accepted accepted, opened_signature(p_.vault, tx, opened.row.data_key, *row));
  MACHIYA_TRY(out.holder, jpki::holder_of(accepted.certificate));
  out.serial = accepted.serial;
  return std::optional<SignedMark>(std::move(out));
}

Result<Cases::SignatureView> Cases::signature(std::string_view number, const identity::Principal& who, std::string_view request) {
  std::string purpose;
  auto out = p_.store.read([&](store::ReadTx& tx) -> Result<SignatureView> {
    MACHIYA_TRY(Opened opened, open(tx, number, false));
    if (who.kind != identity::PrincipalKind::staff || !require(tx, opened, who, "case.read").ok()) return Error(ErrorCode::not_found, "no such case");
    purpose = opened.purpose;
    MACHIYA_TRY(const auto row, find_signature(tx, opened.row.id));
    if (!row) return Error(ErrorCode::not_found, "the case was not signed electronically");
    MACHIYA_TRY(signatures::Accepted accepted, opened_signature(p_.vault, tx, opened.row.data_key, *row));
    MACHIYA_TRY(CaseView view, view_of(tx, opened, true));
    return SignatureView{std::move(view), std::move(accepted)};
  });
  if (out.ok()) p_.audit.append_later({who.actor(), "case.signature", "case:" + out->view.number, purpose, std::string(request), {}});
  return out;
}

}  // namespace machiya::cases
