// What is on the air: emergencies and messages that the house released, and alerts of others.
#include <algorithm>
#include <map>
#include <set>

#include "base/log.h"
#include "platform/audit/audit.h"
#include "tell/bulletins/read_cap.h"
#include "tell/bulletins/signage.h"
#include "tell/signage/signage.h"
#include "tell/signage/signage_dao.h"

namespace machiya::signage {
namespace {
namespace b = bulletins;
using tell::Campaign;
using tell::CampaignState;

constexpr int kMost = 300;

using NoticeOf = std::function<Result<b::Notice>(const Campaign&)>;
/// When staff took a row of updates off the screens. What comes in that row afterwards is news.
using Ended = std::map<std::string, Instant>;
bool is_over(const Ended& ended, const std::string& thread, Instant from) {
  const auto found = ended.find(thread);
  return found != ended.end() && from <= found->second;
}

Instant start_of(const Campaign& c) { return std::max(c.released.value_or(c.changed), c.draft.start.value_or(Instant{0})); }

bool is_clear(const b::Notice& notice) {
  return notice.hazard && std::find(notice.hazard->responses.begin(), notice.hazard->responses.end(), b::Response::all_clear) != notice.hazard->responses.end();
}

/// The first message of each row of updates, by every one of the row. `by_id` holds what is released and not cancelled.
std::string thread_of(const Campaign& campaign, const std::map<std::string, const Campaign*>& by_id) {
  const Campaign* first = &campaign;
  for (int i = 0; i < kMost && !first->draft.follows.empty(); ++i) {
    const auto before = by_id.find(first->draft.follows);
    if (before == by_id.end()) break;
    first = before->second;
  }
  return "house/" + first->public_id;
}

std::string name_of(const b::Notice& notice) { return b::plain(b::wording_for(notice, "ja").title, "ja"); }

/// An all-clear is told for a while, in its turn.
Posting clear_of(const b::Notice& notice, const std::string& key, bool drill, Instant from) {
  return {key, "", notice, drill, from, Instant{from.us + Signage::kClear}};
}

Result<void> add_emergencies(const std::vector<Campaign>& all, const NoticeOf& notice_of, const Ended& ended, Air& air) {
  std::map<std::string, const Campaign*> by_id;
  for (const Campaign& c : all)
    if (c.state == CampaignState::released) by_id[c.public_id] = &c;
  std::set<std::string> seen;
  for (const Campaign& c : all) {   // newest first: one row of updates is spoken for by its newest message
    if (c.state != CampaignState::released || start_of(c) > air.read) continue;
    const std::string thread = thread_of(c, by_id);
    if (!seen.insert(thread).second) continue;
    MACHIYA_TRY(b::Notice notice, notice_of(c));
    if (c.draft.drill) notice.status = b::Status::exercise, notice.note = "drill";
    const Instant from = start_of(c);
    if (is_clear(notice)) air.postings.push_back(clear_of(notice, "message/" + c.public_id, c.draft.drill, from));
    else if (!is_over(ended, thread, from)) air.alerts.push_back({"alert/" + c.public_id, thread, std::move(notice), c.draft.wards, c.draft.drill, false, from, Instant{from.us + Signage::kStanding}});
  }
  return {};
}

struct Read {
  dao::Outside row;
  b::Notice notice;
};

/// The row of updates of others that this one belongs to, as far as the same client sent them.
std::string thread_of(const Read& one, const std::vector<Read>& all) {
  const Read* first = &one;
  for (std::size_t i = 0; i < all.size() && !first->notice.references.empty(); ++i) {
    const auto before = std::find_if(all.begin(), all.end(), [&](const Read& r) {
      return r.row.client == one.row.client && r.row.sender == first->notice.references.front().sender && r.row.identifier == first->notice.references.front().id;
    });
    if (before == all.end()) break;
    first = &*before;
  }
  return "cap/" + first->row.sender + "/" + first->row.identifier;
}

std::string key_of(const dao::Outside& row) { return "cap/" + row.identifier; }

/// Would it take the screen if it were no drill?
bool takes_screens(b::Notice notice) {
  notice.status = b::Status::actual;
  return b::overrides(notice);
}

void add_outside(const std::vector<dao::Outside>& rows, const Ended& ended, Air& air) {
  std::vector<Read> all;
  for (const dao::Outside& row : rows) {
    const auto cap = b::read_cap(row.cap);
    auto notice = cap.ok() ? b::notice_of(*cap) : Result<b::Notice>(cap.error());
    if (notice.ok()) air.names[key_of(row)] = name_of(*notice), all.push_back({row, std::move(*notice)});
    else log(LogLevel::warn, "kept-alert-unreadable", {{"why", notice.error().to_string()}});   // it was read when it came
  }
  // What a later alert of the same client refers to is spoken for by that one.
  const auto superseded = [&](const Read& one) {
    return std::any_of(all.begin(), all.end(), [&](const Read& later) {
      return later.row.client == one.row.client && std::any_of(later.notice.references.begin(), later.notice.references.end(), [&](const b::Reference& r) { return r.sender == one.row.sender && r.id == one.row.identifier; });
    });
  };
  for (const Read& one : all) {
    const bool drill = one.notice.status != b::Status::actual;
    const Instant from = std::min(one.row.received, air.read);
    const Instant until = one.notice.expires.value_or(Instant{one.row.received.us + Signage::kOutside});
    if (superseded(one) || one.notice.act == b::Act::cancel || until <= air.read) continue;
    const std::string thread = thread_of(one, all);
    if (is_clear(one.notice)) air.postings.push_back(clear_of(one.notice, key_of(one.row), drill, from));
    else if (is_over(ended, thread, one.row.received)) continue;
    else if (takes_screens(one.notice)) air.alerts.push_back({key_of(one.row), thread, one.notice, {}, drill, true, from, until});
    else air.postings.push_back({key_of(one.row), "", one.notice, drill, from, until});
  }
}

Result<void> add_messages(const std::vector<Campaign>& all, const NoticeOf& notice_of, Air& air) {
  for (const Campaign& c : all) {
    if (c.state != CampaignState::released || c.draft.topic.empty()) continue;
    MACHIYA_TRY(b::Notice notice, notice_of(c));
    if (c.draft.drill) notice.status = b::Status::exercise, notice.note = "drill";
    air.postings.push_back({"message/" + c.public_id, c.draft.topic, std::move(notice), c.draft.drill, start_of(c), {}});
  }
  return {};
}

void add_names(const std::vector<Campaign>& all, Air& air) {
  for (const Campaign& c : all)
    for (const char* kind : {"alert/", "message/"}) air.names[kind + c.public_id] = b::plain(c.draft.title.in("ja"), "ja");
}

}  // namespace

Result<std::shared_ptr<const Air>> Signage::read_air(std::int64_t revision) {
  auto out = std::make_shared<Air>();
  out->city = p_.city(), out->read = p_.clock.now(), out->revision = revision;
  MACHIYA_TRY(const auto emergencies, p_.campaigns.released(tell::Class::emergency, Instant{out->read.us - kStanding - 30 * kDay}, kMost));
  MACHIYA_TRY(const auto messages, p_.campaigns.released(tell::Class::many, Instant{out->read.us - 30 * kDay}, kMost));
  std::vector<dao::Outside> outside;
  Ended ended;
  MACHIYA_CHECK(p_.store.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(outside, dao::alerts(tx, Instant{out->read.us - 30 * kDay}, kMost));
    MACHIYA_TRY(ended, dao::ended(tx, Instant{out->read.us - 60 * kDay}));
    return {};
  }));
  MACHIYA_CHECK(add_emergencies(emergencies, p_.notice, ended, *out));
  add_names(emergencies, *out), add_names(messages, *out);
  add_outside(outside, ended, *out);
  for (const Alert& one : out->alerts) out->names[one.key] = name_of(one.notice);   // with its slots filled
  for (const Posting& one : out->postings) out->names[one.key] = name_of(one.notice);
  MACHIYA_CHECK(add_messages(messages, p_.notice, *out));
  return std::shared_ptr<const Air>(std::move(out));
}

