// For tests of the whole house: the channels by which the city tells, so that the routes that stand with a channel only are there. Keys and secrets are
// the test's own; every address is a port of loopback on which nobody listens.
#pragma once
#include <filesystem>
#include <fstream>
#include <string>

#include "app/settings.h"
#include "tell/webpush/testing.h"

namespace machiya::app::testing {

/// `folder`: where the files of keys are put.
inline void put_channels(Settings& settings, const std::string& folder) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/push.pem") << tell::testing::new_pem();
  std::ofstream(folder + "/channel-secret") << "not-a-secret";
  const std::string nobody = "http://127.0.0.1:9", secret = folder + "/channel-secret";
  settings.tell["push"] = {{"key-file", folder + "/push.pem"}, {"subject", "mailto:push@city.example"}};
  settings.tell["line"] = {{"url", nobody}, {"token-file", secret}, {"secret-file", secret}};
  settings.tell["mail"] = {{"url", "smtp://127.0.0.1:9"}, {"from", "no-reply@city.example"}, {"return-domain", "return.city.example"}};
  settings.tell["sms"] = {{"url", nobody}, {"from", "0666666666"}, {"token-file", secret}};
}

}  // namespace machiya::app::testing
