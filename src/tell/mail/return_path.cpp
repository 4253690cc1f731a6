#include "tell/mail/return_path.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "base/result.h"
#include "base/text.h"

namespace machiya::tell {
namespace {
constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";   // Crockford, as in public ids
constexpr std::size_t kToken = 26;
using Block = std::array<unsigned char, 16>;

std::string spelled(const Block& block) {
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (const unsigned char b : block) {
    buffer = buffer << 8 | b;
    for (bits += 8; bits >= 5; bits -= 5) out += kAlphabet[buffer >> (bits - 5) & 31];
  }
  return out += kAlphabet[buffer << (5 - bits) & 31];
}
std::optional<Block> read(std::string_view token) {
  if (token.size() != kToken) return std::nullopt;
  Block out{};
  unsigned buffer = 0;
  int bits = 0;
  std::size_t at = 0;
  for (const char c : token) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    buffer = buffer << 5 | static_cast<unsigned>(value);
    bits += 5;
    if (bits >= 8) out[at++] = static_cast<unsigned char>(buffer >> (bits -= 8));
  }
  return (buffer & 3) == 0 ? std::optional(out) : std::nullopt;   // two bits are left over: one spelling for one block
}
}  // namespace

struct ReturnPath::Impl {
  std::array<unsigned char, 32> key{};

  using Half = std::array<unsigned char, 8>;
  /// The first 64 bits of HMAC-SHA256 over a purpose and eight bytes.
  Half half(char purpose, const Half& in) const {
    std::array<unsigned char, 9> input{static_cast<unsigned char>(purpose)};
    std::copy(in.begin(), in.end(), input.begin() + 1);
    std::array<unsigned char, 32> out{};
    unsigned size = 0;
    MACHIYA_ASSERT(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), input.data(), input.size(), out.data(), &size) != nullptr && size == out.size());
    Half first{};
    std::copy_n(out.begin(), first.size(), first.begin());
    return first;
  }
  // The number under a mask that its own authentication tag makes (the construction of a synthetic IV, RFC 5297 §2.6): the same recipient has
  // the same token, two have nothing in common, and a tag that does not fit its number opens nothing.
  Half masked(const Half& number, const Half& tag) const {
    Half out = half('m', tag);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] ^= number[i];
    return out;
  }
};

ReturnPath::ReturnPath(std::string_view secret, std::string prefix, std::string domain)
    : impl_(std::make_unique<Impl>()), prefix_(lower_ascii(prefix)), domain_(lower_ascii(domain)) {
  const std::string purpose = "machiya return path" + std::string(1, '\0') + std::string(secret);
  MACHIYA_ASSERT(EVP_Digest(purpose.data(), purpose.size(), impl_->key.data(), nullptr, EVP_sha256(), nullptr) == 1);
}
ReturnPath::~ReturnPath() = default;

std::string ReturnPath::token(std::int64_t recipient) const {
  Impl::Half number{};
  for (std::size_t i = 0; i < 8; ++i) number[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(recipient) >> (8 * i));
  const Impl::Half tag = impl_->half('t', number), hidden = impl_->masked(number, tag);
  Block block{};
  std::copy(tag.begin(), tag.end(), block.begin());
  std::copy(hidden.begin(), hidden.end(), block.begin() + 8);
  return spelled(block);
}
std::string ReturnPath::address(std::int64_t recipient) const { return prefix_ + token(recipient) + '@' + domain_; }

std::optional<std::string> ReturnPath::token_of(std::string_view address) const {
  const std::string text = lower_ascii(address);
  const std::size_t size = prefix_.size() + kToken;
  if (text.size() != size + 1 + domain_.size() || !starts_with(text, prefix_) || text[size] != '@' || std::string_view(text).substr(size + 1) != domain_) return std::nullopt;
  return text.substr(prefix_.size(), kToken);
}

std::optional<std::int64_t> ReturnPath::recipient(std::string_view token) const {
  const auto block = read(token);
  if (!block) return std::nullopt;
  Impl::Half tag{}, hidden{};
  std::copy_n(block->begin(), 8, tag.begin());
  std::copy_n(block->begin() + 8, 8, hidden.begin());
  const Impl::Half number = impl_->masked(hidden, tag), right = impl_->half('t', number);
  if (CRYPTO_memcmp(tag.data(), right.data(), tag.size()) != 0) return std::nullopt;
  std::uint64_t key = 0;
  for (std::size_t i = 8; i-- > 0;) key = key << 8 | number[i];
  return static_cast<std::int64_t>(key);
}

}  // namespace machiya::tell