Result<std::shared_ptr<const Air>> Signage::air() {
  // What another process changed counts at once, even before the watcher has seen it.
  MACHIYA_TRY(const std::int64_t revision, p_.store.read([](store::ReadTx& tx) { return dao::revision(tx); }));
  std::lock_guard lock(air_mutex_);   // one reads, the others wait for it
  const Instant now = p_.clock.now();
  if (air_ && air_->revision == revision && now.us - air_->read.us < kFresh && now >= air_->read) return air_;
  MACHIYA_TRY(air_, read_air(revision));
  return air_;
}

Result<Signage::Posted> Signage::post_cap(std::string_view cap, const std::string& client, std::string_view request) {
  MACHIYA_TRY(const auto alert, b::read_cap(cap));
  MACHIYA_TRY(const auto notice, b::notice_of(alert));
  dao::Outside row{alert.sender, alert.identifier, client, std::string(cap), alert.sent, p_.clock.now()};
  Posted out{key_of(row), takes_screens(notice), false};
  // The same alert again changes nothing, so that a sender that heard no answer may post it again.
  MACHIYA_CHECK(write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const bool fresh, dao::insert_alert(tx, row));
    out.known = !fresh;
    if (!fresh) return {};
    audit::Entry entry;
    entry.actor = "client:" + client, entry.action = "signage.alert", entry.object = "alert:" + out.key, entry.request = std::string(request);
    entry.facts = json::Value::object({{"takes_screens", out.takes_screens}});
    return p_.audit.append(tx, entry);
  }));
  return out;
}

}  // namespace machiya::signage
