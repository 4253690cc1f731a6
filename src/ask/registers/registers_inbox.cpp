// The inbox of reminders: what a person may see of it, and what they do with it.
#include <algorithm>

#include "ask/registers/registers_impl.h"
#include "ask/registers/reminder.h"
#include "base/text.h"

namespace machiya::registers {

using json::Value;

namespace {

constexpr std::size_t kMostIds = 500;
constexpr std::size_t kReasonBytes = 4 * 1024;

std::vector<std::shared_ptr<const Register>> registers_of(const city::City& city) {
  std::vector<std::shared_ptr<const Register>> out;
  for (const city::Loaded* loaded : city.all("register"))
    if (auto reg = std::dynamic_pointer_cast<const Register>(loaded->definition)) out.push_back(std::move(reg));
  return out;
}

const Reminder* reminder_of(const Register& reg, std::string_view id) {
  for (const Reminder& r : reg.reminders)
    if (r.id == id) return &r;
  return nullptr;
}

dao::Inbox dao_query(const Inbox& inbox, std::vector<std::int64_t> watches) {
  return {std::move(watches), inbox.from ? to_iso(*inbox.from) : "", inbox.to ? to_iso(*inbox.to) : "", inbox.settled};
}

}  // namespace

std::vector<std::int64_t> Registers::Impl::watches(const Inbox& inbox, const identity::Principal& who) const {
  const auto city = p.city();
  std::vector<std::int64_t> out;
  for (const auto& reg : registers_of(*city)) {
    if (!inbox.register_id.empty() ? reg->id != inbox.register_id : !inbox.everything && reg->owner != who.department) continue;
    const Access access = this->access(*reg, who);
    for (const Reminder& reminder : reg->reminders)
      if (may_see(*reg, reminder, access)) out.push_back(watch_of(*reg, reminder));
  }
  return out;
}

std::vector<std::shared_ptr<const Register>> Registers::reminding(const identity::Principal& who) const {
  auto out = all(who);
  std::erase_if(out, [&](const auto& reg) {
    const Access access = impl_->access(*reg, who);
    return std::none_of(reg->reminders.begin(), reg->reminders.end(), [&](const Reminder& r) { return may_see(*reg, r, access); });
  });
  std::stable_partition(out.begin(), out.end(), [&](const auto& reg) { return reg->owner == who.department; });
  return out;
}

Result<std::vector<Told>> Registers::Impl::told(store::ReadTx& tx, const std::vector<dao::ToldRow>& rows, const identity::Principal& who) const {
  const auto city = p.city();
  std::map<std::string, std::shared_ptr<const Register>> known;
  for (auto& reg : registers_of(*city)) known.emplace(reg->id, std::move(reg));
  std::vector<std::int64_t> ids;
  for (const dao::ToldRow& row : rows) ids.push_back(row.record);
  MACHIYA_TRY(auto stored, dao::rows_of(tx, ids));
  std::map<std::int64_t, dao::StoredRow> by_id;
  for (dao::StoredRow& row : stored) by_id.emplace(row.id, std::move(row));
  std::vector<Told> out;
  for (const dao::ToldRow& row : rows) {
    const auto reg = known.find(row.type);
    const auto found = by_id.find(row.record);
    const Reminder* reminder = reg != known.end() ? reminder_of(*reg->second, row.reminder) : nullptr;
    if (reminder == nullptr || found == by_id.end()) continue;   // the definition or the row has gone; the job closes it
    const Access rights = access(*reg->second, who);
    if (!may_see(*reg->second, *reminder, rights)) continue;
    Told one;
    one.id = row.public_id, one.reg = reg->second, one.reminder = row.reminder, one.text = reminder->text;
    one.date = parse_iso_date(row.date).value_or(Date{}), one.told = row.told, one.state = row.state, one.settled = row.settled;
    one.taken_name = row.taken_name, one.settled_name = row.settled_name, one.why = row.why;
    one.mine = !row.taken_by.empty() && row.taken_by == who.actor(), one.may_settle = rights.write();
    if (!row.sealed_why.empty() && found->second.data_key) {
      MACHIYA_TRY(one.why, p.vault.open_sealed(tx, found->second.data_key, records::kNoteContext, row.sealed_why));
    }
    MACHIYA_TRY(const FullRow whole, full(tx, *one.reg, found->second, false));
    std::vector<Row> with_titles{shown(*one.reg, whole, rights)};
    MACHIYA_CHECK(add_titles(tx, *one.reg, with_titles, who));
    one.row = std::move(with_titles.front());
    out.push_back(std::move(one));
  }
  return out;
}

Result<InboxPage> Registers::reminders(const Inbox& inbox, const identity::Principal& who) {
  const Impl& impl = *impl_;
  const auto watches = impl.watches(inbox, who);
  const int limit = std::clamp(inbox.limit, 1, 500);
  return impl.p.store.read([&](store::ReadTx& tx) -> Result<InboxPage> {
    std::optional<dao::ToldRow> after;
    if (!inbox.after.empty()) {
      MACHIYA_TRY(after, dao::find_told(tx, inbox.after));
      if (!after) return Error(ErrorCode::invalid_input, "no such page", "after");
    }
    MACHIYA_TRY(auto rows, dao::inbox(tx, dao_query(inbox, watches), after, limit + 1));
    InboxPage out;
    if (rows.size() > static_cast<std::size_t>(limit)) rows.pop_back(), out.next = rows.back().public_id;
    MACHIYA_TRY(out.items, impl.told(tx, rows, who));
    return out;
  });
}

Result<std::vector<Told>> Registers::reminders_of(const Register& reg, const Row& row, const identity::Principal& who) {
  if (!impl_->access(reg, who).read()) return Error(ErrorCode::not_found, "no such register");
  return impl_->p.store.read([&](store::ReadTx& tx) -> Result<std::vector<Told>> {
    MACHIYA_TRY(const auto rows, dao::open_of_record(tx, row.id));
    return impl_->told(tx, rows, who);
  });
}

Result<std::vector<ReminderLoad>> Registers::reminder_load(const Inbox& inbox, const identity::Principal& who) {
  const auto watches = impl_->watches(inbox, who);
  const auto city = impl_->p.city();
  std::map<std::int64_t, std::string> names;
  for (const auto& reg : registers_of(*city))
    for (const Reminder& reminder : reg->reminders) names.emplace(watch_of(*reg, reminder), reg->id);
  return impl_->p.store.read([&](store::ReadTx& tx) -> Result<std::vector<ReminderLoad>> {
    MACHIYA_TRY(const auto rows, dao::load(tx, dao_query(inbox, watches)));
    std::vector<ReminderLoad> out;
    for (const dao::Load& l : rows) out.push_back({names[l.watch], parse_iso_date(l.date).value_or(Date{}), l.taken, l.rows});
    return out;
  });
}

Result<std::int64_t> Registers::open_reminders(const identity::Principal& who, int most) {
  const auto watches = impl_->watches({}, who);
  if (watches.empty()) return std::int64_t{0};
  return impl_->p.store.read([&](store::ReadTx& tx) { return dao::count_open(tx, watches, most); });
}

Result<bool> Registers::Impl::settle_one(store::Tx& tx, std::string_view id, Settle what, std::string_view reason, const identity::Principal& who,
                                         const Deed& deed) const {
  MACHIYA_TRY(auto found, dao::find_told(tx, id));
  const auto city = p.city();
  const auto* reg = found ? city->get<Register>("register", found->type) : nullptr;
  const Reminder* reminder = reg != nullptr ? reminder_of(*reg, found->reminder) : nullptr;
  if (reminder == nullptr || !may_see(*reg, *reminder, access(*reg, who))) return Error(ErrorCode::not_found, "no such reminder");
  if (!access(*reg, who).write()) return Error(ErrorCode::forbidden, "no right to settle reminders");
  const std::string before = found->state;
  MACHIYA_TRY(auto stored, dao::rows_of(tx, {found->record}));
  if (stored.empty()) return false;
  const bool again = what == Settle::reopen;
  if (again ? before != "done" && before != "dismissed" : before != "open") return false;
  if (again) {
    MACHIYA_TRY(const FullRow row, full(tx, *reg, stored.front(), true));
    const auto on = reminded(*reg, *reminder, row.values, row.stored.state, row.stored.ended.has_value(), deed.now);
    if (!on || to_iso(*on) != found->date) return false;
  }
  const bool ends = what == Settle::done || what == Settle::dismiss;
  if (what == Settle::take) found->taken_by = deed.actor, found->taken_name = deed.actor_name;
  if (what == Settle::give_back) found->taken_by.clear(), found->taken_name.clear();
  if (ends) found->state = what == Settle::done ? "done" : "dismissed", found->settled_by = deed.actor, found->settled_name = deed.actor_name, found->settled = deed.now;
  if (again) found->state = "open", found->settled_by.clear(), found->settled_name.clear(), found->settled.reset();
  found->why.clear(), found->sealed_why.clear();
  if (what == Settle::dismiss && stored.front().data_key) {
    MACHIYA_TRY(found->sealed_why, p.vault.seal(tx, stored.front().data_key, records::kNoteContext, reason));
  } else if (what == Settle::dismiss) {
    found->why = reason;
  }
  MACHIYA_TRY(const bool written, dao::settle(tx, *found, before));
  if (!written) return false;
  MACHIYA_CHECK(p.audit.append(tx, {deed.actor, "register.reminder_" + deed.action, "row:" + stored.front().number, deed.purpose, deed.request,
                                    Value::object({{"register", reg->id}, {"reminder", reminder->id}})}));
  return true;
}

Result<std::int64_t> Registers::settle(const std::vector<std::string>& ids, Settle what, std::string_view reason, const identity::Principal& who,
                                       std::string_view request) {
  static constexpr std::string_view kNames[] = {"take", "give_back", "done", "dismiss", "reopen"};
  if (ids.size() > kMostIds) return Error(ErrorCode::limit_exceeded, "too many reminders at once");
  if (what == Settle::dismiss && trim(reason).empty()) return Error(ErrorCode::invalid_input, "a dismissal needs a reason", "reason");
  if (reason.size() > kReasonBytes) return Error(ErrorCode::limit_exceeded, "a reason that long", "reason");
  const Deed deed = impl_->deed(kNames[static_cast<std::size_t>(what)], "", who, request);
  return impl_->p.store.write([&](store::Tx& tx) -> Result<std::int64_t> {
    std::int64_t count = 0;
    for (const std::string& id : ids) {
      MACHIYA_TRY(const bool done, impl_->settle_one(tx, id, what, trim(reason), who, deed));
      count += done ? 1 : 0;
    }
    return count;
  });
}

}  // namespace machiya::registers
