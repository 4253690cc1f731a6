// Randomness as a port: the operating system's in the server, a seeded one in tests and demonstrations.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace machiya {

/// Source of random bytes. Implementations are thread-safe.
class Rng {
 public:
  virtual ~Rng() = default;
  virtual void fill(void* out, std::size_t size) = 0;
  std::uint64_t next() {
    std::uint64_t v = 0;
    fill(&v, sizeof v);
    return v;
  }
  /// Uniform in [0, bound); bound > 0. Without modulo bias.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t limit = ~std::uint64_t{0} - ~std::uint64_t{0} % bound;
    for (;;)
      if (std::uint64_t v = next(); v < limit) return v % bound;
  }
};

/// A deterministic generator (SplitMix64) for tests and demonstration data; never for secrets. Several threads share one row of numbers.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) : state_(seed) {}
  void fill(void* out, std::size_t size) override;

 private:
  std::uint64_t state_;
};

/// 26 characters of lower-case Crockford base 32 carrying 128 random bits: the form of every id that leaves the process.
std::string new_public_id(Rng& rng);
/// True for text of that form.
bool is_public_id(const std::string& text);

}  // namespace machiya
