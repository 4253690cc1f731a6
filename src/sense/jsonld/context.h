// What a context becomes (JSON-LD API §4.1): term definitions in one table, and the inverse context for compaction. For the .cpp files of this module.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sense/jsonld/iri.h"
#include "sense/jsonld/jsonld.h"

namespace machiya::sense::jsonld {

using tree::Arena;
using tree::Member;
using tree::Value;

/// @container as a set of bits.
using Containers = std::uint16_t;
inline constexpr Containers kGraph = 1, kId = 2, kIndex = 4, kLanguage = 8, kList = 16, kSet = 32, kType = 64;

enum class Direction : std::uint8_t { absent, null, ltr, rtl };
std::string_view direction_text(Direction d);

/// One term definition. Plain: it and its texts lie in an arena.
struct Term {
  std::string_view name;
  std::string_view iri;                     ///< the IRI mapping; a keyword for aliases
  std::string_view type;                    ///< the type mapping; empty when none
  std::string_view language;                ///< of has_language: the tag, empty for null
  std::string_view nest, index, base_url;   ///< empty when none
  const Value* local_context = nullptr;     ///< of scoped contexts
  Containers containers = 0;
  Keyword keyword = Keyword::none;          ///< of `iri`
  Keyword type_keyword = Keyword::none;     ///< of `type`
  Direction direction = Direction::absent;
  bool has_iri = false;                     ///< false: mapped to null
  bool has_language = false;
  bool prefix = false, protected_ = false, reverse = false;
  bool gone = false;                        ///< a definition that was taken away
};

/// Equal but for `protected` (§4.2 step 27).
bool same_definition(const Term& a, const Term& b);

/// What a name expands to.
struct Expanded {
  std::string_view iri;
  Keyword keyword = Keyword::none;
  bool null = false;
};

class Inverse;

class Context {
 public:
  Context();
  Context(const Context& other);            ///< without the inverse context
  ~Context();
  Context& operator=(const Context&) = delete;

  std::optional<std::string_view> base, original_base, vocab;
  std::string_view language;                ///< empty: none
  Direction direction = Direction::absent;
  ContextPtr previous;
  /// Arenas in which texts of this context lie, when nobody else holds them.
  std::vector<std::shared_ptr<const void>> memory;
  bool any_scoped = false;                  ///< some term has a local context
  bool any_protected = false;

  /// The definition, or nullptr.
  const Term* find(std::string_view name) const;
  void define(const Term* term);
  void undefine(std::string_view name, Arena& arena);
  std::size_t size() const { return used_; }
  template <class F> void each(F f) const {
    for (const Slot& s : slots_)
      if (s.term != nullptr && !s.term->gone) f(*s.term);
  }

  /// §5.2 without a local context. New text lies in `arena`.
  Expanded expand(std::string_view value, bool vocab_relative, bool document_relative, Arena& arena) const;
  /// The same for a term that was looked up already (nullptr: there is none).
  Expanded expand_known(const Term* term, std::string_view value, bool vocab_relative, bool document_relative, Arena& arena) const;

  /// Made when first asked for; safe for many threads.
  const Inverse& inverse() const;
  /// Was it asked for? Making it costs some steps for each term.
  bool has_inverse() const { return has_inverse_.load(std::memory_order_relaxed); }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    const Term* term = nullptr;
  };
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  mutable std::once_flag inverted_;
  mutable std::unique_ptr<Inverse> inverse_;
  mutable std::atomic<bool> has_inverse_{false};

  std::size_t place(std::string_view name, std::uint32_t hash) const;
  void grow();
};

/// Hash of a name, salted by where the program was loaded, so that collisions cannot be prepared.
std::uint32_t hash_of(std::string_view s);

/// `a` + `b` in the arena.
std::string_view concat(Arena& arena, std::string_view a, std::string_view b);

}  // namespace machiya::sense::jsonld
