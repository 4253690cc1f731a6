// Rows of before are brought to the definition of today: after a start or a reload a durable job goes through the registers, and the cases of
// procedures, whose layout (index_layout.h) is not the one that their rows have. Short transactions in the order of keys, each with the place
// that it reached: a process that dies leaves nothing half done. Rows that are written meanwhile come first (catch_up).
#include <algorithm>
#include <tuple>

#include "ask/records/touch_dao.h"
#include "ask/registers/registers_impl.h"
#include "base/log.h"

namespace machiya::registers {
namespace {

/// In one transaction: short enough that writes beside it do not notice. Rows that are worked out anew are written whole, with their history.
constexpr int kBroughtAtOnce = 200, kWorkedOutAtOnce = 50;

using Walks = std::map<std::string, dao::IndexWalk>;

/// The layouts of all definitions: who plans the same walk again adds nothing, another reload plans one of its own.
std::string digest_of(const Registers::Impl::AllIndexed& all) {
  std::string out;
  for (const auto& [id, one] : all) out += id + "\n" + one.layout + "\n";
  return vault::sha256_hex(out);
}

Result<void> plan_walk(store::Tx& tx, jobs::Jobs& jobs, const Registers::Impl::AllIndexed& all) {
  MACHIYA_TRY([[maybe_unused]] const auto id, jobs.enqueue(tx, kIndexJob, json::Value::object(), {}, digest_of(all)));
  return {};
}

bool is_behind(const dao::IndexWalk& kept, const std::string& layout) { return !kept.done || kept.layout != layout; }

}  // namespace

std::shared_ptr<const Registers::Impl::AllIndexed> Registers::Impl::indexed() const {
  const auto city = p.city();
  const std::lock_guard lock(indexed_mutex);
  if (indexed_all && indexed_city == city) return indexed_all;
  auto all = std::make_shared<AllIndexed>();
  const auto add = [&](std::shared_ptr<const Register> reg) {
    Indexed& one = (*all)[reg->id];
    one.layout = index_layout(*reg), one.reg = std::move(reg);
  };
  for (const city::Loaded* loaded : city->all("register"))
    if (auto reg = std::dynamic_pointer_cast<const Register>(loaded->definition)) add(std::move(reg));
  const auto of_cases = case_registers();
  for (const auto& [id, reg] : *of_cases) add(reg);
  indexed_city = city, indexed_all = std::move(all);
  return indexed_all;
}

Result<void> Registers::Impl::put_entries(store::Tx& tx, const std::vector<RowEntries>& wanted) const {
  std::vector<std::int64_t> ids;
  for (const RowEntries& row : wanted) ids.push_back(row.id);
  MACHIYA_TRY(const auto before, dao::entries_of(tx, ids));
  std::vector<dao::IndexRow> fresh;
  for (const auto& [type, id, entries] : wanted) {
    static const std::vector<dao::IndexEntry> kNothing;
    const auto found = before.find(id);
    const auto& had = found == before.end() ? kNothing : found->second;
    if (had != entries) MACHIYA_CHECK(records::touch(tx, type, id, id, p.clock.now()));
    for (const dao::IndexEntry& entry : had)
      if (!std::binary_search(entries.begin(), entries.end(), entry)) MACHIYA_CHECK(dao::delete_index(tx, id, entry));
    for (const dao::IndexEntry& entry : entries)
      if (!std::binary_search(had.begin(), had.end(), entry)) fresh.push_back({entry.field, entry.value, id});
  }
  std::sort(fresh.begin(), fresh.end(), [](const dao::IndexRow& a, const dao::IndexRow& b) { return std::tie(a.field, a.value, a.record) < std::tie(b.field, b.value, b.record); });
  return dao::insert_index(tx, fresh);
}

// --- the walk ---

Result<Walks> Registers::Impl::walks(store::Tx& tx, const AllIndexed& all) const {
  MACHIYA_TRY(auto kept, dao::index_walks(tx));
  Walks out;
  std::optional<std::map<std::string, std::int64_t>> cases;
  for (const auto& [id, one] : all) {
    const auto found = kept.find(id);
    const bool known = found != kept.end();
    dao::IndexWalk walk = known ? found->second : dao::IndexWalk();
    if (!known || walk.layout != one.layout) {
      walk.since = known ? since_with(walk.since, walk.layout, walk.done) : "[null]";
      walk.layout = one.layout, walk.reached = walk.walked = 0;
      if (one.reg->of_cases) {
        if (!cases) {
          MACHIYA_TRY(cases, dao::count_cases(tx));
        }
        walk.total = (*cases)[id];
      } else {
        MACHIYA_TRY(walk.total, dao::count_rows(tx, id, 0));
      }
      walk.done = walk.total == 0;
      MACHIYA_CHECK(dao::put_index_walk(tx, id, walk));
      one.whole = false;
    }
    if (!walk.done) out.emplace(id, std::move(walk));
  }
  return out;
}

Result<bool> Registers::Impl::index_next(store::Tx& tx, const std::set<std::string>& but, std::string& at) const {
  const auto all = indexed();
  MACHIYA_TRY(auto outdated, walks(tx, *all));
  std::erase_if(outdated, [&](const auto& walk) { return but.count(walk.first) > 0; });
  if (outdated.empty()) return false;
  at = outdated.begin()->first;
  const Indexed& one = all->at(at);
  MACHIYA_CHECK(one.reg->of_cases ? walk_cases(tx, *all, outdated) : walk_rows(tx, *one.reg, outdated.begin()->second));
  return true;
}

/// Procedures that stand at the same place go on together: their cases lie between each other.
Result<void> Registers::Impl::walk_cases(store::Tx& tx, const AllIndexed& all, const Walks& outdated) const {
  const auto of_cases = [&](const auto& walk) { return all.at(walk.first).reg->of_cases; };
  std::int64_t from = std::find_if(outdated.begin(), outdated.end(), of_cases)->second.reached;
  for (const auto& walk : outdated)
    if (of_cases(walk)) from = std::min(from, walk.second.reached);
  std::map<std::string, std::int64_t> met;
  std::vector<std::string> procedures;
  for (const auto& walk : outdated)
    if (of_cases(walk) && walk.second.reached == from) procedures.push_back(walk.first);
  MACHIYA_TRY(const auto rows, records::rows_behind(tx, "case", procedures, from, kBroughtAtOnce));
  MACHIYA_CHECK(index_cases(tx, rows));
  for (const records::RecordRow& row : rows) ++met[row.type];
  for (const std::string& id : procedures) {
    dao::IndexWalk walk = outdated.at(id);
    walk.reached = rows.empty() ? from : rows.back().id, walk.walked += met[id], walk.done = rows.size() < kBroughtAtOnce;
    MACHIYA_CHECK(dao::put_index_walk(tx, id, walk));
  }
  return {};
}

Result<void> Registers::Impl::walk_rows(store::Tx& tx, const Register& reg, dao::IndexWalk walk) const {
  const LayoutChange change = LayoutChange::between(walk.since, walk.layout);
  const int most = change.worked_out ? kWorkedOutAtOnce : kBroughtAtOnce;
  MACHIYA_TRY(const auto rows, dao::next_rows(tx, reg.id, walk.reached, most));
  MACHIYA_CHECK(bring(tx, reg, change, rows));
  if (!rows.empty()) walk.reached = rows.back().id;
  walk.walked += static_cast<std::int64_t>(rows.size());
  walk.done = static_cast<int>(rows.size()) < most;
  MACHIYA_CHECK(dao::put_index_walk(tx, reg.id, walk));   // before rows are written anew: they are no longer to be caught up
  if (change.worked_out) MACHIYA_CHECK(fetch_keys(tx, rows));
  for (const dao::StoredRow& row : rows)
    if (change.worked_out || (!reg.workflow.empty() && row.state.empty())) MACHIYA_CHECK(work_out_anew(tx, reg, row));
  return {};
}

namespace {

std::vector<std::int64_t> tokens_of(const vault::Vault& vault, const std::vector<std::pair<std::string, std::string>>& terms) {
  std::vector<std::int64_t> out;
  for (const auto& [field, text] : terms)
    for (const std::int64_t token : vault.search_tokens(field, text)) out.push_back(token);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Are personal columns searched, or have they been? Only then is what is sealed opened.
bool searches_personal(const Register& reg, const LayoutChange& change) {
  return std::any_of(reg.columns.begin(), reg.columns.end(), [](const Column& c) { return c.search && c.personal; }) ||
         std::any_of(change.dropped.begin(), change.dropped.end(), [](const json::Value& was) { return was["personal"].as_bool(); });
}

}  // namespace

Result<void> Registers::Impl::bring(store::Tx& tx, const Register& reg, const LayoutChange& change, const std::vector<dao::StoredRow>& rows) const {
  const bool opens = change.searched && searches_personal(reg, change);
  if (opens) MACHIYA_CHECK(fetch_keys(tx, rows));
  std::vector<RowEntries> wanted;
  for (const dao::StoredRow& row : rows) {
    MACHIYA_TRY(const FullRow now, full(tx, reg, row, opens));
    wanted.push_back({reg.id, row.id, index_of(reg, now.values, row.state, row.ended.has_value())});
    if (!change.searched) continue;
    const auto tokens = tokens_of_row(reg, now.values), dropped = tokens_of(p.vault, dropped_terms(reg, change, now.values));
    std::vector<std::int64_t> gone;
    std::set_difference(dropped.begin(), dropped.end(), tokens.begin(), tokens.end(), std::back_inserter(gone));
    MACHIYA_CHECK(records::delete_tokens(tx, row.id, gone));
    MACHIYA_CHECK(records::insert_tokens(tx, row.id, tokens));
    MACHIYA_CHECK(records::touch(tx, reg.id, row.id, row.id, p.clock.now()));
  }
  return put_entries(tx, wanted);
}

Result<void> Registers::Impl::work_out_anew(store::Tx& tx, const Register& reg, const dao::StoredRow& stored) const {
  MACHIYA_TRY(FullRow row, full(tx, reg, stored, true));
  dao::StoredRow after = row.stored;
  const bool starts = !reg.workflow.empty() && after.state.empty();
  if (starts) MACHIYA_CHECK(enter_start(reg, after));
  MACHIYA_TRY(const auto values, worked_again(tx, reg, row, after.state));
  if (!values && !starts) return {};
  const Deed deed{std::string(kDefinition), "", "", "system", "", "", p.clock.now()};
  MACHIYA_TRY(const bool written, update(tx, reg, row, after, values ? *values : row.values, deed));
  if (!written) {   // it followed another row of this chunk: once more as it is now
    MACHIYA_TRY(const auto now, dao::rows_of(tx, {stored.id}));
    if (now.empty() || now.front().revision == stored.revision) return Error(ErrorCode::conflict, "the row changed meanwhile");
    return work_out_anew(tx, reg, now.front());
  }
  after.revision += 1;
  MACHIYA_CHECK(trail(tx, reg, after, deed));
  if (!starts) return {};
  MACHIYA_TRY(auto now, dao::rows_of(tx, {stored.id}));
  MACHIYA_TRY(FullRow begun, full(tx, reg, std::move(now.front()), true));
  MACHIYA_CHECK(run_immediate(tx, reg, begun));
  return schedule(tx, reg, begun.stored);
}

/// What one register cannot do does not keep the others waiting; the job is then tried again.
Result<void> Registers::Impl::run_index(const jobs::Job& job) const {
  std::set<std::string> failed;
  Result<void> outcome;
  bool reminds = false;
  for (;;) {
    std::string at;
    const auto more = p.store.write([&](store::Tx& tx) { return at.clear(), index_next(tx, failed, at); });
    if (more.ok() && !*more) break;
    if (!more.ok()) {
      if (at.empty()) return more.error();
      log(LogLevel::warn, "rows-not-indexed", {{"register", at}, {"why", more.error().to_string()}});
      failed.insert(at), outcome = more.error();
      continue;
    }
    if (const auto all = indexed(); all->count(at) > 0) reminds = reminds || !all->at(at).reg->reminders.empty();
    MACHIYA_CHECK(p.jobs.renew(job));
  }
  if (!reminds) return outcome;
  // Reminders look through the index of their date: what it lacked is told now.
  MACHIYA_CHECK(p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY([[maybe_unused]] const auto id, p.jobs.enqueue(tx, kReminderJob, json::Value::object({{"day", "now"}}), p.clock.now(), "now"));
    return {};
  }));
  return outcome;
}

