#include "tell/outlets/publications.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "tell/outlets/publications_dao.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_outlets();
}

namespace machiya::tell {
namespace dao = publications_dao;

std::string_view name_of(PublicationState state) {
  switch (state) {
    case PublicationState::waits: return "waits";
    case PublicationState::published: return "published";
    case PublicationState::refused: return "refused";
    case PublicationState::given_up: return "given-up";
    case PublicationState::withdrawn: return "withdrawn";
    case PublicationState::drill: return "drill";
  }
  return "";
}

struct Publications::Impl {
  explicit Impl(PublicationParts parts) : p(std::move(parts)) {}

  PublicationParts p;
  std::mutex mutex;
  std::condition_variable wakes;
  std::uint64_t woken = 0;
  bool running = false;
  std::vector<std::thread> threads;

  bool usable(const OutletDefinition& outlet) const {
    if (!outlet.pushed()) return true;
    const auto found = p.settings.find(outlet.id);
    return found != p.settings.end() && found->second.gateway != nullptr;
  }
  FormSettings form_settings(const std::string& outlet) const {
    const auto found = p.settings.find(outlet);
    return found == p.settings.end() ? FormSettings{} : found->second.form;
  }
  /// The outlets of this message.
  std::vector<const OutletDefinition*> outlets_for(const city::City& city, const Campaign& campaign) const {
    std::vector<const OutletDefinition*> out = outlets_of(city);
    std::erase_if(out, [&](const OutletDefinition* one) { return !usable(*one) || (campaign.cls != Class::emergency && !one->ordinary); });
    return out;
  }
  int attempts_of(const std::string& outlet) const {
    const auto city = p.city();
    const auto* found = city->get<OutletDefinition>("outlet", outlet);
    return found ? found->attempts : 12;
  }

  Publication row_of(const Campaign& campaign, const bulletins::Notice& notice, const OutletDefinition& outlet, Form form) const {
    Publication out;
    out.message = campaign.public_id, out.thread = notice.thread.empty() ? notice.id : notice.thread, out.outlet = outlet.id, out.part = std::move(form.part);
    out.cls = campaign.cls, out.key = new_uuid(p.rng), out.content_type = std::move(form.content_type), out.body = std::move(form.body), out.reason = form.refused;
    out.created = p.clock.now(), out.due = campaign.draft.start ? std::max(*campaign.draft.start, out.created) : out.created;
    if (campaign.draft.drill) out.state = PublicationState::drill;
    else if (!form.refused.empty()) out.state = PublicationState::refused;
    else out.state = outlet.pushed() ? PublicationState::waits : PublicationState::published;   // what is fetched is there with the commit
    return out;
  }

  /// One hand-over at this outlet; false when nothing is due.
  Result<bool> step(const std::string& outlet) {
    const Instant now = p.clock.now();
    MACHIYA_TRY(const auto claimed, p.store.write([&](store::Tx& tx) { return dao::claim(tx, outlet, now, Instant{now.us + kLease}); }));
    if (!claimed) return false;
    const auto setting = p.settings.find(outlet);
    if (setting == p.settings.end() || !setting->second.gateway) return false;
    const Gateway::Taken taken = setting->second.gateway->put(*claimed);
    PublicationState state = PublicationState::waits;
    Instant due = p.clock.now();
    if (taken.outcome.fate == Fate::accepted) state = PublicationState::published;
    else if (taken.outcome.fate == Fate::refused || taken.outcome.fate == Fate::dead_address) state = PublicationState::refused;
    else if (claimed->attempts >= attempts_of(outlet)) state = PublicationState::given_up;
    else due.us += std::max(wait_after(claimed->attempts), taken.wait_ms * 1000);
    MACHIYA_TRY(const bool settled, p.store.write([&](store::Tx& tx) { return dao::settle(tx, *claimed, state, taken.outcome.reason, due, p.clock.now()); }));
    if (settled && state != PublicationState::published)
      log(state == PublicationState::waits ? LogLevel::warn : LogLevel::error, state == PublicationState::waits ? "publication-again" : "publication-failed",
          {{"message", claimed->message}, {"outlet", outlet}, {"part", claimed->part}, {"why", taken.outcome.reason}});
    if (p.changed) p.changed(claimed->message);
    return true;
  }
  std::int64_t wait_after(int attempts) const {
    std::int64_t wait = kFirstWait;
    for (int i = 1; i < attempts && wait < kLongestWait; ++i) wait *= 2;
    wait = std::min(wait, kLongestWait);
    return wait * static_cast<std::int64_t>(80 + p.rng.below(41)) / 100;
  }

