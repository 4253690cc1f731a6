// Inside of the listener: the router's journal on disk, as a checkpoint and the log behind it.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "sense/log/append_log.h"
#include "sense/mqtt/router.h"

namespace machiya::sense::mqtt {

/// append() and completed() under the router's lock.
class StateStore {
 public:
  /// Gives the router back what it had. Errors: of AppendLog::open(), integrity_broken.
  static Result<std::unique_ptr<StateStore>> open(const std::string& folder, std::size_t segment_bytes, std::size_t checkpoint_bytes, Router& router, Instant now);
  ~StateStore();

  void append(std::string_view journal, AppendLog::Done done) { log_->append_later(journal, std::move(done)); }
  /// The router has taken this record in.
  void completed(AppendLog::Number number) { applied_ = number; }
  /// When enough log has gathered: the router's state is taken now and written by a thread of its own; then the log is cut.
  void maybe_checkpoint(const Router& router);

  AppendLog::Figures figures() const { return log_->figures(); }
  std::uint64_t checkpoints() const;

 private:
  StateStore(std::string folder, std::size_t checkpoint_bytes) : folder_(std::move(folder)), checkpoint_bytes_(checkpoint_bytes) {}
  Result<std::string> read_checkpoint();
  Result<void> write_checkpoint(const std::string& state, AppendLog::Number covers) const;

  const std::string folder_;
  const std::size_t checkpoint_bytes_;
  std::unique_ptr<AppendLog> log_;
  AppendLog::Number covered_ = 0, applied_ = 0;
  std::uint64_t next_at_ = 0;
  mutable std::mutex mutex_;
  bool writing_ = false;            // under mutex_
  std::uint64_t checkpoints_ = 0;   // under mutex_
  std::thread writer_;
};

}  // namespace machiya::sense::mqtt
