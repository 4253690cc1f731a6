// Maps over the broker on both engines: tiles, figures and lists against a plain recount, what may be seen, what was, who is told.
#include <gmock/gmock.h>

#include <set>

#include "sense/livemap/livemap_fixture.h"

namespace machiya::sense::livemap {
namespace {
using namespace testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

MACHIYA_ON_BOTH_ENGINES(MapTest);

std::string class_by_hand(const std::string& state, int free) { return state == "closed" ? "shut" : free < 1 ? "full" : free < 10 ? "few" : "many"; }

struct Known {
  Position at;
  int free = 0;
  std::string klass;
};

// The recount knows only what was written: longitude, latitude and the rule of the tiling scheme. (With a class left out of the running totals, or with the first point
// of the next tile counted in this one, it fails: tried.)
TEST_P(MapTest, CountsInTilesAreThoseOfARecount) {
  open(false);
  std::map<std::string, Known> known;
  std::vector<EntityStore::Item> items;
  const auto write = [&] {
    for (const auto& done : entities->write_all("", items)) ASSERT_TRUE(done.ok()) << done.error().to_string();
    items.clear();
  };
  for (int i = 0; i < 100'000; ++i) {
    const std::string id = "urn:ngsi-ld:TestParking:" + std::to_string(i);
    Known k{i % 50 == 0 ? Position{static_cast<double>(rng.below(360'000)) / 1000 - 180, static_cast<double>(rng.below(170'000)) / 1000 - 85} : somewhere(), static_cast<int>(rng.below(30)), ""};
    const bool closed = rng.below(10) == 0;
    k.at = {std::stod(number(k.at.lon)), std::stod(number(k.at.lat))};
    k.klass = class_by_hand(closed ? "closed" : "open", k.free);
    items.push_back({id, putting(body(id, k.at, k.free, closed ? R"(,"state":"closed")" : R"(,"state":"open")"))});
    known[id] = k;
    if (items.size() == 5000) write();
  }
  view();
  // Some move, some go, after the map knows them all.
  for (int i = 0; i < 3000; ++i) {
    const std::string id = "urn:ngsi-ld:TestParking:" + std::to_string(rng.below(100'000));
    if (!known.contains(id)) continue;
    if (i % 3 == 0) {
      known.erase(id);
      items.push_back({id, [](const EntityPtr& current, const ChangeContext&) -> Result<Change> { return delete_entity(current); }});
    } else {
      Known k{somewhere(), static_cast<int>(rng.below(30)), ""};
      k.at = {std::stod(number(k.at.lon)), std::stod(number(k.at.lat))}, k.klass = class_by_hand("open", k.free);
      items.push_back({id, putting(body(id, k.at, k.free, R"(,"state":"open")"))});
      known[id] = k;
    }
  }
  write();
  const View v = view();
  const std::vector<std::string> ids{"shut", "full", "few", "many"};
  for (int z = 0; z <= kMaxZoom; ++z) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::map<std::string, std::uint64_t>> tiles;
    for (const auto& [id, k] : known) {
      const double n = std::exp2(z), rad = k.at.lat * 3.14159265358979323846 / 180;
      const auto x = static_cast<std::uint32_t>(std::floor((k.at.lon + 180) / 360 * n)), y = static_cast<std::uint32_t>(std::floor((1 - std::asinh(std::tan(rad)) / 3.14159265358979323846) / 2 * n));
      ++tiles[{x, y}][k.klass];
    }
    std::size_t looked = 0;
    for (const auto& [xy, wanted] : tiles) {
      if (z > 9 && ++looked % std::max<std::size_t>(1, tiles.size() / 150) != 0) continue;
      const auto read = TileReader::read(vector_tile(v, {z, xy.first, xy.second}));
      ASSERT_TRUE(read.contains("parkings"));
      std::uint64_t all = 0;
      for (const auto& [klass, n] : wanted) all += n;
      ASSERT_EQ(counted(read.at("parkings")), all) << z << "/" << xy.first << "/" << xy.second;
      std::map<std::string, std::uint64_t> classes;
      for (const ReadFeature& f : read.at("parkings").features) {
        if (!f.tags.contains("count")) ++classes[f.tags.at("class")];
        else for (const std::string& c : ids)
          if (f.tags.contains("n:" + c)) classes[c] += std::stoull(f.tags.at("n:" + c));
        for (const auto& part : f.parts)
          for (const auto& [x, y] : part) ASSERT_TRUE(x >= 0 && x < 4096 && y >= 0 && y < 4096);
      }
      ASSERT_EQ(classes, wanted) << z << "/" << xy.first << "/" << xy.second;
    }
  }
  EXPECT_EQ(vector_tile(v, {10, 0, 1023}), "");
}

TEST_P(MapTest, FiguresOfAreasAreThoseOfARecount) {
  open(false);
  std::map<std::string, Known> known;
  std::vector<EntityStore::Item> items;
  for (int i = 0; i < 3000; ++i) {
    const std::string id = "urn:ngsi-ld:TestParking:" + std::to_string(i);
    Known k{somewhere(), static_cast<int>(rng.below(30)), ""};
    k.at = {std::stod(number(k.at.lon)), std::stod(number(k.at.lat))};
    items.push_back({id, putting(body(id, k.at, k.free))});
    known[id] = k;
  }
  for (const auto& done : entities->write_all("", items)) ASSERT_TRUE(done.ok());
  const View v = view();
  const auto check = [&](const Area& area, const std::function<bool(const Known&)>& inside) {
    std::uint64_t count = 0;
    double sum = 0;
    std::set<std::string> ids;
    for (const auto& [id, k] : known)
      if (inside(k)) ++count, sum += k.free, ids.insert(id);
    const auto got = figures(v, area);
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].count, count); EXPECT_EQ(got[0].shown[0].values, count); EXPECT_DOUBLE_EQ(got[0].shown[0].sum, sum); EXPECT_DOUBLE_EQ(got[0].shown[1].sum, 100.0 * static_cast<double>(count));
    EXPECT_EQ(got[0].shown[2].values, 0u);
    const auto listed = select(v, {.area = area, .limit = 10'000});
    std::set<std::string> seen;
    for (const Row& r : listed.rows) seen.insert(std::string(r.entity->id));
    EXPECT_EQ(seen, ids); EXPECT_EQ(listed.total, count); EXPECT_EQ(listed.rows.size(), count);
  };
  for (int i = 0; i < 60; ++i) {
    const Position c = somewhere();
    const double metres = 50 + static_cast<double>(rng.below(6000));
    const auto area = Area::parse({.circle = number(c.lat) + "," + number(c.lon) + "," + number(metres)}, *v.wards);
    ASSERT_TRUE(area.ok());
    const Position centre{std::stod(number(c.lon)), std::stod(number(c.lat))};
    // The great circle by the spherical law of cosines, not by the haversine.
    check(*area, [&](const Known& k) {
      const double r = 3.14159265358979323846 / 180, d = std::acos(std::min(1.0, std::sin(centre.lat * r) * std::sin(k.at.lat * r) + std::cos(centre.lat * r) * std::cos(k.at.lat * r) * std::cos((k.at.lon - centre.lon) * r))) * 6371008.8;
      return d <= metres;
    });
  }
  for (int i = 0; i < 60; ++i) {
    std::vector<Position> corners{somewhere(), somewhere(), somewhere()};
    std::string text;
    for (Position& p : corners) p = {std::stod(number(p.lon)), std::stod(number(p.lat))}, text += number(p.lat) + "," + number(p.lon) + " ";
    const auto area = Area::parse({.polygon = text}, *v.wards);
    ASSERT_TRUE(area.ok()) << area.error().to_string();
    check(*area, [&](const Known& k) {
      int sides = 0;
      for (std::size_t c = 0; c < 3; ++c) {
        const Position a = corners[c], b = corners[(c + 1) % 3];
        sides += (b.lon - a.lon) * (k.at.lat - a.lat) - (b.lat - a.lat) * (k.at.lon - a.lon) > 0 ? 1 : -1;
      }
      return std::abs(sides) == 3;
    });
  }
  // Without boundaries a ward is where its centroid is the nearest; and all wards together, with outside, are everything.
  std::uint64_t all = 0;
  for (const city::Ward& ward : city->wards()) {
    check(*Area::parse({.ward = ward.id}, *v.wards), [&](const Known& k) {
      const city::Ward* nearest = nullptr;
      for (const city::Ward& w : city->wards())
        if (nearest == nullptr || haversine_m(k.at, {w.lon, w.lat}) < haversine_m(k.at, {nearest->lon, nearest->lat})) nearest = &w;
      return nearest == &ward && haversine_m(k.at, {ward.lon, ward.lat}) < 10'000;
    });
    all += figures(v, *Area::parse({.ward = ward.id}, *v.wards))[0].count;
  }
  const auto counts = by_ward(v);
  std::uint64_t together = 0;
  for (const auto& one : counts.of_ward) together += one.count;
  EXPECT_EQ(together, known.size());
  EXPECT_EQ(all + counts.of_ward.back().count, known.size());
}

TEST_P(MapTest, AreasThatCannotBeAreRefused) {
  open(false);
  const auto wards = maps->wards();
  const auto fails = [&](Area::Words words) { return Area::parse(words, *wards).ok() ? std::string("taken") : Area::parse(words, *wards).error().where; };
  EXPECT_EQ(fails({.circle = "34.7,135.5"}), "circle");
  EXPECT_EQ(fails({.circle = "34.7,135.5,-3"}), "circle");
  EXPECT_EQ(fails({.circle = "34.7,135.5,1e9"}), "circle");
  EXPECT_EQ(fails({.circle = "nan,135.5,5"}), "circle");
  EXPECT_EQ(fails({.polygon = "34,135 34,136"}), "polygon");
  EXPECT_EQ(fails({.polygon = "34,135 34,136 x"}), "polygon");
  EXPECT_EQ(fails({.ward = "atlantis"}), "ward");
  EXPECT_EQ(fails({.town = "27127:x"}), "town");
  EXPECT_EQ(fails({.ward = "kita", .circle = "34.7,135.5,10"}), "area");
  EXPECT_EQ(fails({.ward = "kita"}), "taken");
}

// The keeper is restricted: the word stands nowhere in what a citizen gets, neither as a value nor through the class that looks at it.
TEST_P(MapTest, WhatAViewerMayNotReadReachesNothing) {
  open(false);
  put("urn:ngsi-ld:TestParking:1", {135.5, 34.7}, 5, R"(,"keeper":"山田")");
  const TileId tile = tile_of(spot_of({135.5, 34.7}), 16);
  const auto staff = TileReader::read(vector_tile(view(nullptr, "parkings-staff"), tile)).at("parkings").features.at(0);
  EXPECT_EQ(staff.tags.at("keeper"), "山田"); EXPECT_EQ(staff.tags.at("class"), "kept");
  EXPECT_EQ(select(view(nullptr, "parkings-staff"), {.text = "山田"}).total, 1u);

  const View less = view(citizen(), "parkings-staff");
  const std::string bytes = vector_tile(less, tile);
  EXPECT_THAT(bytes, Not(HasSubstr("山田"))); EXPECT_THAT(bytes, Not(HasSubstr("kept"))); EXPECT_THAT(bytes, Not(HasSubstr("keeper")));
  EXPECT_THAT(vector_tile(less, {5, tile.x >> 11, tile.y >> 11}), Not(HasSubstr("kept")));
  EXPECT_EQ(select(less, {.text = "山田"}).total, 0u) << "searching must not tell it either";
  EXPECT_EQ(select(less, {.klass = std::uint8_t{0}}).total, 0u);
  EXPECT_TRUE(figures(less, {})[0].classes.empty());
  // An entity that is of a hidden type, too, is on no map.
  put("urn:ngsi-ld:TestParking:2", {135.5, 34.7}, 5);
  EXPECT_EQ(figures(less, {})[0].count, 1u);
  EXPECT_EQ(figures(view(), {})[0].count, 2u);
  ASSERT_TRUE(entities->write("", "urn:ngsi-ld:TestParking:2", [](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    Draft draft = Draft::of(*current);
    draft.add_type("https://example.org/Undefined");
    return append_attributes(current, draft, true, context);
  }).ok());
  EXPECT_EQ(figures(view(), {})[0].count, 1u);
  const auto noting = std::make_shared<TestGate>(city);
  vector_tile(maps->view("parkings-staff", noting, "ja").value(), tile);
  EXPECT_TRUE(noting->noted.empty()) << "what everybody may read leaves nothing";
  EXPECT_EQ(maps->view("parkings", std::make_shared<TestGate>(city, true), "ja").error().code, ErrorCode::not_found);
  EXPECT_EQ(maps->view("nothing", nullptr, "ja").error().code, ErrorCode::not_found);
}

TEST_P(MapTest, ListsAreSearchedSortedAndCutIntoPages) {
  open(false);
  for (int i = 0; i < 30; ++i) put("urn:ngsi-ld:TestParking:" + std::to_string(100 + i), {135.4 + i / 100.0, 34.7}, (i * 7) % 30, i == 3 ? R"(,"state":"closed")" : "");
  const View v = view();
  const auto by_free = select(v, {.sort = "free", .descending = true, .limit = 5});
  EXPECT_EQ(by_free.total, 30u);
  ASSERT_EQ(by_free.rows.size(), 5u);
  const auto free = [&](const Row& r) { return *value_number(*r.entity, *city->get<EntityType>("entity-type", "test-parking")->attribute_named("free")); };
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(free(by_free.rows[i]), 29 - static_cast<int>(i));
  const auto second = select(v, {.sort = "free", .descending = true, .offset = 5, .limit = 5});
  EXPECT_EQ(free(second.rows[0]), 24);
  EXPECT_EQ(select(v, {.text = "駐輪場１１２"}).total, 1u) << "wide digits are found as narrow ones";
  EXPECT_EQ(select(v, {.text = "休業"}).total, 1u) << "choices are found by their label";
  EXPECT_EQ(select(v, {.layer = 0, .klass = std::uint8_t{0}}).total, 1u);
  const auto row = find(v, 0, "urn:ngsi-ld:TestParking:103");
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->klass, 0);
  EXPECT_FALSE(find(v, 0, "urn:ngsi-ld:TestParking:9").has_value());
}

TEST_P(MapTest, ChangesAreSeenAndToldToWhoLooksThere) {
  open(false);
  put("urn:ngsi-ld:TestParking:1", {135.5, 34.7}, 5);
  maps->tick();
  told.clear();
  maps->tick();
  EXPECT_TRUE(told.empty()) << "nothing happened";
  const auto listening = topics_of("parkings", {135.49, 34.69, 135.51, 34.71}), elsewhere = topics_of("parkings", {135.30, 34.50, 135.31, 34.51});
  const auto heard = [&](const std::vector<std::string>& topics) { return std::ranges::any_of(told, [&](const std::string& t) { return std::ranges::find(topics, t) != topics.end(); }); };
  put("urn:ngsi-ld:TestParking:1", {135.5, 34.7}, 0);
  EXPECT_EQ(figures(view(), {})[0].classes[1], 1u);
  maps->tick();
  EXPECT_TRUE(heard(listening)); EXPECT_FALSE(heard(elsewhere));
  told.clear();
  put("urn:ngsi-ld:TestParking:1", {135.305, 34.505}, 0);
  maps->tick();
  EXPECT_TRUE(heard(listening)) << "it went from here"; EXPECT_TRUE(heard(elsewhere));
  told.clear();
  erase("urn:ngsi-ld:TestParking:1");
  maps->tick();
  EXPECT_TRUE(heard(elsewhere)); EXPECT_FALSE(heard(listening));
  EXPECT_EQ(figures(view(), {})[0].count, 0u);
  EXPECT_LE(listening.size(), 10u);
}

TEST_P(MapTest, WhatExpiresIsNoMoreThere) {
  open(false);
  put("urn:ngsi-ld:TestParking:1", {135.5, 34.7}, 5, R"(,"expiresAt":"2026-11-23T01:00:00Z")");
  EXPECT_EQ(figures(view(), {})[0].count, 1u);
  clock.advance(2 * kHour);
  EXPECT_EQ(figures(view(), {})[0].count, 0u);
}

TEST_P(MapTest, LinesAndAreasAreDrawnCutAndCounted) {
  open(false);
  const std::string id = "urn:ngsi-ld:TestParking:area";
  ASSERT_TRUE(entities->write("", id, putting(R"({"id":")" + id + R"(","type":"TestParking","free":3,"location":{"type":"GeoProperty","value":{"type":"Polygon","coordinates":[[[135.50,34.70],[135.52,34.70],[135.52,34.72],[135.50,34.72],[135.50,34.70]]]}}})")).ok());
  const View v = view();
  const TileId inside = tile_of(spot_of({135.51, 34.71}), 17);
  const auto read = TileReader::read(vector_tile(v, inside));
  ASSERT_EQ(read.at("parkings").features.size(), 1u);
  const auto& f = read.at("parkings").features[0];
  EXPECT_EQ(f.type, 3); EXPECT_EQ(f.tags.at("class"), "few");
  for (const auto& [x, y] : f.parts.at(0)) EXPECT_TRUE((x == -64 || x == 4096 + 64) && (y == -64 || y == 4096 + 64)) << "the tile lies within: its corners with the buffer are left";
  EXPECT_EQ(vector_tile(v, tile_of(spot_of({135.60, 34.71}), 17)), "");
  EXPECT_EQ(figures(v, *Area::parse({.circle = "34.71,135.5205,100"}, *v.wards))[0].count, 1u) << "the circle touches its edge";
  EXPECT_EQ(figures(v, *Area::parse({.circle = "34.71,135.5235,100"}, *v.wards))[0].count, 0u);
}

TEST_P(MapTest, ThePastIsAsItWas) {
  open(true);
  const Instant begin = clock.now();
  put("urn:ngsi-ld:TestParking:1", {135.50, 34.70}, 20);
  put("urn:ngsi-ld:TestParking:2", {135.40, 34.65}, 20);
  clock.advance(kHour);
  put("urn:ngsi-ld:TestParking:1", {135.52, 34.72}, 0);
  clock.advance(kHour);
  erase("urn:ngsi-ld:TestParking:2");
  clock.advance(kHour);
  ASSERT_TRUE(history->settle().ok());
  const auto at = [&](int minutes) { return view("parkings", Instant{begin.us + minutes * kMinute}); };
  const auto first = figures(at(30), {})[0], second = figures(at(90), {})[0], third = figures(at(150), {})[0];
  EXPECT_EQ(first.count, 2u); EXPECT_EQ(first.classes[3], 2u); EXPECT_DOUBLE_EQ(first.shown[0].sum, 40);
  EXPECT_EQ(second.count, 2u); EXPECT_EQ(second.classes[1], 1u); EXPECT_DOUBLE_EQ(second.shown[0].sum, 20);
  EXPECT_EQ(third.count, 1u); EXPECT_DOUBLE_EQ(third.shown[0].sum, 0);
  EXPECT_EQ(counted(TileReader::read(vector_tile(at(30), tile_of(spot_of({135.50, 34.70}), 16))).at("parkings")), 1u);
  EXPECT_EQ(vector_tile(at(90), tile_of(spot_of({135.50, 34.70}), 16)), "");
  EXPECT_EQ(maps->view("parkings", citizen(), "ja", Instant{clock.now().us + kMinute}).error().code, ErrorCode::invalid_input);
  EXPECT_EQ(maps->view("parkings", citizen(), "ja", Instant{clock.now().us - 60 * kHour}).error().code, ErrorCode::invalid_input);
  EXPECT_EQ(maps->view("parkings-staff", nullptr, "ja", begin).error().code, ErrorCode::invalid_input) << "a map without a past";
  EXPECT_EQ(Livemap::moments(*city->get<Map>("map", "parkings"), clock.now()).size(), 48u * 6 + 1);
}

TEST_P(MapTest, WardsByBoundariesAreExactAndTheGroundShowsNothingElse) {
  auto boundaries = std::make_shared<city::Boundaries>();
  boundaries->source = "test";
  // A triangle for the ward of Kita (27127): half of a square, so that its box is not its area.
  boundaries->wards.push_back({"27127", {Polygon{Ring{{34.70, 135.48}, {34.70, 135.52}, {34.74, 135.48}}}}});
  open(false, boundaries);
  for (int i = 0; i < 400; ++i) put("urn:ngsi-ld:TestParking:" + std::to_string(i), {135.47 + static_cast<double>(rng.below(6000)) / 1e5, 34.69 + static_cast<double>(rng.below(6000)) / 1e5}, 1);
  const View v = view();
  std::uint64_t inside = 0;
  for (const Row& r : select(v, {.limit = 1000}).rows)
    inside += r.at.lon > 135.48 && r.at.lat > 34.70 && (r.at.lon - 135.48) + (r.at.lat - 34.70) < 0.04;
  EXPECT_GT(inside, 20u);
  EXPECT_EQ(figures(v, *Area::parse({.ward = "kita"}, *v.wards))[0].count, inside);
  const auto ground = TileReader::read(ground_tile(*v.wards, tile_of(spot_of({135.49, 34.71}), 11)));
  ASSERT_TRUE(ground.contains("wards"));
  EXPECT_EQ(ground.at("wards").features.size(), 1u); EXPECT_EQ(ground.at("wards").features[0].tags.at("code"), "27127");
}

TEST_P(MapTest, WithoutBoundariesTheGroundHasCentroidsAndNoAreas) {
  open(false);
  std::size_t names = 0;
  for (std::uint32_t x = 0; x < 2; ++x)
    for (std::uint32_t y = 0; y < 2; ++y) {
      const auto ground = TileReader::read(ground_tile(*maps->wards(), {1, x, y}));
      EXPECT_FALSE(ground.contains("wards")) << "approximate areas must never look like boundaries";
      if (ground.contains("ward-names")) names += ground.at("ward-names").features.size();
    }
  EXPECT_EQ(names, city->wards().size());
}

TEST(MapKind, FaultsAreNamedWhereTheyStand) {
  const auto faults = [](const std::string& from, const std::string& to) {
    city::TestFolder files;
    write_city(files, MACHIYA_SOURCE_DIR);
    std::string text = kPublicMap;
    text.replace(text.find(from), from.size(), to);
    files.write("01-life/bicycle-parking-map/maps/parkings.yaml", text);
    return files.faults({entity_type_kind(), map_kind()});
  };
  EXPECT_THAT(faults("version: 1", "version: 1"), Not(HasSubstr("error:")));
  EXPECT_THAT(faults("{ attribute: state }", "{ attribute: keeper }"), HasSubstr("\"keeper\" is restricted"));
  EXPECT_THAT(faults("{ attribute: state }", "{ attribute: colour }"), HasSubstr("no attribute \"colour\""));
  EXPECT_THAT(faults("'state = \"closed\"'", "keeper != null"), HasSubstr("\"keeper\" is restricted"));
  EXPECT_THAT(faults("'state = \"closed\"'", "'state ='"), HasSubstr("FEEL"));
  EXPECT_THAT(faults("shape: triangle", "shape: circle"), HasSubstr("colour alone must not"));
  EXPECT_THAT(faults("classify: free", "title: name"), HasSubstr("need \"classify\""));
  EXPECT_THAT(faults("entities: test-parking", "entities: nothing"), HasSubstr("no entity type \"nothing\""));
  EXPECT_THAT(faults("{ attribute: spaces, figures: [sum] }", "{ attribute: name, figures: [sum] }"), HasSubstr("\"name\" is no number"));
}

}  // namespace
}  // namespace machiya::sense::livemap
