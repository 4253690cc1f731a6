#include "platform/vault/vault.h"

#include <sodium.h>
#include <sys/stat.h>

#include <chrono>
#include <cstring>
#include <mutex>

#include "base/text.h"
#include "platform/vault/aead.h"
#include "platform/vault/data_key_dao.h"
#include "platform/vault/key_cache.h"
#include "platform/vault/key_set.h"
#include "platform/vault/master_dao.h"

namespace machiya::vault {
namespace {
constexpr std::size_t kCachedKeys = 16 * 1024;  // 512 KiB of locked memory
constexpr auto kCacheLifetime = std::chrono::minutes(1);
constexpr std::string_view kCheckText = "machiya master key";
constexpr std::string_view kCheckContext = "master-check";

const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

std::string record_context(std::string_view context, std::int64_t key) {
  std::string out(context);
  out += '\0';
  out += std::to_string(key);
  return out;
}

std::string sealed_under(const MasterKey& key, std::string_view context, std::string_view plain) {
  return base64url(aead_seal(key.subkey(Subkey::secret), context, plain));
}

/// Changes whenever the file is replaced or written.
struct FileStamp {
  ino_t inode = 0;
  std::int64_t changed_ns = 0;
  bool operator==(const FileStamp&) const = default;
};
FileStamp stamp_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return {info.st_ino, info.st_ctim.tv_sec * std::int64_t{1'000'000'000} + info.st_ctim.tv_nsec};
}
}  // namespace

struct Vault::Impl {
  std::string file;
  KeyCache cache{kCachedKeys, kCacheLifetime};
  GuardedKeys index{2};   ///< search and digest keys of this database

  mutable std::mutex mutex;   ///< guards what follows
  FileStamp stamp;
  std::shared_ptr<const KeySet> set;
  int current = 0;

  std::shared_ptr<const KeySet> keys() const {
    std::lock_guard lock(mutex);
    return set;
  }
  /// The set and the generation of it that wraps.
  std::shared_ptr<const KeySet> keys(const MasterKey*& wrapping) const {
    std::lock_guard lock(mutex);
    wrapping = set->find(current);
    return set;
  }
  void wrap_under(int generation) {
    std::lock_guard lock(mutex);
    current = generation;
  }

  /// True when the file had changed and is now known; a file that cannot be read leaves the keys as they are.
  Result<bool> reload() {
    const FileStamp now = stamp_of(file);
    {
      std::lock_guard lock(mutex);
      if (now == stamp) return false;
    }
    MACHIYA_TRY(const KeyRing ring, read_key_ring(file, false));
    auto fresh = std::make_shared<const KeySet>(ring);
    std::lock_guard lock(mutex);
    if (!fresh->find(current)) return Error(ErrorCode::unavailable, "the master key file " + file + " lacks generation " + std::to_string(current) + ", which is in use");
    stamp = now;
    set = std::move(fresh);
    return true;
  }
  /// A key set that knows this generation; the file is read again when the one at hand does not.
  Result<std::shared_ptr<const KeySet>> keys_with(int generation) {
    auto known = keys();
    if (known->find(generation)) return known;
    MACHIYA_CHECK(reload());
    known = keys();
    if (known->find(generation)) return known;
    return Error(ErrorCode::unavailable, "the master key file " + file + " lacks generation " + std::to_string(generation));
  }

  /// BLAKE2b keyed, over length-free framing: purposes and fields are constants of the program without a NUL byte.
  template <std::size_t N>
  void keyed(std::size_t which, std::string_view purpose, std::string_view value, unsigned char (&out)[N]) const {
    crypto_generichash_state state;
    crypto_generichash_init(&state, index.at(which), 32, N);
    crypto_generichash_update(&state, bytes(purpose), purpose.size());
    const unsigned char zero = 0;
    crypto_generichash_update(&state, &zero, 1);
    crypto_generichash_update(&state, bytes(value), value.size());
    crypto_generichash_final(&state, out, N);
    sodium_memzero(&state, sizeof state);
  }
  void use_index(std::string_view plain) {
    index.make_writable();
    std::memcpy(index.at(0), plain.data(), 64);
    index.make_readonly();
  }

  Result<void> data_key(store::ReadTx& tx, std::int64_t id, KeyCache::Key& out) {
    switch (cache.get(id, out)) {
      case KeyCache::State::present: return {};
      case KeyCache::State::erased: return Error(ErrorCode::gone, "the key of this record was erased");
      case KeyCache::State::absent: break;
    }
    MACHIYA_TRY(auto wrapped, data_key_dao::find(tx, id));
    if (!wrapped) return Error(ErrorCode::integrity_broken, "data key " + std::to_string(id) + " is missing");
    if (wrapped->key.empty()) return Error(ErrorCode::gone, "the key of this record was erased");
    return unwrap(id, *wrapped, out);
  }

