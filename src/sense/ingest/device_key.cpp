#include "sense/ingest/device_key.h"

#include "platform/vault/vault.h"

namespace machiya::sense::ingest {
namespace {

std::string hash_of(std::string_view salt, std::string_view secret) { return vault::sha256_hex(std::string(salt) + ":" + std::string(secret)); }

}  // namespace

NewKey make_key(Rng& rng) {
  NewKey out;
  const std::string secret = new_public_id(rng);
  out.kept.id = new_public_id(rng), out.kept.salt = new_public_id(rng), out.kept.hash = hash_of(out.kept.salt, secret);
  out.shown = out.kept.id + "." + secret;
  return out;
}

std::optional<SentKey> read_key(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return {};
  const SentKey out{text.substr(0, dot), text.substr(dot + 1)};
  if (!is_public_id(std::string(out.id)) || !is_public_id(std::string(out.secret))) return {};
  return out;
}

bool fits(const DeviceKey& key, std::string_view secret) { return vault::equal_secret(hash_of(key.salt, secret), key.hash); }

}  // namespace machiya::sense::ingest
