// What a person signs of a draft, and whether the signature at hand is of that.
#include <algorithm>

#include "ask/apply/apply.h"
#include "ask/cases/submission.h"
#include "base/text.h"

namespace machiya::apply {
namespace {

/// A signature that was judged longer ago is judged again before it is sent: the card may have been revoked meanwhile.
constexpr std::int64_t kJudgedFresh = 10 * kMinute;

/// Of the last answer; that a page was seen or a draft taken up again is none.
Instant last_answer(const interview::Log& log) {
  Instant out{0};
  for (const auto& answer : log.answers())
    if (!starts_with(answer.field, "_")) out = std::max(out, answer.at);
  return out;
}

}  // namespace

/// Of the files as they are kept. unavailable while one of them is still being checked.
Result<std::vector<std::pair<std::string, std::string>>> Apply::digests_of(const std::vector<std::string>& blobs) const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& blob : blobs) {
    MACHIYA_TRY(const std::string content, p_.blobs.read(blob));
    out.emplace_back(blob, vault::sha256_hex(content));
  }
  return out;
}

Result<std::string> Apply::document_of(const Opened& opened) const {
  const Draft& draft = opened.draft;
  // What is signed is what will be sent: in a correction too, every answer of the case.
  auto all = opened.situation;
  all.only.clear();
  MACHIYA_TRY(const auto state, interview::evaluate(*opened.now.procedure, draft.log, all));
  const cases::Submission submission = submission_of(opened.now, state, draft.log, {});
  cases::SignedParts parts = cases::signed_parts(submission, draft.public_id, last_answer(draft.log));
  parts.hash = opened.now.hash, parts.correction_of = draft.case_number;
  MACHIYA_CHECK(p_.store.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(const auto maker, p_.identity.person_by_key(tx, draft.person));
    parts.applicant = maker.public_id;
    if (draft.on_behalf == 0) return {};
    MACHIYA_TRY(const auto person, p_.identity.person_by_key(tx, draft.on_behalf));
    parts.agent = maker.public_id, parts.applicant = person.public_id;
    return {};
  }));
  MACHIYA_TRY(parts.files, digests_of(submission.blobs));
  return cases::signed_document(std::move(parts));
}

/// "signature-changed" when one was accepted and the answers are others now.
Result<std::optional<signatures::Accepted>> Apply::signature_of(const Opened& opened, const std::string& document) {
  MACHIYA_TRY(auto accepted, signatures_.accepted(opened.draft));
  if (accepted && accepted->document != document) return Error(ErrorCode::invalid_input, "the answers changed after they were signed", "signature-changed");
  return accepted;
}

Result<std::optional<signatures::Accepted>> Apply::signature_to_send(const Opened& opened, bool unsigned_too) {
  const auto wanted = opened.now.procedure->signing;
  if (wanted == interview::Signing::none || (unsigned_too && wanted == interview::Signing::asked)) return std::optional<signatures::Accepted>();
  MACHIYA_TRY(const std::string document, document_of(opened));
  MACHIYA_TRY(auto accepted, signature_of(opened, document));
  if (!accepted) return Error(ErrorCode::invalid_input, "this procedure must be signed", "signature-missing");
  if (accepted->at.us + kJudgedFresh > p_.clock.now().us) return accepted;
  if (ports_.signing.judge == nullptr) return Error(ErrorCode::unavailable, "nothing can be signed here", "signing-unavailable");
  auto again = ports_.signing.judge->judge(accepted->way, document, accepted->signature, accepted->certificate);
  if (again.ok()) return std::optional<signatures::Accepted>(std::move(*again));
  if (again.error().where == "revoked" || again.error().where == "certificate-expired") MACHIYA_CHECK(signatures_.drop(opened.draft));
  return again.error();
}

}  // namespace machiya::apply
