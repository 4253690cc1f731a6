#include "tell/webpush/encryption.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>

namespace machiya::tell {
namespace {
constexpr std::size_t kSalt = 16, kPoint = 65, kSecret = 32, kHash = 32, kTag = 16;
constexpr std::size_t kHeader = kSalt + 4 + 1 + kPoint;   // RFC 8188 §2.1: salt, record size, length of the key id, key id
constexpr std::uint32_t kRecord = 4096;
constexpr char kLastRecord = 2;                           // RFC 8188 §2: delimiter of the last record

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const { Free(p); }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Deleter<Free>>;

const std::uint8_t* bytes(std::string_view s) { return reinterpret_cast<const std::uint8_t*>(s.data()); }
std::uint8_t* bytes(std::string& s) { return reinterpret_cast<std::uint8_t*>(s.data()); }

using Hash = std::array<std::uint8_t, kHash>;
using Piece = std::span<const std::uint8_t>;
/// Immutable once made, so shared by all threads; making it costs as much as an eighth of a message.
const EC_GROUP* curve() {
  static const Owned<EC_GROUP, EC_GROUP_free> group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  return group.get();
}

template <std::size_t N>
Piece text_of(const char (&s)[N]) { return {reinterpret_cast<const std::uint8_t*>(s), N - 1}; }
}  // namespace

// The arithmetic goes to the curve itself: a round through EVP_PKEY costs a third more in copies and look-ups, and the ephemeral
// key lives for one message only. EC_POINT_mul on this curve (nistz256) runs in constant time.
struct Sealer::Impl {
  const EC_GROUP* group = curve();
  Owned<BN_CTX, BN_CTX_free> numbers{BN_CTX_new()};
  Owned<BIGNUM, BN_clear_free> secret{BN_secure_new()};
  Owned<EC_POINT, EC_POINT_free> theirs{EC_POINT_new(group)}, ours{EC_POINT_new(group)}, shared{EC_POINT_new(group)};
  Owned<EVP_MD, EVP_MD_free> sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  Owned<EVP_MD_CTX, EVP_MD_CTX_free> digest{EVP_MD_CTX_new()};
  Owned<EVP_CIPHER, EVP_CIPHER_free> aes{EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr)};
  Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> cipher{EVP_CIPHER_CTX_new()};

  Impl() {
    MACHIYA_ASSERT(group && numbers && secret && theirs && ours && shared && sha256 && digest && aes && cipher);
    BN_set_flags(secret.get(), BN_FLG_CONSTTIME);
  }

  void hash(std::initializer_list<Piece> pieces, std::uint8_t* out) const {
    bool ok = EVP_DigestInit_ex2(digest.get(), sha256.get(), nullptr) == 1;
    for (const Piece piece : pieces) ok = ok && EVP_DigestUpdate(digest.get(), piece.data(), piece.size()) == 1;
    MACHIYA_ASSERT(ok && EVP_DigestFinal_ex(digest.get(), out, nullptr) == 1);
  }
  /// HMAC-SHA-256 (RFC 2104) with a key of one block at most.
  Hash hmac(Piece key, Piece first, Piece second = {}) const {
    std::array<std::uint8_t, 64> inner{}, outer{};
    std::copy(key.begin(), key.end(), inner.begin());
    outer = inner;
    for (auto& b : inner) b ^= 0x36;
    for (auto& b : outer) b ^= 0x5c;
    Hash out;
    hash({inner, first, second}, out.data());
    hash({outer, out}, out.data());
    OPENSSL_cleanse(inner.data(), inner.size());
    OPENSSL_cleanse(outer.data(), outer.size());
    return out;
  }
  /// Our public key into `out`, and the secret that both sides know (the x coordinate, RFC 8291 §3.1).
  bool agree(const Subscription& to, std::uint8_t* out, std::uint8_t* agreed) const {
    std::array<std::uint8_t, kPoint> point{};
    const bool ok = EC_POINT_oct2point(group, theirs.get(), to.key.data(), kPoint, numbers.get()) == 1 && to.key[0] == POINT_CONVERSION_UNCOMPRESSED &&
                    EC_POINT_mul(group, ours.get(), secret.get(), nullptr, nullptr, numbers.get()) == 1 &&
                    EC_POINT_point2oct(group, ours.get(), POINT_CONVERSION_UNCOMPRESSED, out, kPoint, numbers.get()) == kPoint &&
                    EC_POINT_mul(group, shared.get(), nullptr, theirs.get(), secret.get(), numbers.get()) == 1 &&
                    EC_POINT_point2oct(group, shared.get(), POINT_CONVERSION_UNCOMPRESSED, point.data(), kPoint, numbers.get()) == kPoint;
    std::copy_n(point.begin() + 1, kSecret, agreed);
    OPENSSL_cleanse(point.data(), point.size());
    return ok;
  }
  /// One record: the text, the delimiter, the tag.
  bool encrypt(const Hash& key, const Hash& nonce, std::string_view plain, std::uint8_t* out) const {
    int size = 0, last = 0;
    const std::uint8_t delimiter = kLastRecord;
    return EVP_EncryptInit_ex2(cipher.get(), aes.get(), key.data(), nonce.data(), nullptr) == 1 &&
           EVP_EncryptUpdate(cipher.get(), out, &size, bytes(plain), static_cast<int>(plain.size())) == 1 &&
           EVP_EncryptUpdate(cipher.get(), out + size, &last, &delimiter, 1) == 1 && EVP_EncryptFinal_ex(cipher.get(), out + size + last, &last) == 1 &&
           EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTag, out + plain.size() + 1) == 1;
  }
};

