// Server-sent events: handlers subscribe a connection to topics, engines publish small facts to them.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace machiya::http {

class EventStream;

/// Fan-out of small text events by topic ("case/17", "inbox/kensetsu"). Never personal data. Thread-safe; a slow
/// reader loses its oldest events and is told so by an event named "resync".
class Hub {
 public:
  Hub();
  ~Hub();
  std::shared_ptr<EventStream> subscribe(std::vector<std::string> topics);
  void publish(std::string_view topic, std::string_view event, std::string_view data);
  std::size_t subscribers() const;

 private:
  friend class EventStream;  // event_stream.h
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace machiya::http
