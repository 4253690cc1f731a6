#include "tell/mail/smtp_pool.h"

#include <algorithm>

namespace machiya::tell {
namespace {
std::size_t room_for(const DomainRule* rule, int sent) {
  return rule == nullptr || rule->per_session <= 0 ? static_cast<std::size_t>(-1) : static_cast<std::size_t>(std::max(0, rule->per_session - sent));
}
}  // namespace

SmtpPool::~SmtpPool() {
  for (Line& line : idle_) line.session->quit();
}

SmtpPool::Lease::~Lease() {
  if (pool_ != nullptr) pool_->give_back(rule_, std::move(line_));
}
std::size_t SmtpPool::Lease::room() const {
  const auto sent = line_.sent.find(rule_);
  return room_for(rule_, sent == line_.sent.end() ? 0 : sent->second);
}

bool SmtpPool::has_place(const DomainRule* rule) const {
  if (in_use_ >= connections_) return false;
  const auto own = in_use_for_.find(rule);
  return rule == nullptr || rule->sessions <= 0 || own == in_use_for_.end() || own->second < rule->sessions;
}

bool SmtpPool::find_idle(const std::string& relay, const DomainRule* rule, Line& out) {
  for (auto line = idle_.rbegin(); line != idle_.rend(); ++line) {   // the one that rested shortest
    const auto sent = line->sent.find(rule);
    if (line->relay != relay || room_for(rule, sent == line->sent.end() ? 0 : sent->second) == 0) continue;
    out = std::move(*line);
    idle_.erase(std::next(line).base());
    return true;
  }
  return false;
}

Result<SmtpPool::Lease> SmtpPool::take(const DomainRule* rule) {
  Lease lease;
  outbound::SmtpOptions options = options_;
  if (rule != nullptr && !rule->relay.empty()) options.url = rule->relay;
  {
    std::unique_lock lock(mutex_);
    if (!free_.wait_for(lock, std::chrono::milliseconds(wait_ms_), [&] { return has_place(rule); })) return Error(ErrorCode::unavailable, "every conversation is taken", "smtp-busy");
    ++in_use_;
    ++in_use_for_[rule];
    find_idle(options.url, rule, lease.line_);
    // One of another relay, or one that has carried all it may, makes room.
    while (!idle_.empty() && in_use_ + static_cast<int>(idle_.size()) > connections_) {
      idle_.front().session->quit();
      idle_.erase(idle_.begin());
    }
  }
  lease.pool_ = this;
  lease.rule_ = rule;
  if (lease.line_.session) {
    const bool rested = std::chrono::steady_clock::now() - lease.line_.rested > std::chrono::milliseconds(idle_ms_);
    lease.used_before_ = rested ? lease.line_.session->probe() : lease.line_.session->alive();
    if (lease.used_before_) return lease;
  }
  lease.line_ = {};
  lease.line_.relay = options.url;
  auto opened = door_.open_mail(options);
  if (!opened.ok()) return opened.error();   // the lease gives its place back
  lease.line_.session = std::move(*opened);
  return lease;
}

void SmtpPool::give_back(const DomainRule* rule, Line line) {
  const auto sent = line.sent.find(rule);
  const bool kept = line.session && line.session->alive() && (sent == line.sent.end() || room_for(rule, sent->second) > 0);
  if (line.session && !kept) line.session->quit();
  line.rested = std::chrono::steady_clock::now();
  {
    std::lock_guard lock(mutex_);
    --in_use_;
    --in_use_for_[rule];
    if (kept) idle_.push_back(std::move(line));
  }
  free_.notify_all();   // each waits for a carrier of its own
}

}  // namespace machiya::tell
