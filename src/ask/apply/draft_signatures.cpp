#include "ask/apply/draft_signatures.h"

#include "ask/apply/draft_signature_dao.h"

namespace machiya::apply {
namespace {

constexpr std::string_view kContext = "draft/signature";

Error fault(const char* cause, const char* detail) { return Error(ErrorCode::invalid_input, detail, cause); }

}  // namespace

/// {"accepted": …, "request": …}, each if there is one.
Result<json::Value> DraftSignatures::read(store::ReadTx& tx, const Draft& draft) {
  MACHIYA_TRY(const auto row, draft_signature_dao::find(tx, draft.id));
  if (!row) return json::Value::object();
  MACHIYA_TRY(const std::string plain, vault_.open_sealed(tx, draft.data_key, kContext, row->sealed));
  return json::parse(plain);
}

Result<void> DraftSignatures::write(store::Tx& tx, const Draft& draft, const std::string& state, const json::Value& body) {
  MACHIYA_TRY(std::string sealed, vault_.seal(tx, draft.data_key, kContext, json::to_text(body)));
  return draft_signature_dao::put(tx, {draft.id, state, std::move(sealed)}, clock_.now());
}

Result<std::optional<signatures::Accepted>> DraftSignatures::accepted(const Draft& draft) {
  MACHIYA_TRY(const json::Value body, store_.read([&](store::ReadTx& tx) { return read(tx, draft); }));
  if (!body.has("accepted")) return std::optional<signatures::Accepted>();
  MACHIYA_TRY(auto out, signatures::Accepted::from_json(body["accepted"]));
  return std::optional<signatures::Accepted>(std::move(out));
}

Result<void> DraftSignatures::keep(const Draft& draft, const signatures::Accepted& accepted) {
  return store_.write([&](store::Tx& tx) { return write(tx, draft, "", json::Value::object({{"accepted", accepted.to_json()}})); });
}

Result<void> DraftSignatures::drop(const Draft& draft) {
  return store_.write([&](store::Tx& tx) { return draft_signature_dao::remove(tx, draft.id); });
}

Result<void> DraftSignatures::begin(const Draft& draft, std::string_view state, const SignatureRequest& request) {
  const json::Value asked = json::Value::object({{"app", request.app}, {"session", request.session}, {"document", request.document}, {"memory", request.memory}, {"expires", request.expires.us}});
  return store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(json::Value body, read(tx, draft));
    body.set("request", asked);
    return write(tx, draft, digest(state), body);
  });
}

Result<std::optional<std::string>> DraftSignatures::waiting(std::string_view state) {
  if (state.empty()) return std::optional<std::string>();
  return store_.read([&](store::ReadTx& tx) { return draft_signature_dao::waiting(tx, digest(state)); });
}

Result<SignatureRequest> DraftSignatures::claim(const Draft& draft, std::string_view state, std::string_view session) {
  MACHIYA_TRY(const json::Value body, store_.read([&](store::ReadTx& tx) { return read(tx, draft); }));
  const json::Value& asked = body["request"];
  if (asked.is_null()) return fault("state-unknown", "nothing was asked for");
  if (session.empty() || !vault::equal_secret(asked.text("session"), session)) return fault("session-foreign", "somebody else asked, or in another session");
  MACHIYA_TRY(const bool first, store_.write([&](store::Tx& tx) { return draft_signature_dao::use(tx, digest(state)); }));
  if (!first) return fault("state-used", "this request has had its answer");
  if (Instant{asked["expires"].as_int()} <= clock_.now()) return fault("state-expired", "it was asked too long ago");
  return SignatureRequest{asked.text("app"), asked.text("session"), asked.text("document"), asked["memory"], Instant{asked["expires"].as_int()}};
}

}  // namespace machiya::apply
