// TPM attestation (WebAuthn §8.3): a TPM 2.0 certifies the key that it made. Structures: TPM 2.0 Library, Part 2.
#include <optional>

#include "platform/webauthn/attestation.h"

namespace machiya::webauthn {
namespace {
constexpr std::string_view kTpm = "§8.3", kTpmCertificate = "§8.3.1";
constexpr const char* kAikPurpose = "2.23.133.8.3";   // tcg-kp-AIKCertificate
constexpr std::uint64_t kGenerated = 0xFF544347, kCertify = 0x8017;   // TPM_GENERATED_VALUE, TPM_ST_ATTEST_CERTIFY
constexpr std::uint64_t kRsa = 0x0001, kNull = 0x0010, kEcc = 0x0023;
constexpr std::uint64_t kSha256 = 0x000B, kSha384 = 0x000C, kSha512 = 0x000D;
constexpr std::uint64_t kP256 = 0x0003, kP384 = 0x0004, kP521 = 0x0005;

/// Reads big-endian fields; after a field that is not there everything is 0 and `good()` false.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char c : bytes(size)) value = (value << 8) | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view bytes(std::size_t size) {
    if (size > rest_.size()) return good_ = false, rest_ = {}, std::string_view();
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  std::string_view sized() { return bytes(number(2)); }   ///< a TPM2B
  bool good() const { return good_; }
  bool at_end() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

std::optional<Hash> tpm_hash(std::uint64_t id) {
  if (id == kSha256) return Hash::sha256;
  if (id == kSha384) return Hash::sha384;
  if (id == kSha512) return Hash::sha512;
  return std::nullopt;
}

Cbor integer(std::int64_t n) {
  Cbor out;
  out.kind = Cbor::Kind::integer, out.number = n;
  return out;
}
Cbor octets(std::string bytes) {
  Cbor out;
  out.kind = Cbor::Kind::bytes, out.data = std::move(bytes);
  return out;
}
Cbor cose_map(std::vector<Cbor> items) {
  Cbor out;
  out.kind = Cbor::Kind::map, out.items = std::move(items);
  return out;
}
std::string padded(std::string_view number, std::size_t size) {
  while (number.size() > size && number.front() == '\0') number.remove_prefix(1);
  return std::string(size > number.size() ? size - number.size() : 0, '\0') + std::string(number);
}
std::string exponent_bytes(std::uint64_t exponent) {
  if (exponent == 0) exponent = 65537;   // Part 2 §12.2.3.5: zero means the default
  std::string out;
  for (; exponent != 0; exponent >>= 8) out.insert(out.begin(), static_cast<char>(exponent & 255));
  return out;
}

struct PublicArea {
  std::uint64_t name_hash = 0;
  Cbor key;   ///< the same key as a COSE_Key of the credential's algorithm
};

Result<PublicArea> read_rsa(Fields& fields, PublicArea area, Algorithm algorithm) {
  fields.number(2);   // keyBits, which the modulus shows itself
  const std::uint64_t exponent = fields.number(4);
  const std::string_view modulus = fields.sized();
  if (!fields.at_end()) return refused_statement(kTpm, "pubArea cannot be read");
  area.key = cose_map({integer(1), integer(3), integer(3), integer(static_cast<int>(algorithm)), integer(-1), octets(std::string(modulus)), integer(-2), octets(exponent_bytes(exponent))});
  return area;
}

Result<PublicArea> read_ecc(Fields& fields, PublicArea area, Algorithm algorithm) {
  const std::uint64_t curve = fields.number(2);
  if (fields.number(2) != kNull) fields.number(2);   // key derivation, with its hash
  const std::string_view x = fields.sized(), y = fields.sized();
  if (!fields.at_end()) return refused_statement(kTpm, "pubArea cannot be read");
  const std::int64_t cose = curve == kP256 ? 1 : curve == kP384 ? 2 : curve == kP521 ? 3 : 0;
  const std::size_t size = cose == 1 ? 32 : cose == 2 ? 48 : 66;
  if (cose == 0) return refused_statement(kTpm, "pubArea is on a curve that is not taken");
  area.key = cose_map({integer(1), integer(2), integer(3), integer(static_cast<int>(algorithm)), integer(-1), integer(cose), integer(-2), octets(padded(x, size)),
                       integer(-3), octets(padded(y, size))});
  return area;
}

/// TPMT_PUBLIC (Part 2 §12.2.4).
Result<PublicArea> read_public_area(std::string_view bytes, Algorithm algorithm) {
  Fields fields(bytes);
  PublicArea area;
  const std::uint64_t type = fields.number(2);
  area.name_hash = fields.number(2);
  fields.number(4);   // objectAttributes
  fields.sized();     // authPolicy
  if (fields.number(2) != kNull) fields.bytes(4);   // symmetric: keyBits, mode
  if (fields.number(2) != kNull) fields.number(2);  // scheme: its hash
  if (!fields.good()) return refused_statement(kTpm, "pubArea cannot be read");
  if (type == kRsa) return read_rsa(fields, std::move(area), algorithm);
  if (type == kEcc) return read_ecc(fields, std::move(area), algorithm);
  return refused_statement(kTpm, "pubArea holds a key of another kind");
}

/// TPMS_ATTEST (Part 2 §10.12.12): certifies the name of pubArea over what was to be signed.
Result<void> check_info(std::string_view bytes, const std::string& extra, std::uint64_t name_hash, std::string_view public_area) {
  Fields fields(bytes);
  if (fields.number(4) != kGenerated) return refused_statement(kTpm, "certInfo was not made by a TPM");
  if (fields.number(2) != kCertify) return refused_statement(kTpm, "certInfo certifies no key");
  fields.sized();     // qualifiedSigner
  const std::string_view extra_data = fields.sized();
  fields.bytes(17);   // clockInfo
  fields.bytes(8);    // firmwareVersion
  const std::string_view name = fields.sized();
  fields.sized();     // qualifiedName
  if (!fields.at_end()) return refused_statement(kTpm, "certInfo cannot be read");
  if (extra_data != extra) return refused_statement(kTpm, "certInfo is over something else");
  const auto hash = tpm_hash(name_hash);
  if (!hash) return refused_statement(kTpm, "the hash of pubArea's name is not taken");
  const std::string wanted = {static_cast<char>(name_hash >> 8), static_cast<char>(name_hash & 255)};
  if (name != wanted + hash_of(*hash, public_area)) return refused_statement(kTpm, "certInfo names another key");
  return {};
}

Result<void> check_certificate(const Certificate& aik, const Statement& statement) {
  if (aik.version() != 3) return refused_statement(kTpmCertificate, "the certificate is not of version 3");
  if (!aik.subject_empty()) return refused_statement(kTpmCertificate, "the certificate has a subject");
  if (!aik.names_a_tpm()) return refused_statement(kTpmCertificate, "the certificate names no TPM");
  if (!aik.has_purpose(kAikPurpose)) return refused_statement(kTpmCertificate, "the certificate is not for attestation keys");
  if (!aik.says_no_authority()) return refused_statement(kTpmCertificate, "the certificate may sign others");
  return check_aaguid(aik, statement, kTpmCertificate);
}
}  // namespace

Result<Attested> verify_tpm(const Statement& statement) {
  const Cbor *version = statement.att_stmt.find("ver", Cbor::Kind::text), *info = statement.att_stmt.find("certInfo", Cbor::Kind::bytes),
             *area_bytes = statement.att_stmt.find("pubArea", Cbor::Kind::bytes);
  if (!version || version->data != "2.0" || !info || !area_bytes) return refused_statement(kTpm, "this is no statement of a TPM 2.0");
  MACHIYA_TRY(const Signed sig, read_signed(statement, kTpm));
  MACHIYA_TRY(const PublicArea area, read_public_area(area_bytes->data, statement.credential.key.algorithm()));
  auto key = PublicKey::from_cose(area.key);
  if (!key.ok() || !key->same_key(statement.credential.key)) return refused_statement(kTpm, "pubArea holds another key than the credential");
  const auto hash = hash_of(sig.algorithm);
  if (!hash) return refused_statement(kTpm, "the algorithm has no hash");
  MACHIYA_CHECK(check_info(info->data, hash_of(*hash, statement.signed_bytes()), area.name_hash, area_bytes->data));
  Attested out;
  out.type = AttestationType::certified;
  MACHIYA_TRY(out.chain, read_chain(statement, kTpm));
  if (!out.chain.front().key().verifies(sig.algorithm, info->data, sig.signature)) return refused_statement(kTpm, "the signature is wrong");
  MACHIYA_CHECK(check_certificate(out.chain.front(), statement));
  return out;
}

}  // namespace machiya::webauthn
