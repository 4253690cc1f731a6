// What one screen shows: the frames of its slides and messages, when they run, and the alerts that take it over. Pure.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "tell/signage/schedule.h"
#include "tell/signage/screen.h"

namespace machiya::signage {

inline constexpr int kDaysAhead = 14;   ///< a player that lost its network goes on by the schedule so long

/// An alert on this screen.
struct OnAir {
  std::string id, thread;
  bool drill = false, outside = false;
  int level = 0;          ///< 警戒レベル; 0: none
  Instant from, until;
  json::Value frames;
};
/// Frames are the slides of bulletins::signage(): {lang, tag, mark?, title, text, page, pages, seconds, long}, in the screen's languages.
struct Programme {
  std::map<std::string, json::Value> items;   ///< id → frames; ids: "<playlist>/<slide>", "message/<id>"
  std::map<std::string, std::string> names;   ///< id → its title in Japanese, for staff
  std::vector<Stretch> line;
  std::vector<OnAir> alerts;                  ///< those that do not end before now; newest first
  json::Value rest;                           ///< frames for when nothing runs
};
Programme programme(const Screen& screen, const Air& air, Instant now);

/// {"format":"machiya-signage-feed-1", screen:{name, languages, portrait}, generated, items:{id: frames}, timeline:[{from, until, show:[id]}],
///  alerts:[{id, drill, level, from, until, frames}], rest: frames}; times in milliseconds since 1970. Frozen.
json::Value feed(const Screen& screen, const Programme& programme, Instant now);
/// Of the feed without `generated`: the same as long as nothing changes on the same day.
std::string etag_of(const json::Value& feed);

/// One picture on the screen at a moment, for pages without script and for staff: frames turn from the beginning of their stretch.
struct Moment {
  std::string item;   ///< "rest" when nothing runs
  json::Value frame;
  bool alert = false, drill = false;
  int level = 0;
  int seconds_left = 1;
};
Moment moment(const Programme& programme, bool drills, Instant now);

}  // namespace machiya::signage
