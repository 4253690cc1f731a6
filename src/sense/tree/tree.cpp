#include "sense/tree/tree.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace machiya::tree {
namespace {

const Value kNull{};

bool same_members(const Value& a, const Value& b) {
  return std::ranges::all_of(a.members(), [&](const Member& m) {
    const Value* other = b.find(m.key);
    return other != nullptr && equal(m.value, *other);
  });
}

}  // namespace

double Value::number() const {
  double out = std::numeric_limits<double>::quiet_NaN();
  if (is_number()) std::from_chars(chars, chars + count, out);
  return out;
}

const Value* Value::find(std::string_view key) const {
  for (const Member& m : members())
    if (m.key == key) return &m.value;
  return nullptr;
}

const Value& Value::operator[](std::string_view key) const {
  const Value* found = find(key);
  return found != nullptr ? *found : kNull;
}

bool equal(const Value& a, const Value& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::null: return true;
    case Kind::boolean: return a.truth == b.truth;
    case Kind::number: return a.text() == b.text() || a.number() == b.number();
    case Kind::string: return a.text() == b.text();
    case Kind::array: return std::ranges::equal(a.items(), b.items(), equal);
    case Kind::object: return a.count == b.count && same_members(a, b);
  }
  return false;
}

// ---- arena

struct Arena::Block {
  Block* before;
  std::size_t size;
  char* begin() { return reinterpret_cast<char*>(this + 1); }
};

Arena::~Arena() { drop(); }
Arena::Arena(Arena&& other) noexcept { *this = std::move(other); }
Arena& Arena::operator=(Arena&& other) noexcept {
  if (this == &other) return *this;
  drop();
  last_ = std::exchange(other.last_, nullptr), at_ = std::exchange(other.at_, nullptr), end_ = std::exchange(other.end_, nullptr);
  total_ = std::exchange(other.total_, 0), next_size_ = other.next_size_;
  return *this;
}

void Arena::drop() {
  while (last_ != nullptr) std::free(std::exchange(last_, last_->before));
  at_ = end_ = nullptr, total_ = 0;
}

void Arena::grow(std::size_t bytes) {
  const std::size_t size = std::max(bytes, next_size_);
  auto* block = static_cast<Block*>(std::malloc(sizeof(Block) + size));
  if (block == nullptr) throw std::bad_alloc();
  block->before = last_, block->size = size;
  last_ = block, at_ = block->begin(), end_ = at_ + size, total_ += size;
  next_size_ = std::min<std::size_t>(std::max(next_size_, size) * 2, 1 << 20);
}

void* Arena::take(std::size_t bytes, std::size_t alignment) {
  auto up = [&] { return (reinterpret_cast<std::uintptr_t>(at_) + alignment - 1) & ~(alignment - 1); };
  if (at_ == nullptr || up() + bytes > reinterpret_cast<std::uintptr_t>(end_)) grow(bytes + alignment);
  auto* out = reinterpret_cast<char*>(up());
  at_ = out + bytes;
  return out;
}

void Arena::clear() {
  if (last_ == nullptr) return;
  Block* keep = last_;
  for (Block* b = last_->before; b != nullptr; b = b->before)
    if (b->size > keep->size) keep = b;
  while (last_ != nullptr) {
    Block* b = std::exchange(last_, last_->before);
    if (b != keep) std::free(b);
  }
  keep->before = nullptr;
  last_ = keep, at_ = keep->begin(), end_ = at_ + keep->size, total_ = keep->size;
}

std::string_view Arena::text(std::string_view s) {
  if (s.empty()) return {};
  char* out = room<char>(s.size());
  std::memcpy(out, s.data(), s.size());
  return {out, s.size()};
}

Value Arena::number(double d) {
  char text_of[32];
  const auto end = std::to_chars(text_of, text_of + sizeof text_of, d);
  return Value::number(text({text_of, static_cast<std::size_t>(end.ptr - text_of)}));
}

Value Arena::number(std::int64_t i) {
  char text_of[24];
  const auto end = std::to_chars(text_of, text_of + sizeof text_of, i);
  return Value::number(text({text_of, static_cast<std::size_t>(end.ptr - text_of)}));
}

Value Arena::copy(const Value& v) {
  Value out = v;
  if (v.is_string() || v.is_number()) {
    out.chars = text(v.text()).data();
  } else if (v.is_array()) {
    Value* to = room<Value>(v.count);
    for (std::size_t i = 0; i < v.count; ++i) to[i] = copy(v.elements[i]);
    out.elements = to;
  } else if (v.is_object()) {
    Member* to = room<Member>(v.count);
    for (std::size_t i = 0; i < v.count; ++i) to[i] = Member{text(v.entries[i].key), copy(v.entries[i].value)};
    out.entries = to;
  }
  return out;
}

}  // namespace machiya::tree
