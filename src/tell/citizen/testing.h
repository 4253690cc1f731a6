// For tests of the citizens' pages: a small city that tells, a citizen's browser, staff who release messages.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "city/test_folder.h"
#include "platform/identity/testing.h"
#include "tell/citizen/citizen.h"
#include "tell/testing/city_house.h"
#include "tell/testing/released.h"

namespace machiya::tell::testing {

inline bool has(const http::Response& r, std::string_view text) { return r.body.find(text) != std::string::npos; }

struct Mailed {
  std::string to, lang, subject, body;
};

struct CitizenTest : identity::IdentityTest {
  SeededRng rng{7};
  city::TestFolder files;
  std::unique_ptr<city::Holder> city;
  std::unique_ptr<Audiences> audiences;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Campaigns> campaigns;
  std::unique_ptr<Citizen> citizen_pages;
  std::vector<Mailed> mails;
  std::vector<json::Value> replies;
  std::vector<std::pair<std::string, std::string>> codes;   ///< numbers and texts of SMS

  void SetUp() override {
    IdentityTest::SetUp();
    for (const auto& list : {Audiences::migrations(), Ledger::migrations(), Campaigns::migrations(), Citizen::migrations()}) migrate(list);
    make_city();
    audiences = std::make_unique<Audiences>(store(), *vault, clock, rng);
    ledger = std::make_unique<Ledger>(store(), clock, rng);
    campaigns = std::make_unique<Campaigns>(CampaignParts{store(), *audiences, *ledger, *audit, *texts, clock, rng, [this] { return city->current(); }, "https://city.example",
                                                          [](const identity::Principal&, std::string_view, std::string_view) { return true; }, [] { return std::int64_t{-1}; }, [] {}});
    citizen_pages = std::make_unique<Citizen>(web());
    citizen_pages->add_routes(*router);
    router->gate([](http::Request& r, const http::Route&) -> std::optional<http::Response> {
      if (const auto lang = r.query("lang")) r.lang = std::string(*lang);
      return std::nullopt;
    });
  }
  void TearDown() override {
    citizen_pages.reset();
    campaigns.reset();
    IdentityTest::TearDown();
  }

  CitizenWeb web() {
    CitizenWeb out{store(), *vault, *audit, *identity, *audiences, *ledger, *campaigns, *templates, *texts, nullptr, clock, rng,
                   [](const http::Request&) { return pages::Data().set("city_name", "Osaka"); }, [this] { return city->current(); }, "https://city.example"};
    out.channels = {"line", "mail", "push", "sms"};
    out.sms_codes_per_hour = 8;
    out.sms_code = [this](const std::string& number, const std::string&, const std::string& text) -> Result<void> {
      codes.emplace_back(number, text);
      return {};
    };
    out.mail = [this](const std::string& to, const std::string& lang, const std::string& subject, const std::string& body) -> Result<void> {
      mails.push_back({to, lang, subject, body});
      return {};
    };
    out.push_key = "key", out.push_worker = "// worker";
    out.push_takes = [](std::string_view subscription) { return subscription.find("push.example") == std::string_view::npos ? Result<void>(Error(ErrorCode::forbidden, "not listed")) : Result<void>(); };
    out.line_secret = "line-secret";
    out.line_reply = [this](store::Tx& tx, const std::string&, const json::Value& messages) -> Result<void> {
      tx.after_commit([this, messages] { replies.push_back(messages); });
      return {};
    };
    return out;
  }

