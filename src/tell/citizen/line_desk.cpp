#include "tell/citizen/line_desk.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "platform/locale/locale.h"
#include "platform/vault/vault.h"
#include "tell/channel/characters.h"
#include "tell/citizen/citizen_dao.h"
#include "tell/messages/definitions.h"

namespace machiya::tell {
namespace dao = citizen_dao;
namespace {
constexpr std::string_view kBy = "line-webhook";
constexpr std::string_view kLetters = "ABCDEFGHJKMNPQRSTVWXYZ23456789";   // without I, L, O, U, 0, 1, which are mistaken for each other
constexpr std::size_t kCode = 8;
constexpr std::size_t kMostLabel = 20;   // of an action, LINE Messaging API reference

std::string plain(std::string_view text) {
  std::string out;
  for (const locale::TextPiece& piece : locale::parse_text(text)) out += piece.text;
  return out;
}

json::Value postback(std::string_view label, const std::string& data, const std::string& shown) {
  return json::Value::object({{"type", "action"}, {"action", json::Value::object({{"type", "postback"}, {"label", fitted_utf16(label, kMostLabel)}, {"data", data}, {"displayText", shown}})}});
}
json::Value text_message(std::string text) { return json::Value::object({{"type", "text"}, {"text", std::move(text)}}); }

/// "3" → 3; 0 for what is no small number.
std::size_t page_in(std::string_view text) {
  std::size_t out = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out);
  return end.ec == std::errc() && end.ptr == text.data() + text.size() && out < 100 ? out : 0;
}
std::string_view language(const Recipient& recipient) { return locale::kLanguages[static_cast<std::size_t>(recipient.lang)]; }
}  // namespace

std::string code_in(std::string_view text) {
  std::string out;
  const std::string folded = fold_width(text);
  for (const char c : folded) {
    if (c == '-' || c == ' ') continue;
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (kLetters.find(upper) == std::string_view::npos || out.size() == kCode) return {};
    out += upper;
  }
  return out.size() == kCode ? out : std::string();
}

std::string LineDesk::who(const std::string& user) const { return p_.vault.digest("tell-line-user", user); }

Result<std::string> LineDesk::new_code(store::Tx& tx, std::int64_t person) {
  std::string code;
  for (std::size_t i = 0; i < kCode; ++i) code += kLetters[p_.rng.below(kLetters.size())];
  MACHIYA_CHECK(dao::put_code(tx, p_.vault.digest("tell-link-code", code), person, Instant{p_.clock.now().us + kCodeMinutes * kMinute}));
  return code.substr(0, kCode / 2) + "-" + code.substr(kCode / 2);
}

Result<LineDesk::Desk> LineDesk::desk() const {
  Desk out;
  MACHIYA_TRY(out.channel, p_.audiences.number("channel", "line"));
  const auto city = p_.city();
  for (const tell::Topic* topic : topics_of(*city)) {
    MACHIYA_TRY(const int bit, p_.audiences.number("topic", topic->id));
    out.topics.push_back({topic->id, topic->name, std::int64_t{1} << bit});
  }
  return out;
}

Result<void> LineDesk::take(const LineDelivery& delivery) {
  MACHIYA_TRY(const Desk desk, this->desk());
  for (const LineEvent& event : delivery.events) {
    if (event.user.empty() || event.id.empty() || event.kind == LineEventKind::unknown || event.kind == LineEventKind::account_link) continue;
    const bool friendship = event.kind == LineEventKind::follow || event.kind == LineEventKind::unfollow;
    if (event.standby && !friendship) continue;   // another module of the account answers
    MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
      const Instant now = p_.clock.now();
      const std::string digest = who(event.user);
      // LINE promises no order: what is older than the last follow or unfollow says nothing about now.
      MACHIYA_TRY(const std::int64_t last, friendship ? dao::last_friendship(tx, digest) : Result<std::int64_t>(0));
      MACHIYA_TRY(const bool first, dao::remember(tx, {event.id, digest, friendship, event.at_ms}, now));
      if (!first || last > event.at_ms) return {};
      return take_one(tx, desk, event);
    }));
  }
  return p_.store.write([&](store::Tx& tx) { return dao::forget_events(tx, Instant{p_.clock.now().us - kDaysKept * kDay}); });
}

