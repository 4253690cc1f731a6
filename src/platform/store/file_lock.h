// The writer lease of an SQLite file: a kernel lock on "<file>.writer", free as soon as its process is gone.
#pragma once
#include <string>

#include "base/result.h"

namespace machiya::store {

/// Two locks on one file exclude each other, also inside one process. One thread at a time.
class FileLock {
 public:
  explicit FileLock(std::string path) : path_(std::move(path)) {}
  ~FileLock() { release(); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  /// True when this object now holds the lock; never waits.
  Result<bool> try_acquire();
  void release();
  bool held() const { return held_; }

 private:
  std::string path_;
  int fd_ = -1;
  bool held_ = false;
};

}  // namespace machiya::store
