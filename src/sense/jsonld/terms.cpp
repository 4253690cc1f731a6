// Names ↔ IRIs with what was worked out once remembered: read without a lock, written under one.
#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "sense/jsonld/context.h"
#include "sense/jsonld/contexts.h"
#include "sense/jsonld/inverse.h"

namespace machiya::sense {
namespace {

using jsonld::hash_of;
using tree::Arena;
using tree::Value;

/// A map of texts that only grows. Readers follow one pointer to the table of now; a larger table replaces it, the old ones stay until the end.
class Remembered {
 public:
  /// The answer for `key`, or nullptr.
  const std::string_view* find(std::string_view key) const {
    const Table* table = now_.load(std::memory_order_acquire);
    if (table == nullptr) return nullptr;
    const std::uint32_t hash = hash_of(key);
    for (std::size_t at = hash & table->mask;; at = (at + 1) & table->mask) {
      const Entry* e = table->slots[at].load(std::memory_order_acquire);
      if (e == nullptr) return nullptr;
      if (e->hash == hash && e->key == key) return &e->answer;
    }
  }

  /// Keeps a copy of both; where `answer` lies inside `key`, the copy does too. nullptr when the map is full.
  const std::string_view* keep(std::string_view key, std::string_view answer) {
    if (key.size() > kLongest || answer.size() > kLongest) return nullptr;
    const std::lock_guard guard(lock_);
    if (const std::string_view* there = find(key)) return there;
    if (count_ >= kMost) return nullptr;
    const Table* table = now_.load(std::memory_order_relaxed);
    if (table == nullptr || (count_ + 1) * 2 > table->mask + 1) grow();
    const std::string_view own = arena_.text(key);
    const std::less_equal<const char*> before;
    const bool inside = before(key.data(), answer.data()) && before(answer.data() + answer.size(), key.data() + key.size());
    const std::string_view kept = inside ? own.substr(static_cast<std::size_t>(answer.data() - key.data()), answer.size()) : arena_.text(answer);
    const Entry* entry = new (arena_.room<Entry>(1)) Entry{hash_of(key), own, kept};
    put(*tables_.back(), entry);
    ++count_;
    return &entry->answer;
  }

 private:
  static constexpr std::size_t kMost = 8192, kLongest = 512;
  struct Entry {
    std::uint32_t hash;
    std::string_view key, answer;
  };
  struct Table {
    explicit Table(std::size_t size) : mask(size - 1), slots(size) {}
    std::size_t mask;
    std::vector<std::atomic<const Entry*>> slots;
  };
  std::atomic<const Table*> now_{nullptr};
  std::mutex lock_;
  Arena arena_{1024};
  std::vector<std::unique_ptr<Table>> tables_;
  std::size_t count_ = 0;

  static void put(Table& table, const Entry* entry) {
    std::size_t at = entry->hash & table.mask;
    while (table.slots[at].load(std::memory_order_relaxed) != nullptr) at = (at + 1) & table.mask;
    table.slots[at].store(entry, std::memory_order_release);
  }
  void grow() {
    auto larger = std::make_unique<Table>(tables_.empty() ? 64 : (tables_.back()->mask + 1) * 4);
    if (!tables_.empty())
      for (const auto& slot : tables_.back()->slots)
        if (const Entry* e = slot.load(std::memory_order_relaxed)) put(*larger, e);
    tables_.push_back(std::move(larger));
    now_.store(tables_.back().get(), std::memory_order_release);
  }
};

/// A node object, for choosing names of attributes.
const Value& node() {
  static const tree::Member kMember{"@type", Value::null()};
  static const Value kNode = Value::object({&kMember, 1});
  return kNode;
}

}  // namespace

struct Terms::Inside {
  explicit Inside(jsonld::ContextPtr c) : context(std::move(c)) {}
  jsonld::ContextPtr context;
  mutable Remembered expanded, compacted, attributes;

  std::string_view compact(Remembered& memory, std::string_view iri, const Value* value, Arena& scratch) const {
    if (const std::string_view* known = memory.find(iri)) return *known;
    const std::string_view answer = context->inverse().compact(iri, value, false, scratch).text;
    if (const std::string_view* kept = memory.keep(iri, answer)) return *kept;
    return scratch.text(answer);
  }
};

Terms::Terms(jsonld::ContextPtr context) : in_(std::make_unique<Inside>(std::move(context))) {}
Terms::~Terms() = default;
const jsonld::ContextPtr& Terms::context() const { return in_->context; }

std::string_view Terms::expand_term(std::string_view name, Arena& scratch) const {
  const jsonld::Context& context = *in_->context;
  const jsonld::Term* term = context.find(name);
  if (term != nullptr) return term->has_iri ? term->iri : std::string_view();
  if (const std::string_view* known = in_->expanded.find(name)) return *known;
  const jsonld::Expanded e = context.expand_known(nullptr, name, true, false, scratch);
  if (const std::string_view* kept = in_->expanded.keep(name, e.iri)) return *kept;
  return scratch.text(e.iri);
}

std::string_view Terms::compact_iri(std::string_view iri, Arena& scratch) const { return in_->compact(in_->compacted, iri, nullptr, scratch); }

std::string_view Terms::compact_attribute(std::string_view iri, Arena& scratch) const { return in_->compact(in_->attributes, iri, &node(), scratch); }

std::string_view Terms::type_mapping(std::string_view name) const {
  const jsonld::Term* term = in_->context->find(name);
  return term != nullptr ? term->type : std::string_view();
}

Coercion Terms::coercion(std::string_view name) const {
  const jsonld::Term* term = in_->context->find(name);
  if (term == nullptr || term->type.empty()) return Coercion::none;
  switch (term->type_keyword) {
    case jsonld::Keyword::id: return Coercion::id;
    case jsonld::Keyword::vocab: return Coercion::vocab;
    case jsonld::Keyword::json: return Coercion::json;
    case jsonld::Keyword::none_: return Coercion::none;
    default: return Coercion::other;
  }
}

}  // namespace machiya::sense
