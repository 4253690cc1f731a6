// For tests of applying: a small city that is written by the test, a browser that fills in forms, a program that calls the API.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "ask/apply/apply.h"
#include "ask/apply/procedure_kind.h"
#include "city/city.h"
#include "platform/identity/testing.h"

namespace machiya::apply {

inline void write_file(const std::string& path, std::string_view text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
}
inline std::string location(const http::Response& r) { return identity::header_of(r, "location"); }
inline bool has(const http::Response& r, std::string_view text) { return r.body.find(text) != std::string::npos; }

/// Enough of a PDF to be known as one.
inline constexpr std::string_view kPdf = "%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n";

/// One file of a form, that lies at `path`.
inline void attach(http::Request& request, std::string field, std::string name, std::string path) {
  const std::uint64_t size = std::filesystem::file_size(path);
  request.files.push_back({std::move(field), std::move(name), "", std::move(path), size});
}

struct Applying : identity::IdentityTest {
  std::string city_folder;
  std::unique_ptr<city::Holder> city;
  std::string owner_;
  SeededRng rng{5};
  std::unique_ptr<blobs::Blobs> blobs;
  std::unique_ptr<Apply> apply;

  void TearDown() override {
    apply.reset();
    blobs.reset();
    IdentityTest::TearDown();
  }
  void start_blobs() { blobs = std::make_unique<blobs::Blobs>(store(), *vault, clock, folder() + "/blobs"); }
  /// After load_city() and start_blobs().
  void start_apply(Ports ports) {
    apply = std::make_unique<Apply>(Platform{store(), *vault, *audit, *blobs, *identity, *templates, *texts, nullptr, clock, rng,
                                             [](const http::Request&) { return pages::Data().set("city_name", "Osaka"); }, [this] { return city->current(); }, "https://city.example"},
                                    std::move(ports));
    identity->on_login([this](store::Tx& tx, const identity::Principal& before, const identity::Principal& after) { return apply->drafts().bind(tx, before, after); });
    apply->add_routes(*router);
  }
  /// Writes bytes into the test's folder; gives where they lie.
  std::string spooled(const std::string& name, std::string_view bytes) {
    write_file(folder() + "/" + name, bytes);
    return folder() + "/" + name;
  }

  /// A copy of the real city without the folders of these names.
  void copy_city(const std::vector<std::string>& without) {
    city_folder = folder() + "/city";
    std::filesystem::copy(std::string(MACHIYA_SOURCE_DIR) + "/city/osaka", city_folder, std::filesystem::copy_options::recursive);
    std::vector<std::filesystem::path> doomed;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(city_folder))
      if (entry.is_directory() && std::find(without.begin(), without.end(), entry.path().filename()) != without.end()) doomed.push_back(entry.path());
    for (const auto& path : doomed) std::filesystem::remove_all(path);
  }
  void load_city(std::vector<city::Kind> kinds) {
    city = std::make_unique<city::Holder>(city_folder, std::move(kinds));
    reload();
  }
  /// Writes a procedure; "owner: shimin" becomes a department of the city.
  void put(const std::string& id, std::string text) {
    // The small city keeps the departments of the real one: take the first.
    if (owner_.empty()) {
      auto loaded = city::load(city_folder, {});
      for (const auto& fault : loaded.faults)
        if (fault.severity == Severity::error && !loaded.city) ADD_FAILURE() << fault.file << ":" << fault.line << ": " << fault.en;
      owner_ = loaded.city ? loaded.city->departments().front().id : "";
    }
    if (const auto at = text.find("owner: shimin"); at != std::string::npos) text.replace(at, 13, "owner: " + owner_);
    write_file(city_folder + "/01-life/online-procedures/forms/" + id + ".yaml", text);
  }
  void reload() {
    const auto report = city->reload();
    for (const auto& fault : report.faults)
      if (fault.severity == Severity::error) ADD_FAILURE() << fault.file << ":" << fault.line << ": " << fault.en;
  }
  std::string base_of(const http::Response& page) {
    const std::string mark = "name=\"base\" value=\"";
    const auto at = page.body.find(mark);
    return at == std::string::npos ? "" : page.body.substr(at + mark.size(), page.body.find('"', at + mark.size()) - at - mark.size());
  }
  /// Opens a page and posts it as a browser does.
  http::Response fill(identity::Browser& browser, const std::string& path, http::Pairs form) {
    const auto page = browser.get(path);
    EXPECT_EQ(page.status, 200) << path << page.body.substr(0, 300);
    form.emplace_back("base", base_of(page));
    return browser.post(path, form);
  }
  std::string begin(identity::Browser& browser, const std::string& id) {
    browser.get("/procedures/" + id);
    const auto started = browser.post("/procedures/" + id + "/start", {{"action", "next"}});
    EXPECT_EQ(started.status, 303);
    return location(started).substr(0, location(started).rfind('/'));
  }
  void login(identity::Browser& browser, const std::string& next = "/", const std::string& email = "hanako@example.jp") {
    browser.get("/login?next=" + http::url_encode(next));
    auto step = browser.post("/login", {{"email", email}, {"next", next}, {"action", "next"}});
    browser.get(location(step));
    const auto query = http::parse_query(location(step).substr(location(step).find('?') + 1));
    http::Pairs form = {{"code", sender.last_code}, {"next", next}, {"action", "next"}};
    for (const auto& pair : query) form.push_back(pair);
    step = browser.post("/login/code", form);
    EXPECT_EQ(step.status, 303) << step.body.substr(0, 500);
  }
};

