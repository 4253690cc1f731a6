#include "sense/geometry/geo_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace machiya::sense {
namespace {

using Slots = std::vector<std::uint32_t>;

Box random_box(std::mt19937& random) {
  std::uniform_real_distribution<double> lon(-180, 180), lat(-90, 90), u(0, 1);
  const bool city = u(random) < 0.7;
  const double x = city ? 135.4 + u(random) * 0.3 : lon(random), y = city ? 34.6 + u(random) * 0.2 : lat(random);
  const double kind = u(random), size = kind < 0.6 ? 0 : kind < 0.9 ? u(random) * 0.01 : u(random) * 60;
  return {x, y, std::min(180.0, x + size), std::min(90.0, y + size * u(random))};
}

TEST(GeoIndex, FindsWhatBruteForceFinds) {
  for (unsigned seed = 0; seed < 12; ++seed) {
    std::mt19937 random(seed);
    GeoIndex index;
    std::map<std::uint32_t, Box> plain;
    for (int step = 0; step < 6000; ++step) {
      const std::uint32_t slot = random() % 2500;
      if (random() % 4 == 0) {
        index.erase(slot), plain.erase(slot);
      } else {
        plain[slot] = random_box(random);
        index.put(slot, plain[slot]);
      }
      if (step % 100 != 0) continue;
      ASSERT_EQ(index.size(), plain.size());
      const Box asked = random_box(random);
      Slots found;
      EXPECT_TRUE(index.candidates(asked, found));
      std::sort(found.begin(), found.end());
      ASSERT_TRUE(std::adjacent_find(found.begin(), found.end()) == found.end()) << "a slot twice";
      Box generous = asked;
      generous.west -= 1e-4, generous.east += 1e-4, generous.south -= 1e-4, generous.north += 1e-4;
      for (const auto& [s, box] : plain) {
        const bool there = std::binary_search(found.begin(), found.end(), s);
        ASSERT_TRUE(there || !box.touches(asked)) << "seed " << seed << " step " << step << " slot " << s;
        ASSERT_TRUE(!there || box.touches(generous));
      }
      const Position centre{asked.west, asked.south};
      const double metres = std::pow(10, 2 + random() % 5);
      Slots around;
      index.candidates(centre, metres, around);
      std::sort(around.begin(), around.end());
      for (const auto& [s, box] : plain) {
        if (box.west == box.east && box.south == box.north && haversine_m(centre, {box.west, box.south}) <= metres) {
          ASSERT_TRUE(std::binary_search(around.begin(), around.end(), s));
        }
      }
    }
    for (std::uint32_t slot = 0; slot < 2500; ++slot) index.erase(slot);
    Slots rest;
    index.candidates(Box::world(), rest);
    EXPECT_TRUE(rest.empty());
    EXPECT_EQ(index.size(), 0U);
  }
}

TEST(GeoIndex, ManyAtOnePlaceAndALimit) {
  GeoIndex index;
  std::vector<std::pair<std::uint32_t, Box>> items;
  for (std::uint32_t i = 0; i < 5000; ++i) items.emplace_back(i, Box::of({135.5, 34.7}));
  index.bulk(items);
  Slots found;
  EXPECT_FALSE(index.candidates(Box::world(), found, 100));
  EXPECT_EQ(found.size(), 100U);
  found.clear();
  EXPECT_TRUE(index.candidates(Box::of({135.5, 34.7}), found, 5000));
  EXPECT_EQ(found.size(), 5000U);
  index.put(7, Box{});   // an empty box takes it out
  EXPECT_FALSE(index.has(7));
  EXPECT_TRUE(index.has(8));
}

TEST(GeoIndex, AMillionPointsStayCompactWhileTheyMove) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> lon(135.3, 135.7), lat(34.5, 34.8);
  std::vector<std::pair<std::uint32_t, Box>> items;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) items.emplace_back(i, Box::of({lon(random), lat(random)}));
  GeoIndex index;
  index.bulk(items);
  EXPECT_LT(index.memory(), 70'000'000U);
  for (int i = 0; i < 500'000; ++i) {
    const std::uint32_t slot = random() % 1'000'000;
    items[slot].second = Box::of({lon(random), lat(random)});
    index.put(slot, items[slot].second);
  }
  EXPECT_LT(index.memory(), 100'000'000U);
  const Box asked{135.5, 34.65, 135.51, 34.66};
  Slots found, plain;
  index.candidates(asked, found);
  for (const auto& [slot, box] : items) {
    if (box.touches(asked)) plain.push_back(slot);
  }
  std::sort(found.begin(), found.end());
  EXPECT_TRUE(std::includes(found.begin(), found.end(), plain.begin(), plain.end()));
  EXPECT_LE(found.size(), plain.size() + 60);   // rounding of floats lets in few
}

}  // namespace
}  // namespace machiya::sense
