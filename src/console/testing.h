// For tests of the console: its pages over real services on a fresh database, asked by an administrator without a socket.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "console/audit_page.h"
#include "console/console.h"
#include "console/guideline.h"
#include "console/security_page.h"
#include "city/test_folder.h"
#include "platform/audit/audit.h"
#include "platform/events/events.h"
#include "platform/http/test_request.h"
#include "platform/identity/no_sender.h"
#include "platform/jobs/jobs.h"
#include "platform/locale/locale.h"
#include "platform/store/testing.h"
#include "platform/vault/totp.h"
#include "platform/vault/vault.h"

namespace machiya::console {

class ConsoleTest : public store::testing::StoreTest {
 protected:
  void SetUp() override {
    vault = std::move(*vault::Vault::open(folder() + "/master.key", true));
    for (const auto& list : {vault::Vault::migrations(), audit::Audit::migrations(), events::Events::migrations(), jobs::Jobs::migrations(),
                             identity::Identity::migrations()})
      migrate(list);
    texts = std::move(*locale::Catalogue::load(MACHIYA_SOURCE_DIR "/web/locale"));
    auto loaded = pages::Templates::load(MACHIYA_SOURCE_DIR "/web/templates", *texts);
    ASSERT_TRUE(loaded.ok()) << loaded.error().to_string();
    templates = std::move(*loaded);
    audit = std::make_unique<audit::Audit>(store(), clock);
    events = std::make_unique<events::Events>(store(), clock);
    jobs = std::make_unique<jobs::Jobs>(store(), clock);
    events->declare({"demo.happened.v1", "test", json::Value::object(), false});
    events->subscribe("letters", "demo.happened.v1", [](store::Tx&, const events::Event&) -> Result<void> { return Error(ErrorCode::unavailable, "no <letter> box"); });
    jobs->declare({"picture", 60, 1, 1});
    identity::Options options;
    options.policy_text = R"({"roles":{"admin":{"permissions":["admin.*"],"scope":"all"}}})";   // as in city/osaka
    identity = std::make_unique<identity::Identity>(store(), *vault, *audit, clock, sender, options);
    Parts parts{store(), *audit, *events, *identity, *jobs, *templates, *texts, clock,
                [](const http::Request&) { return pages::Data().set("city_name", "大阪市"); }, [] { return std::shared_ptr<const city::City>(); }, {"applications", "registers.read"}, &passwords};
    console = std::make_unique<Console>(parts, system_pages());
    console->add_routes(router);
    add_audit_routes(router, {store(), *audit, *identity, *templates, *texts, clock, parts.frame, parts.city});
  }
  http::Response ask(http::Method method, const std::string& path, http::Pairs form = {}) {
    http::Request r = http::testing::request(method, path, "en");
    r.form_pairs = std::move(form);
    identity::Principal admin;
    admin.kind = identity::PrincipalKind::staff, admin.public_id = "a1", admin.name = "Admin", admin.roles = {"admin"};
    r.principal = std::make_shared<identity::Principal>(admin);
    return router.dispatch(r);
  }
  std::string page(const std::string& path) { return ask(http::Method::get, path).body; }
  http::Response post(const std::string& path, http::Pairs form) { return ask(http::Method::post, path, std::move(form)); }
  std::vector<std::string> audited(std::string_view action) {
    auto rows = store().read([&](store::ReadTx& tx) { return tx.query("SELECT facts FROM audit_row WHERE action = :a", {{"a", action}}); });
    EXPECT_TRUE(rows.ok()) << rows.error().to_string();
    std::vector<std::string> out;
    for (const auto& row : *rows) out.push_back(row.text(0));
    return out;
  }
  void emit(const std::string& key) {
    ASSERT_TRUE(store().write([&](store::Tx& tx) { return events->emit(tx, "demo.happened.v1", key, json::Value::object()); }).ok());
  }
  /// Until what is open has failed for good.
  void exhaust() {
    for (int i = 0; i < events::Events::kMaxAttempts; ++i) {
      ASSERT_TRUE(events->deliver_now().ok());
      clock.advance(kHour);
    }
  }
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  identity::NoSender sender;
  identity::PasswordRules passwords = *identity::PasswordRules::load("", {"machiya", "health"});
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<audit::Audit> audit;
  std::unique_ptr<events::Events> events;
  std::unique_ptr<jobs::Jobs> jobs;
  std::unique_ptr<locale::Catalogue> texts;
  std::unique_ptr<pages::Templates> templates;
  std::unique_ptr<identity::Identity> identity;
  std::unique_ptr<Console> console;
  http::Router router;
};

}  // namespace machiya::console
