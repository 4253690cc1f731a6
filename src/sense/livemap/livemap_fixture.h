// For tests: a small city with a map of parkings (public) and one for staff, and a reader of vector tiles that shares no code with their writer.
#pragma once
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "city/test_folder.h"
#include "platform/store/testing.h"
#include "sense/broker/journal_store.h"
#include "sense/entities/read.h"
#include "sense/history/history.h"
#include "sense/livemap/livemap.h"
#include "sense/livemap/livemap_sample.h"
#include "sense/models/entity_type.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_series();
}

namespace machiya::sense::livemap::testing {

/// A tile as the specification's table of fields says (MVT 2.1 §4), read byte by byte.
struct ReadFeature {
  std::uint64_t id = 0;
  int type = 0;
  std::map<std::string, std::string> tags;    ///< numbers by std::to_string of what they are
  std::vector<std::vector<std::pair<int, int>>> parts;
};
struct ReadLayer {
  std::string name;
  int version = 0, extent = 0;
  std::vector<ReadFeature> features;
};

class TileReader {
 public:
  static std::map<std::string, ReadLayer> read(std::string_view bytes) {
    std::map<std::string, ReadLayer> out;
    for (TileReader r(bytes); r.more();) {
      const auto field = r.field();
      EXPECT_EQ(field.number, 3);
      ReadLayer layer = read_layer(field.bytes);
      EXPECT_FALSE(out.contains(layer.name)) << "two layers of one name";
      out[layer.name] = std::move(layer);
    }
    return out;
  }

 private:
  struct Field {
    int number = 0, wire = 0;
    std::uint64_t value = 0;
    std::string_view bytes;
  };
  explicit TileReader(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool more() const { return at_ < bytes_.size(); }
  std::uint64_t varint() {
    std::uint64_t out = 0;
    for (int shift = 0; more(); shift += 7) {
      const auto b = static_cast<unsigned char>(bytes_[at_++]);
      out |= static_cast<std::uint64_t>(b & 127) << shift;
      if (b < 128) return out;
    }
    ADD_FAILURE() << "a number is cut off";
    return out;
  }
  Field field() {
    Field out;
    const auto key = varint();
    out.number = static_cast<int>(key >> 3), out.wire = static_cast<int>(key & 7);
    if (out.wire == 0) out.value = varint();
    else if (out.wire == 2) {
      const auto size = varint();
      out.bytes = bytes_.substr(at_, size);
      EXPECT_EQ(out.bytes.size(), size);
      at_ += size;
    } else if (out.wire == 1) {
      std::memcpy(&out.value, bytes_.data() + at_, 8);
      at_ += 8;
    } else {
      ADD_FAILURE() << "wire type " << out.wire;
      at_ = bytes_.size();
    }
    return out;
  }
  static long unzigzag(std::uint64_t v) { return static_cast<long>(v >> 1) ^ -static_cast<long>(v & 1); }
  static std::string value_of(std::string_view bytes) {
    TileReader r(bytes);
    const Field f = r.field();
    double d = 0;
    switch (f.number) {
      case 1: return std::string(f.bytes);
      case 3: std::memcpy(&d, &f.value, 8); return std::to_string(d);
      case 5: return std::to_string(f.value);
      case 6: return std::to_string(unzigzag(f.value));
      case 7: return f.value ? "true" : "false";
      default: ADD_FAILURE() << "value of field " << f.number; return "";
    }
  }
  static ReadLayer read_layer(std::string_view bytes) {
    ReadLayer out;
    std::vector<std::string> keys, values;
    std::vector<std::string_view> features;
    for (TileReader r(bytes); r.more();) {
      const Field f = r.field();
      if (f.number == 1) out.name = f.bytes;
      else if (f.number == 2) features.push_back(f.bytes);
      else if (f.number == 3) keys.emplace_back(f.bytes);
      else if (f.number == 4) values.push_back(value_of(f.bytes));
      else if (f.number == 5) out.extent = static_cast<int>(f.value);
      else if (f.number == 15) out.version = static_cast<int>(f.value);
      else ADD_FAILURE() << "layer has field " << f.number;
    }
    for (const auto one : features) out.features.push_back(read_feature(one, keys, values));
    return out;
  }
  static ReadFeature read_feature(std::string_view bytes, const std::vector<std::string>& keys, const std::vector<std::string>& values) {
    ReadFeature out;
    for (TileReader r(bytes); r.more();) {
      const Field f = r.field();
      if (f.number == 1) out.id = f.value;
      if (f.number == 3) out.type = static_cast<int>(f.value);
      if (f.number == 2)
        for (TileReader t(f.bytes); t.more();) {
          const auto k = t.varint(), v = t.varint();
          EXPECT_LT(k, keys.size()); EXPECT_LT(v, values.size());
          EXPECT_TRUE(out.tags.emplace(keys[k], values[v]).second) << "a tag twice";
        }
      if (f.number == 4) {
        long x = 0, y = 0;
        for (TileReader g(f.bytes); g.more();) {
          const auto command = g.varint();
          const auto id = command & 7, count = command >> 3;
          EXPECT_TRUE(id == 1 || id == 2 || id == 7) << id;
          for (std::uint64_t i = 0; id != 7 && i < count; ++i) {
            x += unzigzag(g.varint()), y += unzigzag(g.varint());
            if (id == 1) out.parts.emplace_back();
            EXPECT_FALSE(out.parts.empty());
            out.parts.back().emplace_back(static_cast<int>(x), static_cast<int>(y));
          }
        }
      }
    }
    return out;
  }
};

/// How many entities the features of a layer stand for.
inline std::uint64_t counted(const ReadLayer& layer) {
  std::uint64_t out = 0;
  for (const ReadFeature& f : layer.features) out += f.tags.contains("count") ? std::stoull(f.tags.at("count")) : 1;
  return out;
}

inline std::shared_ptr<const city::City> loaded(const city::TestFolder& files) {
  auto report = files.load({entity_type_kind(), map_kind()});
  for (const city::Fault& f : report.faults)
    if (f.severity == Severity::error) ADD_FAILURE() << city::to_line(f);
  return report.city;
}

/// What everybody may read, as definitions say; notes what is read. With `all` everything.
class TestGate final : public Gate {
 public:
  explicit TestGate(std::shared_ptr<const city::City> city, bool nothing = false) : types_(std::move(city)), nothing_(nothing) {}
  const std::string& key() const override { return key_; }
  bool sees_tenants() const override { return false; }
  bool sees(std::span<const std::string_view> types) const override {
    return !nothing_ && std::ranges::all_of(types, [&](std::string_view t) { return types_.by_iri(t) != nullptr && types_.by_iri(t)->reading.open; });
  }
  bool sees(std::span<const std::string_view> types, std::string_view attribute) const override {
    return sees(types) && std::ranges::all_of(types, [&](std::string_view t) { return types_.by_iri(t)->attribute(attribute) != nullptr && types_.by_iri(t)->attribute(attribute)->reading.open; });
  }
  Result<void> may_write(std::span<const std::string_view>) const override { return {}; }
  Result<void> check(const EntityPtr&, const EntityPtr&) const override { return {}; }
  void read(std::span<const std::string_view>, std::string_view attribute) override { noted.emplace_back(attribute); }
  Result<void> written_down() override { return {}; }
  std::vector<std::string> noted;

