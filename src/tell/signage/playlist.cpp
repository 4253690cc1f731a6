#include "tell/signage/playlist.h"

#include <algorithm>
#include <array>

namespace machiya::signage {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

/// "21:30" → 1290; the schema has seen to the form.
int minutes_of(const std::string& text, int otherwise) {
  return text.size() == 5 ? ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0' : otherwise;
}

Window window_of(const json::Value& one, const std::string& where, Diagnostics& faults) {
  Window out;
  for (const json::Value& day : one["days"].items())
    out.days |= 1u << (std::find(kDays.begin(), kDays.end(), day.as_string()) - kDays.begin());
  out.from = minutes_of(one.text("from"), 0), out.to = minutes_of(one.text("to"), kMinutesOfDay);
  if (one.has("since")) out.since = parse_iso_date(one.text("since"));
  if (one.has("until")) out.until = parse_iso_date(one.text("until"));
  if (out.since && out.until && *out.until < *out.since) faults.error(where + "/until", "終わりが始まりより前です", "it ends before it begins");
  if (out.from == out.to) faults.error(where + "/to", "始まりと終わりの時刻が同じです", "it ends at the minute at which it begins");
  return out;
}

std::shared_ptr<const city::Definition> compile(const json::Value& body, const city::Source& source, Diagnostics& faults) {
  auto out = std::make_shared<Playlist>();
  out->id = source.id, out->name = city::Text(body["name"]);
  for (std::size_t i = 0; i < body["when"].size(); ++i) out->when.push_back(window_of(body["when"][i], "/when/" + std::to_string(i), faults));
  for (std::size_t i = 0; i < body["slides"].size(); ++i) {
    const json::Value& one = body["slides"][i];
    Slide slide{one.text("slide"), city::Text(one["title"]), city::Text(one["text"]), static_cast<int>(one["seconds"].as_int())};
    if (std::any_of(out->slides.begin(), out->slides.end(), [&](const Slide& s) { return s.id == slide.id; }))
      faults.error("/slides/" + std::to_string(i) + "/slide", "「" + slide.id + "」は二度書かれています", "\"" + slide.id + "\" stands here twice");
    out->slides.push_back(std::move(slide));
  }
  return out;
}

}  // namespace

city::Kind playlist_kind() {
  city::Kind kind;
  kind.name = "playlist", kind.folder = "playlists", kind.compile = compile;
  return kind;
}

std::vector<const Playlist*> playlists_of(const city::City& city) {
  std::vector<const Playlist*> out;
  for (const city::Loaded* loaded : city.all("playlist")) out.push_back(static_cast<const Playlist*>(loaded->definition.get()));
  return out;
}

}  // namespace machiya::signage
