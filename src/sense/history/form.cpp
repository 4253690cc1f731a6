#include "sense/history/form.h"

#include <charconv>
#include <cmath>

#include "sense/entities/codec.h"
#include "base/time.h"
#include "sense/entities/stamp.h"

namespace machiya::sense::history {
namespace {

constexpr char kVersion = 1;
constexpr std::string_view kPrefix = "urn:ngsi-ld:Instance:";
constexpr int kRounds = 8;
constexpr std::size_t kSecondsLong = 19;   // of "2026-11-23T09:30:00"
constexpr int kSafeDigits = 15;            // as many decimal digits every double gives back

// A number whose text a double gives back, by value: 21.50 comes back as 21.5.
bool keeps_value(std::string_view text, double value) {
  if (!std::isfinite(value) || (value == 0 && text.starts_with('-'))) return false;
  int digits = 0;
  bool leading = true;
  for (const char c : text) {
    if (c == 'e' || c == 'E') break;
    if (c < '0' || c > '9') continue;
    leading = leading && c == '0';
    digits += !leading;
  }
  if (digits <= kSafeDigits) return value != 0 || digits == 0;   // 1e-400 is not 0
  tree::Arena arena(64);
  return arena.number(value).text() == text;
}

std::optional<int> digits_of(const Stamp& stamp) {
  const std::size_t fraction = stamp.text.size() - kSecondsLong - 1;
  const int digits = fraction == 0 ? 0 : static_cast<int>(fraction) - 1;
  if (digits > 6 || time_text(stamp.us, digits) != stamp.text) return std::nullopt;
  return digits;
}

bool has_own_times(std::span<const Attribute> sub) {
  for (const Attribute& a : sub)
    for (const Instance& i : a.instances)
      if (i.observed_at.present() || i.expires_at.present() || !i.instance_id.empty() || has_own_times(i.sub)) return true;
  return false;
}

void encode_one(const Instance& instance, std::string& out) {
  const Attribute attribute{"a", {&instance, 1}};
  Entity entity;
  entity.attributes = {&attribute, 1};
  encode_entity(entity, out);
}

Result<Instance> decode_one(std::string_view bytes, tree::Arena& arena) {
  auto draft = decode_entity(arena.text(bytes), arena);
  if (!draft.ok() || draft->attributes.size() != 1 || draft->attributes[0].instances.size() != 1) return Error(ErrorCode::integrity_broken, "these are not the bytes of an instance");
  return draft->attributes[0].instances[0];
}

std::string sub_bytes(std::span<const Attribute> sub) {
  std::string out;
  if (sub.empty()) return out;
  tree::Arena arena(1024);
  Instance carrier;
  carrier.sub = entered_at(sub, kNoTime, arena);
  encode_one(carrier, out);
  return out;
}

std::int64_t read_int(std::string_view bytes, std::size_t at) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i) out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  return static_cast<std::int64_t>(out);
}

}  // namespace

std::string time_text(std::int64_t us, int digits) {
  std::string out = to_iso_utc(Instant{us});   // …:00.123456Z
  out.resize(kSecondsLong + (digits > 0 ? 1 + static_cast<std::size_t>(digits) : 0));
  return out + 'Z';
}

std::optional<Plain> as_plain(const Past& past) {
  const Instance& i = past.instance;
  const bool bare = i.kind == AttributeKind::property && i.value.is_number() && !has_own_times(i.sub) && i.value_type.is_null() && i.proof.is_null() && i.object_type.is_null() &&
                    !i.expires_at.present() && past.deleted_us == kNoTime && i.created_us == i.modified_us && i.created_us != kNoTime;
  if (!bare) return std::nullopt;
  Plain out{i.created_us, i.value.number(), i.unit_code, kNoObservedAt, {}};
  if (!keeps_value(i.value.text(), out.value)) return std::nullopt;
  out.sub = sub_bytes(i.sub);
  if (!i.observed_at.present()) return out;
  const auto digits = digits_of(i.observed_at);
  if (!digits) return std::nullopt;
  out.time_us = i.observed_at.us, out.digits = *digits;
  // The difference is kept as a double: exact for 285 years either way.
  if (std::abs(static_cast<double>(i.created_us) - static_cast<double>(out.time_us)) > 9e15) return std::nullopt;
  return out;
}

void encode_past(const Past& past, std::string& out) {
  out += kVersion;
  for (int i = 0; i < 8; ++i) out += static_cast<char>(static_cast<std::uint64_t>(past.deleted_us) >> (8 * i));
  encode_one(past.instance, out);
}

Result<Past> decode_past(std::string_view bytes, tree::Arena& arena) {
  if (bytes.size() < 9 || bytes[0] != kVersion) return Error(ErrorCode::integrity_broken, "these are not the bytes of an instance");
  Past out;
  out.deleted_us = read_int(bytes, 1);
  MACHIYA_TRY(out.instance, decode_one(bytes.substr(9), arena));
  return out;
}

Result<std::span<const Attribute>> read_sub(std::string_view bytes, tree::Arena& arena) {
  if (bytes.empty()) return std::span<const Attribute>();
  MACHIYA_TRY(const Instance carrier, decode_one(bytes, arena));
  return carrier.sub;
}

std::span<const Attribute> entered_at(std::span<const Attribute> sub, std::int64_t us, tree::Arena& arena) {
  std::vector<Attribute> out(sub.begin(), sub.end());
  for (Attribute& a : out) {
    std::vector<Instance> instances(a.instances.begin(), a.instances.end());
    for (Instance& i : instances) i.created_us = i.modified_us = us, i.sub = entered_at(i.sub, us, arena);
    a.instances = arena.list(instances);
  }
  return arena.list(out);
}

std::uint64_t InstanceNames::round(std::uint64_t half, int n) const {
  std::uint64_t x = half ^ (n % 2 == 0 ? high_ : low_);
  x += 0x9e3779b97f4a7c15ULL * static_cast<std::uint64_t>(n + 1);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31) ^ (n % 2 == 0 ? low_ : high_);
}

std::string InstanceNames::name(const Place& place) const {
  std::uint64_t left = static_cast<std::uint64_t>(place.track) << 12 | static_cast<std::uint64_t>(place.column), right = static_cast<std::uint64_t>(place.time_us);
  for (int n = 0; n < kRounds; ++n) left = std::exchange(right, left ^ round(right, n));
  std::string out(kPrefix);
  for (const std::uint64_t half : {left, right})
    for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[half >> shift & 15];
  return out;
}

std::optional<InstanceNames::Place> InstanceNames::place(std::string_view name) const {
  if (!name.starts_with(kPrefix) || name.size() != kPrefix.size() + 32) return std::nullopt;
  std::uint64_t left = 0, right = 0;
  const char* at = name.data() + kPrefix.size();
  for (std::uint64_t* half : {&left, &right}) {
    const auto end = std::from_chars(at, at + 16, *half, 16);
    if (end.ec != std::errc() || end.ptr != at + 16) return std::nullopt;
    at += 16;
  }
  for (int n = kRounds - 1; n >= 0; --n) right = std::exchange(left, right ^ round(left, n));
  return Place{static_cast<std::int64_t>(left >> 12), static_cast<int>(left & 0xfff), static_cast<std::int64_t>(right)};
}

}  // namespace machiya::sense::history
