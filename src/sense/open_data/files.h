// Downloads as files: written when somebody asks and the entities have changed since, then sent by the server with ranges, ETag and Last-Modified. A file whose
// content is the same keeps its time, so that whoever has it need not fetch it again.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "sense/open_data/dataset.h"

namespace machiya::sense::open_data {

/// Any thread may call.
class Files {
 public:
  Files(std::string folder, const Clock& clock) : folder_(std::move(folder)), clock_(clock) {}
  using Write = std::function<Result<void>(const Put&)>;
  /// The path of a file that says what `state` says; `write` makes it anew when it was made of another state at least `pause_us` ago. One file is written by one
  /// request at a time; others wait for it.
  Result<std::string> get(const std::string& name, std::uint64_t state, std::int64_t pause_us, const Write& write);

 private:
  struct Entry {
    std::mutex mutex;
    std::uint64_t state = 0;
    std::int64_t made_us = 0;
    bool there = false;
  };
  std::string folder_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
};

}  // namespace machiya::sense::open_data
