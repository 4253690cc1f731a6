#include "platform/vault/key_set.h"

#include <sodium.h>

#include "platform/vault/aead.h"
#include "platform/vault/vault.h"

namespace machiya::vault {
namespace {
constexpr int kSubkeys = 4;
constexpr char kKdfContext[] = "machiya1";
}  // namespace

GuardedKeys::GuardedKeys(std::size_t keys) : memory_(static_cast<unsigned char*>(sodium_allocarray(keys, 32))) { MACHIYA_ASSERT(memory_ != nullptr); }
GuardedKeys::~GuardedKeys() { sodium_free(memory_); }
void GuardedKeys::make_readonly() { sodium_mprotect_readonly(memory_); }
void GuardedKeys::make_writable() { sodium_mprotect_readwrite(memory_); }

MasterKey::MasterKey(const KeyGeneration& generation) : number_(generation.number), staged_(generation.staged), subkeys_(kSubkeys) {
  for (std::uint64_t i = 1; i <= kSubkeys; ++i)
    crypto_kdf_derive_from_key(subkeys_.at(i - 1), 32, i, kKdfContext, reinterpret_cast<const unsigned char*>(generation.key.data()));
  subkeys_.make_readonly();
}

KeySet::KeySet(const KeyRing& ring) {
  for (const KeyGeneration& generation : ring) keys_.push_back(std::make_unique<MasterKey>(generation));
}

const MasterKey* KeySet::find(int generation) const {
  for (const auto& key : keys_)
    if (key->number() == generation) return key.get();
  return nullptr;
}

const MasterKey& KeySet::newest() const {
  for (std::size_t i = keys_.size(); i-- > 1;)
    if (!keys_[i]->staged()) return *keys_[i];
  return *keys_.front();
}

std::optional<std::string> KeySet::open_secret(std::string_view context, std::string_view sealed, int& generation) const {
  const auto raw = from_base64url(sealed);
  if (!raw.ok()) return std::nullopt;
  for (std::size_t i = keys_.size(); i-- > 0;) {
    generation = keys_[i]->number();
    if (auto plain = aead_open(keys_[i]->subkey(Subkey::secret), context, *raw)) return plain;
  }
  return std::nullopt;
}

}  // namespace machiya::vault
