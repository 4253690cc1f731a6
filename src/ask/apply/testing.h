// For tests of applying: a small city that is written by the test, a browser that fills in forms, a program that calls the API.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "city/city.h"
#include "platform/identity/testing.h"

namespace machiya::apply {

inline void write_file(const std::string& path, std::string_view text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
}
inline std::string location(const http::Response& r) { return identity::header_of(r, "location"); }
inline bool has(const http::Response& r, std::string_view text) { return r.body.find(text) != std::string::npos; }

struct Applying : identity::IdentityTest {
  std::string city_folder;
  std::unique_ptr<city::Holder> city;
  std::string owner_;

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
    r.files.emplace_back();
    r.files.back().field = "file", r.files.back().filename = "a.pdf", r.files.back().path = file;
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
