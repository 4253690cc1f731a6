// Tables of recipients with values of their own: attached to a draft, sealed, opened again for sending, and removed in the end.
#include <algorithm>
#include <limits>
#include <set>
#include <unordered_map>

#include "platform/audit/audit.h"
#include "platform/identity/addresses.h"
#include "platform/vault/vault.h"
#include "tell/campaigns/campaigns_dao.h"
#include "tell/campaigns/lists_dao.h"
#include "tell/campaigns/stored_row.h"

namespace machiya::tell {
namespace dao = campaigns_dao;
namespace {

constexpr std::string_view kContext = "campaign_list_part/rows";
constexpr std::size_t kRowsOfPart = 256;    ///< sealed together: what one parcel has to open
constexpr int kPartsAtOnce = 16;            ///< read or written in one go: a transaction of a few milliseconds
constexpr std::size_t kLookedUpAtOnce = 1'000;

}  // namespace

Result<Campaign> Campaigns::writable_draft(store::ReadTx& tx, std::string_view public_id, const Deed& deed) {
  MACHIYA_TRY(Campaign campaign, required(tx, public_id));
  if (!may_write(deed.who, campaign.cls, campaign.department)) return Error(ErrorCode::forbidden, "may not write messages of this department");
  if (campaign.state != CampaignState::draft) return Error(ErrorCode::conflict, "it is no draft any more");
  return campaign;
}

Result<std::vector<std::int64_t>> Campaigns::found_in(store::ReadTx& tx, NamedBy by, const std::vector<std::string>& who, const identity::Principal& reader) {
  if (by == NamedBy::mail) {
    std::vector<std::string> addresses;
    for (const std::string& one : who) {
      const auto normal = identity::normal_email(one);
      addresses.push_back(normal.ok() ? *normal : one);
    }
    MACHIYA_TRY(const int mail, p_.audiences.number("channel", "mail"));
    return p_.audiences.by_addresses(tx, mail, addresses);
  }
  if (!applicants_) return std::vector<std::int64_t>(who.size(), 0);
  MACHIYA_TRY(const auto persons, applicants_(tx, reader, who));
  return p_.audiences.by_persons(tx, persons);
}

Result<std::vector<Campaigns::Stored>> Campaigns::resolved(const ListTable& table, const identity::Principal& reader) {
  std::vector<Stored> out;
  out.reserve(table.rows.size());
  std::unordered_map<std::int64_t, std::int64_t> seen;   // recipient → line
  for (std::size_t from = 0; from < table.rows.size(); from += kLookedUpAtOnce) {
    const std::size_t to = std::min(table.rows.size(), from + kLookedUpAtOnce);
    std::vector<std::string> who;
    for (std::size_t i = from; i < to; ++i) who.push_back(table.rows[i].who);
    MACHIYA_TRY(const auto recipients, p_.store.read([&](store::ReadTx& tx) { return found_in(tx, table.named_by, who, reader); }));
    for (std::size_t i = from; i < to; ++i) {
      const ListRow& row = table.rows[i];
      const auto line = static_cast<std::int64_t>(row.line);
      Stored stored{recipients[i - from], line, 0, row.values};
      if (stored.key == 0) stored.key = -line;
      else if (const auto [first, fresh] = seen.emplace(stored.key, line); !fresh) stored.key = -line, stored.twice = first->second;
      out.push_back(std::move(stored));
    }
  }
  std::sort(out.begin(), out.end(), [](const Stored& a, const Stored& b) { return a.key < b.key; });
  return out;
}

Result<std::int64_t> Campaigns::store_list(std::int64_t campaign, const ListTable& table, const std::vector<Stored>& rows) {
  std::int64_t key = 0;
  MACHIYA_TRY(const std::int64_t list, p_.store.write([&](store::Tx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(key, p_.vault->create_key(tx));
    return lists_dao::insert(tx, {0, campaign, key, table.columns, static_cast<std::int64_t>(rows.size()), {}}, p_.clock.now());
  }));
  for (std::size_t from = 0; from < rows.size();) {
    const std::size_t end = std::min(rows.size(), from + kRowsOfPart * kPartsAtOnce);
    MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
      for (std::size_t at = from; at < end; at += kRowsOfPart) {
        const std::size_t to = std::min(end, at + kRowsOfPart);
        json::Value part = json::Value::array();
        for (std::size_t i = at; i < to; ++i) {
          json::Value row = json::Value::array();
          row.push(rows[i].key).push(rows[i].line), row.push(rows[i].twice);
          for (const std::string& value : rows[i].values) row.push(value);
          part.push(std::move(row));
        }
        MACHIYA_TRY(std::string sealed, p_.vault->seal(tx, key, kContext, json::to_text(part)));
        MACHIYA_CHECK(lists_dao::insert_part(tx, list, {rows[at].key, rows[to - 1].key, std::move(sealed)}));
      }
      return {};
    }));
    from = end;
  }
  return list;
}

