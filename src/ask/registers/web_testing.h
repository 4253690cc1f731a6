// For tests of pages and API: the registers' routes over the real service, asked without a socket.
#pragma once
#include "ask/registers/testing.h"
#include "ask/registers/web.h"
#include "platform/http/test_request.h"

namespace machiya::registers::testing {

inline constexpr std::string_view kWorks = R"(register: works
version: 1
name: { ja: 工事台帳, en: Works }
owner: health
title: name
columns:
  - { column: name, type: text, label: { ja: 工事名, en: Work }, unique: yes, filter: yes, search: yes }
  - { column: phase, type: choice, filter: yes, label: { ja: 段階, en: Phase }, options: [ { value: plan, label: { ja: 計画, en: Plan } }, { value: build, label: { ja: 施工, en: Build } } ] }
  - { column: starts, type: date, filter: yes, label: { ja: 着手, en: Starts } }
  - { column: ends, type: date, optional: yes, filter: yes, label: { ja: 完了, en: Ends } }
  - { column: place, type: place, optional: yes, label: { ja: 場所, en: Place } }
  - { column: why, type: text, when: phase = "build", label: { ja: 施工の理由, en: Why } }
views:
  - { view: all, type: list, name: { ja: 一覧, en: All } }
  - { view: phases, type: board, by: phase, name: { ja: 段階, en: Phases } }
  - { view: months, type: calendar, date: starts, name: { ja: 暦, en: Calendar } }
  - { view: places, type: map, place: place, name: { ja: 地図, en: Map } }
  - { view: bars, type: timeline, date: starts, until: ends, name: { ja: 工程, en: Bars } }
  - { view: paper, type: sheet, name: { ja: 表, en: Sheet } }
  - { view: figures, type: chart, by: phase, name: { ja: 図, en: Chart } }
)";

/// The registers' routes over a hall, asked without a socket: stands beside the fixture that has the hall.
class RegisterRoutes {
 protected:
  RegisterRoutes(Hall& hall, store::Store& store, const Clock& clock, const std::string& folder)
      : texts(std::move(*locale::Catalogue::load(MACHIYA_SOURCE_DIR "/web/locale"))), templates(std::move(*pages::Templates::load(MACHIYA_SOURCE_DIR "/web/templates", *texts))),
        blobs(store, *hall.vault, clock, folder + "/blobs"),
        web{*hall.registers, store, blobs, *templates, *texts, nullptr, clock, [](const http::Request&) { return pages::Data().set("city_name", "小さな市"); },
            [&hall] { return hall.city; }, folder + "/work", "http://localhost"} {
    for (const auto& list : {blobs::Blobs::migrations(), page_migrations()}) {
      const auto done = store.migrate(list);
      EXPECT_TRUE(done.ok()) << done.error().to_string();
    }
    add_register_routes(router, web);
    add_import_routes(router, web);
    add_api_routes(router, web);
  }
  http::Response ask(http::Method method, const std::string& target, const identity::Principal& who, http::Pairs form = {}, const std::string& lang = "ja") {
    http::Request r = http::testing::request(method, target, lang);
    r.form_pairs = std::move(form);
    r.principal = std::make_shared<identity::Principal>(who);
    return router.dispatch(r);
  }
  http::Response get(const std::string& target, const identity::Principal& who) { return ask(http::Method::get, target, who); }
  http::Response post(const std::string& target, const identity::Principal& who, http::Pairs form) { return ask(http::Method::post, target, who, std::move(form)); }
  static bool holds(const http::Response& r, std::string_view part) { return r.body.find(part) != std::string::npos; }
  static std::string location(const http::Response& r) {
    for (const auto& [name, value] : r.headers)
      if (name == "Location") return value;
    return {};
  }

  std::unique_ptr<locale::Catalogue> texts;
  std::unique_ptr<pages::Templates> templates;
  blobs::Blobs blobs;
  Web web;
  http::Router router;   // goes first: imports that its routes began use all of the above
};

class RegistersWebTest : public RegistersTest, protected RegisterRoutes {
 protected:
  /// `extra`: a register's file name and text, loaded beside the small city's.
  explicit RegistersWebTest(const std::vector<std::pair<std::string, std::string>>& extra = {{"works", std::string(kWorks)}}) : RegisterRoutes(*hall, store(), clock, folder()) {
    for (const auto& [name, text] : extra) define(name, text);
    reload();
  }
};

}  // namespace machiya::registers::testing
