#include "platform/signatures/judge.h"

#include "platform/jose/keys.h"
#include "platform/jpki/cms.h"
#include "platform/outbound/outbound.h"
#include "platform/signatures/crl_folder.h"
#include "platform/vault/vault.h"

namespace machiya::signatures {
namespace {

using jose::fault;

/// Who signed these bytes, by what is in hand; nothing is said of the certificate.
Result<std::string> signer_of(std::string_view way, std::string_view document, std::string_view signature, std::string_view certificate) {
  if (way == kCard) return jpki::check_detached(document, signature);
  if (way == kApp) return std::string(certificate);
  return Error(ErrorCode::invalid_input, "no such way to sign", "signature-way");
}

Result<void> check_fits(std::string_view way, const jpki::Certificate& certificate, std::string_view document, std::string_view signature) {
  return way == kApp ? jpki::check_signature(certificate, jose::sha256(document), signature) : Result<void>();
}

}  // namespace

json::Value Accepted::to_json() const {
  return json::Value::object({{"way", way}, {"document", vault::base64url(document)}, {"signature", vault::base64url(signature)}, {"certificate", vault::base64url(certificate)},
                              {"serial", serial}, {"at", at.us}, {"revocation", revocation}, {"question", vault::base64url(question)}, {"answer", vault::base64url(answer)}});
}

Result<Accepted> Accepted::from_json(const json::Value& value) {
  Accepted out;
  out.way = value.text("way"), out.serial = value.text("serial"), out.revocation = value.text("revocation");
  out.at = Instant{value["at"].as_int()};
  MACHIYA_TRY(out.document, vault::from_base64url(value.text("document")));
  MACHIYA_TRY(out.signature, vault::from_base64url(value.text("signature")));
  MACHIYA_TRY(out.certificate, vault::from_base64url(value.text("certificate")));
  MACHIYA_TRY(out.question, vault::from_base64url(value.text("question")));
  MACHIYA_TRY(out.answer, vault::from_base64url(value.text("answer")));
  return out;
}

struct Judge::Impl {
  Impl(Options o, const outbound::Outbound& d, const Clock& c) : door(d), clock(c), options(std::move(o)), crls(options.crl_folder) {}
  const outbound::Outbound& door;
  const Clock& clock;
  const Options options;
  mutable CrlFolder crls;
  std::unique_ptr<jpki::Verifier> verifier;

  Result<std::string> ask(const std::string& question) const {
    outbound::Call call;
    call.method = "POST";
    call.url = options.ocsp_url;
    call.headers = {{"Content-Type", "application/ocsp-request"}, {"Accept", "application/ocsp-response"}};
    call.body = question;
    auto answer = door.call(call);
    if (!answer.ok() || answer->status != 200) return Error(ErrorCode::unavailable, "the OCSP responder does not answer", "ocsp-unreachable");
    return std::move(answer->body);
  }

  /// Accepts the certificate as of now, revocation included; notes in `out` how that was asked.
  Result<jpki::Certificate> certificate_of_now(const std::string& der, Instant now, Accepted& out) const {
    if (options.ocsp_url.empty()) {
      out.revocation = "crl";
      MACHIYA_TRY(const auto lists, crls.lists(now));
      return verifier->verify(der, jpki::Use::signing, now, lists);
    }
    out.revocation = "ocsp";
    MACHIYA_TRY(jpki::Certificate certificate, verifier->verify_without_revocation(der, jpki::Use::signing, now));
    MACHIYA_TRY(out.question, verifier->ocsp_question(certificate));
    MACHIYA_TRY(out.answer, ask(out.question));
    MACHIYA_CHECK(verifier->check_ocsp(certificate, out.question, out.answer, now));
    return certificate;
  }
};

Judge::Judge() = default;
Judge::~Judge() = default;

Result<std::unique_ptr<Judge>> Judge::open(Options options, const outbound::Outbound& door, const Clock& clock) {
  if (options.crl_folder.empty() == options.ocsp_url.empty()) return Error(ErrorCode::invalid_input, "name one way to ask for revocation: a folder of lists, or an OCSP responder");
  if (!options.ocsp_url.empty()) MACHIYA_CHECK(door.allows(options.ocsp_url));
  std::unique_ptr<Judge> out(new Judge());
  out->impl_ = std::make_unique<Impl>(std::move(options), door, clock);
  MACHIYA_TRY(out->impl_->verifier, jpki::Verifier::create(out->impl_->options.trust));
  return out;
}

Result<Accepted> Judge::judge(std::string_view way, std::string_view document, std::string_view signature, std::string_view given) const {
  Accepted out;
  out.at = impl_->clock.now();
  MACHIYA_TRY(out.certificate, signer_of(way, document, signature, given));
  MACHIYA_TRY(const jpki::Certificate certificate, impl_->certificate_of_now(out.certificate, out.at, out));
  MACHIYA_CHECK(check_fits(way, certificate, document, signature));
  out.way = way, out.document = document, out.signature = signature, out.serial = certificate.serial;
  return out;
}

Judge::Again Judge::again(const Accepted& accepted) const {
  const auto cause = [](const Error& error) { return error.where.empty() ? std::string(error.info().name) : error.where; };
  Again out;
  const auto then = [&]() -> Result<void> {
    MACHIYA_TRY(const std::string signer, signer_of(accepted.way, accepted.document, accepted.signature, accepted.certificate));
    if (signer != accepted.certificate) return fault("signature-wrong", "signed by another certificate");
    MACHIYA_TRY(const jpki::Certificate certificate, impl_->verifier->verify_without_revocation(signer, jpki::Use::signing, accepted.at));
    MACHIYA_CHECK(check_fits(accepted.way, certificate, accepted.document, accepted.signature));
    return accepted.answer.empty() ? Result<void>() : impl_->verifier->check_ocsp(certificate, accepted.question, accepted.answer, accepted.at);
  }();
  if (!then.ok()) out.then = cause(then.error());
  Accepted asked;
  if (const auto now = impl_->certificate_of_now(accepted.certificate, impl_->clock.now(), asked); !now.ok()) out.now = cause(now.error());
  return out;
}

}  // namespace machiya::signatures
