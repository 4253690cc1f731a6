// What a browser sends for a passkey: CBOR, authenticator data, client data, attestation statements with their certificates. The first byte says
// what the rest is read as. Sources: webauthn, base.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "platform/webauthn/authenticator_data.h"
#include "platform/webauthn/cbor.h"
#include "platform/webauthn/client_data.h"
#include "platform/webauthn/der.h"
#include "platform/webauthn/webauthn.h"

namespace {
using namespace machiya::webauthn;

void registration(std::string_view object) {
  static const RelyingParty party{"city.example.jp", {"https://city.example.jp"}};
  static const std::string client = R"({"type":"webauthn.create","challenge":"AA","origin":"https://city.example.jp"})";
  RegistrationRules rules;
  rules.algorithms = {Algorithm::es256, Algorithm::es384, Algorithm::es512, Algorithm::eddsa, Algorithm::ed448, Algorithm::rs256, Algorithm::ps256};
  const auto made = verify_registration({party, "AA", false}, rules, {client, object});
  if (!made.ok()) return;
  // What was accepted can be read again, and nobody unknown vouches for it.
  const auto key = parse_cbor(made->public_key);
  if (!key.ok() || !PublicKey::from_cose(*key).ok() || made->anchored || made->id.empty()) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0: registration(rest); break;
    case 1:
      if (const auto item = read_cbor(rest); item.ok() && (item->size == 0 || item->size > rest.size())) std::abort();
      break;
    case 2:
      if (const auto read = read_authenticator_data(rest); read.ok() && read->rp_id_hash.size() != 32) std::abort();
      break;
    case 3: (void)read_client_data(rest).ok(); break;
    case 4: (void)Certificate::read(rest).ok(); break;
    default: (void)der_sequence(rest).has_value(); break;
  }
  return 0;
}
