// Sends what the ledger holds: makes its rows, hands parcels to channels within their rates, and writes down what became of them.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "platform/store/store.h"
#include "tell/audiences/audiences.h"
#include "tell/channel/channel.h"
#include "tell/ledger/contents.h"
#include "tell/ledger/ledger.h"

namespace machiya::tell {

/// One channel and how it may be used.
struct Line {
  std::string id;            ///< "line"
  int number = 0;            ///< Audiences::number("channel", id)
  Channel* channel = nullptr;
  double per_second = 0;     ///< the channel's rate window, in Channel::cost(); 0: no limit
  int workers = 4;           ///< hand-offs at a time
  int attempts = 10;         ///< of one parcel before what is left of it is given up
};

/// In the link of a content: replaced by what is each recipient's own.
inline constexpr std::string_view kOwnPart = "{own}";

struct SenderOptions {
  std::string base_url;      ///< for links to "why do I get this"
  int first_retry_ms = 500;  ///< doubles up to a minute, ±20 %
  std::int64_t lease_s = 10;
  /// What stands for kOwnPart in the link of a message, for each of these recipients: their own page. Recipients who are not in it get no link. Asked
  /// only for messages whose link has the part.
  std::function<Result<std::map<std::int64_t, std::string>>(store::ReadTx&, const std::string& message, const std::vector<std::int64_t>& recipients)> own = {};
  /// The values of each of these recipients in a message whose contents have places for them (contents.h), in the language of the content. Who is
  /// not in it, or lacks one, is not sent anything: their row ends refused ("no-values").
  std::function<Result<std::map<std::int64_t, OwnValues>>(store::ReadTx&, const std::string& message, const std::string& lang, const std::vector<std::int64_t>& recipients)> values = {};
  /// Told of messages whose numbers have changed, at most twice a second each; short work.
  std::function<void(std::int64_t message)> changed;
};

/// How a channel is doing, for pages and metrics.
struct LineStatus {
  std::string id;
  bool owner = false;        ///< this process sends for it
  bool down = false;         ///< its circuit breaker is open
  std::int64_t accepted = 0, failed = 0, again = 0, parcels = 0;   ///< since the start
  std::string last_error;    ///< reason of the last parcel that was not taken
};

/// How rows were made since the start.
struct RowsMade {
  std::int64_t rows = 0, transactions = 0, longest_us = 0, over_20_ms = 0;
};

/// Thread-safe. Threads: one that makes rows; for each channel one that claims and its workers.
class Sender {
 public:
  Sender(store::Store& store, Ledger& ledger, Audiences& audiences, const Clock& clock, Rng& rng, SenderOptions options);
  ~Sender();
  /// Before start().
  void add(Line line);
  void start();
  /// Waits for what is under way; what was claimed and not begun goes back.
  void stop();
  /// Something was placed, released or cancelled: call it after the commit. Short.
  void wake();
  std::vector<LineStatus> status() const;
  RowsMade made() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::tell