// --- beside the walk ---

Result<void> Registers::Impl::catch_up(store::Tx& tx, const Register& reg, const dao::StoredRow& row) const {
  const auto all = indexed();
  const auto one = all->find(reg.id);
  if (one == all->end() || one->second.whole) return {};
  MACHIYA_TRY(const auto kept, dao::index_walk(tx, reg.id));
  if (!kept || kept->done || row.id <= kept->reached || kept->layout != index_layout(reg)) return {};   // met, or it will be
  return bring(tx, reg, LayoutChange::between(kept->since, kept->layout), {row});
}

Result<void> Registers::Impl::walk_again(store::Tx& tx, const Register& reg, std::int64_t id) const {
  const auto all = indexed();
  const auto one = all->find(reg.id);
  if (one == all->end() || one->second.reg->hash == reg.hash) return {};
  const std::string written = index_layout(reg);
  MACHIYA_TRY(auto kept, dao::index_walk(tx, reg.id));
  if (!kept || kept->layout == written) return {};   // the walk to today's layout has not begun: it will meet the row
  kept->since = since_with(kept->since, written, kept->done);
  kept->reached = kept->done ? id - 1 : std::min(kept->reached, id - 1);
  kept->done = false, kept->walked = 0;
  MACHIYA_TRY(kept->total, dao::count_rows(tx, reg.id, kept->reached));
  MACHIYA_CHECK(dao::put_index_walk(tx, reg.id, *kept));
  one->second.whole = false;
  return plan_walk(tx, p.jobs, *all);
}

