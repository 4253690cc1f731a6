// For identity's tests: an identity over a fresh store on both engines, a router behind its gate, and a browser.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "base/text.h"
#include "base/time.h"
#include "platform/audit/audit.h"
#include "platform/http/test_request.h"
#include "platform/identity/identity.h"
#include "platform/identity/identity_http.h"
#include "platform/locale/locale.h"
#include "platform/pages/pages.h"
#include "platform/store/testing.h"
#include "platform/vault/totp.h"
#include "platform/vault/vault.h"

namespace machiya::identity {

/// Keeps what it should have mailed.
class KeepingSender final : public CodeSender {
 public:
  Result<void> send(std::string_view email, std::string_view code, std::string_view) override {
    ++sent;
    last_email = std::string(email);
    last_code = std::string(code);
    if (fails) return Error(ErrorCode::unavailable, "no mail server");
    return {};
  }
  Result<void> notify(std::string_view email, std::string_view notice, std::string_view) override {
    notices.push_back(std::string(email) + " " + std::string(notice));
    return {};
  }
  std::vector<std::string> notices;   ///< "a@example.jp passkey-added"
  int sent = 0;
  bool fails = false;
  std::string last_email, last_code;
};

constexpr std::string_view kTestTotp = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// A browser without script: keeps cookies, follows nothing by itself.
struct Browser {
  explicit Browser(http::Router& r) : router(&r) {}
  http::Router* router;
  std::map<std::string, std::string> cookies;
  std::string remote = "203.0.113.5";
  std::string last_csrf;
  http::Pairs extra;   ///< headers of every request

  http::Response get(const std::string& target) { return run(http::Method::get, target, {}); }
  /// Posts a form as a browser does: with the token of the page seen last.
  http::Response post(const std::string& target, http::Pairs form, bool with_token = true) {
    if (with_token) form.emplace_back("csrf", last_csrf);
    return run(http::Method::post, target, std::move(form));
  }
  http::Response run(http::Method method, const std::string& target, http::Pairs form) {
    http::Request r = http::testing::request(method, target);
    r.form_pairs = std::move(form);
    r.headers = {{"accept", "text/html"}};
    return send(std::move(r));
  }
  /// From this browser, with its cookies; the answer's are kept.
  http::Response send(http::Request r) {
    r.remote = remote;
    r.headers.insert(r.headers.begin(), extra.begin(), extra.end());   // the first of a name counts
    r.headers.emplace_back("host", "city.example");
    std::string jar;
    for (const auto& [name, value] : cookies) jar += (jar.empty() ? "" : "; ") + name + "=" + value;
    if (!jar.empty()) r.headers.emplace_back("cookie", jar);
    http::Response response = router->dispatch(r);
    for (const auto& [name, value] : response.headers)
      if (lower_ascii(name) == "set-cookie") take_cookie(value);
    const std::string mark = "name=\"csrf\" value=\"";
    if (auto at = response.body.find(mark); at != std::string::npos) last_csrf = response.body.substr(at + mark.size(), 32);
    else if (auto bare = response.body.find("name=csrf value=\""); bare != std::string::npos) last_csrf = response.body.substr(bare + 17, 32);
    return response;
  }
  void take_cookie(const std::string& text) {
    const std::string pair = text.substr(0, text.find(';'));
    const std::string name = pair.substr(0, pair.find('='));
    if (text.find("Max-Age=0") != std::string::npos) cookies.erase(name);
    else cookies[name] = pair.substr(pair.find('=') + 1);
  }
};

struct IdentityTest : store::testing::StoreTest {
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  KeepingSender sender;
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<audit::Audit> audit;
  std::unique_ptr<Identity> identity;
  std::unique_ptr<http::Router> router;
  std::unique_ptr<locale::Catalogue> texts;
  std::unique_ptr<pages::Templates> templates;
  std::string seen_form;   ///< what the handler of POST /answers got
  int handled = 0;

  static Options production() {
    Options o;
    o.demonstration = false;
    o.policy_text = std::string(demonstration_policy());
    return o;
  }

