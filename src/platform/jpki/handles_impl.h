// OpenSSL's objects with owners, and what certificates.cpp and ocsp.cpp share. For these two files only.
#pragma once
#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "platform/jpki/certificates.h"

namespace machiya::jpki {

struct StoreFree { void operator()(X509_STORE* p) const { X509_STORE_free(p); } };
struct CrlsFree { void operator()(STACK_OF(X509_CRL)* p) const { sk_X509_CRL_pop_free(p, X509_CRL_free); } };
using StoreHandle = std::unique_ptr<X509_STORE, StoreFree>;
using CertificateHandle = std::shared_ptr<X509>;

inline const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
Error fault(const char* cause, const char* detail);

Result<std::string> make_ocsp_question(const Certificate& certificate);
Result<void> judge_ocsp(X509_STORE* trusted, const Certificate& certificate, std::string_view question, std::string_view answer, Instant at);

}  // namespace machiya::jpki
