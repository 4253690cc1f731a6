#include "tell/signage/signage.h"

#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "platform/audit/audit.h"
#include "platform/locale/locale.h"
#include "tell/messages/definitions.h"
#include "tell/signage/signage_dao.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_signage();
}

namespace machiya::signage {
namespace {

constexpr std::size_t kMostName = 80;
constexpr int kMostHours = 720;
constexpr std::size_t kMostItem = 300;
constexpr std::int64_t kLongestPlay = 24 * 3'600'000, kOldestPlay = 400 * kDay, kClockSlack = 10 * kMinute;

template <class T, class Known>
bool all_known(const std::vector<T>& list, Known known) {
  return std::all_of(list.begin(), list.end(), known);
}

}  // namespace

std::vector<store::Migration> Signage::migrations() { return sql_migrations_signage(); }

void Signage::start() {
  std::lock_guard lock(thread_mutex_);
  if (running_) return;
  running_ = true;
  watcher_ = std::thread([this] { watch(); });
}

void Signage::stop() {
  {
    std::lock_guard lock(thread_mutex_);
    if (!running_) return;
    running_ = false;
  }
  wakes_.notify_all();
  watcher_.join();
}

void Signage::watch() {
  std::unique_lock lock(thread_mutex_);
  while (!wakes_.wait_for(lock, std::chrono::milliseconds(500), [this] { return !running_; })) {
    lock.unlock();
    const auto now = p_.store.read([](store::ReadTx& tx) { return dao::revision(tx); });
    if (!now.ok()) log(LogLevel::warn, "signage-not-watched", {{"why", now.error().to_string()}});
    else if (const std::int64_t before = revision_.exchange(*now); before != *now && before >= 0) p_.changed(*now);
    lock.lock();
  }
}

Result<void> Signage::write(const std::function<Result<void>(store::Tx&)>& work) {
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(work(tx));
    return dao::bump(tx);
  }));
  const auto now = p_.store.read([](store::ReadTx& tx) { return dao::revision(tx); });
  if (!now.ok()) return Error(now.error());
  revision_ = *now;
  p_.changed(*now);
  return {};
}

void Signage::changed() {
  if (auto done = write([](store::Tx&) -> Result<void> { return {}; }); !done.ok()) log(LogLevel::warn, "signs-not-told", {{"why", done.error().to_string()}});
}

Result<void> Signage::check(const Settings& s) const {
  const auto wrong = [](const char* where) { return Error(ErrorCode::invalid_input, "not possible", where); };
  const auto city = p_.city();
  if (s.name.empty() || s.name.size() > kMostName * 4) return wrong("name");
  if (s.place.size() > kMostName * 4) return wrong("place");
  if (!s.ward.empty() && !city->ward(s.ward)) return wrong("ward");
  if (s.position && (s.position->lat < -90 || s.position->lat > 90 || s.position->lon < -180 || s.position->lon > 180)) return wrong("position");
  if (s.languages.empty() || !all_known(s.languages, [](const std::string& lang) { return locale::is_language(lang); })) return wrong("languages");
  if (!all_known(s.playlists, [&](const std::string& id) { return city->find("playlist", id) != nullptr; })) return wrong("playlists");
  if (!all_known(s.topics, [&](const std::string& id) { return tell::topic_of(*city, id) != nullptr; })) return wrong("topics");
  if (s.message_hours < 1 || s.message_hours > kMostHours) return wrong("message_hours");
  return {};
}

Result<void> Signage::note(store::Tx& tx, std::string_view action, std::string_view object, const identity::Principal& who, std::string_view request) {
  audit::Entry entry;
  entry.actor = who.actor(), entry.action = "signage." + std::string(action), entry.object = std::string(object), entry.request = std::string(request);
  entry.facts = json::Value::object();
  return p_.audit.append(tx, entry);
}

Result<Screen> Signage::required(store::ReadTx& tx, std::string_view public_id, const identity::Principal& who) {
  MACHIYA_TRY(auto found, dao::find(tx, public_id));
  if (!found) return Error(ErrorCode::not_found, "no such screen");
  if (!p_.may(who, kManage, found->department)) return Error(ErrorCode::forbidden, "screens of this department are managed by others");
  return std::move(*found);
}

Result<std::string> Signage::create(const Settings& settings, const identity::Principal& who, std::string_view request) {
  if (!p_.may(who, kManage, who.department)) return Error(ErrorCode::forbidden, "may not manage screens");
  MACHIYA_CHECK(check(settings));
  Screen screen;
  screen.public_id = new_public_id(p_.rng), screen.token = new_public_id(p_.rng), screen.department = who.department, screen.settings = settings, screen.created = p_.clock.now();
  MACHIYA_CHECK(write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(dao::insert(tx, screen));
    return note(tx, "create", "screen:" + screen.public_id, who, request);
  }));
  return screen.public_id;
}

