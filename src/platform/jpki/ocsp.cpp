// Questions to an issuer's OCSP responder and its answers (RFC 6960).
#include <openssl/ocsp.h>
#include <openssl/x509_vfy.h>

#include "platform/jpki/handles_impl.h"

namespace machiya::jpki {
namespace {
constexpr std::int64_t kSkew = 5 * kMinute;
constexpr int kNonceBytes = 16;

struct RequestFree { void operator()(OCSP_REQUEST* p) const { OCSP_REQUEST_free(p); } };
struct ResponseFree { void operator()(OCSP_RESPONSE* p) const { OCSP_RESPONSE_free(p); } };
struct BasicFree { void operator()(OCSP_BASICRESP* p) const { OCSP_BASICRESP_free(p); } };
struct IdFree { void operator()(OCSP_CERTID* p) const { OCSP_CERTID_free(p); } };
using Request = std::unique_ptr<OCSP_REQUEST, RequestFree>;
using Id = std::unique_ptr<OCSP_CERTID, IdFree>;

Id id_of(const Certificate& certificate) { return Id(OCSP_cert_to_id(EVP_sha256(), certificate.handle.get(), certificate.issuer.get())); }

/// `at` is not before `from` nor after `to` (with skew); an answer without an end is as old as nobody knows.
bool of_now(const ASN1_GENERALIZEDTIME* from, const ASN1_GENERALIZEDTIME* to, Instant at) {
  time_t earliest = static_cast<time_t>((at.us - kSkew) / kSecond), latest = static_cast<time_t>((at.us + kSkew) / kSecond);
  return from != nullptr && to != nullptr && X509_cmp_time(from, &latest) < 0 && X509_cmp_time(to, &earliest) > 0;
}
}  // namespace

Result<std::string> make_ocsp_question(const Certificate& certificate) {
  const Request request(OCSP_REQUEST_new());
  Id id = id_of(certificate);
  if (!request || !id || OCSP_request_add0_id(request.get(), id.get()) == nullptr) return Error(ErrorCode::internal, "no OCSP question");
  id.release();   // the request owns it now
  OCSP_request_add1_nonce(request.get(), nullptr, kNonceBytes);
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_REQUEST(request.get(), &der);
  std::string out(reinterpret_cast<char*>(der), size > 0 ? static_cast<std::size_t>(size) : 0);
  OPENSSL_free(der);
  return out;
}

Result<void> judge_ocsp(X509_STORE* trusted, const Certificate& certificate, std::string_view question, std::string_view answer, Instant at) {
  const unsigned char* asked = bytes_of(question);
  const unsigned char* said = bytes_of(answer);
  const Request request(d2i_OCSP_REQUEST(nullptr, &asked, static_cast<long>(question.size())));
  const std::unique_ptr<OCSP_RESPONSE, ResponseFree> response(d2i_OCSP_RESPONSE(nullptr, &said, static_cast<long>(answer.size())));
  if (!request || !response) return fault("ocsp-unreadable", "no OCSP answer");
  if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) return fault("ocsp-refused", "the responder does not answer");
  const std::unique_ptr<OCSP_BASICRESP, BasicFree> basic(OCSP_response_get1_basic(response.get()));
  if (!basic) return fault("ocsp-unreadable", "no OCSP answer");
  if (OCSP_check_nonce(request.get(), basic.get()) != 1) return fault("ocsp-wrong", "the answer to another question");
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> issuers(sk_X509_new_null(), [](STACK_OF(X509)* p) { sk_X509_free(p); });
  sk_X509_push(issuers.get(), certificate.issuer.get());
  if (OCSP_basic_verify(basic.get(), issuers.get(), trusted, 0) != 1) return fault("ocsp-wrong", "signed by nobody who may");
  int status = 0, reason = 0;
  ASN1_GENERALIZEDTIME *revoked = nullptr, *from = nullptr, *to = nullptr;
  const Id id = id_of(certificate);
  if (OCSP_resp_find_status(basic.get(), id.get(), &status, &reason, &revoked, &from, &to) != 1) return fault("ocsp-wrong", "about another certificate");
  if (!of_now(from, to, at)) return fault("ocsp-old", "the answer is not of now");
  if (status == V_OCSP_CERTSTATUS_REVOKED) return fault("revoked", "the certificate was revoked");
  return status == V_OCSP_CERTSTATUS_GOOD ? Result<void>() : Result<void>(fault("ocsp-unknown", "the responder does not know the certificate"));
}

}  // namespace machiya::jpki