  Result<void> unwrap(std::int64_t id, const WrappedKey& wrapped, KeyCache::Key& out) {
    MACHIYA_TRY(const auto known, keys_with(wrapped.generation));
    auto plain = aead_open(known->find(wrapped.generation)->subkey(Subkey::wrap), "data-key", wrapped.key);
    if (!plain || plain->size() != out.size())
      return Error(ErrorCode::integrity_broken, "data key " + std::to_string(id) + " does not open");
    std::memcpy(out.data(), plain->data(), out.size());
    sodium_memzero(plain->data(), plain->size());
    cache.put(id, out);
    return {};
  }
};

Vault::Vault() : impl_(std::make_unique<Impl>()) {}
Vault::~Vault() = default;

Result<std::unique_ptr<Vault>> Vault::open(const std::string& key_file, bool create) {
  if (sodium_init() < 0) return Error(ErrorCode::internal, "libsodium does not start");
  std::unique_ptr<Vault> vault(new Vault());
  Impl& impl = *vault->impl_;
  impl.file = key_file;
  MACHIYA_TRY(const KeyRing ring, read_key_ring(key_file, create));
  impl.stamp = stamp_of(key_file);
  impl.set = std::make_shared<const KeySet>(ring);
  impl.current = impl.set->newest().number();
  // Until bind_to() has opened the database's own: enough for what looks nothing up.
  std::memcpy(impl.index.at(0), impl.set->oldest().subkey(Subkey::search), 32);
  std::memcpy(impl.index.at(1), impl.set->oldest().subkey(Subkey::digest), 32);
  impl.index.make_readonly();
  return vault;
}

int Vault::generation() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->current;
}

namespace {
/// What a database says about its master keys.
struct Bound {
  std::vector<MasterCheck> checks;
  std::string index;   ///< sealed
};

/// A database without checks is new and gets an index key of its own; one without an index key was made when digests and tokens stood
/// under subkeys of its first master key, which is therefore what its index key is.
Result<Bound> enrol(store::Tx& tx, const KeySet& keys, const MasterKey& wrapping, std::string_view random) {
  Bound out;
  MACHIYA_TRY(out.checks, master_dao::checks(tx));
  MACHIYA_TRY(const auto index, master_dao::index_key(tx));
  if (index) out.index = *index;
  const bool fresh = out.checks.empty();
  if (fresh) {
    out.checks.push_back({wrapping.number(), sealed_under(wrapping, kCheckContext, kCheckText)});
    MACHIYA_CHECK(master_dao::add_check(tx, out.checks.back()));
  }
  if (index) return out;
  const MasterKey* first = keys.find(out.checks.front().generation);
  if (!first) return out;   // told by whoever looks at the checks
  std::string plain(random);
  if (!fresh) {
    plain.assign(reinterpret_cast<const char*>(first->subkey(Subkey::search)), 32);
    plain.append(reinterpret_cast<const char*>(first->subkey(Subkey::digest)), 32);
  }
  out.index = sealed_under(wrapping, kIndexContext, plain);
  sodium_memzero(plain.data(), plain.size());
  MACHIYA_CHECK(master_dao::set_index_key(tx, out.index));
  return out;
}

Result<void> prove(const Bound& bound, const KeySet& keys) {
  for (const MasterCheck& check : bound.checks) {
    const auto raw = from_base64url(check.sealed);
    const MasterKey* key = keys.find(check.generation);
    if (!key)
      return Error(ErrorCode::integrity_broken, "the master key file lacks generation " + std::to_string(check.generation) + ", under which this database stands");
    const auto text = raw.ok() ? aead_open(key->subkey(Subkey::secret), kCheckContext, *raw) : std::nullopt;
    if (!text || *text != kCheckText)
      return Error(ErrorCode::integrity_broken, "the master key is not the one that this database was made with");
  }
  return {};
}
}  // namespace

Result<void> Vault::bind_to(store::Store& store, Binding binding) {
  const auto keys = impl_->keys();
  std::string random(64, '\0');
  randombytes_buf(random.data(), random.size());
  const auto read = [](store::ReadTx& tx) -> Result<Bound> {
    Bound out;
    MACHIYA_TRY(out.checks, master_dao::checks(tx));
    MACHIYA_TRY(const bool stands, master_dao::stands(tx));
    if (!stands) return out;
    MACHIYA_TRY(const auto index, master_dao::index_key(tx));
    out.index = index.value_or("");
    return out;
  };
  auto bound = binding == Binding::reading ? store.read(read) : store.write([&](store::Tx& tx) { return enrol(tx, *keys, keys->newest(), random); });
  sodium_memzero(random.data(), random.size());
  if (!bound.ok()) return bound.error();
  MACHIYA_CHECK(prove(*bound, *keys));
  if (bound->checks.empty()) return {};   // nobody has served this database yet: there is nothing to read
  impl_->wrap_under(bound->checks.back().generation);
  if (bound->index.empty()) return {};    // made by an older program and not served by this one yet: as the unbound index key
  int sealed_by = 0;
  auto index = keys->open_secret(kIndexContext, bound->index, sealed_by);
  if (!index || index->size() != 64) return Error(ErrorCode::integrity_broken, "the index key of this database does not open");
  impl_->use_index(*index);
  sodium_memzero(index->data(), index->size());
  return {};
}

Result<void> Vault::follow(store::Store& store) {
  MACHIYA_CHECK(impl_->reload());
  MACHIYA_TRY(const auto checks, store.read([](store::ReadTx& tx) { return master_dao::checks(tx); }));
  const int begun = checks.empty() ? 0 : checks.back().generation;
  MACHIYA_TRY(const auto keys, impl_->keys_with(std::max(begun, generation())));
  const MasterKey& newest = keys->newest();
  if (newest.number() > begun) {
    const MasterCheck check{newest.number(), sealed_under(newest, kCheckContext, kCheckText)};
    MACHIYA_CHECK(store.write([&](store::Tx& tx) { return master_dao::add_check(tx, check); }));
  }
  impl_->wrap_under(std::max(begun, newest.number()));
  return {};
}

Result<std::string> Vault::rewrap(std::int64_t id, int generation, std::string_view wrapped) {
  const MasterKey* to = nullptr;
  const auto keys = impl_->keys(to);
  const MasterKey* from = keys->find(generation);
  if (!from) return Error(ErrorCode::unavailable, "the master key file lacks generation " + std::to_string(generation));
  auto plain = aead_open(from->subkey(Subkey::wrap), "data-key", wrapped);
  if (!plain) return Error(ErrorCode::integrity_broken, "data key " + std::to_string(id) + " does not open");
  std::string out = aead_seal(to->subkey(Subkey::wrap), "data-key", *plain);
  sodium_memzero(plain->data(), plain->size());
  return out;
}

Result<std::optional<std::string>> Vault::reseal(std::string_view context, std::string_view sealed) {
  const MasterKey* to = nullptr;
  const auto keys = impl_->keys(to);
  int generation = 0;
  auto plain = keys->open_secret(context, sealed, generation);
  if (!plain) return Error(ErrorCode::integrity_broken, "a sealed secret does not open (" + std::string(context) + ")");
  std::optional<std::string> out;
  if (generation != to->number()) out = sealed_under(*to, context, *plain);
  sodium_memzero(plain->data(), plain->size());
  return out;
}

Result<std::int64_t> Vault::create_key(store::Tx& tx) {
  KeyCache::Key key;
  randombytes_buf(key.data(), key.size());
  const MasterKey* wrapping = nullptr;
  const auto keys = impl_->keys(wrapping);
  const std::string wrapped = aead_seal(wrapping->subkey(Subkey::wrap), "data-key", {reinterpret_cast<const char*>(key.data()), key.size()});
  MACHIYA_TRY(auto id, data_key_dao::insert(tx, {wrapped, wrapping->number()}));
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
      if (!wrapped.key.empty()) MACHIYA_CHECK(impl_->unwrap(id, wrapped, key));
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
    impl_->keyed(0, field, pair, hash);
    std::int64_t token = 0;
    for (int i = 0; i < 8; ++i) token = static_cast<std::int64_t>((static_cast<std::uint64_t>(token) << 8) | hash[i]);
    out.push_back(token);
  }
  return out;
}

std::string Vault::digest(std::string_view purpose, std::string_view value) const {
  unsigned char hash[32];
  impl_->keyed(1, purpose, value, hash);
  std::string out(65, '\0');
  sodium_bin2hex(out.data(), out.size(), hash, sizeof hash);
  out.pop_back();
  return out;
}

std::string Vault::seal_secret(std::string_view context, std::string_view plain) const {
  const MasterKey* wrapping = nullptr;
  const auto keys = impl_->keys(wrapping);
  return sealed_under(*wrapping, context, plain);
}

Result<std::string> Vault::open_secret(std::string_view context, std::string_view sealed) const {
  int generation = 0;
  if (auto plain = impl_->keys()->open_secret(context, sealed, generation)) return std::move(*plain);
  // Perhaps another process has sealed it under a generation that this one has not read yet.
  if (auto changed = impl_->reload(); changed.ok() && *changed)
    if (auto plain = impl_->keys()->open_secret(context, sealed, generation)) return std::move(*plain);
  return Error(ErrorCode::integrity_broken, "a sealed secret does not open (" + std::string(context) + ")");
}

std::vector<store::Migration> Vault::migrations() { return data_key_dao::migrations(); }

}  // namespace machiya::vault
