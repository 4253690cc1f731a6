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
  MACHIYA_CHECK(roll_up(tx, reg, number, out.rollups));
  const auto city = p.city();
  for (const Column& c : reg.columns) {
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

/// What one roll-up makes of the rows, one after the other.
class Registers::Impl::Fold {
 public:
  static Result<Fold> of(const Register& other, const Rollup& rule) {
    Fold out(other, rule);
    if (!rule.when.empty()) {
      MACHIYA_TRY(out.when_, feel::compile(rule.when, row_scope(other.columns)));
    }
    return out;
  }
  bool only_counts() const { return rule_->kind == RollupKind::count && !when_; }
  void counted(std::int64_t rows) { count_ = rows; }
  Result<void> take(const Values& values, const std::vector<feel::Value>& slots, const feel::Environment& environment) {
    if (when_) {
      MACHIYA_TRY(const feel::Value holds, when_.evaluate(slots, environment));
      if (!holds.is_true()) return {};
    }
    ++count_;
    if (column_ == nullptr) return {};
    auto value = feel::from_json(values[column_->name], column_->question->feel_type);
    if (!value.ok() || value->is_null()) return {};
    if (rule_->kind == RollupKind::sum) sum_ = sum_ + *value->number();
    else if (rule_->kind == RollupKind::latest) latest(values, values[column_->name]);
    else if (best_.is_null() || (rule_->kind == RollupKind::min ? less(*value, key_) : less(key_, *value))) best_ = values[column_->name], key_ = std::move(*value);
    return {};
  }
  Value result() const {
    if (rule_->kind == RollupKind::count) return Value(count_);
    return rule_->kind == RollupKind::sum ? feel::to_json(feel::Value::number(sum_)) : best_;
  }

 private:
  Fold(const Register& other, const Rollup& rule) : rule_(&rule), column_(other.column(rule.column)), on_(other.column(rule.on)) {}
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

  const Rollup* rule_;
  const Column* column_;
  const Column* on_;
  feel::Expression when_;
  std::int64_t count_ = 0;
  feel::Decimal sum_{0};
  Value best_;
  feel::Value key_;
  std::string day_;
};

Result<void> Registers::Impl::roll_up(store::ReadTx& tx, const Register& reg, std::string_view number, Values& out) const {
  const auto city = p.city();
  std::map<std::pair<std::string, std::string>, std::vector<const Column*>> groups;   // roll-ups over the same rows look at them once
  for (const Column& c : reg.columns)
    if (c.kind == ColumnKind::rollup) groups[{c.rollup.of, c.rollup.by}].push_back(&c);
  for (const auto& [rows, columns] : groups) {
    const auto* other = city->get<Register>("register", rows.first);
    const Column* by = other != nullptr ? other->column(rows.second) : nullptr;
    if (by == nullptr) return Error(ErrorCode::definition_error, "the roll-ups of " + reg.id + " have no rows to look at: " + rows.first + "." + rows.second);
    std::vector<Fold> folds;
    for (const Column* c : columns) {
      MACHIYA_TRY(Fold fold, Fold::of(*other, c->rollup));
      folds.push_back(std::move(fold));
    }
    MACHIYA_TRY(const bool whole, fold_rows(tx, *other, {by->field, key_of(*by, Value(number))}, number.empty(), folds));
    for (std::size_t i = 0; whole && i < columns.size(); ++i)
      if (Value value = folds[i].result(); !value.is_null()) out.members().emplace_back(columns[i]->name, std::move(value));
  }
  return {};
}

/// False when there are more rows than are looked at.
Result<bool> Registers::Impl::fold_rows(store::ReadTx& tx, const Register& other, const dao::IndexEntry& entry, bool nobody, std::vector<Fold>& folds) const {
  if (nobody) return true;   // nothing points to a row that is not there yet
  if (std::all_of(folds.begin(), folds.end(), [](const Fold& f) { return f.only_counts(); })) {
    MACHIYA_TRY(const auto count, dao::count_with(tx, entry));
    for (Fold& fold : folds) fold.counted(count);
    return true;
  }
  const feel::Environment environment(p.clock.now());
  constexpr int kChunk = 1000;
  std::int64_t after = 0;
  for (int seen = 0;;) {
    MACHIYA_TRY(const auto ids, dao::records_after(tx, entry, after, kChunk));
    MACHIYA_TRY(auto stored, dao::rows_of(tx, ids));
    for (dao::StoredRow& one : stored) {
      MACHIYA_TRY(const FullRow row, full(tx, other, std::move(one), false));
      const auto slots = row_slots(other, row.values, row.stored.state);
      for (Fold& fold : folds) MACHIYA_CHECK(fold.take(row.values, slots, environment));
    }
    if (ids.size() < kChunk) return true;
    if ((seen += kChunk) >= kMaxRolled) return false;
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
    MACHIYA_TRY(const auto values, worked_again(tx, reg, row, row.stored.state));
    if (!values) continue;
    MACHIYA_TRY(const bool written, update(tx, reg, row, row.stored, *values, deed));
    if (!written) return Error(ErrorCode::conflict, "the row changed meanwhile");
    MACHIYA_CHECK(trail(tx, reg, row.stored, deed));
  }
  return ids.size() < static_cast<std::size_t>(limit) ? 0 : ids.back();
}

Result<std::optional<Values>> Registers::Impl::worked_again(store::ReadTx& tx, const Register& reg, const FullRow& row, std::string_view state) const {
  const Values entered = entered_of(reg, row.values);
  MACHIYA_TRY(const Around rows, around(tx, reg, entered, row.stored.number));
  MACHIYA_TRY(WorkedOut worked, work_out(reg, entered, rows, state, p.clock.now(), p.is_working_day, "ja"));
  // What people entered stays as it is, also where a check over the related row would not let it in any more.
  for (const auto& [name, value] : entered.members()) worked.values.set(name, value);
  const bool same = std::all_of(reg.columns.begin(), reg.columns.end(), [&](const Column& c) { return c.moves || row.values[c.name] == worked.values[c.name]; });
  return same ? std::optional<Values>() : std::optional<Values>(std::move(worked.values));
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
