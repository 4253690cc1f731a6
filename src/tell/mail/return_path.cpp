#include "tell/mail/return_path.h"

#include <openssl/evp.h>

#include <array>

#include "base/result.h"
#include "base/text.h"

namespace machiya::tell {
namespace {
constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";   // Crockford, as in public ids
constexpr std::size_t kToken = 26;
using Block = std::array<unsigned char, 16>;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

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

  // One block of AES is a permutation of 128 bits: half of it is the recipient, half is zero and proves that the secret made it. No block repeats
  // for two recipients, so that no mode is needed.
  Block turned(const Block& in, int encrypt) const {
    const Cipher context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    Block out{};
    int size = 0;
    MACHIYA_ASSERT(context && EVP_CipherInit_ex(context.get(), EVP_aes_256_ecb(), nullptr, key.data(), nullptr, encrypt) == 1 && EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
                   EVP_CipherUpdate(context.get(), out.data(), &size, in.data(), 16) == 1);
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
  Block block{};
  for (std::size_t i = 0; i < 8; ++i) block[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(recipient) >> (8 * i));
  return spelled(impl_->turned(block, 1));
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
  const Block plain = impl_->turned(*block, 0);
  std::uint64_t key = 0, zero = 0;
  for (std::size_t i = 8; i-- > 0;) {
    key = key << 8 | plain[i];
    zero |= plain[8 + i];
  }
  return zero == 0 ? std::optional(static_cast<std::int64_t>(key)) : std::nullopt;
}

}  // namespace machiya::tell
