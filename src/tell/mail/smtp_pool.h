// Conversations with relays that are kept between parcels: how many at a time, how many for one carrier, how many mails each. Thread-safe.
#pragma once
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "platform/outbound/outbound.h"
#include "platform/outbound/smtp_session.h"
#include "tell/mail/domain_rules.h"

namespace machiya::tell {

class SmtpPool {
  struct Line {
    std::unique_ptr<outbound::SmtpSession> session;
    std::string relay;
    std::map<const DomainRule*, int> sent;   ///< recipients so far, by rule
    std::chrono::steady_clock::time_point rested;
  };

 public:
  SmtpPool(const outbound::Outbound& door, outbound::SmtpOptions options, int connections, int wait_ms, int idle_ms)
      : door_(door), options_(std::move(options)), connections_(connections), wait_ms_(wait_ms), idle_ms_(idle_ms) {}
  ~SmtpPool();

  /// One conversation, for as long as it is held.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept : pool_(other.pool_), rule_(other.rule_), line_(std::move(other.line_)), used_before_(other.used_before_) { other.pool_ = nullptr; }
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    outbound::SmtpSession& session() { return *line_.session; }
    bool used_before() const { return used_before_; }
    /// How many more recipients this conversation may carry.
    std::size_t room() const;
    void count(std::size_t recipients) { line_.sent[rule_] += static_cast<int>(recipients); }

   private:
    friend class SmtpPool;
    SmtpPool* pool_ = nullptr;
    const DomainRule* rule_ = nullptr;
    Line line_;
    bool used_before_ = false;
  };
  /// Waits for a place; `rule` may be null. unavailable when none came free in time; otherwise errors as Outbound::open_mail.
  Result<Lease> take(const DomainRule* rule);

 private:
  bool has_place(const DomainRule* rule) const;
  bool find_idle(const std::string& relay, const DomainRule* rule, Line& out);
  void give_back(const DomainRule* rule, Line line);

  const outbound::Outbound& door_;
  const outbound::SmtpOptions options_;
  const int connections_, wait_ms_, idle_ms_;
  std::mutex mutex_;
  std::condition_variable free_;
  int in_use_ = 0;
  std::map<const DomainRule*, int> in_use_for_;
  std::vector<Line> idle_;
};

}  // namespace machiya::tell