Result<void> Campaigns::remove_list(store::Tx& tx, std::int64_t list, std::int64_t data_key) {
  MACHIYA_CHECK(lists_dao::remove(tx, list));
  return p_.vault->erase_key(tx, data_key);
}

Result<Campaigns::Attached> Campaigns::attach(std::string_view public_id, const ListTable& table, const Deed& deed) {
  if (!p_.vault || !table.faults.empty()) return Error(ErrorCode::invalid_input, "the table cannot be taken", "list");
  MACHIYA_TRY(const Campaign before, p_.store.read([&](store::ReadTx& tx) { return writable_draft(tx, public_id, deed); }));
  if (before.cls != Class::many) return Error(ErrorCode::invalid_input, "an emergency is the same for everybody", "list");
  if (!before.draft.segment.empty() || !before.draft.follows.empty()) return Error(ErrorCode::invalid_input, "an attached table names its people by itself", "segment");
  MACHIYA_TRY(const auto rows, resolved(table, deed.who));
  Attached out;
  out.rows = static_cast<std::int64_t>(rows.size());
  out.found = std::count_if(rows.begin(), rows.end(), [](const Stored& row) { return row.key > 0; });
  MACHIYA_TRY(const std::int64_t list, store_list(before.id, table, rows));
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(Campaign campaign, writable_draft(tx, public_id, deed));
    if (campaign.revision != before.revision) return Error(ErrorCode::conflict, "somebody changed it meanwhile");
    MACHIYA_TRY(const auto old, lists_dao::find(tx, campaign.id));
    if (old) MACHIYA_CHECK(remove_list(tx, old->id, old->data_key));
    MACHIYA_TRY(const bool in_use, lists_dao::put_in_use(tx, list));
    if (!in_use) return Error(ErrorCode::conflict, "it took too long");
    campaign.draft.columns = table.columns, campaign.author = deed.who.actor(), campaign.author_name = deed.who.name, campaign.changed = p_.clock.now();
    MACHIYA_TRY(const bool changed, dao::update_draft(tx, campaign, campaign.revision));
    if (!changed) return Error(ErrorCode::conflict, "somebody changed it meanwhile");
    return note(tx, campaign, "attach", std::to_string(out.found) + "/" + std::to_string(out.rows), campaign.author, campaign.author_name, deed.request);
  }));
  return out;
}

Result<void> Campaigns::detach(std::string_view public_id, const Deed& deed) {
  return p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(Campaign campaign, writable_draft(tx, public_id, deed));
    if (campaign.draft.columns.empty()) return Error(ErrorCode::not_found, "no table is attached", "list");
    MACHIYA_TRY(const auto old, lists_dao::find(tx, campaign.id));
    if (old) MACHIYA_CHECK(remove_list(tx, old->id, old->data_key));
    campaign.draft.columns.clear(), campaign.author = deed.who.actor(), campaign.author_name = deed.who.name, campaign.changed = p_.clock.now();
    MACHIYA_TRY(const bool changed, dao::update_draft(tx, campaign, campaign.revision));
    if (!changed) return Error(ErrorCode::conflict, "somebody changed it meanwhile");
    return note(tx, campaign, "detach", "", campaign.author, campaign.author_name, deed.request);
  });
}

Result<std::vector<Campaigns::Stored>> Campaigns::opened(store::ReadTx& tx, std::int64_t data_key, const std::string& sealed) {
  MACHIYA_TRY(const std::string plain, p_.vault->open_sealed(tx, data_key, kContext, sealed));
  MACHIYA_TRY(const json::Value part, json::parse(plain));
  std::vector<Stored> out;
  out.reserve(part.size());
  constexpr std::size_t kFirstValue = 3;
  for (const json::Value& row : part.items()) {
    const auto& cells = row.items();
    if (cells.size() < kFirstValue) return Error(ErrorCode::integrity_broken, "a row of a table without its head");
    Stored one{cells[0].as_int(), cells[1].as_int(), cells[2].as_int(), {}};
    for (std::size_t i = kFirstValue; i < cells.size(); ++i) one.values.push_back(cells[i].as_string());
    out.push_back(std::move(one));
  }
  return out;
}

Result<void> Campaigns::each_part(store::ReadTx& tx, const lists_dao::List& list, const std::function<Result<void>(std::vector<Stored>&)>& each) {
  std::int64_t after = std::numeric_limits<std::int64_t>::min();
  while (true) {
    MACHIYA_TRY(const auto parts, lists_dao::parts(tx, list.id, after, kPartsAtOnce));
    if (parts.empty()) return {};
    for (const lists_dao::Part& part : parts) {
      MACHIYA_TRY(auto rows, opened(tx, list.data_key, part.sealed));
      MACHIYA_CHECK(each(rows));
    }
    after = parts.back().first;
  }
}