Result<void> Signage::change(std::string_view public_id, int revision, const Settings& settings, const identity::Principal& who, std::string_view request) {
  MACHIYA_CHECK(check(settings));
  return write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(Screen screen, required(tx, public_id, who));
    screen.settings = settings, screen.changed = p_.clock.now();
    MACHIYA_TRY(const bool done, dao::update(tx, screen, revision));
    if (!done) return Error(ErrorCode::conflict, "somebody changed it meanwhile");
    return note(tx, "change", "screen:" + screen.public_id, who, request);
  });
}

Result<void> Signage::replace_token(std::string_view public_id, const identity::Principal& who, std::string_view request) {
  const std::string token = new_public_id(p_.rng);
  return write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const Screen screen, required(tx, public_id, who));
    MACHIYA_TRY(const bool done, dao::set_token(tx, screen.id, token, p_.clock.now()));
    if (!done) return Error(ErrorCode::conflict, "the screen is not used any more");
    return note(tx, "token", "screen:" + screen.public_id, who, request);
  });
}

Result<void> Signage::retire(std::string_view public_id, const identity::Principal& who, std::string_view request) {
  return write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const Screen screen, required(tx, public_id, who));
    MACHIYA_TRY(const bool done, dao::retire(tx, screen.id, p_.clock.now()));
    if (!done) return Error(ErrorCode::conflict, "the screen is not used any more");
    return note(tx, "retire", "screen:" + screen.public_id, who, request);
  });
}

Result<void> Signage::end_alert(std::string_view thread, const identity::Principal& who, std::string_view request) {
  // It leaves every screen, whatever department they belong to: a department of its own does not help, so none that could be named is asked.
  if (!p_.may(who, tell::kReleaseEmergencies, "")) return Error(ErrorCode::forbidden, "may not end alerts");
  return write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(dao::end(tx, thread, who.actor(), p_.clock.now()));
    return note(tx, "end-alert", "alert:" + std::string(thread), who, request);
  });
}

Result<Screen> Signage::find(std::string_view public_id, const identity::Principal& who) {
  return p_.store.read([&](store::ReadTx& tx) { return required(tx, public_id, who); });
}

Result<std::vector<Screen>> Signage::list(const identity::Principal& who) {
  MACHIYA_TRY(auto all, p_.store.read([&](store::ReadTx& tx) { return dao::list(tx); }));
  std::erase_if(all, [&](const Screen& s) { return !p_.may(who, kManage, s.department); });
  return all;
}

Result<Screen> Signage::by_token(std::string_view token) {
  MACHIYA_TRY(auto found, p_.store.read([&](store::ReadTx& tx) { return dao::by_token(tx, token); }));
  if (!found) return Error(ErrorCode::not_found, "no such screen");
  return std::move(*found);
}

Result<Signage::Taken> Signage::record(const Screen& screen, std::string_view player, const std::vector<Play>& plays) {
  if (plays.size() > kMostPlays) return Error(ErrorCode::limit_exceeded, "too many at once", "plays");
  if (player.empty() || player.size() > 64) return Error(ErrorCode::invalid_input, "not the name of a player", "player");
  const Instant now = p_.clock.now();
  const auto good = [&](const Play& p) {
    return p.sequence >= 1 && p.at.us <= now.us + kClockSlack && p.at.us >= now.us - kOldestPlay && !p.item.empty() && p.item.size() <= kMostItem &&
           locale::is_language(p.lang) && p.shown_ms >= 0 && p.shown_ms <= kLongestPlay;
  };
  return p_.store.write([&](store::Tx& tx) -> Result<Taken> {
    Taken out;
    for (const Play& play : plays) {
      out.through = std::max(out.through, play.sequence);
      if (!good(play)) {
        ++out.refused;
        continue;
      }
      MACHIYA_TRY(const bool fresh, dao::insert_play(tx, screen.id, player, play, now));
      ++(fresh ? out.stored : out.known);
    }
    return out;
  });
}

void Signage::seen(const Screen& screen, const Seen& seen) {
  p_.store.write_later([id = screen.id, seen](store::Tx& tx) { return dao::put_seen(tx, id, seen); }, [](Result<void> done) {
    if (!done.ok()) log(LogLevel::warn, "screen-not-noted", {{"why", done.error().to_string()}});
  });
}

Result<std::optional<Seen>> Signage::last_seen(store::ReadTx& tx, const Screen& screen) { return dao::seen(tx, screen.id); }

Result<std::vector<ReportLine>> Signage::report(const Screen& screen, Instant from, Instant to) {
  return p_.store.read([&](store::ReadTx& tx) { return dao::report(tx, screen.id, from, to); });
}

}  // namespace machiya::signage