  void SetUp() override {
    vault = std::move(*vault::Vault::open(folder() + "/master.key", true));
    migrate(vault::Vault::migrations());
    migrate(audit::Audit::migrations());
    migrate(Identity::migrations());
    audit = std::make_unique<audit::Audit>(store(), clock);
    texts = std::move(*locale::Catalogue::load(std::string(MACHIYA_SOURCE_DIR) + "/web/locale"));
    auto loaded = pages::Templates::load(std::string(MACHIYA_SOURCE_DIR) + "/web/templates", *texts);
    ASSERT_TRUE(loaded.ok()) << loaded.error().to_string();
    templates = std::move(*loaded);
    start(production());
  }
  void TearDown() override {
    router.reset();
    identity.reset();
    audit.reset();
  }
  void start(Options options) {
    identity = std::make_unique<Identity>(store(), *vault, *audit, clock, sender, std::move(options));
    router = std::make_unique<http::Router>();
    router->gate(identity->gate());
    add_routes(*router, *identity, *templates, *texts, [](const http::Request&) { return pages::Data().set("city_name", "Osaka"); });
    route(http::Method::get, "/", "public");
    route(http::Method::get, "/mine", "person");
    route(http::Method::get, "/verified", "verified");
    route(http::Method::get, "/staff", "staff");
    route(http::Method::get, "/staff/audit", "staff:audit.read");
    route(http::Method::get, "/nothing", "");
    route(http::Method::get, "/misspelt", "public|persn");
    route(http::Method::post, "/answers", "person");
    route(http::Method::post, "/report", "public");
    route(http::Method::get, "/api/v1/cases", "client:applications");
    route(http::Method::post, "/api/v1/cases", "person|client:applications", false);
    route(http::Method::get, "/form", "public");
  }
  void route(http::Method method, const std::string& path, const std::string& permission, bool csrf = true) {
    http::RouteOptions o;
    o.permission = permission;
    o.csrf = csrf;
    router->add(method, path, o, [this, path](http::Request& r) {
      if (r.method == http::Method::post) ++handled;
      seen_form = std::string(r.form("answer").value_or(""));
      const Principal& p = principal_of(r);
      if (path == "/form") return http::html("<form><input name=csrf value=\"" + p.csrf + "\"></form>");
      return http::text(p.actor() + " " + std::to_string(static_cast<int>(p.assurance)));
    });
  }
  std::int64_t put_staff(const std::string& name, const std::vector<std::string>& roles, const std::string& department) {
    auto id = store().write([&](store::Tx& tx) {
      return identity->put_staff(tx, name, "職員 " + name, "correct horse", kTestTotp, roles, department);
    });
    EXPECT_TRUE(id.ok());
    return *id;
  }
  /// A citizen's browser, logged in by a mailed code; `agent` is its User-Agent.
  Browser citizen(const std::string& email = "a@example.jp", std::string_view agent = {}) {
    Browser b(*router);
    if (!agent.empty()) b.extra.emplace_back("user-agent", agent);
    b.get("/login");
    b.post("/login", {{"email", email}, {"action", "next"}});
    EXPECT_EQ(b.post("/login/code", {{"code", sender.last_code}, {"action", "next"}}).status, 303);
    b.get("/form");
    return b;
  }
  /// Theirs who was put by put_staff(), logged in by password and TOTP: that code is used up for its step.
  Browser staff(const std::string& name) {
    Browser b(*router);
    b.get("/staff/login");
    EXPECT_EQ(b.post("/staff/login", {{"name", name}, {"password", "correct horse"}, {"code", totp_now()}, {"action", "next"}}).status, 303);
    b.get("/form");
    return b;
  }
  std::string totp_now() const { return vault::totp_at_step(kTestTotp, clock.now().us / kSecond / 30); }
};

inline std::string header_of(const http::Response& r, std::string_view name) {
  for (const auto& [key, value] : r.headers)
    if (lower_ascii(key) == lower_ascii(name)) return value;
  return {};
}

}  // namespace machiya::identity
