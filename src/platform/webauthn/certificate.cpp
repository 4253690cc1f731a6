#include "platform/webauthn/certificate.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

namespace machiya::webauthn {
namespace {
constexpr const char* kTpmManufacturer = "2.23.133.2.1";
constexpr const char* kTpmModel = "2.23.133.2.2";
constexpr const char* kTpmVersion = "2.23.133.2.3";

using Oid = std::unique_ptr<ASN1_OBJECT, decltype(&ASN1_OBJECT_free)>;
Oid oid_of(const char* dotted) { return Oid(OBJ_txt2obj(dotted, 1), ASN1_OBJECT_free); }

std::string text_of(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  if (size < 0) return {};
  std::string out(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return out;
}
bool has_attribute(const X509_NAME* name, const char* oid) {
  const Oid wanted = oid_of(oid);
  return X509_NAME_get_index_by_OBJ(const_cast<X509_NAME*>(name), wanted.get(), -1) >= 0;
}
}  // namespace

Result<Certificate> Certificate::read(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = at + der.size();
  Certificate out;
  out.certificate_ = std::shared_ptr<x509_st>(d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  if (!out.certificate_ || at != end) return Error(ErrorCode::malformed_request, "a certificate cannot be read", "x5c");
  unsigned char* spki = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(out.certificate_.get()), &spki);
  if (size <= 0) return Error(ErrorCode::malformed_request, "a certificate has no key", "x5c");
  const std::string bytes(reinterpret_cast<char*>(spki), static_cast<std::size_t>(size));
  OPENSSL_free(spki);
  MACHIYA_TRY(out.key_, PublicKey::from_spki(bytes));
  return out;
}

int Certificate::version() const { return static_cast<int>(X509_get_version(certificate_.get())) + 1; }
bool Certificate::subject_empty() const { return X509_NAME_entry_count(X509_get_subject_name(certificate_.get())) == 0; }

std::vector<std::string> Certificate::subject(const char* attribute) const {
  std::vector<std::string> out;
  X509_NAME* name = X509_get_subject_name(certificate_.get());
  const int nid = OBJ_txt2nid(attribute);
  for (int at = X509_NAME_get_index_by_NID(name, nid, -1); at >= 0; at = X509_NAME_get_index_by_NID(name, nid, at))
    out.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
  return out;
}

bool Certificate::says_no_authority() const {
  const std::unique_ptr<BASIC_CONSTRAINTS, decltype(&BASIC_CONSTRAINTS_free)> constraints(
      static_cast<BASIC_CONSTRAINTS*>(X509_get_ext_d2i(certificate_.get(), NID_basic_constraints, nullptr, nullptr)), BASIC_CONSTRAINTS_free);
  return constraints && constraints->ca == 0;
}

std::optional<Certificate::Extension> Certificate::extension(const char* oid) const {
  const Oid wanted = oid_of(oid);
  const int at = X509_get_ext_by_OBJ(certificate_.get(), wanted.get(), -1);
  if (at < 0) return std::nullopt;
  X509_EXTENSION* found = X509_get_ext(certificate_.get(), at);
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(found);
  return Extension{X509_EXTENSION_get_critical(found) == 1,
                   std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)), static_cast<std::size_t>(ASN1_STRING_length(value)))};
}

bool Certificate::has_purpose(const char* oid) const {
  const std::unique_ptr<EXTENDED_KEY_USAGE, decltype(&EXTENDED_KEY_USAGE_free)> usages(
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate_.get(), NID_ext_key_usage, nullptr, nullptr)), EXTENDED_KEY_USAGE_free);
  const Oid wanted = oid_of(oid);
  for (int i = 0; usages && i < sk_ASN1_OBJECT_num(usages.get()); ++i)
    if (OBJ_cmp(sk_ASN1_OBJECT_value(usages.get(), i), wanted.get()) == 0) return true;
  return false;
}

bool Certificate::names_a_tpm() const {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate_.get(), NID_subject_alt_name, nullptr, nullptr)), GENERAL_NAMES_free);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DIRNAME) continue;
    const X509_NAME* directory = name->d.directoryName;
    if (has_attribute(directory, kTpmManufacturer) && has_attribute(directory, kTpmModel) && has_attribute(directory, kTpmVersion)) return true;
  }
  return false;
}

bool Certificate::leads_to(const std::vector<Certificate>& chain, const std::vector<Certificate>& roots, Instant now) {
  if (chain.empty() || roots.empty()) return false;
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(X509_STORE_CTX_new(), X509_STORE_CTX_free);
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> between(sk_X509_new_null(), [](STACK_OF(X509)* s) { sk_X509_free(s); });
  if (!store || !context || !between) return false;
  for (const Certificate& root : roots) X509_STORE_add_cert(store.get(), root.certificate_.get());
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(between.get(), chain[i].certificate_.get());
  if (X509_STORE_CTX_init(context.get(), store.get(), chain[0].certificate_.get(), between.get()) != 1) return false;
  // A trust anchor may be an intermediate or the attestation certificate itself (§7.1 step 23: metadata lists those too).
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(parameters, static_cast<time_t>(now.us / kSecond));
  return X509_verify_cert(context.get()) == 1;
}

}  // namespace machiya::webauthn
