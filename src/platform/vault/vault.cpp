#include "platform/vault/vault.h"

#include <sodium.h>

#include <chrono>
#include <cstring>

#include "base/text.h"
#include "platform/vault/aead.h"
#include "platform/vault/data_key_dao.h"
#include "platform/vault/key_cache.h"
#include "platform/vault/key_file.h"

namespace machiya::vault {
namespace {
constexpr std::size_t kCachedKeys = 16 * 1024;  // 512 KiB of locked memory
constexpr auto kCacheLifetime = std::chrono::minutes(1);
constexpr std::string_view kCheckText = "machiya master key";

/// Subkeys of the master key, one for each use (crypto_kdf of libsodium: BLAKE2b with a salt of number and context).
enum Subkey : std::uint64_t { kWrap = 1, kSearch = 2, kDigest = 3, kSecret = 4 };
constexpr int kSubkeys = 4;
constexpr char kKdfContext[] = "machiya1";

const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
}  // namespace

struct Vault::Impl {
  unsigned char* subkeys = static_cast<unsigned char*>(sodium_malloc(kSubkeys * 32));
  KeyCache cache{kCachedKeys, kCacheLifetime};

  Impl() { MACHIYA_ASSERT(subkeys != nullptr); }
  ~Impl() { sodium_free(subkeys); }
  const unsigned char* subkey(Subkey which) const { return subkeys + (which - 1) * 32; }

  /// BLAKE2b keyed, over length-free framing: purposes and fields are constants of the program without a NUL byte.
  template <std::size_t N>
  void keyed(Subkey which, std::string_view purpose, std::string_view value, unsigned char (&out)[N]) const {
    crypto_generichash_state state;
    crypto_generichash_init(&state, subkey(which), 32, N);
    crypto_generichash_update(&state, bytes(purpose), purpose.size());
    const unsigned char zero = 0;
    crypto_generichash_update(&state, &zero, 1);
    crypto_generichash_update(&state, bytes(value), value.size());
    crypto_generichash_final(&state, out, N);
    sodium_memzero(&state, sizeof state);
  }

  Result<void> data_key(store::ReadTx& tx, std::int64_t id, KeyCache::Key& out) {
    switch (cache.get(id, out)) {
      case KeyCache::State::present: return {};
      case KeyCache::State::erased: return Error(ErrorCode::gone, "the key of this record was erased");
      case KeyCache::State::absent: break;
    }
    MACHIYA_TRY(auto wrapped, data_key_dao::find(tx, id));
    if (!wrapped) return Error(ErrorCode::integrity_broken, "data key " + std::to_string(id) + " is missing");
    if (wrapped->empty()) return Error(ErrorCode::gone, "the key of this record was erased");
    return unwrap(id, *wrapped, out);
  }

