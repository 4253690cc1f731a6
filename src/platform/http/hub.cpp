#include "platform/http/hub.h"

#include <algorithm>
#include <shared_mutex>
#include <unordered_map>

#include "platform/http/event_stream.h"

namespace machiya::http {

struct Hub::Impl {
  mutable std::shared_mutex mutex;
  std::unordered_map<std::string, std::vector<EventStream*>> topics;
  std::size_t streams = 0;
};

Hub::Hub() : impl_(std::make_shared<Impl>()) {}
Hub::~Hub() = default;

std::shared_ptr<EventStream> Hub::subscribe(std::vector<std::string> topics) {
  return std::make_shared<EventStream>(impl_, std::move(topics));
}

void Hub::publish(std::string_view topic, std::string_view event, std::string_view data) {
  std::shared_lock lock(impl_->mutex);
  auto it = impl_->topics.find(std::string(topic));
  if (it == impl_->topics.end()) return;
  const auto text = std::make_shared<const std::string>(format_event(event, data));
  for (EventStream* stream : it->second) stream->push(text);
}

std::size_t Hub::subscribers() const {
  std::shared_lock lock(impl_->mutex);
  return impl_->streams;
}

EventStream::EventStream(std::shared_ptr<Hub::Impl> hub, std::vector<std::string> topics)
    : hub_(std::move(hub)), topics_(std::move(topics)) {
  std::sort(topics_.begin(), topics_.end());
  topics_.erase(std::unique(topics_.begin(), topics_.end()), topics_.end());
  std::unique_lock lock(hub_->mutex);
  for (const std::string& topic : topics_) hub_->topics[topic].push_back(this);
  ++hub_->streams;
}

EventStream::~EventStream() {
  std::unique_lock lock(hub_->mutex);
  for (const std::string& topic : topics_) {
    auto it = hub_->topics.find(topic);
    auto& list = it->second;
    *std::find(list.begin(), list.end(), this) = list.back();
    list.pop_back();
    if (list.empty()) hub_->topics.erase(it);
  }
  --hub_->streams;
}

void EventStream::attach(std::function<void()> wake) {
  std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
  signalled_ = false;
  if (wake_ && (lost_ || !queue_.empty())) {
    signalled_ = true;
    wake_();
  }
}

bool EventStream::take(std::string& out) {
  std::lock_guard lock(mutex_);
  signalled_ = false;
  if (!lost_ && queue_.empty()) return false;
  if (lost_) out += format_event("resync", "{}");
  lost_ = false;
  for (const auto& event : queue_) out += *event;
  queue_.clear();
  return true;
}

void EventStream::push(const std::shared_ptr<const std::string>& event) {
  std::lock_guard lock(mutex_);
  if (queue_.size() >= kDepth) {
    queue_.pop_front();
    lost_ = true;
  }
  queue_.push_back(event);
  if (wake_ && !signalled_) {
    signalled_ = true;
    wake_();
  }
}

std::string format_event(std::string_view event, std::string_view data) {
  std::string out = "event: ";
  for (char c : event)
    if (c != '\r' && c != '\n') out += c;
  out += "\ndata: ";
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data[i] == '\r' && i + 1 < data.size() && data[i + 1] == '\n') continue;
    if (data[i] == '\n' || data[i] == '\r') out += "\ndata: ";
    else out += data[i];
  }
  return out + "\n\n";
}

}  // namespace machiya::http
