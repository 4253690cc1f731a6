#include "sense/broker/slots.h"

#include <algorithm>

namespace machiya::sense {
namespace {

// Cells are doubles; what is no number is a quiet NaN with a tag (never what arithmetic makes: those are stored as kAsk).
constexpr std::uint64_t kAbsent = 0xFFF9'0000'0000'0000, kAsk = 0xFFFA'0000'0000'0000, kText = 0xFFFB'0000'0000'0000;
constexpr std::size_t kMostTexts = 1 << 16;   ///< beyond it texts of the column are asked of the entity

}  // namespace

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
  if (const auto it = texts_.find(i.value.text()); it != texts_.end()) return kText | it->second;
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

Column::Question::Question(const Column* column, const IndexFact& fact) : column_(column), what_(fact.what), low_(fact.low), high_(fact.high) {
  if (column == nullptr) return;
  for (const std::string& t : fact.texts)
    if (const auto it = column->texts_.find(t); it != column->texts_.end()) wanted_.push_back(kText | it->second);
}

bool Column::Question::holds(std::uint64_t cell) const {
  // Whatever is no number is a NaN, which lies in no range.
  if (what_ == IndexFact::What::number) return (std::bit_cast<double>(cell) >= low_ && std::bit_cast<double>(cell) <= high_) || cell == kAsk;
  if (cell == kAbsent || cell == kAsk) return cell == kAsk;
  return what_ == IndexFact::What::exists || std::ranges::find(wanted_, cell) != wanted_.end();
}

bool Column::Question::fits(std::uint32_t slot) const {
  const std::size_t block = slot / kBlock;
  return column_ != nullptr && block < column_->blocks_.size() && column_->blocks_[block] && holds((*column_->blocks_[block])[slot % kBlock]);
}

std::uint64_t Column::Question::narrow(std::size_t word, std::uint64_t bits) const {
  constexpr int kFew = 16;
  const std::size_t first = word * 64, block = first / kBlock;
  if (bits == 0 || column_ == nullptr || block >= column_->blocks_.size() || !column_->blocks_[block]) return 0;
  const std::uint64_t* cells = column_->blocks_[block]->data() + first % kBlock;
  std::uint64_t kept = 0;
  if (what_ != IndexFact::What::number || std::popcount(bits) <= kFew) {
    for (std::uint64_t left = bits; left != 0; left &= left - 1)
      if (holds(cells[std::countr_zero(left)])) kept |= left & (~left + 1);
    return kept;
  }
  for (unsigned b = 0; b < 64; ++b) {   // without a branch
    const double d = std::bit_cast<double>(cells[b]);
    kept |= static_cast<std::uint64_t>(((d >= low_) & (d <= high_)) | (cells[b] == kAsk)) << b;
  }
  return bits & kept;
}

std::size_t Column::memory() const {
  std::size_t n = texts_.size() * 64;
  for (const auto& b : blocks_) n += b ? sizeof(Cells) : sizeof(void*);
  return n;
}

}  // namespace machiya::sense
