// What citizens do with the city's messages: choose channels and topics, see what came, leave with one press, read the archive and its feeds.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "city/city.h"
#include "platform/http/http.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/pages/pages.h"
#include "platform/store/store.h"
#include "platform/vault/vault.h"
#include "tell/audiences/audiences.h"
#include "tell/campaigns/campaigns.h"
#include "tell/citizen/archive.h"
#include "tell/citizen/line_desk.h"
#include "tell/citizen/sms_desk.h"
#include "tell/ledger/ledger.h"

namespace machiya::audit {
class Audit;
}

namespace machiya::tell {
struct LostAddress;

/// What the pages need from the house. References must outlive Citizen; functions are thread-safe. What is not plugged is not there.
struct CitizenWeb {
  store::Store& store;
  vault::Vault& vault;
  audit::Audit& audit;
  identity::Identity& identity;
  Audiences& audiences;
  Ledger& ledger;
  Campaigns& campaigns;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const locale::ReferenceData* reference = nullptr;   ///< towns of a ward; null: nobody is asked for a town
  const Clock& clock;
  Rng& rng;
  std::function<pages::Data(const http::Request&)> frame;
  std::function<std::shared_ptr<const city::City>()> city;
  std::string base_url;
  std::vector<std::string> channels;   ///< ids that can be sent by
  bool demonstration = false;          ///< mails are shown on the page instead

  /// Puts a mail on its way and returns at once: nobody waits for it, and nobody can tell by the time whether an address is known.
  std::function<Result<void>(const std::string& to, const std::string& lang, const std::string& subject, const std::string& body)> mail;

  std::string push_key;      ///< applicationServerKey; "": no browser notifications
  std::string push_worker;   ///< source of the service worker
  /// Would this subscription be sent to? invalid_input or forbidden when not.
  std::function<Result<void>(std::string_view subscription)> push_takes;

  /// Puts the text of a code on its way to a telephone (E.164) and returns at once, as `mail` does; empty: nobody can give a number.
  std::function<Result<void>(const std::string& number, const std::string& lang, const std::string& text)> sms_code;
  std::int64_t sms_codes_per_hour = 1'000;   ///< of the whole house: every SMS costs money

  std::string line_secret;   ///< channel secret, under which webhooks are signed; "": no webhook
  std::string line_friend;   ///< address that adds the account as a friend; "": only its name is shown
  LineDesk::Reply line_reply;
};

/// Thread-safe.
class Citizen {
 public:
  explicit Citizen(CitizenWeb web);
  void add_routes(http::Router& router);
  /// The emergencies that stand now, for the front page; nothing when there are none.
  std::optional<pages::SafeHtml> alerts(const http::Request& request) const;
  const Archive& archive() const { return archive_; }
  /// Forgets telephone numbers whose code nobody typed in time; at most `limit`. Now and then.
  Result<void> tidy(int limit);
  static std::vector<store::Migration> migrations();

  static constexpr int kMailsPerHour = 3;   ///< links to one address that nobody has proved to be theirs

 private:
  struct TopicBit {
    std::string id;
    city::Text name;
    std::int64_t bit = 0;
  };
  /// Ids by the ledger's numbers: every channel that the city ever had.
  class ChannelIds {
   public:
    void add(int number, std::string id) { ids_[number] = std::move(id); }
    std::string at(int number) const {
      const auto found = ids_.find(number);
      return found == ids_.end() ? std::string() : found->second;
    }

   private:
    std::map<int, std::string> ids_;
  };
  struct Own {
    std::string channel, error;   ///< where a form was wrong
    std::string code;             ///< shown once
    std::string field, typed;     ///< the field that was wrong, and what stood in it
    int status = 200;
  };
  /// One recipient's own channel, with its number; nothing for what is none.
  struct Known {
    Recipient recipient;
    Subscribed subscribed;
  };

  // citizen_pages.cpp
  std::string text(const http::Request& request, std::string_view key, const locale::Args& args = {}) const;
  /// The same for people to read on the page: with readings in やさしい日本語.
  pages::Data words(const http::Request& request, std::string_view key, const locale::Args& args = {}) const;
  /// Who did it, for the record of consent (ByWhom).
  std::string by_words(const http::Request& request, std::string_view by_whom) const;
  pages::Data begin(const http::Request& request, std::string_view title_key) const;
  http::Response render(std::string_view name, const pages::Data& data, const http::Request& request, int status = 200) const;
  bool usable(std::string_view channel) const;
  std::string channel_name(std::string_view channel, std::string_view lang) const;
  Result<std::vector<TopicBit>> topics() const;
  Result<ChannelIds> channel_ids() const;
  pages::Data topic_options(const std::vector<TopicBit>& all, std::int64_t chosen, const std::string& prefix, std::string_view lang) const;
  static std::int64_t chosen_topics(const http::Request& request, const std::vector<TopicBit>& all);
  pages::Data language_options(std::string_view chosen) const;

