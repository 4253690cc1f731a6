// Sets of slots as bits, and one attribute of all entities as a column: what makes a query over a million entities a scan of some megabytes.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sense/entities/entity.h"
#include "sense/query/filter.h"

namespace machiya::sense {

struct HashText {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class T> using ByText = std::unordered_map<std::string, T, HashText, std::equal_to<>>;

/// A set of slots.
class SlotSet {
 public:
  explicit SlotSet(std::size_t slots = 0, bool full = false) : words_((slots + 63) / 64, full ? ~std::uint64_t{0} : 0) {}
  void insert(std::uint32_t slot) {
    if (slot / 64 >= words_.size()) words_.resize(slot / 64 + 1);
    words_[slot / 64] |= std::uint64_t{1} << (slot % 64);
  }
  void erase(std::uint32_t slot) {
    if (slot / 64 < words_.size()) words_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  }
  bool has(std::uint32_t slot) const { return slot / 64 < words_.size() && (words_[slot / 64] >> (slot % 64) & 1) != 0; }
  std::size_t count() const;
  std::size_t words() const { return words_.size(); }
  std::uint64_t word(std::size_t i) const { return i < words_.size() ? words_[i] : 0; }
  std::uint64_t& word(std::size_t i) { return words_[i]; }
  /// Calls `visit(slot)` in ascending order until it answers false.
  template <class Visit> void each(const Visit& visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      for (std::uint64_t bits = words_[i]; bits != 0; bits &= bits - 1)
        if (!visit(static_cast<std::uint32_t>(i * 64 + static_cast<unsigned>(std::countr_zero(bits))))) return;
  }

 private:
  std::vector<std::uint64_t> words_;
};

/// The default instance's value of one attribute in every slot, 8 bytes each, in blocks that exist where somebody has the attribute. Numbers as doubles;
/// texts as numbers of a dictionary; everything else (several instances, lists, objects) as "ask the entity".
class Column {
 public:
  void set(std::uint32_t slot, const Attribute& attribute);
  void erase(std::uint32_t slot);
  std::size_t memory() const;

  /// A fact made ready to be asked of many slots. Answers yes where the entity itself must be asked: never fewer than fulfil the fact. Valid until the column changes.
  class Question {
   public:
    /// `column` nullptr: nobody has the attribute.
    Question(const Column* column, const IndexFact& fact);
    bool fits(std::uint32_t slot) const;
    /// Those of the `bits` of the slots from 64 * `word` on that may fulfil it.
    std::uint64_t narrow(std::size_t word, std::uint64_t bits) const;

   private:
    const Column* column_;
    IndexFact::What what_;
    double low_, high_;
    std::vector<std::uint64_t> wanted_;   ///< cells of the texts; a text that the dictionary does not know may only be where the entity must be asked
    bool holds(std::uint64_t cell) const;
  };

 private:
  static constexpr std::uint32_t kBlock = 1024;
  using Cells = std::array<std::uint64_t, kBlock>;
  std::vector<std::unique_ptr<Cells>> blocks_;
  ByText<std::uint32_t> texts_;
  std::uint64_t cell_of(const Attribute& attribute);
};

}  // namespace machiya::sense
