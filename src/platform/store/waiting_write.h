// A write that is carried out on another thread, waited for on this one.
#pragma once
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>

#include "platform/store/store.h"
#include "platform/store/transaction_guard.h"

namespace machiya::store {

using Work = std::function<Result<void>(Tx&)>;
using Done = std::function<void(Result<void>)>;

/// Hands `work` to `submit(work, done)` and waits for its outcome. An exception of the work belongs to the caller's thread, not to the
/// writer and its other clients.
template <class Submit>
Result<void> write_and_wait(const Work& work, Submit submit) {
  if (InsideWrite::here()) return Error(ErrorCode::internal, "a write inside a write");
  struct Wait {
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<Result<void>> result;
    std::exception_ptr bug;
  } wait;
  submit(
      [&](Tx& tx) -> Result<void> {
        try {
          return work(tx);
        } catch (...) {
          wait.bug = std::current_exception();
          return Error(ErrorCode::internal, "exception in a write");
        }
      },
      [&](Result<void> r) {
        std::lock_guard lock(wait.mutex);
        wait.result = std::move(r);
        wait.ready.notify_one();
      });
  std::unique_lock lock(wait.mutex);
  wait.ready.wait(lock, [&] { return wait.result.has_value(); });
  if (wait.bug && !wait.result->ok()) std::rethrow_exception(wait.bug);
  return std::move(*wait.result);
}

}  // namespace machiya::store
