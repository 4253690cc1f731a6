// Adding and changing one row: what others changed meanwhile in other cells is kept, the same cell is a conflict that is shown.
#include <algorithm>

#include "ask/registers/registers_impl.h"

namespace machiya::registers {

using json::Value;

namespace {

bool blank(const Value& v) { return v.is_null() || (v.is_string() && v.as_string().empty()); }

/// Faults of what somebody may not write.
std::vector<CellError> forbidden_in(const Register& reg, const Values& touched, const Access& access, std::string_view lang) {
  std::vector<CellError> out;
  for (const auto& [name, value] : touched.members()) {
    const Column* c = reg.column(name);
    if (c == nullptr || !access.read(*c)) out.push_back(fault_at(reg, name, "unknown", lang));   // what somebody may not read does not exist for them
    else if (!access.write(*c)) out.push_back(fault_at(reg, name, "forbidden", lang));
  }
  return out;
}

}  // namespace

void forgive(const Register& reg, const Access& access, const Values& touched, std::vector<CellError>& errors) {
  std::erase_if(errors, [&](const CellError& e) {
    const Column* c = reg.column(e.column);
    return c != nullptr && e.code.substr(0, 8) == "required" && !touched.has(e.column) && !access.write(*c);
  });
}

Result<std::pair<Values, std::vector<CellError>>> Registers::check(const Register& reg, const Values& given, std::string_view lang) const {
  const Impl& impl = *impl_;
  return impl.p.store.read([&](store::ReadTx& tx) -> Result<std::pair<Values, std::vector<CellError>>> {
    Values values = given;
    std::vector<CellError> errors;
    MACHIYA_CHECK(impl.resolve(tx, reg, values, errors, lang, nullptr));
    dao::StoredRow row;
    MACHIYA_CHECK(impl.enter_start(reg, row));
    MACHIYA_TRY(const Around rows, impl.around(tx, reg, values, ""));
    MACHIYA_TRY(WorkedOut out, work_out(reg, values, rows, row.state, impl.p.clock.now(), impl.p.is_working_day, lang));
    errors.insert(errors.end(), out.errors.begin(), out.errors.end());
    MACHIYA_CHECK(impl.check_unique(tx, reg, out.values, nullptr, 0, errors, lang));
    return std::make_pair(std::move(out.values), std::move(errors));
  });
}

/// A key is its sender's and the register's: nobody learns of another's row by guessing it.
dao::OnceRow Registers::Impl::once_row(const Register& reg, const Once& once, const identity::Principal& who, std::string_view number) const {
  return {p.vault.digest("register/once", who.actor() + "\n" + reg.id + "\n" + once.key), p.vault.digest("register/once/said", once.said), std::string(number), p.clock.now()};
}

/// The row that this request gave before; nothing when it is new.
Result<std::optional<FullRow>> Registers::Impl::added_before(store::ReadTx& tx, const Register& reg, const Once& once, const identity::Principal& who) const {
  const dao::OnceRow mine = once_row(reg, once, who, "");
  MACHIYA_TRY(const auto known, dao::find_once(tx, mine.key, Instant{mine.at.us - kOnceFor}));
  if (!known) return std::optional<FullRow>();
  if (known->said != mine.said) return Error(ErrorCode::invalid_input, "this key was used for another request; send a new key", std::string(kOnceReused));
  MACHIYA_TRY(FullRow row, load(tx, reg, known->number));
  return std::optional<FullRow>(std::move(row));
}

Result<Saved> Registers::add(const Register& reg, const Values& values, std::string_view reason, const identity::Principal& who, std::string_view lang,
                             std::string_view request, const Once* once) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  if (!access.write()) return Error(ErrorCode::forbidden, "no right to add rows");
  if (!values.is_object()) return Error(ErrorCode::invalid_input, "the values are no object");
  Values given = Value::object();
  for (const auto& [name, value] : values.members())
    if (!blank(value)) given.members().emplace_back(name, value);
  Saved saved;
  saved.errors = forbidden_in(reg, given, access, lang);
  if (!saved.errors.empty()) return saved;
  dao::StoredRow blank_row;
  MACHIYA_CHECK(impl.enter_start(reg, blank_row));
  Around rows;
  MACHIYA_CHECK(impl.p.store.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_CHECK(impl.resolve(tx, reg, given, saved.errors, lang, &access));
    MACHIYA_TRY(rows, impl.around(tx, reg, given, ""));
    return {};
  }));
  MACHIYA_TRY(WorkedOut worked, work_out(reg, given, rows, blank_row.state, impl.p.clock.now(), impl.p.is_working_day, lang));
  saved.errors.insert(saved.errors.end(), worked.errors.begin(), worked.errors.end());
  forgive(reg, access, given, saved.errors);
  const Deed deed = impl.deed("add", reason, who, request);
  blank_row.number = new_public_id(impl.p.rng);
  blank_row.created = blank_row.changed = blank_row.entered = deed.now;
  const dao::Head head = impl.head_of(reg);
  const auto checked = saved.errors;
  std::optional<FullRow> row;
  auto written = impl.p.store.write([&](store::Tx& tx) -> Result<void> {
    saved.errors = checked, row.reset(), saved.repeated = false;
    if (once != nullptr) {
      MACHIYA_TRY(row, impl.added_before(tx, reg, *once, who));
      if (row) return saved.errors.clear(), saved.repeated = true, Result<void>();
    }
    Values again = worked.values;
    std::vector<CellError> gone;   // a related row may have gone since it was looked up
    if (checked.empty()) MACHIYA_CHECK(impl.resolve(tx, reg, again, gone, lang, &access));
    saved.errors.insert(saved.errors.end(), gone.begin(), gone.end());
    MACHIYA_TRY(const bool same, impl.unchanged(tx, rows.rests_on));
    if (!same && checked.empty()) {   // a related row changed since it was looked at
      MACHIYA_TRY(const Around newer, impl.around(tx, reg, given, ""));
      MACHIYA_TRY(worked, work_out(reg, given, newer, blank_row.state, impl.p.clock.now(), impl.p.is_working_day, lang));
      saved.errors.insert(saved.errors.end(), worked.errors.begin(), worked.errors.end());
      forgive(reg, access, given, saved.errors);
    }
    MACHIYA_CHECK(impl.check_unique(tx, reg, worked.values, nullptr, 0, saved.errors, lang));
    if (!saved.errors.empty()) return {};
    FullRow fresh{blank_row, worked.values};
    MACHIYA_TRY(fresh.stored.id, impl.insert(tx, reg, head, blank_row, worked.values, deed));
    MACHIYA_CHECK(impl.trail(tx, reg, fresh.stored, deed));
    if (once != nullptr) MACHIYA_CHECK(dao::insert_once(tx, impl.once_row(reg, *once, who, blank_row.number), Instant{deed.now.us - kOnceFor}));
    if (!reg.workflow.empty()) {
      MACHIYA_TRY(auto kept, dao::find_row(tx, reg.id, fresh.stored.number));
      fresh.stored = std::move(*kept);
      MACHIYA_CHECK(impl.run_immediate(tx, reg, fresh));
      MACHIYA_CHECK(impl.schedule(tx, reg, fresh.stored));
    }
    row = std::move(fresh);
    return {};
  });
  if (!written.ok()) return std::move(written).error();
  if (!row) return saved;
  MACHIYA_TRY(saved.row, impl.shown_with_titles(reg, *row, who));
  return saved;
}