  /// The real city's topics, channels, wards and one emergency with its all-clear: nothing that others define comes between.
  void make_city() {
    const std::filesystem::path real = std::string(MACHIYA_SOURCE_DIR) + "/city/osaka";
    for (const auto& [folder, names] : {std::pair{"01-life/line-messages", std::vector<std::string>{"audiences/osaka", "channels/line", "channels/mail", "channels/push", "channels/sms"}},
                                        {"08-disaster/simultaneous-broadcast", {"messages/evacuate-order", "messages/evacuation-lifted"}}, {"", {"wards"}}})
      for (const std::string& name : names) {
        std::ifstream in(real / folder / (name + ".yaml"));
        files.write(name + ".yaml", std::string(std::istreambuf_iterator<char>(in), {}));
      }
    city = std::make_unique<city::Holder>(files.path(), std::vector<city::Kind>{topics_kind(), segment_kind(), channel_kind(), message_kind()});
    const auto report = city->reload();
    for (const auto& fault : report.faults)
      if (fault.severity == Severity::error) ADD_FAILURE() << fault.file << ":" << fault.line << ": " << fault.en;
  }

  std::int64_t topic(std::string_view id) { return std::int64_t{1} << *audiences->number("topic", id); }
  int channel(std::string_view id) { return *audiences->number("channel", id); }
  std::int64_t subscribe(std::string_view by, const std::string& address, std::int64_t topics, std::int64_t recipient = 0) {
    const int number = channel(by);   // a new number is written down: not inside of a transaction
    auto made = store().write([&](store::Tx& tx) { return audiences->subscribe(tx, recipient, number, address, topics, 0, "person"); });
    EXPECT_TRUE(made.ok()) << made.error().to_string();
    return made.ok() ? *made : 0;
  }
  Recipient recipient(std::int64_t id) {
    auto found = store().read([&](store::ReadTx& tx) { return audiences->by_id(tx, id); });
    EXPECT_TRUE(found.ok() && *found);
    return **found;
  }
  Recipient of_address(std::string_view by, const std::string& address) {
    const int number = channel(by);
    auto id = store().read([&](store::ReadTx& tx) { return audiences->by_address(tx, number, address); });
    return id.ok() && *id ? recipient(**id) : Recipient{};
  }
  Recipient of_person(const std::string& email) {
    auto found = store().read([&](store::ReadTx& tx) -> Result<std::optional<Recipient>> {
      MACHIYA_TRY(const auto who, identity->find_person(tx, email));
      return audiences->by_person(tx, who.id);
    });
    return found.ok() && *found ? **found : Recipient{};
  }
  std::int64_t topics_in(const Recipient& who, std::string_view by) {
    for (const Subscribed& one : who.channels)
      if (one.channel == channel(by)) return one.topics;
    return -1;
  }
  /// Follows what it says.
  http::Response press(identity::Browser& browser, const std::string& path, http::Pairs form) {
    const auto answer = browser.post(path, std::move(form));
    EXPECT_EQ(answer.status, 303) << path << ": " << answer.body.substr(0, 300);
    return browser.get(identity::header_of(answer, "location"));
  }

  static identity::Principal clerk(const std::string& id) { return testing::staff(id, "policy-planning"); }
  Draft draft(const std::string& title, const std::string& topic = "disaster") {
    Draft out;
    out.title = city::Text({{"ja", title}, {"en", title + " (en)"}});
    out.body = city::Text({{"ja", "一段目\n二行目\n\n二段目"}, {"en", "First\n\nSecond"}});
    out.topic = topic;
    return out;
  }
  Draft emergency(const std::string& from_template = "evacuate-order") {
    Draft out;
    const auto now = city->current();
    const auto* t = now->get<Template>("message", from_template);
    out.title = t->title, out.body = t->body, out.from_template = t->id, out.topic = t->topic;
    for (const Variable& v : t->variables) out.slots[v.name] = v.choices.empty() ? "淀川のそば" : v.choices.front().in("ja");
    out.wards = {"kita"};
    return out;
  }
  /// Written by one, released by another; gives the public id.
  std::string release(const Draft& draft, Class cls = Class::many) {
    clock.advance(kSecond);
    const std::string id = released(*campaigns, draft, cls, clerk("a"), clerk("b"));
    clock.advance(3 * kSecond);   // lists are read anew
    return id;
  }
};

}  // namespace machiya::tell::testing
