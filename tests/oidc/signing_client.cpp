// The client of signing interfaces, driven by signing_test.js: registers a digest, says where the person must go, reads the address that
// they came back with, fetches the signature. signing_client ISSUER CLIENT-ID KEY-FILE KEY-ID REDIRECT-URI DIGEST(base64url) FOLDER|none
// FOLDER holds ca.pem and crl.der of the authority whose cards count.
#include <cstdio>
#include <fstream>
#include <iostream>

#include "platform/http/http.h"
#include "platform/jpki/certificates.h"
#include "platform/oidc/signing.h"
#include "platform/vault/vault.h"

namespace {
using namespace machiya;

int complain(const Error& error) {
  std::printf("refused %s\n", error.where.c_str());
  return 0;
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

oidc::SignatureCheck check_of(const std::string& folder) {
  if (folder == "none") return {};
  return [folder](std::string_view digest, const oidc::Signature& signature) -> Result<void> {
    MACHIYA_TRY(const auto verifier, jpki::Verifier::create({read(folder + "/ca.pem"), "", ""}));
    MACHIYA_TRY(const auto lists, jpki::RevocationLists::read({read(folder + "/crl.der")}));
    MACHIYA_TRY(const auto certificate, verifier->verify(signature.certificate, jpki::Use::signing, SystemClock().now(), lists));
    return jpki::check_signature(certificate, digest, signature.value);
  };
}

int run(char** args) {
  auto key = jose::PrivateKey::from_pem(read(args[3]));
  auto digest = vault::from_base64url(args[6]);
  if (!key.ok() || !digest.ok()) return 2;
  auto definition = std::make_shared<oidc::Definition>();
  definition->algorithms = {jose::Alg::rs256};
  definition->scopes = {"openid"};
  definition->signing = "/api/sign-transactions";
  auto client = std::make_shared<oidc::Client>();
  client->client_id = args[2];
  client->key_id = args[4];
  client->key = std::make_shared<const jose::PrivateKey>(*key);
  const oidc::Provider provider{definition, client, args[1]};
  outbound::Options options;
  options.rules = {{args[1], true}};
  options.http_on_loopback = true;
  auto door = outbound::Outbound::create(options);
  if (!door.ok()) return complain(door.error());
  const SystemClock clock;
  vault::SystemRng rng;
  oidc::MetadataCache cache(**door, clock);
  oidc::Exchange exchange(**door, cache, clock, rng);
  oidc::Signing signing(**door, cache, exchange, check_of(args[7]));

  auto transaction = signing.begin(provider, *digest);
  if (!transaction.ok()) return complain(transaction.error());
  auto metadata = cache.metadata(provider.issuer);
  const oidc::Attempt attempt{oidc::new_secret(rng), oidc::new_secret(rng), oidc::new_secret(rng), args[5]};
  std::printf("go %s\n", oidc::authorization_url(**metadata, provider, attempt, oidc::Signing::request_for(*transaction)).c_str());
  std::fflush(stdout);
  std::string back;
  std::getline(std::cin, back);
  for (const auto& [name, value] : http::parse_query(back.substr(back.find('?') + 1)))
    if (name == "code")
      if (auto person = exchange.redeem(provider, **metadata, attempt, value); !person.ok()) return complain(person.error());
  auto signature = signing.fetch(provider, *transaction, *digest);
  if (!signature.ok()) return complain(signature.error());
  std::printf("signed %s %s\n", vault::base64(signature->value).c_str(), vault::base64(signature->certificate).c_str());
  return 0;
}
}  // namespace

int main(int count, char** args) { return count == 8 ? run(args) : 2; }
