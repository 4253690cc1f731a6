// DER (X.690) as far as attestation extensions need it: definite lengths in their shortest form.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace machiya::webauthn {

/// Tag classes and the constructed bit are in `first`; numbers from 31 on are in `number` too.
struct Der {
  unsigned char first = 0;       ///< identifier octet without the number: class and constructed bit
  std::uint32_t number = 0;
  std::string_view content;
};
constexpr unsigned char kDerConstructed = 0x20, kDerContext = 0x80;
constexpr std::uint32_t kDerInteger = 2, kDerOctets = 4, kDerEnumerated = 10, kDerSequence = 16, kDerSet = 17;

/// The elements that fill `bytes`; nothing when they do not. At most 512.
std::optional<std::vector<Der>> read_der(std::string_view bytes);
/// What stands inside the one element of this universal number that fills `bytes`.
std::optional<std::string_view> der_content(std::string_view bytes, std::uint32_t number);
/// The elements of a SEQUENCE that fills `bytes`.
std::optional<std::vector<Der>> der_sequence(std::string_view bytes);
/// A small INTEGER or ENUMERATED, not negative.
std::optional<std::uint32_t> der_small(const Der& element);

}  // namespace machiya::webauthn