Result<NextRow> Registers::Impl::next_of(store::ReadTx& tx, const Register& reg, FullRow row, std::int64_t revision, const Values& changes,
                                         const std::set<std::string>& over, const Access& access, std::string_view lang) const {
  NextRow out;
  out.after.errors = forbidden_in(reg, changes, access, lang);
  if (revision > row.stored.revision || revision < 0) return Error(ErrorCode::conflict, "no such revision");
  Values next = entered_of(reg, row.values);
  for (const auto& [name, value] : changes.members()) blank(value) ? void(next.erase(name)) : void(next.set(name, value));
  std::vector<CellError> relation;
  MACHIYA_CHECK(resolve(tx, reg, next, relation, lang, &access));
  // A relation that was there before and is not touched is not this person's fault.
  std::erase_if(relation, [&](const CellError& e) { return !changes.has(e.column); });
  if (out.after.errors.empty()) {
    MACHIYA_TRY(Around rows, around(tx, reg, next, row.stored.number));
    out.rests_on = std::move(rows.rests_on);
    MACHIYA_TRY(out.after, work_out(reg, next, rows, row.stored.state, p.clock.now(), p.is_working_day, lang));
    out.after.errors.insert(out.after.errors.begin(), relation.begin(), relation.end());
    forgive(reg, access, changes, out.after.errors);
  }
  if (revision < row.stored.revision && out.after.errors.empty()) {
    struct Theirs {
      Value before;
      std::string who;
      Instant when;
    };
    std::map<std::string, Theirs> theirs;
    MACHIYA_TRY(const auto told, entries(tx, reg, row.stored, nullptr, revision + 1));
    for (const HistoryEntry& entry : told)
      for (const auto& [column, pair] : entry.changes) {
        auto [at, fresh] = theirs.try_emplace(column, Theirs{pair.first, "", {}});
        at->second.who = entry.actor_name, at->second.when = entry.at;
      }
    for (const auto& [name, value] : changes.members()) {
      const auto found = theirs.find(name);
      const Column* c = reg.column(name);
      if (found == theirs.end() || over.count(name) > 0 || row.values[name] == out.after.values[name]) continue;
      const bool readable = c != nullptr && access.read(*c);
      out.conflicts.push_back({name, readable ? found->second.before : Value(), readable ? row.values[name] : Value(), value, found->second.who, found->second.when});
    }
  }
  for (const Column& c : reg.columns)
    if (c.entered() && !(row.values[c.name] == out.after.values[c.name])) out.changed = true;
  out.before = std::move(row);
  return out;
}

