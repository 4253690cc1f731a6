// A layer's things behind a lock: many look, one changes.
#pragma once
#include <shared_mutex>

#include "sense/livemap/things.h"

namespace machiya::sense::livemap {

class Stand {
 public:
  explicit Stand(Things things) : things_(std::move(things)) {}
  template <class Look> auto read(const Look& look) const {
    std::shared_lock hold(lock_);
    return look(things_);
  }
  template <class Change> auto write(const Change& change) {
    std::unique_lock hold(lock_);
    return change(things_);
  }
  /// Never changes.
  const Bound& bound() const { return things_.bound(); }

 private:
  mutable std::shared_mutex lock_;
  Things things_;
};

}  // namespace machiya::sense::livemap
