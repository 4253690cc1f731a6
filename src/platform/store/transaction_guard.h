// Marks the thread that is inside a write, so that a write inside a write is refused instead of waiting for itself.
#pragma once

namespace machiya::store {

class InsideWrite {
 public:
  InsideWrite() { depth() += 1; }
  ~InsideWrite() { depth() -= 1; }
  InsideWrite(const InsideWrite&) = delete;
  InsideWrite& operator=(const InsideWrite&) = delete;
  static bool here() { return depth() > 0; }

 private:
  static int& depth() {
    static thread_local int d = 0;
    return d;
  }
};

}  // namespace machiya::store
