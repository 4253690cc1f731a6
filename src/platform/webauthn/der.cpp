#include "platform/webauthn/der.h"

namespace machiya::webauthn {
namespace {
constexpr std::size_t kMostElements = 512;

unsigned char octet(std::string_view s, std::size_t at) { return static_cast<unsigned char>(s[at]); }

bool read_number(std::string_view bytes, std::size_t& at, Der& out) {
  const unsigned char identifier = octet(bytes, at++);
  out.first = identifier & 0xE0;
  out.number = identifier & 0x1F;
  if (out.number != 0x1F) return true;
  out.number = 0;
  for (int i = 0; i < 3; ++i) {
    if (at >= bytes.size()) return false;
    const unsigned char part = octet(bytes, at++);
    if (i == 0 && part == 0x80) return false;   // a leading zero
    out.number = (out.number << 7) | (part & 0x7F);
    if ((part & 0x80) == 0) return out.number >= 0x1F;
  }
  return false;
}

bool read_length(std::string_view bytes, std::size_t& at, std::size_t& length) {
  if (at >= bytes.size()) return false;
  const unsigned char first = octet(bytes, at++);
  length = first;
  if (first < 0x80) return true;
  const int size = first & 0x7F;
  if (size == 0 || size > 3) return false;
  length = 0;
  for (int i = 0; i < size; ++i) {
    if (at >= bytes.size()) return false;
    length = (length << 8) | octet(bytes, at++);
  }
  return length >= (size == 1 ? 0x80u : std::size_t{1} << (8 * (size - 1)));
}
}  // namespace

std::optional<std::vector<Der>> read_der(std::string_view bytes) {
  std::vector<Der> out;
  for (std::size_t at = 0; at < bytes.size();) {
    Der one;
    std::size_t length = 0;
    if (out.size() == kMostElements || !read_number(bytes, at, one) || !read_length(bytes, at, length) || length > bytes.size() - at) return std::nullopt;
    one.content = bytes.substr(at, length);
    at += length;
    out.push_back(one);
  }
  return out;
}

std::optional<std::string_view> der_content(std::string_view bytes, std::uint32_t number) {
  const auto elements = read_der(bytes);
  const unsigned char constructed = number == kDerSequence || number == kDerSet ? kDerConstructed : 0;
  if (!elements || elements->size() != 1 || elements->front().first != constructed || elements->front().number != number) return std::nullopt;
  return elements->front().content;
}

std::optional<std::vector<Der>> der_sequence(std::string_view bytes) {
  const auto content = der_content(bytes, kDerSequence);
  return content ? read_der(*content) : std::nullopt;
}

std::optional<std::uint32_t> der_small(const Der& element) {
  if (element.first != 0 || (element.number != kDerInteger && element.number != kDerEnumerated)) return std::nullopt;
  if (element.content.empty() || element.content.size() > 4 || (octet(element.content, 0) & 0x80) != 0) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < element.content.size(); ++i) value = (value << 8) | octet(element.content, i);
  return value;
}

}  // namespace machiya::webauthn