Sealer::Sealer() : impl_(std::make_unique<Impl>()) {}
Sealer::~Sealer() = default;

bool Sealer::is_point(std::span<const std::uint8_t, 65> key) {
  const EC_GROUP* group = curve();
  const Owned<EC_POINT, EC_POINT_free> point(EC_POINT_new(group));
  MACHIYA_ASSERT(point);
  // oct2point itself looks whether the point lies on the curve.
  return key[0] == POINT_CONVERSION_UNCOMPRESSED && EC_POINT_oct2point(group, point.get(), key.data(), key.size(), nullptr) == 1;
}

Result<std::string> Sealer::seal(const Subscription& to, std::string_view plain, Rng& rng) {
  std::array<std::uint8_t, kSecret + kSalt> random;
  const std::span<const std::uint8_t, kSecret + kSalt> given(random);
  for (;;) {
    rng.fill(random.data(), random.size());
    // Uniform in [1, n): what lies outside (1 in 2^32) is drawn again (FIPS 186-5 A.2.2).
    BN_bin2bn(random.data(), kSecret, impl_->secret.get());
    if (!BN_is_zero(impl_->secret.get()) && BN_cmp(impl_->secret.get(), EC_GROUP_get0_order(impl_->group)) < 0) break;
  }
  auto out = seal_with(to, plain, given.first<kSecret>(), given.last<kSalt>());
  OPENSSL_cleanse(random.data(), random.size());
  return out;
}

Result<std::string> Sealer::seal_with(const Subscription& to, std::string_view plain, std::span<const std::uint8_t, 32> secret,
                                      std::span<const std::uint8_t, 16> salt) {
  if (plain.size() > kMostPushPlain) return Error(ErrorCode::too_large, "more than one push message holds", "webpush");
  const Impl& my = *impl_;
  MACHIYA_ASSERT(BN_bin2bn(secret.data(), kSecret, my.secret.get()) != nullptr);
  std::string out(kHeader + plain.size() + 1 + kTag, '\0');
  std::uint8_t* at = std::copy(salt.begin(), salt.end(), bytes(out));
  for (int shift = 24; shift >= 0; shift -= 8) *at++ = static_cast<std::uint8_t>(kRecord >> shift);
  *at++ = kPoint;
  Hash agreed;
  if (!my.agree(to, at, agreed.data())) return Error(ErrorCode::invalid_input, "the subscription's key is no point of P-256", "webpush");
  // RFC 8291 §3.3, §3.4.
  std::array<std::uint8_t, 2 * kPoint + 1> both;
  std::copy_n(at, kPoint, std::copy(to.key.begin(), to.key.end(), both.begin()));
  both.back() = 1;
  static constexpr char kInfo[] = "WebPush: info\0", kKey[] = "Content-Encoding: aes128gcm\0\1", kNonce[] = "Content-Encoding: nonce\0\1";
  Hash material = my.hmac(my.hmac(to.auth, agreed), text_of(kInfo), both);
  material = my.hmac(salt, material);
  Hash key = my.hmac(material, text_of(kKey));
  const Hash nonce = my.hmac(material, text_of(kNonce));
  MACHIYA_ASSERT(my.encrypt(key, nonce, plain, at + kPoint));
  for (Hash* spent : {&agreed, &material, &key}) OPENSSL_cleanse(spent->data(), kHash);
  BN_clear(my.secret.get());
  return out;
}

}  // namespace machiya::tell
