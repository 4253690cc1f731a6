#include "platform/jpki/cms.h"

#include <openssl/cms.h>
#include <openssl/x509.h>

#include "platform/jpki/handles_impl.h"

namespace machiya::jpki {
namespace {

struct CmsFree { void operator()(CMS_ContentInfo* p) const { CMS_ContentInfo_free(p); } };
struct BioFree { void operator()(BIO* p) const { BIO_free(p); } };
struct ListFree { void operator()(STACK_OF(X509)* p) const { sk_X509_free(p); } };
using Cms = std::unique_ptr<CMS_ContentInfo, CmsFree>;

bool strong(CMS_SignerInfo* signer) {
  X509_ALGOR* digest = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest, nullptr);
  const int nid = digest ? OBJ_obj2nid(digest->algorithm) : NID_undef;
  return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

Result<Cms> read(std::string_view der) {
  const unsigned char* at = bytes_of(der);
  Cms cms(der.size() > kMaxCms ? nullptr : d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size())));
  if (!cms || at != bytes_of(der) + der.size() || OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) return fault("signature-unreadable", "no CMS signature in DER");
  return cms;
}

}  // namespace

Result<std::string> check_detached(std::string_view content, std::string_view der) {
  MACHIYA_TRY(const Cms cms, read(der));
  // With a content of its own it would be another document that is signed.
  if (CMS_is_detached(cms.get()) != 1) return fault("signature-attached", "the signature brings its own content");
  STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(cms.get());
  if (sk_CMS_SignerInfo_num(signers) != 1) return fault("signature-many", "one person signs");
  if (!strong(sk_CMS_SignerInfo_value(signers, 0))) return fault("signature-weak", "SHA-256 at least");
  if (CMS_set1_signers_certs(cms.get(), nullptr, 0) != 1) return fault("certificate-missing", "the signer's certificate is not in it");
  const std::unique_ptr<BIO, BioFree> bytes(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  // The chain is judged by Verifier, at a time and with lists of its own.
  if (!bytes || CMS_verify(cms.get(), nullptr, nullptr, bytes.get(), nullptr, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1) return fault("signature-wrong", "the signature does not fit");
  const std::unique_ptr<STACK_OF(X509), ListFree> found(CMS_get0_signers(cms.get()));
  if (!found || sk_X509_num(found.get()) != 1) return fault("certificate-missing", "the signer's certificate is not in it");
  unsigned char* out = nullptr;
  const int size = i2d_X509(sk_X509_value(found.get(), 0), &out);
  std::string certificate(reinterpret_cast<char*>(out), size > 0 ? static_cast<std::size_t>(size) : 0);
  OPENSSL_free(out);
  return certificate;
}

}  // namespace machiya::jpki