Result<void> LineDesk::take_one(store::Tx& tx, const Desk& desk, const LineEvent& event) {
  switch (event.kind) {
    case LineEventKind::follow: return befriend(tx, desk, event);
    case LineEventKind::unfollow: {
      MACHIYA_TRY(const auto recipient, p_.audiences.by_address(tx, desk.channel, event.user));
      if (!recipient) return {};
      MACHIYA_TRY(const bool left, p_.audiences.leave(tx, *recipient, desk.channel, kBy));
      (void)left;
      return {};
    }
    case LineEventKind::text: return hear(tx, desk, event);
    case LineEventKind::postback: return tap(tx, desk, event);
    default: return {};
  }
}

Result<void> LineDesk::befriend(store::Tx& tx, const Desk& desk, const LineEvent& event) {
  MACHIYA_TRY(const Recipient recipient, friend_of(tx, desk, event.user, 0));
  (void)recipient;
  return {};
}

/// Whoever writes or taps is a friend, also when the news of it was lost. Without topics: emergencies reach them, nothing else.
Result<Recipient> LineDesk::friend_of(store::Tx& tx, const Desk& desk, const std::string& user, int lang) {
  MACHIYA_TRY(const auto known, p_.audiences.by_address(tx, desk.channel, user));
  std::int64_t id = known.value_or(0);
  if (!known) {
    MACHIYA_TRY(id, p_.audiences.subscribe(tx, 0, desk.channel, user, 0, lang, kBy));
  }
  MACHIYA_TRY(auto found, p_.audiences.by_id(tx, id));
  if (!found) return Error(ErrorCode::not_found, "the recipient went meanwhile");
  return std::move(*found);
}

Result<void> LineDesk::hear(store::Tx& tx, const Desk& desk, const LineEvent& event) {
  MACHIYA_TRY(const bool linked, link(tx, desk, event));
  if (linked) return {};
  const std::string said = lower_ascii(fold_width(trim(event.text)));
  for (std::size_t i = 0; i < locale::kLanguages.size(); ++i) {
    const std::string words = lower_ascii(p_.texts.text(locale::kLanguages[i], "messages.line.words"));
    const auto list = split(words, '/');
    if (std::find(list.begin(), list.end(), said) == list.end()) continue;
    MACHIYA_TRY(Recipient recipient, friend_of(tx, desk, event.user, static_cast<int>(i)));
    if (recipient.person == 0 && recipient.lang != static_cast<int>(i)) {
      // Who asks in a language reads it; who has an account has chosen theirs there.
      recipient.lang = static_cast<int>(i);
      MACHIYA_CHECK(p_.audiences.speak(tx, recipient.id, recipient.lang));
    }
    return answer_topics(tx, desk, event, recipient, 1);
  }
  return {};   // anything else is for people
}

Result<bool> LineDesk::link(store::Tx& tx, const Desk& desk, const LineEvent& event) {
  const std::string code = code_in(trim(event.text));
  if (code.empty()) return false;
  MACHIYA_TRY(const auto person, dao::take_code(tx, p_.vault.digest("tell-link-code", code), p_.clock.now()));
  // A word of eight letters may be anything: only what looks like a code is answered as one.
  if (!person && fold_width(event.text).find('-') == std::string::npos) return false;
  MACHIYA_TRY(const Recipient before, friend_of(tx, desk, event.user, 0));
  if (!person) {
    MACHIYA_CHECK(answer(tx, event, before, "messages.line.code_wrong"));
    return true;
  }
  MACHIYA_TRY(const std::int64_t id, p_.audiences.recipient_of(tx, *person, before.lang));
  MACHIYA_TRY(const auto account, p_.audiences.by_id(tx, id));
  std::int64_t topics = 0;
  for (const Subscribed& one : before.channels)
    if (one.channel == desk.channel) topics = one.topics;
  for (const Subscribed& one : account->channels)
    if (one.channel == desk.channel || topics == 0) topics = one.topics;   // what they chose in the account counts
  MACHIYA_TRY(const std::int64_t owner, p_.audiences.subscribe(tx, id, desk.channel, event.user, topics, account->lang, kBy));
  (void)owner;
  MACHIYA_CHECK(answer(tx, event, *account, "messages.line.linked"));
  return true;
}

