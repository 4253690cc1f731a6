// Where long answers are written: text that grows by pieces known when the program is built, without a call for each of them.
#pragma once
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "sense/tree/tree.h"

namespace machiya::tree {

/// Text that only grows. One thread.
class TextOut {
 public:
  explicit TextOut(std::size_t room = 4096) : chars_(std::make_unique_for_overwrite<char[]>(room)), room_(room) {}
  TextOut& operator+=(char c) {
    need(1);
    chars_[size_++] = c;
    return *this;
  }
  TextOut& operator+=(std::string_view text) {
    if (text.empty()) return *this;
    need(text.size());
    std::memcpy(chars_.get() + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  std::string_view view() const { return {chars_.get(), size_}; }
  std::size_t size() const { return size_; }
  /// Takes the last `n` bytes away; not more than there are.
  void pop(std::size_t n) { size_ -= n; }
  /// Room for so many bytes more without moving.
  void need(std::size_t n) {
    if (n > room_ - size_) grow(n);
  }

 private:
  std::unique_ptr<char[]> chars_;
  std::size_t size_ = 0, room_;
  void grow(std::size_t n);
};

/// As the ones of tree.h write to a std::string.
void write(const Value& value, TextOut& out);
void write_string(std::string_view text, TextOut& out);

}  // namespace machiya::tree