Result<Saved> Registers::change(const Register& reg, std::string_view number, std::int64_t revision, const Values& changes,
                                const std::set<std::string>& over, std::string_view reason, const identity::Principal& who, std::string_view lang,
                                std::string_view request) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  if (!access.write()) return Error(ErrorCode::forbidden, "no right to change rows");
  if (!changes.is_object()) return Error(ErrorCode::invalid_input, "the changes are no object");
  const auto plan = [&](store::ReadTx& tx) -> Result<NextRow> {
    MACHIYA_TRY(FullRow row, impl.load(tx, reg, number));
    return impl.next_of(tx, reg, std::move(row), revision, changes, over, access, lang);
  };
  // Worked out beside the writer; it only looks whether the row is still the one that this rests on.
  MACHIYA_TRY(const NextRow early, impl.p.store.read(plan));
  NextRow last = early;
  const Deed deed = impl.deed("change", reason, who, request);
  bool written = false;
  const auto settled = [](const NextRow& n) { return !n.after.errors.empty() || !n.conflicts.empty() || !n.changed; };
  if (!settled(early)) {
    auto done = impl.p.store.write([&](store::Tx& tx) -> Result<void> {
      written = false, last = early;
      for (int tries = 0; tries < 2 && !written; ++tries) {
        MACHIYA_TRY(const bool same, impl.unchanged(tx, last.rests_on));
        if (tries > 0 || !same) {
          MACHIYA_TRY(last, plan(tx));
        }
        if (settled(last)) return {};
        MACHIYA_CHECK(impl.check_unique(tx, reg, last.after.values, &last.before.values, last.before.stored.id, last.after.errors, lang));
        if (!last.after.errors.empty()) return {};
        MACHIYA_TRY(written, impl.update(tx, reg, last.before, last.before.stored, last.after.values, deed));
      }
      if (!written) return Error(ErrorCode::conflict, "the row changes under every try");
      return impl.trail(tx, reg, last.before.stored, deed);
    });
    if (!done.ok()) return std::move(done).error();
  }
  Saved saved;
  saved.errors = last.after.errors, saved.conflicts = last.conflicts;
  if (saved.errors.empty() && saved.conflicts.empty()) {
    FullRow now = last.before;
    if (written) now.values = last.after.values, now.stored.revision += 1, now.stored.changed = deed.now;
    MACHIYA_TRY(saved.row, impl.shown_with_titles(reg, now, who));
  } else if (saved.errors.empty()) {
    MACHIYA_TRY(saved.now, impl.shown_with_titles(reg, last.before, who));
  }
  return saved;
}

}  // namespace machiya::registers
