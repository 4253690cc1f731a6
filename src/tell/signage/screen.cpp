#include "tell/signage/screen.h"

#include <algorithm>

namespace machiya::signage {
namespace {

json::Value list_of(const std::vector<std::string>& texts) {
  json::Value out = json::Value::array();
  for (const std::string& text : texts) out.push(text);
  return out;
}
std::vector<std::string> texts_in(const json::Value& list) {
  std::vector<std::string> out;
  for (const json::Value& one : list.items()) out.push_back(one.as_string());
  return out;
}

/// What places say of one screen.
enum class Verdict { nothing, elsewhere, here };

Verdict by_polygons(const bulletins::Area& area, const std::optional<GeoPoint>& position) {
  if (!position || area.polygons.empty()) return Verdict::nothing;
  const bool inside = std::any_of(area.polygons.begin(), area.polygons.end(), [&](const Ring& ring) { return contains({ring}, *position); });
  return inside ? Verdict::here : Verdict::elsewhere;
}

Verdict by_codes(const bulletins::Area& area, const city::Ward* ward, const city::City& city) {
  Verdict out = Verdict::nothing;
  for (const auto& [list, code] : area.codes) {
    if (list != bulletins::kJisMunicipality || !ward) continue;
    // A code that is no ward of this city may be the city itself, or the prefecture.
    if (code == ward->code || !city.ward(code)) return Verdict::here;
    out = Verdict::elsewhere;
  }
  return out;
}

}  // namespace

json::Value to_json(const Settings& s) {
  json::Value out = json::Value::object({{"name", s.name}, {"place", s.place}, {"ward", s.ward}, {"languages", list_of(s.languages)}, {"portrait", s.portrait},
                                         {"playlists", list_of(s.playlists)}, {"topics", list_of(s.topics)}, {"message_hours", s.message_hours}, {"drills", s.drills}});
  if (s.position) out.set("lat", s.position->lat).set("lon", s.position->lon);
  return out;
}

Settings settings_in(const json::Value& value) {
  Settings out;
  out.name = value.text("name"), out.place = value.text("place"), out.ward = value.text("ward");
  out.languages = texts_in(value["languages"]), out.playlists = texts_in(value["playlists"]), out.topics = texts_in(value["topics"]);
  out.portrait = value["portrait"].as_bool(), out.drills = value["drills"].as_bool();
  out.message_hours = static_cast<int>(value["message_hours"].as_int(24));
  if (value.has("lat")) out.position = GeoPoint{value["lat"].as_double(), value["lon"].as_double()};
  return out;
}

bool meant_for(const Alert& alert, const Settings& screen, const city::City& city) {
  const city::Ward* ward = screen.ward.empty() ? nullptr : city.ward(screen.ward);
  if (!alert.wards.empty()) return !ward || std::find(alert.wards.begin(), alert.wards.end(), ward->id) != alert.wards.end();
  bool elsewhere = false;
  for (const bulletins::Area& area : alert.notice.areas) {
    const Verdict polygons = by_polygons(area, screen.position);
    const Verdict verdict = polygons == Verdict::nothing ? by_codes(area, ward, city) : polygons;
    if (verdict != Verdict::elsewhere) return true;
    elsewhere = true;
  }
  return !elsewhere;
}

}  // namespace machiya::signage