 private:
  EntityTypes types_;
  std::string key_ = "test";
  bool nothing_;
};

class MapTest : public store::testing::StoreTest {
 protected:
  FakeClock clock{parse_rfc3339("2026-11-23T09:00:00+09:00").value()};
  SeededRng rng{11};
  Contexts contexts{nullptr};
  city::TestFolder files;
  std::shared_ptr<const city::City> city;
  std::unique_ptr<EntityStore> entities;
  std::unique_ptr<series::Store> numbers;
  std::unique_ptr<History> history;
  std::unique_ptr<Livemap> maps;
  std::vector<std::string> told;

  MapTest() {
    std::vector<store::Migration> all = journal_migrations();
    for (const auto& list : {history_migrations(), sql_migrations_series()}) all.insert(all.end(), list.begin(), list.end());
    migrate(all);
    write_city(files, MACHIYA_SOURCE_DIR);
    city = loaded(files);
    const bool tables = store().engine() == store::Engine::postgres;
    entities = EntityStore::open(tables ? open_store_journal(store()).value() : open_file_journal(folder() + "/broker").value(), clock, rng).value();
    numbers = tables ? series::open_sql(store()).value() : series::open_files(folder() + "/series").value();
    history = History::open(store(), *numbers, clock, rng).value();
  }
  ~MapTest() override {
    maps.reset();
    if (history) history->end_following();
    entities.reset(), history.reset(), numbers.reset();
  }
  void open(bool with_history, std::shared_ptr<const city::Boundaries> boundaries = nullptr) {
    if (with_history) history->follow(*entities);
    maps = std::make_unique<Livemap>(Livemap::Parts{*entities, history.get(), clock, [this] { return city; }, std::move(boundaries), nullptr,
                                                    [this](std::string_view topic, std::string_view) { told.emplace_back(topic); }});
  }

  EntityStore::Make putting(std::string text) {
    return [this, text = std::move(text)](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
      tree::Arena arena;
      auto body = tree::parse(text, arena);
      if (!body.ok()) return body.error();
      auto draft = read_entity(*body, BodyOf::append, *contexts.core(), arena);
      if (!draft.ok()) return draft.error();
      return current ? append_attributes(current, *draft, false, context) : create_entity(*draft, context);
    };
  }
  static std::string number(double d) {
    char out[40];
    std::snprintf(out, sizeof out, "%.7f", d);
    return out;
  }
  static std::string body(const std::string& id, Position at, int free, const std::string& more = {}) {
    return R"({"id":")" + id + R"(","type":"TestParking","name":"駐輪場 )" + id.substr(id.rfind(':') + 1) + R"(","location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[)" + number(at.lon) + "," + number(at.lat) +
           R"(]}},"spaces":100,"free":)" + std::to_string(free) + more + "}";
  }
  void put(const std::string& id, Position at, int free, const std::string& more = {}) {
    const auto done = entities->write("", id, putting(body(id, at, free, more)));
    ASSERT_TRUE(done.ok()) << done.error().to_string();
  }
  void erase(const std::string& id) {
    ASSERT_TRUE(entities->write("", id, [](const EntityPtr& current, const ChangeContext&) -> Result<Change> { return delete_entity(current); }).ok());
  }
  GatePtr citizen() const { return std::make_shared<TestGate>(city); }
  View view(const std::string& map = "parkings", std::optional<Instant> at = std::nullopt) { return view(citizen(), map, at); }
  /// A null gate: everything.
  View view(GatePtr gate, const std::string& map, std::optional<Instant> at = std::nullopt) {
    auto out = maps->view(map, std::move(gate), "ja", at);
    EXPECT_TRUE(out.ok()) << out.error().to_string();
    return std::move(*out);
  }
  Position somewhere() {
    const auto part = [&](double low, double high) { return low + (high - low) * static_cast<double>(rng.below(1'000'000)) / 1e6; };
    return {part(kWest, kEast), part(kSouth, kNorth)};
  }
};

}  // namespace machiya::sense::livemap::testing