Result<std::vector<std::int64_t>> Campaigns::list_recipients(std::int64_t campaign) {
  return p_.store.read([&](store::ReadTx& tx) -> Result<std::vector<std::int64_t>> {
    std::vector<std::int64_t> out;
    MACHIYA_TRY(const auto list, lists_dao::find(tx, campaign));
    if (!list) return Error(ErrorCode::conflict, "the table was removed meanwhile", "list");
    MACHIYA_CHECK(each_part(tx, *list, [&](std::vector<Stored>& rows) -> Result<void> {
      for (const Stored& row : rows)
        if (row.key > 0 && !std::binary_search(list->left_out.begin(), list->left_out.end(), row.line)) out.push_back(row.key);
      return {};
    }));
    return out;
  });
}

Result<void> Campaigns::add_listed(std::int64_t message, const std::vector<std::int64_t>& recipients) {
  // In order: a process that takes over goes on behind the last one.
  MACHIYA_TRY(const std::int64_t last, p_.store.read([&](store::ReadTx& tx) { return p_.ledger.last_added(tx, message); }));
  for (auto from = std::upper_bound(recipients.begin(), recipients.end(), last); from != recipients.end();) {
    const auto to = from + std::min<std::ptrdiff_t>(recipients.end() - from, static_cast<std::ptrdiff_t>(Ledger::kInOneGo));
    const std::vector<std::int64_t> some(from, to);
    MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) { return p_.ledger.add_recipients(tx, message, some); }));
    from = to;
  }
  return p_.store.write([&](store::Tx& tx) { return p_.ledger.release(tx, message); });
}

Result<std::map<std::int64_t, OwnValues>> Campaigns::own_values(store::ReadTx& tx, std::string_view public_id, std::string_view lang, const std::vector<std::int64_t>& recipients) {
  std::map<std::int64_t, OwnValues> out;
  if (recipients.empty()) return out;
  MACHIYA_TRY(const Campaign campaign, required(tx, public_id));
  MACHIYA_TRY(const auto list, lists_dao::find(tx, campaign.id));
  if (!list) return out;
  const auto city = p_.city();
  const Template* t = template_of(*city, campaign.draft);
  const auto [least, most] = std::minmax_element(recipients.begin(), recipients.end());
  const std::set<std::int64_t> wanted(recipients.begin(), recipients.end());
  MACHIYA_TRY(const auto parts, lists_dao::parts_within(tx, list->id, *least, *most));
  for (const lists_dao::Part& part : parts) {
    if (wanted.lower_bound(part.first) == wanted.upper_bound(part.last)) continue;
    MACHIYA_TRY(const auto rows, opened(tx, list->data_key, part.sealed));
    for (const Stored& row : rows) {
      if (!wanted.contains(row.key)) continue;
      OwnValues& values = out[row.key];
      for (std::size_t i = 0; i < list->columns.size(); ++i)
        if (!row.values[i].empty()) values[list->columns[i]] = own_text(t, list->columns[i], row.values[i], lang);
    }
  }
  return out;
}

Result<std::int64_t> Campaigns::tend_lists() {
  constexpr std::int64_t kAlone = 10 * kMinute;   // whoever placed it is not at it any more
  std::int64_t removed = 0;
  const Instant now = p_.clock.now();
  MACHIYA_TRY(const auto all, p_.store.read([](store::ReadTx& tx) { return lists_dao::standing(tx); }));
  for (const lists_dao::Standing& one : all) {
    std::optional<Ledger::Message> message;
    if (one.message != 0) {
      MACHIYA_TRY(message, p_.store.read([&](store::ReadTx& tx) { return p_.ledger.message(tx, one.message); }));
    }
    if (one.in_use && message && message->state == MessageState::placing && now.us - message->created.us > kAlone) {
      MACHIYA_TRY(const auto recipients, list_recipients(one.campaign));
      MACHIYA_CHECK(add_listed(one.message, recipients));
      p_.wake();
      continue;
    }
    const bool ended = message ? message->state == MessageState::done || message->state == MessageState::cancelled : one.campaign_state >= static_cast<int>(CampaignState::cancelled);
    const bool forgotten = !message && now.us - one.changed.us > kListDays * kDay;
    const bool half = !one.in_use && now.us - one.created.us > kHour;
    if (!(one.in_use && (ended || forgotten)) && !half) continue;
    MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) { return remove_list(tx, one.list, one.data_key); }));
    ++removed;
  }
  return removed;
}

}  // namespace machiya::tell
