#include "sense/series/catalogue.h"

#include <array>
#include <cstring>
#include <mutex>

namespace machiya::sense::series {

std::uint64_t hash_of(std::string_view text) {
  // Multiply and fold, eight bytes at a time; the last ones overlap.
  constexpr std::uint64_t kA = 0x9e3779b97f4a7c15u, kB = 0xd6e8feb86659fd93u;
  const auto fold = [](std::uint64_t a, std::uint64_t b) {
    const auto wide = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(wide) ^ static_cast<std::uint64_t>(wide >> 64);
  };
  const auto load = [](const char* p, std::size_t n) {
    std::uint64_t v = 0;
    std::memcpy(&v, p, n);
    return v;
  };
  std::uint64_t h = kB ^ text.size();
  const char* p = text.data();
  std::size_t n = text.size();
  for (; n > 8; p += 8, n -= 8) h = fold(h ^ load(p, 8), kA);
  if (text.size() >= 8) h = fold(h ^ load(text.data() + text.size() - 8, 8), kA);
  else h = fold(h ^ load(p, n), kA);
  return fold(h, kB);
}

std::string_view Keys::text(std::uint32_t number) const {
  std::uint16_t length;
  std::memcpy(&length, texts_[number], sizeof length);
  return {texts_[number] + sizeof length, length};
}

std::optional<std::uint32_t> Keys::find(std::string_view key, std::uint64_t hash, std::uint32_t hint) const {
  if (hint < size() && text(hint) == key) return hint;
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t i = hash & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[i];
    if (slot.number_1 == 0) return std::nullopt;
    if (slot.tag == tag && text(slot.number_1 - 1) == key) return slot.number_1 - 1;
  }
}

void Keys::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (std::uint32_t n = 0; n < size(); ++n) {
    const std::uint64_t hash = hash_of(text(n));
    std::size_t i = hash & (slots_.size() - 1);
    while (slots_[i].number_1 != 0) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = {n + 1, static_cast<std::uint32_t>(hash >> 32)};
  }
}

std::uint32_t Keys::add(std::string_view key, std::uint64_t hash) {
  if ((texts_.size() + 1) * 2 > slots_.size()) grow();
  const auto length = static_cast<std::uint16_t>(key.size());
  const std::size_t need = sizeof length + key.size();
  if (left_ < need) {
    left_ = std::min<std::size_t>(std::size_t{1} << 20, std::max<std::size_t>(kLongestKey + 2, bytes_));
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    at_ = blocks_.back().get();
  }
  std::memcpy(at_, &length, sizeof length);
  std::memcpy(at_ + sizeof length, key.data(), key.size());
  const std::uint32_t number = size();
  texts_.push_back(at_);
  at_ += need, left_ -= need, bytes_ += need;
  std::size_t i = hash & (slots_.size() - 1);
  while (slots_[i].number_1 != 0) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = {number + 1, static_cast<std::uint32_t>(hash >> 32)};
  return number;
}

namespace {
std::string joined(std::string_view tenant, std::string_view name) { return std::string(tenant) + '\0' + std::string(name); }
}  // namespace

std::optional<MeasurementId> Catalogue::find_measurement(std::string_view tenant, std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto at = by_name_.find(joined(tenant, name));
  return at == by_name_.end() ? std::nullopt : std::optional(at->second);
}

Result<MeasurementId> Catalogue::add_measurement(std::string_view tenant, std::string_view name) {
  if (tenant.size() > kLongestName || name.empty() || name.size() > kLongestName || tenant.find('\0') != std::string_view::npos)
    return Error(ErrorCode::invalid_input, "the name of a measurement has 1 to 1,024 bytes");
  if (measurements_.size() >= kMostMeasurements) return Error(ErrorCode::limit_exceeded, "there are 65,535 measurements already");
  const auto id = static_cast<MeasurementId>(measurements_.size());
  measurements_.push_back(std::make_unique<Measurement>());
  measurements_.back()->name = {std::string(tenant), std::string(name)};
  by_name_.emplace(joined(tenant, name), id);
  ++generation_;
  return id;
}

Result<MeasurementId> Catalogue::measurement(std::string_view tenant, std::string_view name) {
  if (auto there = find_measurement(tenant, name)) return *there;
  const std::unique_lock lock(mutex_);
  if (const auto at = by_name_.find(joined(tenant, name)); at != by_name_.end()) return at->second;
  return add_measurement(tenant, name);
}

std::optional<SeriesId> Catalogue::find(MeasurementId m, std::string_view key) const {
  const std::shared_lock lock(mutex_);
  if (m >= measurements_.size()) return std::nullopt;
  const auto number = measurements_[m]->keys.find(key, hash_of(key), ~0u);
  return number ? std::optional(series_id(m, *number)) : std::nullopt;
}

