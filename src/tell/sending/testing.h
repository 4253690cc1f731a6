// For tests: a channel that does as it is told.
#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tell/channel/channel.h"

namespace machiya::tell::testing {

/// Remembers what it accepted, once for each key as the real ones with keys do, and answers as `plan` says.
class PlannedChannel final : public Channel {
 public:
  enum class Answer { take, take_and_lose_answer, silent, busy, refuse, dead, down };
  HandOff hand_off(const Parcel& parcel) override {
    std::unique_lock lock(mutex_);
    ++calls_;
    waits_.notify_all();
    waits_.wait(lock, [&] { return open_; });
    // A key that was accepted is answered with "accepted before", whatever mood the channel is in.
    const Answer answer = keys_.contains(parcel.key) ? Answer::take : plan ? plan(parcel, calls_) : Answer::take;
    const bool takes = answer == Answer::take || answer == Answer::take_and_lose_answer;
    const bool first = takes && keys_.insert(parcel.key).second;
    if (first)
      for (const Addressee& one : parcel.to) received_[one.address].push_back(parcel.content->lang + ":" + parcel.content->title);
    HandOff out = whole(parcel, fate_of(answer), answer == Answer::take ? "" : "planned");
    out.down = answer == Answer::down;
    return out;
  }
  int most() const override { return most_; }
  int cost(const Parcel&) const override { return 1; }
  bool idempotent() const override { return true; }

  std::function<Answer(const Parcel&, int call)> plan;   ///< set before the sender starts
  void most(int n) { most_ = n; }
  void shut() { std::lock_guard lock(mutex_); open_ = false; }
  void open() { { std::lock_guard lock(mutex_); open_ = true; } waits_.notify_all(); }
  void wait_for_calls(int n) { std::unique_lock lock(mutex_); waits_.wait(lock, [&] { return calls_ >= n; }); }
  int calls() const { std::lock_guard lock(mutex_); return calls_; }
  /// Address → what it got.
  std::map<std::string, std::vector<std::string>> received() const { std::lock_guard lock(mutex_); return received_; }

 private:
  static Fate fate_of(Answer answer) {
    switch (answer) {
      case Answer::take: return Fate::accepted;
      case Answer::take_and_lose_answer: case Answer::silent: return Fate::unknown;
      case Answer::refuse: return Fate::refused;
      case Answer::dead: return Fate::dead_address;
      case Answer::busy: case Answer::down: return Fate::again;
    }
    return Fate::again;
  }
  mutable std::mutex mutex_;
  std::condition_variable waits_;
  std::set<std::string> keys_;
  std::map<std::string, std::vector<std::string>> received_;
  int calls_ = 0, most_ = 3;
  bool open_ = true;
};

}  // namespace machiya::tell::testing
