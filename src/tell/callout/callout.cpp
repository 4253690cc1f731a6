#include "tell/callout/callout.h"

#include <algorithm>

#include "base/log.h"
#include "platform/audit/audit.h"
#include "platform/locale/locale.h"
#include "tell/callout/callout_dao.h"
#include "tell/sending/sender.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_callout();
}

namespace machiya::callout {
namespace {
constexpr std::size_t kMostNote = 1'000;
constexpr int kMostListed = 100;
constexpr std::int64_t kLongestWay = 48 * kHour;

bool said_health(Health h, bool family) { return h == Health::not_said || h == Health::good || h == Health::hurt || (family && h == Health::unknown); }

}  // namespace

std::vector<store::Migration> Callouts::migrations() { return sql_migrations_callout(); }

void Callouts::told(const std::string& callout) {
  if (!p_.changed) return;
  p_.changed(callout);
  // Who looks now may be shown a board that was counted just before: the last change is told again when that one is too old.
  std::lock_guard lock(clock_mutex_);
  late_[callout] = p_.clock.now();
}

Result<void> Callouts::note(store::Tx& tx, std::string_view action, std::string_view object, const std::string& actor, std::string_view request, json::Value facts) {
  audit::Entry entry;
  entry.actor = actor, entry.action = "callout." + std::string(action), entry.object = std::string(object), entry.request = std::string(request), entry.facts = std::move(facts);
  return p_.audit.append(tx, entry);
}

Result<Callout> Callouts::required(store::ReadTx& tx, std::string_view callout) {
  MACHIYA_TRY(auto found, dao::find(tx, callout));
  if (!found) return Error(ErrorCode::not_found, "no such call-out");
  return std::move(*found);
}

Result<Callout> Callouts::of_template(const Template& t, const std::vector<std::string>& departments, std::string_view note, bool drill) const {
  if (note.size() > kMostNote) return Error(ErrorCode::invalid_input, "too long", "note");
  const auto city = p_.city();
  for (const std::string& id : departments)
    if (!city->department(id)) return Error(ErrorCode::invalid_input, "no such department", "departments");
  Callout out;
  out.public_id = new_public_id(p_.rng), out.drill = drill, out.from_template = t.id;
  out.title = t.title, out.short_text = t.short_text, out.departments = departments.empty() ? t.departments : departments, out.stages = t.stages;
  std::vector<std::pair<std::string, std::string>> body;
  for (const auto& [lang, words] : t.body.all()) body.emplace_back(lang, note.empty() ? words : words + "\n\n" + std::string(note));
  out.body = city::Text(std::move(body));
  out.created = out.due = p_.clock.now();
  return out;
}

Result<std::string> Callouts::create(std::string_view from_template, const std::vector<std::string>& departments, std::string_view words, bool drill, const identity::Principal& who, std::string_view request) {
  if (!p_.may(who, kStart, "")) return Error(ErrorCode::forbidden, "may not call out staff");
  const auto city = p_.city();
  const auto* t = city->get<Template>("callout", std::string(from_template));
  if (!t) return Error(ErrorCode::invalid_input, "no such template", "template");
  MACHIYA_TRY(Callout callout, of_template(*t, departments, words, drill));
  callout.author = who.actor(), callout.author_name = who.name;
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(dao::insert(tx, callout));
    return note(tx, "create", "callout:" + callout.public_id, callout.author, request);
  }));
  return callout.public_id;
}

Result<void> Callouts::start(std::string_view id, const identity::Principal& who, std::string_view request) {
  if (!p_.may(who, kStart, "")) return Error(ErrorCode::forbidden, "may not call out staff");
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const Callout callout, required(tx, id));
    // 四眼: what one person prepared, another starts.
    if (callout.author == who.actor()) return Error(ErrorCode::forbidden, "a second person starts it", "start");
    MACHIYA_TRY(const bool started, dao::start(tx, callout.id, who.actor(), p_.clock.now()));
    if (!started) return Error(ErrorCode::conflict, "it does not wait any more");
    return note(tx, "start", "callout:" + callout.public_id, who.actor(), request);
  }));
  {
    std::lock_guard lock(clock_mutex_);
    news_ = true;
  }
  wakes_.notify_all();
  told(std::string(id));
  return {};
}

Result<std::string> Callouts::trigger(std::string_view trigger, bool drill, std::string_view key, const std::string& client, std::string_view request) {
  const auto city = p_.city();
  const Template* t = nullptr;
  for (const city::Loaded* loaded : city->all("callout"))
    if (const auto& one = static_cast<const Template&>(*loaded->definition); std::find(one.triggers.begin(), one.triggers.end(), trigger) != one.triggers.end()) t = &one;
  if (!t) return Error(ErrorCode::not_found, "no template names this trigger", "trigger");
  if (key.empty() || key.size() > 100) return Error(ErrorCode::invalid_input, "a key of the firing is needed", "Idempotency-Key");
  MACHIYA_TRY(Callout callout, of_template(*t, {}, "", drill));
  callout.author = "client:" + client, callout.author_name = std::string(trigger);
  MACHIYA_TRY(const std::string id, p_.store.write([&](store::Tx& tx) -> Result<std::string> {
    const std::string own = client + "/" + std::string(key);
    MACHIYA_TRY(const std::string before, dao::by_key(tx, own));
    if (!before.empty()) return before;
    MACHIYA_CHECK(dao::insert(tx, callout, own));
    MACHIYA_TRY(const Callout stored, required(tx, callout.public_id));
    MACHIYA_TRY(const bool started, dao::start(tx, stored.id, callout.author, p_.clock.now()));
    if (!started) return Error(ErrorCode::conflict, "it does not wait any more");
    MACHIYA_CHECK(note(tx, "trigger", "callout:" + callout.public_id, callout.author, request));
    return callout.public_id;
  }));
  {
    std::lock_guard lock(clock_mutex_);
    news_ = true;
  }
  wakes_.notify_all();
  told(id);
  return id;
}

