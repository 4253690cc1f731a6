// A key set, a line end, a token: any bytes are read or refused; a token that is read says the same when it is put together again,
// and no token without a signature is ever accepted.
#include <cstdlib>

#include "platform/jose/jws.h"
#include "platform/vault/vault.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace machiya;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  const std::string_view token = line == std::string_view::npos ? text : text.substr(line + 1);
  auto keys = jose::parse_key_set(text.substr(0, line == std::string_view::npos ? 0 : line));
  if (keys.ok())
    for (const jose::PublicKey& key : keys->keys)
      if (!key.handle) std::abort();
  auto read = jose::parse_jws(token);
  if (!read.ok()) {
    if (read.error().where.empty()) std::abort();
    return 0;
  }
  if (read->signed_part + "." + vault::base64url(read->signature) != token) std::abort();
  if (auto claims = jose::claims_of(*read); claims.ok() && !claims->is_object()) std::abort();
  if (!keys.ok()) return 0;
  const bool accepted = jose::verify(*read, *keys, {jose::Alg::rs256, jose::Alg::ps256, jose::Alg::es256, jose::Alg::eddsa}).ok();
  if (accepted && (read->signature.empty() || keys->keys.empty() || read->alg == jose::Alg::hs256)) std::abort();
  return 0;
}