  // preferences.cpp, preferences_view.cpp
  void preference_routes(http::Router& router);
  http::Response preferences(http::Request& request, const Own& own);
  Result<void> fill_preferences(http::Request& request, const Own& own, pages::Data& data);
  void fill_channels(const http::Request& request, const Recipient& recipient, const std::vector<TopicBit>& all, const ChannelIds& ids, pages::Data& data) const;
  Result<void> fill_addable(store::ReadTx& tx, const http::Request& request, const Recipient& recipient, const ChannelIds& ids, pages::Data& data) const;
  void fill_about(const http::Request& request, const json::Value& attributes, pages::Data& data) const;
  Result<void> fill_history(store::ReadTx& tx, const http::Request& request, const Recipient& recipient, const std::vector<TopicBit>& all, const ChannelIds& ids, pages::Data& data) const;
  Result<void> fill_sent(store::ReadTx& tx, const http::Request& request, const Recipient& recipient, const ChannelIds& ids, pages::Data& data) const;
  using Change = std::function<Result<void>(store::Tx&, std::int64_t recipient)>;
  http::Response change(http::Request& request, const char* what, const Change& work);
  Result<int> own_channel(const http::Request& request) const;
  http::Response save_topics(http::Request& request);
  http::Response leave_own(http::Request& request);
  http::Response move_up(http::Request& request);
  http::Response save_language(http::Request& request);
  http::Response save_about(http::Request& request);
  http::Response withdraw_about(http::Request& request);
  http::Response add_mail(http::Request& request);
  http::Response make_code(http::Request& request);
  Result<Recipient> required(store::ReadTx& tx, std::int64_t recipient) const;
  /// Topics for a channel that is new: those of the person's first one.
  Result<std::int64_t> first_topics(store::ReadTx& tx, std::int64_t recipient) const;

  // sms_numbers.cpp
  void sms_routes(http::Router& router);
  bool takes_numbers() const { return usable("sms") && w_.sms_code != nullptr; }
  /// The number that this person waits for a code at, as people write it; "": none.
  Result<std::string> number_waiting(const http::Request& request);
  pages::Data sms_card(const http::Request& request, const Own& own, const std::string& waiting, bool another) const;
  http::Response ask_sms_code(http::Request& request);
  http::Response type_sms_code(http::Request& request);
  Result<void> take_number(store::Tx& tx, std::int64_t recipient, int channel, const std::string& number);
  http::Response wrong_number(http::Request& request, const char* field, std::string_view key, int status, std::string_view typed = {});

  // push.cpp
  void push_routes(http::Router& router);
  http::Response add_push(http::Request& request);
  http::Response renew_push(http::Request& request);
  Result<void> renew(store::Tx& tx, int channel, const std::string& before, const std::string& after, const std::string& request);
  /// `lost`: in the place of an address that died.
  Result<void> put_new(store::Tx& tx, std::int64_t recipient, int channel, const std::string& address, const std::optional<LostAddress>& lost);

  // subscribe.cpp
  void subscribe_routes(http::Router& router);
  /// `wrong`: names of fields.
  http::Response subscribe_page(http::Request& request, const std::vector<std::string>& wrong = {}) const;
  http::Response subscribe(http::Request& request);
  http::Response confirm(http::Request& request);

  // leave.cpp
  void leave_routes(http::Router& router);
  Result<std::optional<Known>> known(const http::Request& request) const;
  http::Response leave_page(http::Request& request);
  http::Response leave(http::Request& request);

  // archive_http.cpp
  void archive_routes(http::Router& router);
  http::Response list(http::Request& request) const;
  http::Response message(http::Request& request) const;
  http::Response cap(const http::Request& request, const std::string& id) const;
  http::Response feed(const http::Request& request, const std::string& topic, bool atom) const;

  // line_http.cpp
  void line_routes(http::Router& router);
  http::Response webhook(http::Request& request);

  CitizenWeb w_;
  Archive archive_;
  LineDesk line_;
  SmsDesk sms_;
};

}  // namespace machiya::tell
