// Secrets among the settings: where they may come from, and that none is ever repeated; drills that were kept.
#include "app/settings.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/drill.h"
#include "app/secret_settings.h"
#include "base/temporary_folder.h"

namespace machiya::app {
namespace {
namespace fs = std::filesystem;

class SettingsTest : public ::testing::Test {
 protected:
  TemporaryFolder place_{"settings"};
  const std::string& folder_ = place_.path();
  void SetUp() override { setenv("MACHIYA_ROOT", MACHIYA_SOURCE_DIR, 1); }
  void TearDown() override {
    for (const char* name : {"MACHIYA_SMTP_PASSWORD", "MACHIYA_STORE", "CREDENTIALS_DIRECTORY"}) unsetenv(name);
  }
  std::string file(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  /// Settings from a configuration that is complete but for `lines`.
  Result<Settings> with(const std::string& lines, mode_t mode = 0600, std::vector<std::string> words = {}) {
    const std::string path = file("conf", "base-url = https://city.example.jp\nsmtp-url = smtp://127.0.0.1\nsmtp-from = a@example.jp\nkey-file = /elsewhere/key\ndata = " + folder_ + "\n" + lines, mode);
    words.insert(words.begin(), {"--config", path});
    MACHIYA_TRY(const auto arguments, Arguments::parse(words, settings_options()));
    return settings_from(arguments);
  }
};

TEST_F(SettingsTest, ASecretComesFromAFileACredentialOrTheEnvironment) {
  EXPECT_EQ(with("smtp-password-file = " + file("pw", "from-a-file\nmore\n"))->smtp_password, "from-a-file");
  const std::string local = "postgresql://u:p@/d?host=/run/postgresql";
  EXPECT_EQ(with("store-file = " + file("store", local))->store, local);
  setenv("MACHIYA_SMTP_PASSWORD", "from-outside", 1);
  EXPECT_EQ(with("")->smtp_password, "from-outside");
  unsetenv("MACHIYA_SMTP_PASSWORD");
  fs::create_directory(folder_ + "/credentials");
  file("credentials/smtp-password", "from-systemd\n");
  setenv("CREDENTIALS_DIRECTORY", (folder_ + "/credentials").c_str(), 1);
  EXPECT_EQ(with("")->smtp_password, "from-systemd");
  EXPECT_EQ(with("smtp-password = twice").error().code, ErrorCode::invalid_input);
}

TEST_F(SettingsTest, WhatEverybodyMayReadIsNoPlaceForASecret) {
  EXPECT_EQ(with("smtp-password = tsukubai", 0640)->smtp_password, "tsukubai");
  EXPECT_EQ(with("smtp-password = tsukubai", 0644).error().code, ErrorCode::forbidden);
  EXPECT_EQ(with("store = postgresql://u:tsukubai@h/d", 0644).error().code, ErrorCode::forbidden);
  EXPECT_TRUE(with("store = postgresql://u@/d?host=/run/postgresql", 0644).ok());
  EXPECT_EQ(with("smtp-password-file = " + file("open", "tsukubai", 0644)).error().code, ErrorCode::forbidden);
}

TEST_F(SettingsTest, ASecretIsNeverTakenFromTheCommandLineNorRepeated) {
  const auto on_the_line = with("", 0600, {"--store", "postgresql://u:tsukubai@h/d"});
  ASSERT_FALSE(on_the_line.ok());
  for (const auto& refused : {on_the_line, with("smtp-password = tsukubai", 0644), with("store = tsukubai\nstore-file = " + file("s", "tsukubai")), with("smtp-url = smtp://u:tsukubai@h"),
                              with("smtp-password-file = " + file("open", "tsukubai", 0644))}) {
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().to_string().find("tsukubai"), std::string::npos) << refused.error().to_string();
  }
}

TEST_F(SettingsTest, PasswordsInAddressesAreSeen) {
  for (const char* url : {"postgresql://u:p@h/d", "postgresql://u:p@/d?host=x", "postgresql:///d?password=p", "postgresql://h/d?user=u&password=p", "smtp://u:p@h:25"}) EXPECT_TRUE(url_has_password(url)) << url;
  for (const char* url : {"", "sqlite", "sqlite:/a:b@c", "postgresql://u@h/d", "postgresql://[::1]:5432/d", "postgresql://postgres@/d?host=/tmp/a:b"}) EXPECT_FALSE(url_has_password(url)) << url;
}

TEST_F(SettingsTest, TlsNeedsBothFilesAndARedirectNeedsTls) {
  EXPECT_FALSE(with("tls-cert = /a").ok());
  EXPECT_FALSE(with("tls-redirect-listen = 127.0.0.1:80").ok());
  EXPECT_TRUE(with("tls-cert = /a\ntls-key = /b\ntls-redirect-listen = 127.0.0.1:80").ok());
}

TEST_F(SettingsTest, DrillsAreKeptNewestFirst) {
  EXPECT_TRUE(read_drills(folder_, 10)->empty());
  for (int i = 1; i <= 3; ++i) {
    Drill d;
    d.at = Instant{i};
    d.engine = "sqlite";
    d.passed = i != 2;
    d.fault = i == 2 ? "row 7: \"changed\"" : "";
    d.restore_s = 1.5;
    d.data_keys = 100 + i;
    ASSERT_TRUE(keep_drill(folder_, d).ok());
  }
  const auto kept = read_drills(folder_, 2);
  ASSERT_EQ(kept->size(), 2u);
  EXPECT_EQ((*kept)[0].at.us, 3);
  EXPECT_TRUE((*kept)[0].passed);
  EXPECT_EQ((*kept)[0].data_keys, 103);
  EXPECT_EQ((*kept)[1].fault, "row 7: \"changed\"");
  EXPECT_EQ((*kept)[1].restore_s, 1.5);
}

}  // namespace
}  // namespace machiya::app
