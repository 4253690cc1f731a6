// Rows of other registers: what a row reads of those it points to and of those that point to it; who is worked out again when a row changes.
#include <algorithm>

#include "ask/registers/registers_impl.h"

namespace machiya::registers {

using json::Value;

/// Rows that follow within the transaction of the change; the others follow by a job, so many at a time.
constexpr int kFollowAtOnce = 100, kFollowInJob = 500;

Result<Around> Registers::Impl::around(store::ReadTx& tx, const Register& reg, const Values& values, std::string_view number) const {
  Around out;
  if (!reg.reads_others()) return out;
  const auto city = p.city();
  for (const Column& c : reg.columns) {
    if (c.kind == ColumnKind::rollup) {
      MACHIYA_TRY(Value value, rolled_up(tx, reg, c, number));
      if (!value.is_null()) out.rollups.members().emplace_back(c.name, std::move(value));
    }
    const auto* other = c.reads.empty() ? nullptr : city->get<Register>("register", c.relation);
    const std::string& to = values.text(c.name);
    if (other == nullptr || to.empty()) continue;
    MACHIYA_TRY(auto stored, dao::find_row(tx, other->id, to));
    if (!stored) continue;
    out.rests_on.emplace_back(stored->id, stored->revision);
    MACHIYA_TRY(const FullRow row, full(tx, *other, std::move(*stored), false));   // never what is personal: a fault of the definition
    std::vector<feel::Value::Member> members;
    for (const std::string& name : c.reads) {
      const Column* read = other->column(name);
      const feel::Type type = read->kind == ColumnKind::relation ? feel::Type::string() : read->question->feel_type;
      auto value = feel::from_json(row.values[name], type);
      members.emplace_back(name, value.ok() ? std::move(*value) : feel::Value());
    }
    out.related.emplace_back(c.name, feel::Value::context(std::move(members)));
  }
  return out;
}

Result<bool> Registers::Impl::unchanged(store::ReadTx& tx, const std::vector<std::pair<std::int64_t, std::int64_t>>& rests_on) const {
  std::map<std::int64_t, std::int64_t> revisions;
  for (const auto& [id, revision] : rests_on)
    if (const auto [at, fresh] = revisions.emplace(id, revision); !fresh && at->second != revision) return false;
  constexpr std::size_t kChunk = 500;
  std::vector<std::int64_t> ids;
  for (auto at = revisions.begin(); at != revisions.end();) {
    ids.clear();
    for (; at != revisions.end() && ids.size() < kChunk; ++at) ids.push_back(at->first);
    MACHIYA_TRY(const auto rows, dao::rows_of(tx, ids));
    if (rows.size() != ids.size()) return false;
    for (const auto& row : rows)
      if (row.revision != revisions.at(row.id)) return false;
  }
  return true;
}

// --- roll-ups ---
namespace {

/// The values of one column, one row after the other.
class Fold {
 public:
  Fold(const Register& other, const Rollup& rule) : rule_(rule), column_(other.column(rule.column)), on_(other.column(rule.on)) {}
  void take(const Values& values) {
    ++count_;
    if (column_ == nullptr) return;
    auto value = feel::from_json(values[column_->name], column_->question->feel_type);
    if (!value.ok() || value->is_null()) return;
    switch (rule_.kind) {
      case RollupKind::count: return;
      case RollupKind::sum: sum_ = sum_ + *value->number(); return;
      case RollupKind::latest: return latest(values, values[column_->name]);
      case RollupKind::min: case RollupKind::max:
        if (best_.is_null() || (rule_.kind == RollupKind::min) == less(*value, key_)) best_ = values[column_->name], key_ = std::move(*value);
    }
  }
  Value result() const {
    if (rule_.kind == RollupKind::count) return Value(count_);
    return rule_.kind == RollupKind::sum ? feel::to_json(feel::Value::number(sum_)) : best_;
  }

 private:
  static bool less(const feel::Value& a, const feel::Value& b) {
    if (a.number() != nullptr && b.number() != nullptr) return *a.number() < *b.number();
    const auto x = a.as_date(), y = b.as_date();
    return x && y && *x < *y;
  }
  /// Rows come in the order in which they were added: of one day the last one counts.
  void latest(const Values& values, const Value& value) {
    const std::string day = on_ != nullptr ? values.text(on_->name) : "";
    if (on_ != nullptr && (day.empty() || day < day_)) return;
    best_ = value, day_ = day;
  }

