#include "console/sign_in_anomalies.h"

#include <algorithm>
#include <deque>
#include <map>

#include "base/text.h"

namespace machiya::console {
namespace {

constexpr int kGuesses = 5;    // the lock of an account begins here (identity::Options::staff_tries)
constexpr int kStrangers = 10;
constexpr int kNightBegins = 22, kNightEnds = 6;
constexpr std::string_view kUnknown = "staff:unknown";

int hour_in_japan(Instant at) { return static_cast<int>((at.us - start_of_day_in_japan(date_in_japan(at)).us) / kHour); }

/// The refusals of one account within the last hour, and the anomaly that they already are.
struct Refusals {
  std::deque<Instant> recent;
  std::size_t told = 0;   ///< index of the anomaly in the result, plus one
};

}  // namespace

std::vector<SignInAnomaly> sign_in_anomalies(std::vector<audit::Audit::Record> rows) {
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  std::vector<SignInAnomaly> out;
  std::map<std::string, Refusals> refused;
  for (const auto& row : rows) {
    if (!starts_with(row.entry.actor, "staff:")) continue;
    Refusals& of = refused[row.entry.actor];
    while (!of.recent.empty() && row.at.us - of.recent.front().us > kHour) of.recent.pop_front();
    if (of.recent.empty()) of.told = 0;
    if (row.entry.action == "session.refused") {
      of.recent.push_back(row.at);
      const bool stranger = row.entry.actor == kUnknown;
      const int count = static_cast<int>(of.recent.size());
      if (count < (stranger ? kStrangers : kGuesses)) continue;
      if (of.told == 0) {
        out.push_back({stranger ? Anomaly::spraying : Anomaly::guessing, row.entry.actor, row.at, 0});
        of.told = out.size();
      }
      out[of.told - 1].at = row.at;
      out[of.told - 1].count = std::max(out[of.told - 1].count + 1, count);
    } else if (row.entry.action == "session.open") {
      if (of.told > 0) {
        out[of.told - 1].kind = Anomaly::guessed;
        out[of.told - 1].at = row.at;
      }
      of = {};
      const int hour = hour_in_japan(row.at);
      if (hour >= kNightBegins || hour < kNightEnds) out.push_back({Anomaly::night, row.entry.actor, row.at, 1});
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.at > b.at; });
  return out;
}

}  // namespace machiya::console
