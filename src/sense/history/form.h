// How an instance is kept: a plain number in columns, everything else as bytes; and the names of instances.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/history/past.h"

namespace machiya::sense::history {

/// What a plain number comes down to.
struct Plain {
  std::int64_t time_us = 0;
  double value = 0;
  std::string_view unit;
  int digits = 0;
  std::string sub;              ///< bytes of the sub-attributes without times; "": there are none
};
/// A Property whose value is a number that a double gives back, with nothing beside it but a unit, an observedAt and sub-attributes that have no times of their own, never
/// corrected. Nothing for all others.
std::optional<Plain> as_plain(const Past& past);
/// What Plain::sub says (the frozen form of encode_entity, of an attribute with nothing but them), entered when their instance was.
Result<std::span<const Attribute>> read_sub(std::string_view bytes, tree::Arena& arena);
std::span<const Attribute> entered_at(std::span<const Attribute> sub, std::int64_t us, tree::Arena& arena);
/// observedAt in the form that `digits` says.
std::string time_text(std::int64_t us, int digits);

/// Appends the frozen form, version 1: a byte with what is there, deletedAt, the instance as codec.h writes it.
void encode_past(const Past& past, std::string& out);
/// Into `arena`. integrity_broken for anything else.
Result<Past> decode_past(std::string_view bytes, tree::Arena& arena);

/// Instances in columns have a name that can be worked out: a permutation of place and time by a secret of the installation. It keeps clients from counting
/// instances; it is no protection (who may read or write an instance is decided elsewhere).
class InstanceNames {
 public:
  InstanceNames(std::uint64_t high, std::uint64_t low) : high_(high), low_(low) {}
  struct Place {
    std::int64_t track = 0;
    int column = 0;
    std::int64_t time_us = 0;
  };
  std::string name(const Place& place) const;
  /// Nothing when this is no such name.
  std::optional<Place> place(std::string_view name) const;

 private:
  std::uint64_t high_, low_;
  std::uint64_t round(std::uint64_t half, int n) const;
};

}  // namespace machiya::sense::history