/// Without the real procedures, and with a service of cases behind the port that keeps what is sent.
struct SmallCity : Applying {
  std::vector<cases::Submission> sent;

  /// `procedures`: their texts by id. Apply does not stand yet.
  void start_city(const std::vector<std::pair<std::string, std::string>>& procedures) {
    IdentityTest::SetUp();
    migrate(blobs::Blobs::migrations());
    migrate(Apply::migrations());
    copy_city({"forms", "scenarios", "workflows"});
    for (const auto& [id, text] : procedures) put(id, text);
    load_city({decision_kind(), procedure_kind()});
    start_blobs();
  }
  Ports ports() {
    Ports out;
    out.submit = [this](const cases::Submission& submission) { return take(submission); };
    out.own_cases = [](const identity::Principal&, std::string_view) { return Result<std::vector<OwnCase>>(std::vector<OwnCase>{}); };
    return out;
  }
  Result<cases::Receipt> take(const cases::Submission& submission) {
    std::size_t at = 0;
    while (at < sent.size() && sent[at].idempotency_key != submission.idempotency_key) ++at;
    const bool repeated = at < sent.size();
    if (!repeated) sent.push_back(submission);
    return cases::Receipt{"R8-TEST-" + std::to_string(at), "received", clock.now(), submission.fee, repeated};
  }
};

/// A client of the API: no cookies, a bearer token or none.
struct Program : identity::Browser {
  using Browser::Browser;
  http::Response ask(const std::string& path, const std::string& bearer = {}) {
    http::Request r = request(http::Method::get, path, bearer);
    return router->dispatch(r);
  }
  /// Sends one file that lies at `file`.
  http::Response upload(const std::string& path, const std::string& file) {
    http::Request r = request(http::Method::post, path);
    attach(r, "file", "a.pdf", file);
    return router->dispatch(r);
  }
  http::Response send(const std::string& path, const std::string& body, const std::string& key, const std::string& bearer = {}) {
    http::Request r = request(http::Method::post, path, bearer);
    r.body = body;
    r.headers.emplace_back("content-type", "application/json");
    if (!key.empty()) r.headers.emplace_back("idempotency-key", key);
    return router->dispatch(r);
  }

 private:
  http::Request request(http::Method method, const std::string& path, const std::string& bearer = {}) const {
    http::Request r = http::testing::request(method, path, "en");
    r.remote = remote;
    r.headers = {{"host", "city.example"}, {"accept", "application/json"}};
    if (!bearer.empty()) r.headers.emplace_back("authorization", "Bearer " + bearer);
    return r;
  }
};

}  // namespace machiya::apply
