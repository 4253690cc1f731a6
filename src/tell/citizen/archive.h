// What everybody may read of the city's messages: the released ones, how they follow each other, and each as a notice for feeds and CAP.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "city/city.h"
#include "tell/bulletins/notice.h"
#include "tell/campaigns/campaigns.h"

namespace machiya::tell {

/// One message as it is read: which language it is shown in, its texts with readings "{漢字|かんじ}".
struct Shown {
  std::string lang;   ///< of the texts; differs from the reader's when there is no translation
  std::string title, body;
};
/// A released message with its place among those that follow each other.
struct Published {
  Campaign campaign;
  std::string thread;                  ///< public id of the first of its row of updates
  std::vector<std::string> followed_by;   ///< public ids of those that update or end it, oldest first
  Instant sent;                        ///< released, or begun when that was later
  bool all_clear = false;              ///< its template says so (CAP 1.2 responseType AllClear)
};

/// Thread-safe. Lists are at most kFresh old; one message is always read anew.
class Archive {
 public:
  using CityNow = std::function<std::shared_ptr<const city::City>()>;
  Archive(Campaigns& campaigns, const Clock& clock, CityNow city, std::string base_url);

  static constexpr int kKept = 250;                      ///< messages of lists and feeds; each page stays for good
  static constexpr std::int64_t kFresh = 2 * kSecond;
  static constexpr std::int64_t kStanding = 72 * kHour;  ///< an emergency that nobody ends stands so long on the front page
  static constexpr std::int64_t kClear = 3 * kHour;      ///< an all-clear

  using List = std::shared_ptr<const std::vector<Published>>;
  /// Newest first.
  Result<List> list() const;
  Result<std::optional<Published>> find(std::string_view public_id) const;
  /// The newest message of each emergency that stands, newest first.
  Result<std::vector<Published>> standing() const;

  /// In the reader's language or the next of its chain: ja-easy → ja; others → en → ja.
  Shown shown(const Campaign& campaign, std::string_view lang) const;
  /// Every language that the message has.
  std::vector<std::string> languages(const Campaign& campaign) const;
  bulletins::Notice notice(const Published& published) const;
  /// Has it what an alert needs? Its template says what kind of event it is.
  bool is_alert(const Campaign& campaign) const;
  /// Host of the public address: names the sender in CAP and the authority of tag: addresses.
  const std::string& host() const { return host_; }

 private:
  Result<List> read() const;
  Result<Published> published(Campaign campaign) const;
  void add_alert(const Published& published, bulletins::Notice& notice) const;
  const Template* template_of(const city::City& city, const Campaign& campaign) const;

  Campaigns& campaigns_;
  const Clock& clock_;
  CityNow city_;
  std::string base_url_, host_;
  mutable std::mutex mutex_;
  mutable List kept_;
  mutable Instant read_{0};
};

/// The text with its slots filled, readings kept.
std::string filled(std::string_view text, const Slots& slots, std::string_view lang);

}  // namespace machiya::tell
