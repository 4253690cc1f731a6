// Not part of the server: an authenticator in software with one ES256 key. Every field that a relying party looks at can be made wrong.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

struct evp_pkey_st;

namespace machiya::webauthn::testing {

/// As a browser would give them, not yet in base64url.
struct CreateResponse {
  std::string client_data_json, attestation_object;
};
struct GetResponse {
  std::string client_data_json, authenticator_data, signature;
};

class TestAuthenticator {
 public:
  TestAuthenticator(std::string rp, std::string from);
  std::string rp_id, origin;
  std::string challenge;                          ///< instead of the one that is asked for, when not empty
  std::string create_type = "webauthn.create", get_type = "webauthn.get", format = "none";
  std::string more_client_data;                   ///< ',"crossOrigin":true'
  int flags = 0x01 | 0x04;                        ///< user present, user verified
  std::uint32_t sign_count = 0;                   ///< grows by one at each use
  bool spoil_signature = false;

  const std::string& id() const { return id_; }
  CreateResponse create(const std::string& asked) const;
  GetResponse get(const std::string& asked);

 private:
  std::string client_data(const std::string& type, const std::string& asked) const;
  std::string head(int bits, std::uint32_t count) const;
  std::string cose() const;
  std::string sign(const std::string& data) const;
  std::shared_ptr<evp_pkey_st> key_;
  std::string id_;
};

}  // namespace machiya::webauthn::testing
