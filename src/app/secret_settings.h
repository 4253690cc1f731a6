// Settings that are secrets: from a file, a systemd credential or the environment; never on a command line, never in a message.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::app {

/// Takes the value of a key; false when it does not fit.
using TakeSecret = std::function<bool(const std::string& key, const std::string& value)>;

/// Gathers secrets from every place where they may stand and gives each to `take` once. A secret that stands in two places is refused with both named:
///   KEY = value       in the configuration, which then only its owner and group may read
///   KEY-file = path   in the configuration; the file's first line; others may not read the file
///   $CREDENTIALS_DIRECTORY/KEY   as systemd's LoadCredential= gives it
///   MACHIYA_KEY       in the environment, "-" as "_"
class SecretSettings {
 public:
  explicit SecretSettings(TakeSecret take) : take_(std::move(take)) {}
  static bool knows(std::string_view key);
  /// "smtp-password-file" names a file for "smtp-password".
  static bool is_file_key(std::string_view key);
  Result<void> from_configuration(const std::string& key, const std::string& value, const std::string& configuration, const std::string& where);
  /// After the configuration: credentials and environment.
  Result<void> from_surroundings();

 private:
  Result<void> give(const std::string& key, const std::string& value, const std::string& source);
  TakeSecret take_;
  std::vector<std::pair<std::string, std::string>> given_;   ///< key, source
};

/// Does a URL carry a password ("scheme://user:password@host", "?password=")?
bool url_has_password(std::string_view url);

}  // namespace machiya::app
