#include "platform/webauthn/authenticator_data.h"

namespace machiya::webauthn {
namespace {
constexpr std::size_t kHash = 32, kFixed = kHash + 1 + 4, kAaguid = 16;
constexpr unsigned kPresent = 0x01, kVerified = 0x04, kEligible = 0x08, kBackedUp = 0x10, kAttested = 0x40, kExtensions = 0x80;

Error broken(std::string what) { return Error(ErrorCode::malformed_request, "authenticator data: " + std::move(what), "authenticatorData"); }
unsigned octet(std::string_view s, std::size_t at) { return static_cast<unsigned char>(s[at]); }

Result<AttestedCredential> read_attested(std::string_view& rest) {
  if (rest.size() < kAaguid + 2) return broken("cut off before the credential id");
  const std::string_view aaguid = rest.substr(0, kAaguid);
  const std::size_t length = (octet(rest, kAaguid) << 8) | octet(rest, kAaguid + 1);
  rest.remove_prefix(kAaguid + 2);
  if (rest.size() < length) return broken("cut off in the credential id");
  const std::string_view id = rest.substr(0, length);
  rest.remove_prefix(length);
  MACHIYA_TRY(const CborItem key, read_cbor(rest));
  MACHIYA_TRY(PublicKey public_key, PublicKey::from_cose(key.value));
  AttestedCredential out{std::string(aaguid), std::string(id), std::string(rest.substr(0, key.size)), std::move(public_key)};
  rest.remove_prefix(key.size);
  return out;
}
}  // namespace

Result<AuthenticatorData> read_authenticator_data(std::string_view bytes) {
  if (bytes.size() < kFixed) return broken("shorter than 37 bytes");
  AuthenticatorData out;
  out.rp_id_hash = std::string(bytes.substr(0, kHash));
  const unsigned flags = octet(bytes, kHash);
  out.user_present = (flags & kPresent) != 0, out.user_verified = (flags & kVerified) != 0;
  out.backup_eligible = (flags & kEligible) != 0, out.backed_up = (flags & kBackedUp) != 0;
  for (std::size_t i = kHash + 1; i < kFixed; ++i) out.sign_count = (out.sign_count << 8) | octet(bytes, i);
  std::string_view rest = bytes.substr(kFixed);
  if ((flags & kAttested) != 0) {
    MACHIYA_TRY(out.attested, read_attested(rest));
  }
  if ((flags & kExtensions) != 0) {
    MACHIYA_TRY(CborItem extensions, read_cbor(rest));
    if (!extensions.value.is(Cbor::Kind::map)) return broken("extensions are no map");
    out.extensions = std::move(extensions.value);
    rest.remove_prefix(extensions.size);
  }
  if (!rest.empty()) return broken("bytes left over");
  return out;
}

}  // namespace machiya::webauthn
