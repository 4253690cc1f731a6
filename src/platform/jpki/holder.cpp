#include "platform/jpki/holder.h"

#include <openssl/x509v3.h>

#include <ctime>

#include "base/text.h"
#include "platform/jpki/handles_impl.h"

namespace machiya::jpki {
namespace {

constexpr std::size_t kLongest = 1'000;   ///< bytes of one fact

struct NamesFree { void operator()(GENERAL_NAMES* p) const { GENERAL_NAMES_free(p); } };

std::string oid_of(const ASN1_OBJECT* object) {
  char text[64];
  const int size = OBJ_obj2txt(text, sizeof text, object, 1);
  return size > 0 && size < static_cast<int>(sizeof text) ? std::string(text) : std::string();
}

std::string text_of(ASN1_TYPE* value) {
  if (value == nullptr || value->type == V_ASN1_BOOLEAN || value->type == V_ASN1_NULL || value->type == V_ASN1_OBJECT) return {};
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value->value.asn1_string);
  std::string out(reinterpret_cast<char*>(utf8), size > 0 ? static_cast<std::size_t>(size) : 0);
  if (size >= 0) OPENSSL_free(utf8);
  return out.size() <= kLongest && is_utf8(out) ? out : std::string();
}

/// "319900401": the first digit names the era and says nothing that the year does not.
std::string birth_date_of(const std::string& text) {
  if (text.size() != 9) return {};
  const auto date = parse_iso_date(text.substr(1, 4) + "-" + text.substr(5, 2) + "-" + text.substr(7, 2));
  return date ? to_iso(*date) : std::string();
}

Instant instant_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return Instant{0};
  return Instant{static_cast<std::int64_t>(timegm(&parts)) * kSecond};
}

}  // namespace

Result<Holder> holder_of(std::string_view der) {
  const unsigned char* at = bytes_of(der);
  const CertificateHandle certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())), &X509_free);
  if (!certificate) return fault("certificate-unreadable", "no certificate");
  Holder out;
  out.valid_until = instant_of(X509_get0_notAfter(certificate.get()));
  const std::unique_ptr<GENERAL_NAMES, NamesFree> names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_OTHERNAME) continue;
    const std::string oid = oid_of(name->d.otherName->type_id), text = text_of(name->d.otherName->value);
    if (oid == "1.2.392.200149.8.5.5.1") out.name = text;
    else if (oid == "1.2.392.200149.8.5.5.3") out.gender = text == "1" ? "male" : text == "2" ? "female" : "";
    else if (oid == "1.2.392.200149.8.5.5.4") out.birth_date = birth_date_of(text);
    else if (oid == "1.2.392.200149.8.5.5.5") out.address = text;
  }
  return out;
}

}  // namespace machiya::jpki
