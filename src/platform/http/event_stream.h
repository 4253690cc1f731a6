// One subscriber of the Hub: a bounded queue of formatted events between publishers and the io thread that sends them.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "platform/http/hub.h"

namespace machiya::http {

/// Thread-safe. At most kDepth events wait; then the oldest go and the reader is told by "resync".
class EventStream {
 public:
  static constexpr std::size_t kDepth = 256;
  EventStream(std::shared_ptr<Hub::Impl> hub, std::vector<std::string> topics);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// `wake` is called from publishing threads when events wait and none waited at the last take().
  void attach(std::function<void()> wake);
  /// Appends what waits to `out`; returns whether there was anything.
  bool take(std::string& out);
  void push(const std::shared_ptr<const std::string>& event);
  const std::vector<std::string>& topics() const { return topics_; }

 private:
  std::shared_ptr<Hub::Impl> hub_;
  std::vector<std::string> topics_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::function<void()> wake_;
  bool lost_ = false;
  bool signalled_ = false;
};

/// "event: …\ndata: …\n\n" (WHATWG server-sent events); line ends in data become several data lines.
std::string format_event(std::string_view event, std::string_view data);

}  // namespace machiya::http
