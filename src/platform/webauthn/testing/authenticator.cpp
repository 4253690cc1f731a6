#include "platform/webauthn/testing/authenticator.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "platform/webauthn/public_key.h"

namespace machiya::webauthn::testing {
namespace {
unsigned char* raw(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }
const unsigned char* raw(const std::string& s) { return reinterpret_cast<const unsigned char*>(s.data()); }
std::string text(const std::string& s) { return static_cast<char>(0x60 + s.size()) + s; }
}  // namespace

TestAuthenticator::TestAuthenticator(std::string rp, std::string from)
    : rp_id(std::move(rp)), origin(std::move(from)), key_(EVP_EC_gen("P-256"), EVP_PKEY_free), id_(32, '\0') {
  MACHIYA_ASSERT(RAND_bytes(raw(id_), static_cast<int>(id_.size())) == 1);
}

CreateResponse TestAuthenticator::create(const std::string& asked) const {
  const std::string data = head(flags | 0x40, 0) + std::string(16, '\0') + std::string("\x00\x20", 2) + id_ + cose();
  std::string object = "\xA3" + text("fmt") + text(format) + text("attStmt") + "\xA0" + text("authData");
  object += std::string("\x58") + static_cast<char>(data.size()) + data;
  return {client_data(create_type, asked), object};
}

GetResponse TestAuthenticator::get(const std::string& asked) {
  GetResponse out{client_data(get_type, asked), head(flags, ++sign_count), {}};
  out.signature = sign(out.authenticator_data + sha256(out.client_data_json));
  if (spoil_signature) out.signature.back() = static_cast<char>(out.signature.back() ^ 1);
  return out;
}

std::string TestAuthenticator::client_data(const std::string& type, const std::string& asked) const {
  return R"({"type":")" + type + R"(","challenge":")" + (challenge.empty() ? asked : challenge) + R"(","origin":")" + origin + "\"" + more_client_data + "}";
}

std::string TestAuthenticator::head(int bits, std::uint32_t count) const {
  std::string out = sha256(rp_id) + static_cast<char>(bits);
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((count >> shift) & 255);
  return out;
}

std::string TestAuthenticator::cose() const {
  std::string point(65, '\0');
  std::size_t size = 0;
  MACHIYA_ASSERT(EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY, raw(point), point.size(), &size) == 1 && size == point.size());
  return std::string("\xA5\x01\x02\x03\x26\x20\x01\x21\x58\x20", 10) + point.substr(1, 32) + std::string("\x22\x58\x20", 3) + point.substr(33);
}

std::string TestAuthenticator::sign(const std::string& data) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string out(128, '\0');
  std::size_t size = out.size();
  MACHIYA_ASSERT(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
                 EVP_DigestSign(context.get(), raw(out), &size, raw(data), data.size()) == 1);
  out.resize(size);
  return out;
}

}  // namespace machiya::webauthn::testing