/// "topics:<page>" or "topic:<id>:on|off:<page>": what our own quick replies carry.
Result<void> LineDesk::tap(store::Tx& tx, const Desk& desk, const LineEvent& event) {
  const auto parts = split(event.data, ':');
  if (parts[0] != "topics" && (parts[0] != "topic" || parts.size() != 4)) return {};
  MACHIYA_TRY(Recipient recipient, friend_of(tx, desk, event.user, 0));
  if (parts[0] == "topics") return answer_topics(tx, desk, event, recipient, parts.size() == 2 ? page_in(parts[1]) : 1);
  const auto topic = std::find_if(desk.topics.begin(), desk.topics.end(), [&](const Topic& t) { return t.id == parts[1]; });
  for (Subscribed& one : recipient.channels) {
    if (one.channel != desk.channel || topic == desk.topics.end()) continue;
    const std::int64_t chosen = parts[2] == "on" ? one.topics | topic->bit : one.topics & ~topic->bit;
    if (chosen != one.topics) MACHIYA_CHECK(p_.audiences.choose(tx, recipient.id, desk.channel, chosen, kBy));
    one.topics = chosen;
  }
  return answer_topics(tx, desk, event, recipient, page_in(parts[3]));
}

Result<void> LineDesk::answer(store::Tx& tx, const LineEvent& event, const Recipient& recipient, std::string_view key) {
  if (!p_.reply || event.reply_token.empty()) return {};
  json::Value messages = json::Value::array();
  messages.push(text_message(p_.texts.text(language(recipient), key)));
  return p_.reply(tx, event.reply_token, messages);
}

Result<void> LineDesk::answer_topics(store::Tx& tx, const Desk& desk, const LineEvent& event, const Recipient& recipient, std::size_t page) {
  if (!p_.reply || event.reply_token.empty() || desk.topics.empty()) return {};
  const std::string_view lang = language(recipient);
  std::int64_t chosen = 0;
  for (const Subscribed& one : recipient.channels)
    if (one.channel == desk.channel) chosen = one.topics;
  const std::size_t pages = (desk.topics.size() + kPerPage - 1) / kPerPage;
  page = std::clamp<std::size_t>(page, 1, pages);
  std::string names;
  for (const Topic& topic : desk.topics)
    if (chosen & topic.bit) names += "\n✓ " + plain(topic.name.in(lang));
  const std::string at = ":" + std::to_string(page);
  json::Value items = json::Value::array();
  for (std::size_t i = (page - 1) * kPerPage; i < std::min(page * kPerPage, desk.topics.size()); ++i) {
    const Topic& topic = desk.topics[i];
    const bool on = chosen & topic.bit;
    const std::string name = plain(topic.name.in(lang));
    items.push(postback((on ? "✓ " : "") + name, "topic:" + topic.id + (on ? ":off" : ":on") + at, p_.texts.text(lang, on ? "messages.line.drop" : "messages.line.take", {{"topic", name}})));
  }
  if (page > 1) items.push(postback(p_.texts.text(lang, "messages.line.previous"), "topics:" + std::to_string(page - 1), p_.texts.text(lang, "messages.line.previous")));
  if (page < pages) items.push(postback(p_.texts.text(lang, "messages.line.next"), "topics:" + std::to_string(page + 1), p_.texts.text(lang, "messages.line.next")));
  json::Value message = text_message(names.empty() ? p_.texts.text(lang, "messages.line.none") : p_.texts.text(lang, "messages.line.chosen", {{"topics", names}}));
  message.set("quickReply", json::Value::object({{"items", std::move(items)}}));
  json::Value messages = json::Value::array();
  messages.push(std::move(message));
  return p_.reply(tx, event.reply_token, messages);
}

}  // namespace machiya::tell
