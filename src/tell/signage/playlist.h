// What signs show when nothing else is the matter: slides in several languages, and the hours in which they run.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "city/city.h"
#include "tell/signage/schedule.h"

namespace machiya::signage {

struct Slide {
  std::string id;
  city::Text title, text;   ///< text: paragraphs parted by empty lines; may be empty
  int seconds = 0;          ///< 0: as long as reading takes
};
/// Kind "playlist". Immutable.
struct Playlist final : city::Definition {
  std::string id;
  city::Text name;
  std::vector<Window> when;   ///< empty: always
  std::vector<Slide> slides;
};
city::Kind playlist_kind();
/// In the order of the city's files.
std::vector<const Playlist*> playlists_of(const city::City& city);

}  // namespace machiya::signage
