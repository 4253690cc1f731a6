#include "app/sign_in_kind.h"

#include <cstdlib>
#include <fstream>

#include "base/text.h"
#include "city/schema.h"

namespace machiya::app {
namespace {

class SignInDefinition final : public city::Definition {
 public:
  explicit SignInDefinition(std::shared_ptr<const oidc::Definition> d) : definition(std::move(d)) {}
  std::shared_ptr<const oidc::Definition> definition;
};

Result<std::string> secret_file(const std::string& path, const std::string& setting) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error(ErrorCode::not_found, "the file of this setting cannot be read", setting);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

Result<oidc::Client> read_client(const std::string& id, const std::map<std::string, std::string>& values) {
  const auto value = [&](const char* key) {
    const auto found = values.find(key);
    return found == values.end() ? std::string() : found->second;
  };
  const std::string prefix = "sign-in." + id + ".";
  oidc::Client out;
  out.client_id = value("client-id");
  out.issuer = value("issuer");
  out.key_id = value("key-id");
  if (out.client_id.empty()) return Error(ErrorCode::invalid_input, "client-id is needed", prefix + "client-id");
  if (const std::string path = value("key-file"); !path.empty()) {
    MACHIYA_TRY(const std::string pem, secret_file(path, prefix + "key-file"));
    auto key = jose::PrivateKey::from_pem(pem);
    if (!key.ok()) return Error(ErrorCode::invalid_input, key.error().detail, prefix + "key-file");
    out.key = std::make_shared<const jose::PrivateKey>(std::move(*key));
  }
  if (const std::string path = value("secret-file"); !path.empty()) {
    MACHIYA_TRY(const std::string text, secret_file(path, prefix + "secret-file"));
    out.secret = std::string(trim(text));
  }
  if (const std::string name = value("secret-env"); !name.empty()) {
    const char* text = std::getenv(name.c_str());
    if (text == nullptr) return Error(ErrorCode::not_found, "the environment variable of this setting is not set", prefix + "secret-env");
    out.secret = text;
  }
  return out;
}
}  // namespace

city::Kind sign_in_kind() {
  city::Kind kind;
  kind.name = "sign-in", kind.folder = "sign_in";
  kind.compile = [](const json::Value& body, const city::Source& source, Diagnostics& faults) -> std::shared_ptr<const city::Definition> {
    return std::make_shared<const SignInDefinition>(oidc::read_definition(body, source.id, faults));
  };
  return kind;
}

Result<SignInClients> sign_in_clients(const Settings& settings) {
  SignInClients out;
  for (const auto& [id, values] : settings.sign_in) {
    MACHIYA_TRY(oidc::Client client, read_client(id, values));
    out.emplace(id, std::make_shared<const oidc::Client>(std::move(client)));
  }
  return out;
}

std::vector<oidc::Provider> sign_in_providers(const city::City& city, const SignInClients& clients) {
  std::vector<oidc::Provider> out;
  for (const city::Loaded* loaded : city.all("sign-in")) {
    const auto* definition = city.get<SignInDefinition>("sign-in", loaded->source.id);
    const auto client = clients.find(loaded->source.id);
    if (definition == nullptr || client == clients.end()) continue;
    const std::string& issuer = client->second->issuer.empty() ? definition->definition->issuer : client->second->issuer;
    const bool ready = definition->definition->client_auth == oidc::ClientAuth::private_key_jwt ? client->second->key != nullptr : !client->second->secret.empty();
    if (!issuer.empty() && ready) out.push_back({definition->definition, client->second, issuer});
  }
  return out;
}

}  // namespace machiya::app