  const Rollup& rule_;
  const Column* column_;
  const Column* on_;
  std::int64_t count_ = 0;
  feel::Decimal sum_{0};
  Value best_;
  feel::Value key_;
  std::string day_;
};

}  // namespace

Result<Value> Registers::Impl::rolled_up(store::ReadTx& tx, const Register& reg, const Column& column, std::string_view number) const {
  const auto city = p.city();
  const Rollup& rule = column.rollup;
  const auto* other = city->get<Register>("register", rule.of);
  const Column* by = other != nullptr ? other->column(rule.by) : nullptr;
  if (by == nullptr) return Error(ErrorCode::definition_error, "the roll-up " + reg.id + "." + column.name + " has no rows to look at");
  Fold fold(*other, rule);
  if (number.empty()) return fold.result();   // nothing points to a row that is not there yet
  const dao::IndexEntry entry{by->field, key_of(*by, Value(number))};
  if (rule.kind == RollupKind::count && rule.when.empty()) {
    MACHIYA_TRY(const auto count, dao::count_with(tx, entry));
    return Value(count);
  }
  feel::Expression when;
  if (!rule.when.empty()) {
    MACHIYA_TRY(when, feel::compile(rule.when, row_scope(other->columns)));
  }
  constexpr int kChunk = 1000;
  std::int64_t after = 0;
  for (int seen = 0;;) {
    MACHIYA_TRY(const auto ids, dao::records_after(tx, entry, after, kChunk));
    MACHIYA_TRY(auto stored, dao::rows_of(tx, ids));
    for (dao::StoredRow& one : stored) {
      MACHIYA_TRY(const FullRow row, full(tx, *other, std::move(one), false));
      if (when) {
        MACHIYA_TRY(const feel::Value holds, when.evaluate(row_slots(*other, row.values, row.stored.state), feel::Environment(p.clock.now())));
        if (!holds.is_true()) continue;
      }
      fold.take(row.values);
    }
    if (ids.size() < kChunk) return fold.result();
    if ((seen += kChunk) >= kMaxRolled) return Value();
    after = ids.back();
  }
}

// --- rows that follow ---

Result<void> Registers::Impl::follow(store::Tx& tx, const Register& reg, const FullRow& before, const Values& values, const Deed& deed) const {
  const auto city = p.city();
  for (const city::Loaded* loaded : city->all("register")) {
    const auto* other = dynamic_cast<const Register*>(loaded->definition.get());
    if (other == nullptr) continue;
    for (const Column& c : other->columns) {
      if (c.relation != reg.id || c.reads.empty()) continue;
      if (std::none_of(c.reads.begin(), c.reads.end(), [&](const std::string& name) { return !(before.values[name] == values[name]); })) continue;
      Deed because{std::string(kRelated), "「" + reg.name.in("ja") + "」の行が変わりました", "", deed.actor, deed.actor_name, deed.request, deed.now};
      const bool many = deed.action.find(':') != std::string::npos;   // a bulk edit or its undo: their own rows are enough for one transaction
      std::int64_t next = 0;
      if (many) {
        MACHIYA_TRY(const auto some, dao::records_after(tx, {c.field, key_of(c, Value(before.stored.number))}, 0, 1));
        if (some.empty()) continue;
      } else {
        MACHIYA_TRY(next, work_out_again(tx, *other, c, before.stored.number, 0, kFollowAtOnce, because));
        if (next == 0) continue;
      }
      MACHIYA_CHECK(follow_later(tx, *other, c, before.stored.number, next, because));
    }
  }
  return {};
}

Result<std::int64_t> Registers::Impl::work_out_again(store::Tx& tx, const Register& reg, const Column& relation, const std::string& number,
                                                     std::int64_t after, int limit, const Deed& deed) const {
  MACHIYA_TRY(const auto ids, dao::records_after(tx, {relation.field, key_of(relation, Value(number))}, after, limit));
  MACHIYA_TRY(auto stored, dao::rows_of(tx, ids));
  for (dao::StoredRow& one : stored) {
    MACHIYA_TRY(const FullRow row, full(tx, reg, std::move(one), true));
    const Values entered = entered_of(reg, row.values);
    MACHIYA_TRY(const Around rows, around(tx, reg, entered, row.stored.number));
    MACHIYA_TRY(WorkedOut worked, work_out(reg, entered, rows, row.stored.state, p.clock.now(), p.is_working_day, "ja"));
    // What people entered stays as it is, also where a check over the related row would not let it in any more.
    for (const auto& [name, value] : entered.members()) worked.values.set(name, value);
    const bool same = std::all_of(reg.columns.begin(), reg.columns.end(), [&](const Column& c) { return c.moves || row.values[c.name] == worked.values[c.name]; });
    if (same) continue;
    MACHIYA_TRY(const bool written, update(tx, reg, row, row.stored, worked.values, deed));
    if (!written) return Error(ErrorCode::conflict, "the row changed meanwhile");
    MACHIYA_CHECK(trail(tx, reg, row.stored, deed));
  }
  return ids.size() < static_cast<std::size_t>(limit) ? 0 : ids.back();
}

Result<void> Registers::Impl::follow_later(store::Tx& tx, const Register& reg, const Column& relation, const std::string& number, std::int64_t after,
                                           const Deed& deed) const {
  Value payload = Value::object({{"register", reg.id}, {"relation", relation.name}, {"number", number}, {"after", after}, {"reason", deed.reason},
                                 {"actor", deed.actor}, {"by", deed.actor_name}});
  MACHIYA_TRY(const auto id, p.jobs.enqueue(tx, kRelatedJob, std::move(payload)));
  (void)id;
  return {};
}

/// So many rows, then a job of its own for the rest: what a job has done stays done.
Result<void> Registers::Impl::run_related(const jobs::Job& job) const {
  const auto city = p.city();
  const auto* reg = city->get<Register>("register", job.payload.text("register"));
  const Column* relation = reg != nullptr ? reg->column(job.payload.text("relation")) : nullptr;
  if (relation == nullptr || relation->reads.empty()) return {};   // the definition reads nothing there any more
  const Deed deed{std::string(kRelated), job.payload.text("reason"), "", job.payload.text("actor"), job.payload.text("by"), "", p.clock.now()};
  return p.store.write([&](store::Tx& tx) -> Result<void> {
    const std::string& number = job.payload.text("number");
    MACHIYA_TRY(const auto next, work_out_again(tx, *reg, *relation, number, job.payload["after"].as_int(), kFollowInJob, deed));
    return next == 0 ? Result<void>() : follow_later(tx, *reg, *relation, number, next, deed);
  });
}

}  // namespace machiya::registers