Result<void> Callouts::end(std::string_view id, const identity::Principal& who, std::string_view request) {
  if (!p_.may(who, kStart, "")) return Error(ErrorCode::forbidden, "may not end call-outs");
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const Callout callout, required(tx, id));
    const bool runs = callout.state == State::running;
    if (!runs && callout.state != State::waiting) return Error(ErrorCode::conflict, "it is over");
    MACHIYA_TRY(const bool ended, dao::end(tx, callout.id, callout.state, runs ? State::over : State::dropped, p_.clock.now()));
    if (!ended) return Error(ErrorCode::conflict, "somebody else was faster");
    MACHIYA_TRY(const auto stages, dao::stages(tx, callout.id));
    for (const Entered& stage : stages)
      if (!stage.released) MACHIYA_CHECK(p_.ledger.cancel(tx, stage.message));   // it never left
    return note(tx, "end", "callout:" + callout.public_id, who.actor(), request);
  }));
  told(std::string(id));
  return {};
}

Result<Callout> Callouts::find(std::string_view id, const identity::Principal& who) {
  if (!p_.may(who, kRead, "")) return Error(ErrorCode::forbidden, "may not read call-outs");
  return p_.store.read([&](store::ReadTx& tx) { return required(tx, id); });
}

Result<std::vector<Callout>> Callouts::list(const identity::Principal& who) {
  if (!p_.may(who, kRead, "")) return Error(ErrorCode::forbidden, "may not read call-outs");
  return p_.store.read([](store::ReadTx& tx) { return dao::list(tx, kMostListed); });
}

Result<Callouts::Asked> Callouts::by_token(std::string_view token) {
  return p_.store.read([&](store::ReadTx& tx) -> Result<Asked> {
    MACHIYA_TRY(const auto person, dao::person(tx, token));
    if (!person) return Error(ErrorCode::not_found, "nobody was called by this link");
    MACHIYA_TRY(auto callout, dao::find(tx, "", person->callout));
    if (!callout) return Error(ErrorCode::integrity_broken, "a person without their call-out");
    return Asked{std::move(*callout), person->member, person->answer, person->answered};
  });
}

Result<void> Callouts::answer(std::string_view token, const Answer& answer) {
  const Instant now = p_.clock.now();
  if (answer.duty != Duty::comes && answer.duty != Duty::cannot) return Error(ErrorCode::invalid_input, "comes or cannot come", "duty");
  if (answer.duty == Duty::comes && (!answer.arrives || answer.arrives->us > now.us + kLongestWay || answer.arrives->us < now.us - kMinute)) return Error(ErrorCode::invalid_input, "when they come", "arrives");
  if (!said_health(answer.self, false) || !said_health(answer.family, true)) return Error(ErrorCode::invalid_input, "no such word", "health");
  Answer kept = answer;
  if (kept.duty == Duty::cannot) kept.arrives.reset();
  MACHIYA_TRY(const std::string id, p_.store.write([&](store::Tx& tx) -> Result<std::string> {
    MACHIYA_TRY(const auto person, dao::person(tx, token));
    if (!person) return Error(ErrorCode::not_found, "nobody was called by this link");
    MACHIYA_TRY(const bool first, dao::add_answer(tx, *person, kept, now));
    (void)first;   // from the first one on the stages pass this person by
    MACHIYA_TRY(const auto callout, dao::find(tx, "", person->callout));
    return callout ? callout->public_id : std::string();
  }));
  told(id);
  return {};
}

Result<std::map<std::int64_t, std::string>> Callouts::tokens(store::ReadTx& tx, const std::string& message, const std::vector<std::int64_t>& recipients) { return dao::tokens(tx, message, recipients); }

void Callouts::message_changed(std::int64_t message) {
  const auto found = p_.store.read([&](store::ReadTx& tx) -> Result<std::string> {
    MACHIYA_TRY(const auto id, dao::callout_of(tx, message));
    if (!id) return std::string();
    MACHIYA_TRY(const auto callout, dao::find(tx, "", *id));
    return callout ? callout->public_id : std::string();
  });
  if (!found.ok()) log(LogLevel::warn, "callout-not-told", {{"why", found.error().to_string()}});
  else if (!found->empty()) told(*found);
}

tell::Contents Callouts::contents(const Callout& callout) const {
  tell::Contents out;
  const auto city = p_.city();
  for (const auto& [lang, title] : callout.title.all()) {
    if (!callout.body.has(lang)) continue;
    tell::Content one;
    const std::string mark = callout.drill ? p_.texts.text(lang, "callout.drill_mark") : std::string();
    one.lang = lang, one.title = mark + title, one.body = callout.body.in(lang), one.sender = city->name().in(lang), one.emergency = true;
    if (callout.short_text.has(lang)) one.short_text = mark + callout.short_text.in(lang);
    one.link = p_.base_url + "/callout/" + std::string(tell::kOwnPart), one.link_text = p_.texts.text(lang, "callout.open");
    out[lang] = std::move(one);
  }
  return out;
}

}  // namespace machiya::callout
