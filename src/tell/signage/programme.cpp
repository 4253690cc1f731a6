#include "tell/signage/programme.h"

#include <algorithm>

#include "city/cache.h"
#include "tell/bulletins/signage.h"
#include "tell/signage/playlist.h"

namespace machiya::signage {
namespace {

std::int64_t ms(Instant t) { return t.us / 1000; }

/// The slides of a notice in the languages of a screen, in their order; in the first language there is when it has none of them.
json::Value frames_of(const bulletins::Notice& notice, const std::vector<std::string>& languages, int seconds) {
  json::Value out = json::Value::array();
  const auto made = bulletins::signage(notice);
  if (!made.ok()) return out;
  const auto& slides = (*made)["slides"].items();
  const auto take = [&](const std::string& lang) {
    for (json::Value slide : slides) {
      if (slide.text("lang") != lang) continue;
      if (seconds > 0) slide.set("seconds", seconds);
      out.push(std::move(slide));
    }
  };
  for (const std::string& lang : languages) take(lang);
  if (out.size() == 0 && !slides.empty()) take(slides.front().text("lang"));
  return out;
}

bulletins::Notice notice_of(const std::string& id, const city::Text& title, const city::Text& text) {
  bulletins::Notice out;
  out.id = id;
  for (const auto& [lang, words] : title.all()) out.wordings.push_back({lang, words, text.has(lang) ? text.in(lang) : std::string(), "", "", ""});
  return out;
}

void add_playlists(const Settings& settings, const city::City& city, Programme& out, std::vector<Item>& items) {
  for (const std::string& id : settings.playlists) {
    const auto* list = city.get<Playlist>("playlist", id);
    if (!list) continue;   // taken out of the city's folder since
    for (const Slide& slide : list->slides) {
      const std::string key = id + "/" + slide.id;
      json::Value frames = frames_of(notice_of(slide.id, slide.title, slide.text), settings.languages, slide.seconds);
      if (frames.size() == 0) continue;
      out.items[key] = std::move(frames), out.names[key] = bulletins::plain(slide.title.in("ja"), "ja");
      items.push_back({key, list->when, {}, {}});
    }
  }
}

void add_postings(const Settings& settings, const Air& air, Programme& out, std::vector<Item>& items) {
  for (const Posting& one : air.postings) {
    if (one.drill && !settings.drills) continue;
    if (!one.topic.empty() && std::find(settings.topics.begin(), settings.topics.end(), one.topic) == settings.topics.end()) continue;
    json::Value frames = frames_of(one.notice, settings.languages, 0);
    if (frames.size() == 0) continue;
    out.items[one.key] = std::move(frames), out.names[one.key] = bulletins::plain(bulletins::wording_for(one.notice, "ja").title, "ja");
    items.push_back({one.key, {}, one.from, one.until ? *one.until : Instant{one.from.us + settings.message_hours * kHour}});
  }
}

void add_alerts(const Settings& settings, const Air& air, Instant now, Programme& out) {
  for (const Alert& one : air.alerts) {
    if ((one.drill && !settings.drills) || one.until <= now || !meant_for(one, settings, *air.city)) continue;
    OnAir on{one.key, one.thread, one.drill, one.outside, one.notice.hazard ? one.notice.hazard->level : 0, one.from, one.until, frames_of(one.notice, settings.languages, 0)};
    if (on.frames.size() == 0) continue;
    out.names[one.key] = bulletins::plain(bulletins::wording_for(one.notice, "ja").title, "ja");
    out.alerts.push_back(std::move(on));
  }
}

int seconds_of(const json::Value& frame) { return std::max<int>(1, static_cast<int>(frame["seconds"].as_int(1))); }

/// The frame of a cycle `passed` seconds after its beginning, and how long it stays.
const json::Value* turn(const std::vector<const json::Value*>& frames, std::int64_t passed, int& left) {
  std::int64_t whole = 0;
  for (const json::Value* frame : frames) whole += seconds_of(*frame);
  if (whole == 0) return nullptr;
  std::int64_t at = ((passed % whole) + whole) % whole;
  for (const json::Value* frame : frames) {
    const int seconds = seconds_of(*frame);
    if (at < seconds) {
      left = seconds - static_cast<int>(at);
      return frame;
    }
    at -= seconds;
  }
  return nullptr;
}

struct Cycle {
  std::vector<const json::Value*> frames;
  std::vector<std::string> items;   ///< beside the frames
  void add(const std::string& item, const json::Value& list) {
    for (const json::Value& frame : list.items()) frames.push_back(&frame), items.push_back(item);
  }
};

}  // namespace

Programme programme(const Screen& screen, const Air& air, Instant now) {
  Programme out;
  std::vector<Item> items;
  add_postings(screen.settings, air, out, items);
  add_playlists(screen.settings, *air.city, out, items);
  add_alerts(screen.settings, air, now, out);
  out.line = timeline(items, now, kDaysAhead);
  out.rest = frames_of(notice_of("rest", air.city->name(), city::Text()), screen.settings.languages, 10);
  return out;
}

json::Value feed(const Screen& screen, const Programme& programme, Instant now) {
  json::Value languages = json::Value::array(), items = json::Value::object(), line = json::Value::array(), alerts = json::Value::array();
  for (const std::string& lang : screen.settings.languages) languages.push(lang);
  for (const auto& [id, frames] : programme.items) items.set(id, frames);
  for (const Stretch& one : programme.line) {
    json::Value show = json::Value::array();
    for (const std::string& id : one.ids) show.push(id);
    line.push(json::Value::object({{"from", ms(one.from)}, {"until", ms(one.until)}, {"show", std::move(show)}}));
  }
  for (const OnAir& one : programme.alerts)
    alerts.push(json::Value::object({{"id", one.id}, {"drill", one.drill}, {"level", one.level}, {"from", ms(one.from)}, {"until", ms(one.until)}, {"frames", one.frames}}));
  return json::Value::object({{"format", "machiya-signage-feed-1"},
                              {"screen", json::Value::object({{"name", screen.settings.name}, {"languages", std::move(languages)}, {"portrait", screen.settings.portrait}})},
                              {"generated", ms(now)}, {"items", std::move(items)}, {"timeline", std::move(line)}, {"alerts", std::move(alerts)}, {"rest", programme.rest}});
}

std::string etag_of(const json::Value& feed) {
  json::Value same = feed;
  same.erase("generated");
  return "\"" + city::content_hash(json::to_text(same)).substr(0, 24) + "\"";
}

Moment moment(const Programme& programme, bool drills, Instant now) {
  Cycle cycle;
  Instant begin = now;
  Moment out;
  for (const OnAir& one : programme.alerts) {
    if (one.from > now || one.until <= now || (one.drill && !drills)) continue;
    if (cycle.frames.empty()) begin = one.from, out.alert = true, out.drill = one.drill, out.level = one.level;
    // A drill never shares the screen with what is meant.
    if (one.drill == out.drill) cycle.add(one.id, one.frames);
    else if (out.drill) cycle = {}, cycle.add(one.id, one.frames), out.drill = false, out.level = one.level, begin = one.from;
  }
  if (const Stretch* stretch = cycle.frames.empty() ? at(programme.line, now) : nullptr) {
    begin = stretch->from;
    for (const std::string& id : stretch->ids)
      if (const auto found = programme.items.find(id); found != programme.items.end()) cycle.add(id, found->second);
  }
  if (cycle.frames.empty()) cycle.add("rest", programme.rest);
  const json::Value* frame = turn(cycle.frames, (now.us - begin.us) / kSecond, out.seconds_left);
  if (!frame) return out;
  out.frame = *frame;
  out.item = cycle.items[static_cast<std::size_t>(std::find(cycle.frames.begin(), cycle.frames.end(), frame) - cycle.frames.begin())];
  return out;
}

}  // namespace machiya::signage
