#include "sense/jsonld/context.h"

#include <cstring>

#include "sense/jsonld/inverse.h"

namespace machiya::sense::jsonld {
namespace {

const char kAnchor = 0;   ///< its address salts the hashes

}  // namespace

std::string_view direction_text(Direction d) { return d == Direction::ltr ? "ltr" : d == Direction::rtl ? "rtl" : ""; }

bool same_definition(const Term& a, const Term& b) {
  const bool contexts = a.local_context == b.local_context ||
                        (a.local_context != nullptr && b.local_context != nullptr && tree::equal(*a.local_context, *b.local_context));
  return contexts && a.has_iri == b.has_iri && a.iri == b.iri && a.type == b.type && a.has_language == b.has_language && a.language == b.language &&
         a.nest == b.nest && a.index == b.index && a.containers == b.containers && a.direction == b.direction && a.prefix == b.prefix &&
         a.reverse == b.reverse;
}

std::uint32_t hash_of(std::string_view s) {
  const std::uint64_t salt = reinterpret_cast<std::uintptr_t>(&kAnchor) * 0x9E3779B97F4A7C15ull;
  std::uint64_t h = salt ^ s.size();
  const char* p = s.data();
  std::size_t left = s.size();
  auto mix = [&](std::uint64_t word) {
    h = (h ^ word) * 0xD6E8FEB86659FD93ull;
    h ^= h >> 32;
  };
  for (; left >= 8; p += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    mix(word);
  }
  std::uint64_t word = 0;
  if (left > 0) std::memcpy(&word, p, left);
  mix(word);
  mix(salt >> 7);
  return static_cast<std::uint32_t>(h);
}

std::string_view concat(Arena& arena, std::string_view a, std::string_view b) {
  if (b.empty()) return a;
  if (a.empty()) return b;
  char* out = arena.room<char>(a.size() + b.size());
  std::memcpy(out, a.data(), a.size());
  std::memcpy(out + a.size(), b.data(), b.size());
  return {out, a.size() + b.size()};
}

Context::Context(const Context& other)
    : base(other.base), original_base(other.original_base), vocab(other.vocab), language(other.language), direction(other.direction),
      previous(other.previous), memory(other.memory), any_scoped(other.any_scoped), any_protected(other.any_protected), slots_(other.slots_),
      used_(other.used_) {}

Context::Context() = default;
Context::~Context() = default;

std::size_t Context::place(std::string_view name, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].term != nullptr && (slots_[at].hash != hash || slots_[at].term->name != name)) at = (at + 1) & mask;
  return at;
}

const Term* Context::find(std::string_view name) const {
  if (used_ == 0) return nullptr;
  const Term* found = slots_[place(name, hash_of(name))].term;
  return found != nullptr && !found->gone ? found : nullptr;
}

void Context::grow() {
  std::vector<Slot> before(slots_.empty() ? 32 : slots_.size() * 2);
  before.swap(slots_);
  for (const Slot& s : before)
    if (s.term != nullptr) slots_[place(s.term->name, s.hash)] = s;
}

void Context::define(const Term* term) {
  if ((used_ + 1) * 2 > slots_.size()) grow();
  const std::uint32_t hash = hash_of(term->name);
  Slot& slot = slots_[place(term->name, hash)];
  if (slot.term == nullptr) ++used_;
  slot = {hash, term};
  if (term->gone) return;
  any_scoped |= term->local_context != nullptr;
  any_protected |= term->protected_;
}

void Context::undefine(std::string_view name, Arena& arena) {
  Term* gone = new (arena.room<Term>(1)) Term;
  gone->name = name, gone->gone = true;
  define(gone);
}

Expanded Context::expand(std::string_view value, bool vocab_relative, bool document_relative, Arena& arena) const {
  return expand_known(find(value), value, vocab_relative, document_relative, arena);
}

Expanded Context::expand_known(const Term* term, std::string_view value, bool vocab_relative, bool document_relative, Arena& arena) const {
  if (!value.empty() && value[0] == '@') {
    if (const Keyword k = keyword_of(value); k != Keyword::none) return {value, k};
    if (looks_like_keyword(value)) return {{}, Keyword::none, true};
  }
  if (term != nullptr) {
    if (term->keyword != Keyword::none) return {term->iri, term->keyword};
    if (vocab_relative) return {term->iri, Keyword::none, !term->has_iri};
  }
  if (const std::size_t colon = value.find(':', 1); value.size() > 1 && colon != std::string_view::npos) {
    const std::string_view prefix = value.substr(0, colon), suffix = value.substr(colon + 1);
    if (prefix == "_" || suffix.substr(0, 2) == "//") return {value};
    if (const Term* p = find(prefix); p != nullptr && p->has_iri && p->prefix) return {concat(arena, p->iri, suffix)};
    if (is_absolute_iri(value)) return {value};
  }
  if (vocab_relative && vocab) return {concat(arena, *vocab, value)};
  if (document_relative && base) return {arena.text(resolve_iri(*base, value))};
  return {value};
}

const Inverse& Context::inverse() const {
  std::call_once(inverted_, [this] { inverse_ = std::make_unique<Inverse>(*this), has_inverse_.store(true, std::memory_order_relaxed); });
  return *inverse_;
}

ContextPtr initial_context(std::string_view base) {
  auto out = std::make_shared<Context>();
  if (base.empty()) return out;
  auto arena = std::make_shared<Arena>(256);
  out->base = out->original_base = arena->text(base);
  out->memory.push_back(std::move(arena));
  return out;
}

}  // namespace machiya::sense::jsonld
