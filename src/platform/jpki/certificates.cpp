#include "platform/jpki/certificates.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "platform/jpki/handles_impl.h"

namespace machiya::jpki {
namespace {
constexpr std::size_t kDigest = 32;
constexpr int kAuthLevel = 2;   ///< 112 bits: RSA from 2,048 bits, no SHA-1

/// OpenSSL's complaint as a cause; what is not named is a broken chain.
const char* cause_of(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return "certificate-expired";
    case X509_V_ERR_CERT_NOT_YET_VALID: return "certificate-not-yet";
    case X509_V_ERR_CERT_REVOKED: return "revoked";
    case X509_V_ERR_NO_EXPLICIT_POLICY: return "certificate-policy";
    case X509_V_ERR_UNABLE_TO_GET_CRL: return "crl-missing";
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID: return "crl-expired";
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR: return "crl-wrong";
    default: return "chain-broken";
  }
}

Result<void> check_use(X509* certificate, Use use) {
  const std::uint32_t bits = X509_get_key_usage(certificate);
  const std::uint32_t wanted = use == Use::signing ? KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION : KU_DIGITAL_SIGNATURE;
  const bool stated = (X509_get_extension_flags(certificate) & EXFLAG_KUSAGE) != 0;
  const bool other = use == Use::authentication && (bits & KU_NON_REPUDIATION) != 0;
  if (!stated || (bits & wanted) != wanted || other || X509_check_ca(certificate) != 0) return fault("certificate-use", "the certificate is for something else");
  return {};
}

std::string serial_of(X509* certificate) {
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr), &BN_free);
  char* text = BN_bn2hex(number.get());
  std::string out(text);
  OPENSSL_free(text);
  return out;
}

}  // namespace

Error fault(const char* cause, const char* detail) { return Error(ErrorCode::invalid_input, detail, cause); }

Result<RevocationLists> RevocationLists::read(const std::vector<std::string>& ders) {
  RevocationLists out;
  out.handle_.reset(sk_X509_CRL_new_null(), CrlsFree());
  for (const std::string& der : ders) {
    const unsigned char* at = bytes_of(der);
    X509_CRL* crl = d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size()));
    if (crl == nullptr) return fault("crl-unreadable", "no revocation list");
    sk_X509_CRL_push(out.handle_.get(), crl);
  }
  return out;
}

struct Verifier::Impl {
  Options options;
  std::vector<CertificateHandle> roots;

  StoreHandle store() const {
    StoreHandle out(X509_STORE_new());
    for (const CertificateHandle& root : roots) X509_STORE_add_cert(out.get(), root.get());
    return out;
  }

  Result<Certificate> verify(std::string_view der, Use use, Instant at, bool revocation, STACK_OF(X509_CRL)* crls) const {
    const unsigned char* bytes = bytes_of(der);
    CertificateHandle leaf(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())), &X509_free);
    if (!leaf || bytes != bytes_of(der) + der.size()) return fault("certificate-unreadable", "no certificate");
    const StoreHandle trusted = store();
    const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(X509_STORE_CTX_new(), &X509_STORE_CTX_free);
    if (!context || X509_STORE_CTX_init(context.get(), trusted.get(), leaf.get(), nullptr) != 1) return Error(ErrorCode::internal, "no memory");
    X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_time(rules, at.us / kSecond);
    X509_VERIFY_PARAM_set_auth_level(rules, kAuthLevel);
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT | (revocation ? X509_V_FLAG_CRL_CHECK : 0UL));
    const std::string& policy = use == Use::signing ? options.signing_policy : options.authentication_policy;
    if (!policy.empty()) {
      X509_VERIFY_PARAM_add0_policy(rules, OBJ_txt2obj(policy.c_str(), 1));
      X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_EXPLICIT_POLICY);
    }
    X509_STORE_CTX_set0_crls(context.get(), crls);
    if (X509_verify_cert(context.get()) != 1) return fault(cause_of(X509_STORE_CTX_get_error(context.get())), X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
    MACHIYA_CHECK(check_use(leaf.get(), use));
    STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context.get());
    if (sk_X509_num(chain) < 2) return fault("chain-broken", "the certificate is a root itself");
    X509* issuer = sk_X509_value(chain, 1);
    X509_up_ref(issuer);
    return Certificate{serial_of(leaf.get()), leaf, CertificateHandle(issuer, &X509_free)};
  }
};

Verifier::Verifier() : impl_(std::make_unique<Impl>()) {}
Verifier::~Verifier() = default;

Result<std::unique_ptr<Verifier>> Verifier::create(Options options) {
  std::unique_ptr<Verifier> out(new Verifier());
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(options.roots.data(), static_cast<int>(options.roots.size())), &BIO_free);
  while (X509* root = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) out->impl_->roots.emplace_back(root, &X509_free);
  if (out->impl_->roots.empty()) return fault("certificate-unreadable", "no root certificate in PEM");
  for (const std::string* policy : {&options.signing_policy, &options.authentication_policy}) {
    const std::unique_ptr<ASN1_OBJECT, decltype(&ASN1_OBJECT_free)> object(policy->empty() ? nullptr : OBJ_txt2obj(policy->c_str(), 1), &ASN1_OBJECT_free);
    if (!policy->empty() && !object) return fault("certificate-policy", "no object identifier");
  }
  out->impl_->options = std::move(options);
  return out;
}

Result<Certificate> Verifier::verify(std::string_view der, Use use, Instant at, const RevocationLists& crls) const { return impl_->verify(der, use, at, true, crls.handle_.get()); }
Result<Certificate> Verifier::verify_without_revocation(std::string_view der, Use use, Instant at) const { return impl_->verify(der, use, at, false, nullptr); }

Result<std::string> Verifier::ocsp_question(const Certificate& certificate) const { return make_ocsp_question(certificate); }
Result<void> Verifier::check_ocsp(const Certificate& certificate, std::string_view question, std::string_view answer, Instant at) const {
  const StoreHandle trusted = impl_->store();
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(trusted.get()), at.us / kSecond);
  return judge_ocsp(trusted.get(), certificate, question, answer, at);
}

Result<void> check_signature(const Certificate& certificate, std::string_view digest, std::string_view signature) {
  EVP_PKEY* key = X509_get0_pubkey(certificate.handle.get());
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(key ? EVP_PKEY_CTX_new(key, nullptr) : nullptr, &EVP_PKEY_CTX_free);
  const bool fits = digest.size() == kDigest && context && EVP_PKEY_verify_init(context.get()) == 1 &&
                    (EVP_PKEY_is_a(key, "RSA") != 1 || EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1) &&
                    EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1 &&
                    EVP_PKEY_verify(context.get(), bytes_of(signature), signature.size(), bytes_of(digest), digest.size()) == 1;
  return fits ? Result<void>() : Result<void>(fault("signature-wrong", "the signature does not fit"));
}

}  // namespace machiya::jpki