  Result<void> unwrap(std::int64_t id, const std::string& wrapped, KeyCache::Key& out) {
    auto plain = aead_open(subkey(kWrap), "data-key", wrapped);
    if (!plain || plain->size() != out.size())
      return Error(ErrorCode::integrity_broken, "data key " + std::to_string(id) + " does not open");
    std::memcpy(out.data(), plain->data(), out.size());
    sodium_memzero(plain->data(), plain->size());
    cache.put(id, out);
    return {};
  }
};

namespace {
std::string record_context(std::string_view context, std::int64_t key) {
  std::string out(context);
  out += '\0';
  out += std::to_string(key);
  return out;
}
}  // namespace

Vault::Vault() : impl_(std::make_unique<Impl>()) {}
Vault::~Vault() = default;

Result<std::unique_ptr<Vault>> Vault::open(const std::string& key_file, bool create) {
  if (sodium_init() < 0) return Error(ErrorCode::internal, "libsodium does not start");
  MACHIYA_TRY(auto master, read_key_file(key_file, create));
  std::unique_ptr<Vault> vault(new Vault());
  for (std::uint64_t i = 1; i <= kSubkeys; ++i)
    crypto_kdf_derive_from_key(vault->impl_->subkeys + (i - 1) * 32, 32, i, kKdfContext, bytes(master));
  sodium_memzero(master.data(), master.size());
  sodium_mprotect_readonly(vault->impl_->subkeys);
  return vault;
}

Result<void> Vault::bind_to(store::Store& store) {
  const std::string fresh = seal_secret("master-check", kCheckText);
  MACHIYA_TRY(auto stored, store.write([&](store::Tx& tx) -> Result<std::string> {
    MACHIYA_TRY(auto before, data_key_dao::master_check(tx));
    if (before) return *before;
    MACHIYA_CHECK(data_key_dao::set_master_check(tx, fresh));
    return fresh;
  }));
  auto text = open_secret("master-check", stored);
  if (!text.ok() || *text != kCheckText)
    return Error(ErrorCode::integrity_broken, "the master key is not the one that this database was made with");
  return {};
}

Result<std::int64_t> Vault::create_key(store::Tx& tx) {
  KeyCache::Key key;
  randombytes_buf(key.data(), key.size());
  MACHIYA_TRY(auto id, data_key_dao::insert(
                           tx, aead_seal(impl_->subkey(kWrap), "data-key", {reinterpret_cast<const char*>(key.data()), key.size()})));
  // When the transaction is rolled back the entry stays, harmless: no row names it, and a later key under the same
  // number replaces it.
  impl_->cache.put_new(id, key);
  sodium_memzero(key.data(), key.size());
  return id;
}

Result<std::string> Vault::seal(store::ReadTx& tx, std::int64_t key, std::string_view context, std::string_view plain) {
  KeyCache::Key data_key;
  MACHIYA_CHECK(impl_->data_key(tx, key, data_key));
  std::string out = aead_seal(data_key.data(), record_context(context, key), plain);
  sodium_memzero(data_key.data(), data_key.size());
  return out;
}

Result<std::string> Vault::open_sealed(store::ReadTx& tx, std::int64_t key, std::string_view context, std::string_view sealed) {
  KeyCache::Key data_key;
  MACHIYA_CHECK(impl_->data_key(tx, key, data_key));
  auto plain = aead_open(data_key.data(), record_context(context, key), sealed);
  sodium_memzero(data_key.data(), data_key.size());
  if (!plain) return Error(ErrorCode::integrity_broken, "a sealed value does not open (" + std::string(context) + ")");
  return std::move(*plain);
}

Result<void> Vault::prefetch(store::ReadTx& tx, const std::vector<std::int64_t>& keys) {
  KeyCache::Key key;
  std::vector<std::int64_t> absent;
  for (const std::int64_t id : keys)
    if (id != 0 && impl_->cache.get(id, key) == KeyCache::State::absent) absent.push_back(id);
  if (absent.size() > 1) {
    MACHIYA_TRY(const auto found, data_key_dao::find_many(tx, absent));
    for (const auto& [id, wrapped] : found)
      if (!wrapped.empty()) MACHIYA_CHECK(impl_->unwrap(id, wrapped, key));
  }
  sodium_memzero(key.data(), key.size());
  return {};
}

Result<void> Vault::erase_key(store::Tx& tx, std::int64_t key) {
  MACHIYA_TRY(auto erased, data_key_dao::erase(tx, key));
  if (!erased) return Error(ErrorCode::not_found, "there is no data key " + std::to_string(key));
  impl_->cache.drop(key);
  tx.after_commit([impl = impl_.get(), key] { impl->cache.mark_erased(key); });
  return {};
}

std::vector<std::int64_t> Vault::search_tokens(std::string_view field, std::string_view text) const {
  std::vector<std::int64_t> out;
  for (const std::string& pair : bigrams(text)) {
    unsigned char hash[crypto_generichash_BYTES_MIN];
    impl_->keyed(kSearch, field, pair, hash);
    std::int64_t token = 0;
    for (int i = 0; i < 8; ++i) token = static_cast<std::int64_t>((static_cast<std::uint64_t>(token) << 8) | hash[i]);
    out.push_back(token);
  }
  return out;
}

std::string Vault::digest(std::string_view purpose, std::string_view value) const {
  unsigned char hash[32];
  impl_->keyed(kDigest, purpose, value, hash);
  std::string out(65, '\0');
  sodium_bin2hex(out.data(), out.size(), hash, sizeof hash);
  out.pop_back();
  return out;
}

std::string Vault::seal_secret(std::string_view context, std::string_view plain) const {
  return base64url(aead_seal(impl_->subkey(kSecret), context, plain));
}

Result<std::string> Vault::open_secret(std::string_view context, std::string_view sealed) const {
  auto raw = from_base64url(sealed);
  if (raw.ok())
    if (auto plain = aead_open(impl_->subkey(kSecret), context, *raw)) return std::move(*plain);
  return Error(ErrorCode::integrity_broken, "a sealed secret does not open (" + std::string(context) + ")");
}

std::vector<store::Migration> Vault::migrations() { return data_key_dao::migrations(); }

}  // namespace machiya::vault
