// Encryption of personal records: a data key each (table data_key) under a master key that lies outside the data
// folder and can be exchanged while the server runs (rotation.h); keyed search tokens; the operating system's randomness. libsodium underneath (XChaCha20-Poly1305, BLAKE2b).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "platform/store/store.h"

namespace machiya::vault {

/// The operating system's random source. Thread-safe.
class SystemRng final : public Rng {
 public:
  void fill(void* out, std::size_t size) override;
};

/// Thread-safe. Plain data keys live only in memory, in a small cache.
class Vault {
 public:
  /// Reads the master keys (key_ring.h) from `key_file`; creates the file (mode 0600) when `create`.
  /// Refuses a file that others may read (forbidden), a missing one (not_found) and a broken one (invalid_input).
  static Result<std::unique_ptr<Vault>> open(const std::string& key_file, bool create);
  ~Vault();

  enum class Binding : std::uint8_t { serving, reading };
  /// Proves that these master keys belong to this database: writes a check value at the first start, compares it
  /// afterwards (integrity_broken when a key is another one or missing), and opens the database's index key, under which digests and
  /// search tokens stand. Call it once after the migrations and before other threads use the vault; `reading` writes nothing.
  Result<void> bind_to(store::Store& store, Binding binding = Binding::serving);

  /// Reads the key file again when it has changed, and from then on wraps under its newest generation that is not staged; the database
  /// remembers that it began. Also follows another process that began first (`unavailable` when this file lacks that generation).
  Result<void> follow(store::Store& store);
  /// The generation that wraps now.
  int generation() const;

  /// A new data key for one record; its id is stored beside the record.
  Result<std::int64_t> create_key(store::Tx& tx);
  /// Encrypts; `context` ("case/answers") is authenticated so that a sealed text cannot be moved to another column.
  /// The key's id is authenticated too. The result is binary: bind it as store::Bytes.
  Result<std::string> seal(store::ReadTx& tx, std::int64_t key, std::string_view context, std::string_view plain);
  /// `gone` when the key was erased, `integrity_broken` when a byte or the context differs.
  Result<std::string> open_sealed(store::ReadTx& tx, std::int64_t key, std::string_view context, std::string_view sealed);
  /// Brings the data keys of records that are about to be opened into the cache with one query; keys that are erased or missing are told by
  /// open_sealed(), one by one.
  Result<void> prefetch(store::ReadTx& tx, const std::vector<std::int64_t>& keys);
  /// Erases the key: everything sealed with it is unreadable from then on (crypto-erasure). The row stays as a
  /// tombstone full of zeros, so that the id is never given to another record.
  Result<void> erase_key(store::Tx& tx, std::int64_t key);

  /// Keyed-HMAC bigram tokens of a searchable text (folded as base/text.h says); `field` separates columns.
  std::vector<std::int64_t> search_tokens(std::string_view field, std::string_view text) const;
  /// Keyed digest of an exact value (e-mail address, session secret): 32 bytes as hex.
  std::string digest(std::string_view purpose, std::string_view value) const;
  /// Encrypts small secrets that belong to no record (TOTP seeds) directly under the master key. Text (base64url).
  std::string seal_secret(std::string_view context, std::string_view plain) const;
  Result<std::string> open_secret(std::string_view context, std::string_view sealed) const;

  static std::vector<store::Migration> migrations();

 private:
  friend class Rotation;
  /// The same data key under the generation that wraps now.
  Result<std::string> rewrap(std::int64_t id, int generation, std::string_view wrapped);
  /// The same secret under it; nothing when it is already. integrity_broken when no generation opens it.
  Result<std::optional<std::string>> reseal(std::string_view context, std::string_view sealed);

  Vault();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// argon2id with the OWASP 2023 parameters (19 MiB, 2 passes); the result holds salt and parameters. At most two
/// hashes are computed at a time (memory); the others wait.
std::string hash_password(std::string_view password);
bool verify_password(std::string_view password, std::string_view hash);
/// RFC 6238, SHA-1, 6 digits, 30 s. `step_out` is the accepted time step (to refuse replays): that of the moment, no other.
bool verify_totp(std::string_view secret_base32, std::string_view code, std::int64_t unix_seconds, std::int64_t& step_out);
std::string new_totp_secret(Rng& rng);
std::string sha256_hex(std::string_view data);
std::string base64url(std::string_view bytes);
/// The padded form of RFC 4648 §4, for mails and HTTP headers.
std::string base64(std::string_view bytes);
/// invalid_input for anything that is not unpadded base64url.
Result<std::string> from_base64url(std::string_view text);
/// Constant-time comparison.
bool equal_secret(std::string_view a, std::string_view b);

}  // namespace machiya::vault
