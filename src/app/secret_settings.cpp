#include "app/secret_settings.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>

#include "base/text.h"

namespace machiya::app {
namespace {
constexpr std::array<std::string_view, 2> kSecrets = {"smtp-password", "store"};
constexpr std::string_view kFileEnd = "-file";

bool others_may_read(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && (info.st_mode & 004) != 0;
}

Result<std::string> first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  if (!in || !std::getline(in, line)) return Error(ErrorCode::not_found, "cannot read the secret in " + path);
  return std::string(trim(line));
}

std::string environment_name(std::string_view key) {
  std::string out = "MACHIYA_";
  for (const char c : key) out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}
}  // namespace

bool SecretSettings::knows(std::string_view key) { return std::find(kSecrets.begin(), kSecrets.end(), key) != kSecrets.end(); }

bool SecretSettings::is_file_key(std::string_view key) {
  return key.size() > kFileEnd.size() && key.substr(key.size() - kFileEnd.size()) == kFileEnd && knows(key.substr(0, key.size() - kFileEnd.size()));
}

Result<void> SecretSettings::give(const std::string& key, const std::string& value, const std::string& source) {
  for (const auto& [known, before] : given_)
    if (known == key) return Error(ErrorCode::invalid_input, key + " is given twice: " + before + " and " + source);
  given_.emplace_back(key, source);
  if (!take_(key, value)) return Error(ErrorCode::invalid_input, "the value in " + source + " does not fit \"" + key + "\"");
  return {};
}

Result<void> SecretSettings::from_configuration(const std::string& key, const std::string& value, const std::string& configuration, const std::string& where) {
  if (is_file_key(key)) {
    if (others_may_read(value)) return Error(ErrorCode::forbidden, value + " may be read by everybody; set its mode to 0600 or 0640", where);
    MACHIYA_TRY(const std::string secret, first_line(value));
    return give(key.substr(0, key.size() - kFileEnd.size()), secret, value);
  }
  const bool secret = key != "store" || url_has_password(value);
  if (secret && others_may_read(configuration))
    return Error(ErrorCode::forbidden, key + " stands in a configuration that everybody may read; write " + key + "-file = PATH", where);
  return give(key, value, where);
}

Result<void> SecretSettings::from_surroundings() {
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  for (const std::string_view secret : kSecrets) {
    const std::string key(secret), name = environment_name(secret);
    if (credentials) {
      const std::string path = std::string(credentials) + "/" + key;
      struct stat info {};
      if (::stat(path.c_str(), &info) == 0) {
        MACHIYA_TRY(const std::string value, first_line(path));
        MACHIYA_CHECK(give(key, value, "the credential " + key));
      }
    }
    if (const char* value = std::getenv(name.c_str())) MACHIYA_CHECK(give(key, value, "the environment variable " + name));
  }
  return {};
}

bool url_has_password(std::string_view url) {
  const std::size_t begin = url.find("://");
  if (begin == std::string_view::npos) return false;
  const std::string_view rest = url.substr(begin + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos && authority.substr(0, at).find(':') != std::string_view::npos) return true;
  const std::size_t query = rest.find('?');
  return query != std::string_view::npos && (rest.find("?password=", query) != std::string_view::npos || rest.find("&password=", query) != std::string_view::npos);
}

}  // namespace machiya::app