Result<std::optional<IndexProgress>> Registers::Impl::progress(store::ReadTx& tx, const Register& reg) const {
  using Progress = std::optional<IndexProgress>;
  const auto all = indexed();
  const auto one = all->find(reg.id);
  if (one == all->end() || one->second.whole) return Progress();
  MACHIYA_TRY(const auto kept, dao::index_walk(tx, reg.id));
  if (!kept) return Progress();   // nobody has looked at these rows yet: tend_index() does
  if (!is_behind(*kept, one->second.layout)) return one->second.whole = true, Progress();
  if (kept->layout == one->second.layout) return Progress({kept->walked, std::max(kept->walked, kept->total)});
  IndexProgress begins;   // the city was reloaded at this moment
  if (!reg.of_cases) {
    MACHIYA_TRY(begins.total, dao::count_rows(tx, reg.id, 0));
  }
  return begins.total > 0 ? Progress(begins) : Progress();
}

Result<std::optional<IndexProgress>> Registers::index_progress(const Register& reg) const {
  const auto all = impl_->indexed();
  if (const auto one = all->find(reg.id); one == all->end() || one->second.whole) return std::optional<IndexProgress>();
  return impl_->p.store.read([&](store::ReadTx& tx) { return impl_->progress(tx, reg); });
}

Result<bool> Registers::index_some() {
  return impl_->p.store.write([&](store::Tx& tx) {
    std::string at;
    return impl_->index_next(tx, {}, at);
  });
}

Result<void> Registers::tend_index() {
  const Impl& impl = *impl_;
  const auto all = impl.indexed();
  MACHIYA_TRY(const bool tidy, impl.p.store.read([&](store::ReadTx& tx) -> Result<bool> {
    MACHIYA_TRY(const auto kept, dao::index_walks(tx));
    bool out = true;
    for (const auto& [id, one] : *all) {
      const auto found = kept.find(id);
      const bool behind = found == kept.end() || is_behind(found->second, one.layout);
      if (!behind) one.whole = true;
      out = out && !behind;
    }
    return out;
  }));
  if (tidy) return {};
  return impl.p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto outdated, impl.walks(tx, *all));
    return outdated.empty() ? Result<void>() : plan_walk(tx, impl.p.jobs, *all);
  });
}

}  // namespace machiya::registers
