// An object while it is made: members by key, values that grow into arrays, maps inside it ("add value", JSON-LD API §8). For the .cpp files of this module.
#pragma once
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "sense/jsonld/context.h"

namespace machiya::sense::jsonld {

class Growings;

class Growing {
 public:
  explicit Growing(Growings& pool) : pool_(pool) {}
  bool empty() const { return live_ == 0; }
  std::size_t size() const { return live_; }
  /// The value so far, or nullptr. It moves when members are added.
  const Value* find(std::string_view key) const;
  bool has(std::string_view key) const { return place(key) != nullptr; }
  /// Replaces. The key must live as long as the result.
  void set(std::string_view key, const Value& v);
  /// Appends v, or every element of v when it is an array; the entry becomes an array when there are several values or `as_array`.
  void add(std::string_view key, const Value& v, bool as_array, Arena& arena);
  /// The map inside this one at `key`; made when there is none.
  Growing& map(std::string_view key);
  void erase(std::string_view key);
  /// The object; everything of it lies in `arena` or where it came from.
  Value finish(Arena& arena);
  void clear();
  template <class F> void each(F f) const {
    for (const Entry& e : entries_)
      if (!e.gone) f(e.key, e.value);
  }

 private:
  struct Entry {
    std::string_view key;
    Value value;
    std::uint32_t room = 0;        ///< of the array that `value` is, when it is ours to write in
    bool has_value = false, gone = false;
    Growing* inner = nullptr;
  };
  static constexpr std::size_t kFew = 24;
  Growings& pool_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> index_;   ///< of many entries: position + 1
  std::size_t live_ = 0;

  const Entry* place(std::string_view key) const;
  Entry& at(std::string_view key);
  void index_all();
  static void append(Entry& e, const Value& v, Arena& arena);
};

/// Growings that are used again: depth of recursion many, not members many.
class Growings {
 public:
  Growing& take() {
    if (used_ == all_.size()) all_.emplace_back(*this);
    Growing& out = all_[used_++];
    out.clear();
    return out;
  }
  std::size_t mark() const { return used_; }
  void back_to(std::size_t mark) { used_ = mark; }

 private:
  std::deque<Growing> all_;
  std::size_t used_ = 0;
};

/// Takes one Growing and gives back all that were taken in its life.
class Grown {
 public:
  explicit Grown(Growings& pool) : pool_(pool), mark_(pool.mark()), object_(pool.take()) {}
  ~Grown() { pool_.back_to(mark_); }
  Grown(const Grown&) = delete;
  Growing& operator*() { return object_; }
  Growing* operator->() { return &object_; }

 private:
  Growings& pool_;
  std::size_t mark_;
  Growing& object_;
};

}  // namespace machiya::sense::jsonld