Result<void> Catalogue::open_many(MeasurementId m, std::span<const std::string_view> keys, SeriesId* out) {
  constexpr std::size_t kGroup = 32;
  std::vector<std::size_t> unknown;
  {
    const std::shared_lock lock(mutex_);
    if (m >= measurements_.size()) return Error(ErrorCode::invalid_input, "there is no such measurement");
    const Keys& known = measurements_[m]->keys;
    std::uint32_t hint = 0;
    std::array<std::uint64_t, kGroup> hashes;
    std::array<std::size_t, kGroup> open;
    for (std::size_t from = 0; from < keys.size(); from += kGroup) {
      std::size_t waiting = 0;
      for (std::size_t i = from; i < std::min(keys.size(), from + kGroup); ++i) {
        if (hint < known.size() && known.text(hint) == keys[i]) {
          out[i] = series_id(m, hint++);
          continue;
        }
        hashes[waiting] = hash_of(keys[i]);
        known.prefetch(hashes[waiting]);
        open[waiting++] = i;
      }
      for (std::size_t w = 0; w < waiting; ++w) known.prefetch_text(hashes[w]);
      for (std::size_t w = 0; w < waiting; ++w) {
        const auto number = known.find(keys[open[w]], hashes[w], ~0u);
        if (!number) { unknown.push_back(open[w]); continue; }
        out[open[w]] = series_id(m, *number);
        hint = *number + 1;
      }
    }
  }
  if (unknown.empty()) return {};
  const std::unique_lock lock(mutex_);
  Measurement& of = *measurements_[m];
  for (const std::size_t i : unknown) {
    if (keys[i].size() > kLongestKey) return Error(ErrorCode::invalid_input, "the key of a series has at most 4,096 bytes");
    const std::uint64_t hash = hash_of(keys[i]);
    auto number = of.keys.find(keys[i], hash, ~0u);
    if (!number) number = of.keys.add(keys[i], hash), ++series_, ++generation_;
    out[i] = series_id(m, *number);
  }
  of.count.store(of.keys.size(), std::memory_order_release);
  return {};
}

std::string Catalogue::key(SeriesId series) const {
  const std::shared_lock lock(mutex_);
  const MeasurementId m = measurement_of(series);
  if (m >= measurements_.size() || number_of(series) >= measurements_[m]->keys.size()) return {};
  return std::string(measurements_[m]->keys.text(number_of(series)));
}

std::uint32_t Catalogue::count(MeasurementId m) const {
  const std::shared_lock lock(mutex_);
  return m < measurements_.size() ? measurements_[m]->keys.size() : 0;
}

std::vector<Store::MeasurementName> Catalogue::measurements() const {
  const std::shared_lock lock(mutex_);
  std::vector<Store::MeasurementName> out;
  for (const auto& m : measurements_) out.push_back(m->name);
  return out;
}

namespace {

/// A length in half a byte; what does not fit follows.
std::uint8_t nibble(std::size_t n) { return static_cast<std::uint8_t>(std::min<std::size_t>(n, 15)); }
void put_rest(std::string& out, std::size_t n) {
  if (n >= 15) put_varint(out, n - 15);
}
std::size_t take_rest(Reader& in, std::size_t n) { return n < 15 ? n : 15 + in.varint(); }

/// Each key by what it drops of the one before and what it adds: in order, they cost two or three bytes.
void put_keys(const Keys& keys, std::uint32_t first, std::string& out) {
  std::string_view before;
  for (std::uint32_t n = first; n < keys.size(); ++n) {
    const std::string_view key = keys.text(n);
    std::size_t same = 0;
    while (same < key.size() && same < before.size() && key[same] == before[same]) ++same;
    const std::size_t drop = before.size() - same, add = key.size() - same;
    out.push_back(static_cast<char>(nibble(drop) << 4 | nibble(add)));
    put_rest(out, drop);
    put_rest(out, add);
    out += key.substr(same);
    before = key;
  }
}

void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out += text;
}

}  // namespace

void Catalogue::put_names(std::vector<Reached>& reached, std::string& out) const {
  const std::shared_lock lock(mutex_);
  reached.resize(measurements_.size());
  std::string sections;
  std::size_t count = 0;
  for (std::size_t m = 0; m < measurements_.size(); ++m) {
    const Measurement& of = *measurements_[m];
    Reached& r = reached[m];
    if (r.named && r.series == of.keys.size()) continue;
    ++count;
    put_varint(sections, m);
    put_text(sections, of.name.tenant);
    put_text(sections, of.name.name);
    put_varint(sections, r.series);
    put_varint(sections, of.keys.size() - r.series);
    put_keys(of.keys, r.series, sections);
    r = {true, of.keys.size()};
  }
  put_varint(out, count);
  out += sections;
}

Result<void> Catalogue::take_keys(Reader& in, Measurement& m, std::uint32_t first, std::uint64_t count) {
  std::string key;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint8_t lengths = in.byte();
    const std::size_t drop = take_rest(in, lengths >> 4), add = take_rest(in, lengths & 15);
    if (!in.ok() || drop > key.size() || key.size() - drop + add > kLongestKey) return Error(ErrorCode::integrity_broken, "names of series are damaged");
    key.resize(key.size() - drop);
    key += in.text(add);
    const auto number = static_cast<std::uint32_t>(first + i);
    if (number < m.keys.size() ? m.keys.text(number) != key : number > m.keys.size()) return Error(ErrorCode::integrity_broken, "names of series do not fit each other");
    if (number == m.keys.size()) m.keys.add(key, hash_of(key)), ++series_, ++generation_;
  }
  m.count.store(m.keys.size(), std::memory_order_release);
  return {};
}

Result<void> Catalogue::take_names(Reader& in) {
  const std::unique_lock lock(mutex_);
  const std::uint64_t sections = in.varint();
  for (std::uint64_t s = 0; in.ok() && s < sections; ++s) {
    const std::uint64_t m = in.varint();
    const std::string_view tenant = in.text(in.varint()), name = in.text(in.varint());
    const std::uint64_t first = in.varint(), count = in.varint();
    if (!in.ok() || m > measurements_.size()) return Error(ErrorCode::integrity_broken, "names of measurements are damaged");
    if (m == measurements_.size())
      if (auto added = add_measurement(tenant, name); !added.ok()) return std::move(added).error();
    Measurement& of = *measurements_[m];
    if (of.name.tenant != tenant || of.name.name != name) return Error(ErrorCode::integrity_broken, "names of measurements do not fit each other");
    MACHIYA_CHECK(take_keys(in, of, static_cast<std::uint32_t>(first), count));
  }
  if (!in.ok()) return Error(ErrorCode::integrity_broken, "names of series are damaged");
  return {};
}

}  // namespace machiya::sense::series
