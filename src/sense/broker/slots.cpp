#include "sense/broker/slots.h"

#include <algorithm>

namespace machiya::sense {
namespace {

// Cells are doubles; what is no number is a quiet NaN with a tag (never what arithmetic makes: those are stored as kAsk).
constexpr std::uint64_t kTag = 0xFFF8'0000'0000'0000, kTagMask = 0xFFFF'0000'0000'0000;
constexpr std::uint64_t kAbsent = 0xFFF9'0000'0000'0000, kAsk = 0xFFFA'0000'0000'0000, kText = 0xFFFB'0000'0000'0000;
constexpr std::size_t kMostTexts = 1 << 16;   ///< beyond it texts of the column are asked of the entity

bool is_number(std::uint64_t cell) { return (cell & kTag) != kTag; }

}  // namespace

void SlotSet::intersect(const SlotSet& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.word(i);
}
void SlotSet::unite(const SlotSet& other) {
  if (words_.size() < other.words_.size()) words_.resize(other.words_.size());
  for (std::size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
}
std::size_t SlotSet::count() const {
  std::size_t n = 0;
  for (const std::uint64_t w : words_) n += static_cast<std::size_t>(std::popcount(w));
  return n;
}

std::uint64_t Column::cell_of(const Attribute& attribute) {
  if (attribute.instances.size() != 1) return kAsk;
  const Instance& i = attribute.instances.front();
  if (i.kind == AttributeKind::property && i.value.is_number()) {
    const double d = i.value.number();
    return d == d ? std::bit_cast<std::uint64_t>(d) : kAsk;
  }
  if ((i.kind != AttributeKind::property && i.kind != AttributeKind::relationship) || !i.value.is_string()) return kAsk;
  if (const auto it = texts_.find(std::string(i.value.text())); it != texts_.end()) return kText | it->second;
  if (texts_.size() >= kMostTexts) return kAsk;
  return kText | texts_.emplace(i.value.text(), static_cast<std::uint32_t>(texts_.size())).first->second;
}

void Column::set(std::uint32_t slot, const Attribute& attribute) {
  if (slot / kBlock >= blocks_.size()) blocks_.resize(slot / kBlock + 1);
  auto& block = blocks_[slot / kBlock];
  if (!block) block = std::make_unique<Cells>(), block->fill(kAbsent);
  (*block)[slot % kBlock] = cell_of(attribute);
}

void Column::erase(std::uint32_t slot) {
  if (slot / kBlock < blocks_.size() && blocks_[slot / kBlock]) (*blocks_[slot / kBlock])[slot % kBlock] = kAbsent;
}

void Column::narrow(const IndexFact& fact, SlotSet& among) const {
  std::vector<std::uint64_t> wanted;   // cells of the texts; a text that the dictionary does not know may only be where the entity must be asked
  for (const std::string& t : fact.texts)
    if (const auto it = texts_.find(t); it != texts_.end()) wanted.push_back(kText | it->second);
  const auto fits = [&](std::uint64_t cell) {
    if (cell == kAbsent) return false;
    if (cell == kAsk || fact.what == IndexFact::What::exists) return true;
    if (fact.what == IndexFact::What::text) return std::ranges::find(wanted, cell) != wanted.end();
    const double d = std::bit_cast<double>(cell);
    return is_number(cell) && d >= fact.low && d <= fact.high;
  };
  for (std::size_t w = 0; w < among.words(); ++w) {
    std::uint64_t& bits = among.word(w);
    if (bits == 0) continue;
    const std::size_t first = w * 64, block = first / kBlock;
    if (block >= blocks_.size() || !blocks_[block]) {
      bits = 0;
      continue;
    }
    const std::uint64_t* cells = blocks_[block]->data() + first % kBlock;
    std::uint64_t kept = 0;
    for (unsigned b = 0; b < 64; ++b) kept |= static_cast<std::uint64_t>(fits(cells[b])) << b;
    bits &= kept;
  }
}

std::size_t Column::memory() const {
  std::size_t n = texts_.size() * 64;
  for (const auto& b : blocks_) n += b ? sizeof(Cells) : sizeof(void*);
  return n;
}

}  // namespace machiya::sense
