// A screen in the city, and what the house has on the air for all of them.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/geo.h"
#include "base/json.h"
#include "base/time.h"
#include "city/city.h"
#include "tell/bulletins/notice.h"

namespace machiya::signage {

/// What staff choose for a screen.
struct Settings {
  std::string name, place;               ///< as staff call it and where it hangs; name is never empty
  std::string ward;                      ///< id; "": of no ward in particular
  std::optional<GeoPoint> position;
  std::vector<std::string> languages;    ///< in the order in which they turn; never empty
  bool portrait = false;
  std::vector<std::string> playlists;    ///< ids, in their order
  std::vector<std::string> topics;       ///< released messages of these topics
  int message_hours = 24;                ///< so long is a message shown, 1–720
  bool drills = false;                   ///< drills take this screen too
};
json::Value to_json(const Settings& settings);
Settings settings_in(const json::Value& value);

struct Screen {
  std::int64_t id = 0;
  std::string public_id;   ///< in addresses of staff
  std::string token;       ///< in the address of its player: unguessable, can be replaced
  std::string department;
  Settings settings;
  int revision = 1;
  Instant created, changed;
  std::optional<Instant> retired;
};

/// What takes the screen from everything else.
struct Alert {
  std::string key;        ///< "alert/<id>"
  std::string thread;     ///< of the row of updates that it stands for: "house/<id>" or "cap/<sender>/<id>"
  bulletins::Notice notice;
  std::vector<std::string> wards;   ///< ids; empty: as the notice's areas say
  bool drill = false;
  bool outside = false;   ///< of somebody else, posted by an API client
  Instant from;
  Instant until;          ///< it ends by itself then
};
/// What turns with the slides.
struct Posting {
  std::string key;        ///< "message/<id>"
  std::string topic;      ///< id; "": for every screen (all-clears, outside alerts that do not take the screen)
  bulletins::Notice notice;
  bool drill = false;
  Instant from;
  std::optional<Instant> until;   ///< nothing: as long as the screen shows messages
};
/// A snapshot.
struct Air {
  std::shared_ptr<const city::City> city;
  std::vector<Alert> alerts;       ///< newest first
  std::vector<Posting> postings;   ///< newest first
  std::map<std::string, std::string> names;   ///< key → title in Japanese of everything of the last month, for reports
  std::int64_t revision = 0;
  Instant read;
};

/// Is the alert for people who stand before this screen? What does not say where it is for, or a screen that does not say where it hangs:
/// yes. Silence must not keep a warning away.
bool meant_for(const Alert& alert, const Settings& screen, const city::City& city);

}  // namespace machiya::signage