  void work(const std::string& outlet) {
    std::uint64_t seen = 0;
    while (true) {
      {
        std::lock_guard lock(mutex);
        if (!running) return;
        seen = woken;
      }
      const auto done = step(outlet);
      if (!done.ok()) log(LogLevel::error, "publication-not-stored", {{"outlet", outlet}, {"why", done.error().to_string()}});
      if (done.ok() && *done) continue;
      std::int64_t wait = kSecond;   // another process may place something too
      if (done.ok())
        if (const auto due = p.store.read([&](store::ReadTx& tx) { return dao::next_due(tx, outlet); }); due.ok() && *due)
          wait = std::clamp<std::int64_t>((*due)->us - p.clock.now().us, 10'000, kSecond);
      std::unique_lock lock(mutex);
      wakes.wait_for(lock, std::chrono::microseconds(wait), [&] { return !running || woken != seen; });
    }
  }
};

Publications::Publications(PublicationParts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}
Publications::~Publications() { stop(); }

std::vector<store::Migration> Publications::migrations() { return sql_migrations_outlets(); }

Result<Publications::Writes> Publications::prepare(const Campaign& campaign) {
  MACHIYA_TRY(bulletins::Notice notice, impl_->p.notice(campaign));
  if (campaign.draft.drill) notice.status = bulletins::Status::exercise;
  const auto city = impl_->p.city();
  std::vector<Publication> rows;
  for (const OutletDefinition* outlet : impl_->outlets_for(*city, campaign))
    for (Form& form : forms_of(*outlet, notice, *city, impl_->form_settings(outlet->id))) rows.push_back(impl_->row_of(campaign, notice, *outlet, std::move(form)));
  const bool drill = campaign.draft.drill;
  return Writes([rows = std::move(rows), drill](store::Tx& tx) -> Result<void> {
    for (const Publication& one : rows) MACHIYA_CHECK(dao::insert(tx, one, drill));
    return {};
  });
}

Result<void> Publications::withdraw(store::Tx& tx, std::string_view message) {
  std::vector<std::string> fetched;
  const auto city = impl_->p.city();
  for (const OutletDefinition* outlet : outlets_of(*city))
    if (!outlet->pushed()) fetched.push_back(outlet->id);
  return dao::withdraw(tx, message, fetched, impl_->p.clock.now());
}

Result<std::vector<OutletFinding>> Publications::findings(const Campaign& campaign) const {
  MACHIYA_TRY(bulletins::Notice notice, impl_->p.notice(campaign));
  if (campaign.draft.drill) notice.status = bulletins::Status::exercise;
  const auto city = impl_->p.city();
  std::vector<OutletFinding> out;
  for (const OutletDefinition* outlet : impl_->outlets_for(*city, campaign))
    for (const Form& form : forms_of(*outlet, notice, *city, impl_->form_settings(outlet->id)))
      for (const bulletins::Problem& problem : form.problems) out.push_back({outlet->id, form.part, problem, !form.refused.empty()});
  return out;
}

Result<std::vector<Publication>> Publications::of(std::string_view message) const {
  return impl_->p.store.read([&](store::ReadTx& tx) { return dao::of(tx, message); });
}

Result<void> Publications::again(std::string_view message, std::string_view outlet, std::string_view part) {
  MACHIYA_TRY(const auto rows, impl_->p.store.write([&](store::Tx& tx) { return dao::again(tx, message, outlet, part, impl_->p.clock.now()); }));
  if (rows == 0) return Error(ErrorCode::not_found, "nothing of it was given up there");
  wake();
  return {};
}

std::vector<std::string> Publications::configured() const {
  const auto city = impl_->p.city();
  std::vector<std::string> out;
  for (const OutletDefinition* outlet : outlets_of(*city))
    if (impl_->usable(*outlet)) out.push_back(outlet->id);
  return out;
}

Result<int> Publications::run_due() {
  int done = 0;
  for (const auto& [outlet, setting] : impl_->p.settings) {
    if (!setting.gateway) continue;
    while (true) {
      MACHIYA_TRY(const bool one, impl_->step(outlet));
      if (!one) break;
      ++done;
    }
  }
  return done;
}

void Publications::start() {
  std::lock_guard lock(impl_->mutex);
  if (impl_->running) return;
  impl_->running = true;
  for (const auto& [outlet, setting] : impl_->p.settings)
    if (setting.gateway) impl_->threads.emplace_back([this, id = outlet] { impl_->work(id); });
}

void Publications::stop() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->running = false;
  }
  impl_->wakes.notify_all();
  for (std::thread& thread : impl_->threads) thread.join();
  impl_->threads.clear();
}

void Publications::wake() {
  {
    std::lock_guard lock(impl_->mutex);
    ++impl_->woken;
  }
  impl_->wakes.notify_all();
}

}  // namespace machiya::tell
