// Rows on their way out: opened, cut down to what the reader may see, with the titles of related rows; the history.
#include <algorithm>
#include <set>

#include "ask/registers/registers_impl.h"

namespace machiya::registers {

using json::Value;

Values entered_of(const Register& reg, const Values& values) {
  Values out = Value::object();
  for (const auto& [name, value] : values.members())
    if (const Column* c = reg.column(name); c != nullptr && c->entered() && !value.is_null()) out.members().emplace_back(name, value);
  return out;
}

bool Registers::Impl::opens(const Register& reg, const Access& access, const std::vector<std::string>& columns) const {
  return std::any_of(reg.columns.begin(), reg.columns.end(), [&](const Column& c) {
    const bool sealed = reg.of_cases ? Access::is_answer(c) : c.personal;
    return sealed && (columns.empty() || std::find(columns.begin(), columns.end(), c.name) != columns.end()) && access.read(c);
  });
}

namespace {

bool has_sealed(const dao::StoredRow& row) { return row.data_key && !row.sealed.empty(); }

}  // namespace

Result<Values> Registers::Impl::personal_of(store::ReadTx& tx, const dao::StoredRow& row) const {
  if (!has_sealed(row)) return Value::object();
  MACHIYA_TRY(const std::string plain, p.vault.open_sealed(tx, row.data_key, records::kDataContext, row.sealed));
  MACHIYA_TRY(Value packed, json::parse(plain));
  return std::move(*packed.find("data"));
}

Result<FullRow> Registers::Impl::full(store::ReadTx& tx, const Register& reg, dao::StoredRow stored, bool with_personal) const {
  FullRow out;
  if (reg.of_cases) {
    Value data;
    if (with_personal) {
      MACHIYA_TRY(data, personal_of(tx, stored));
    }
    out.values = values_of_case(reg, stored, data["values"]);
    out.stored = std::move(stored);
    return out;
  }
  MACHIYA_TRY(out.values, json::parse(stored.data.empty() ? "{}" : stored.data));
  if (with_personal) {
    MACHIYA_TRY(Value data, personal_of(tx, stored));
    for (auto& member : data.members()) out.values.members().push_back(std::move(member));
  }
  if (with_personal && reg.moves()) {
    // What changes with the day is worked out again; what was kept is out of date.
    MACHIYA_TRY(const Around rows, around(tx, reg, out.values, stored.number));
    MACHIYA_TRY(const WorkedOut now, work_out(reg, entered_of(reg, out.values), rows, stored.state, p.clock.now(), p.is_working_day, "ja"));
    for (const Column& c : reg.columns)
      if (c.moves) now.values[c.name].is_null() ? void(out.values.erase(c.name)) : void(out.values.set(c.name, now.values[c.name]));
  }
  out.stored = std::move(stored);
  return out;
}

Result<void> Registers::Impl::fetch_keys(store::ReadTx& tx, const std::vector<dao::StoredRow>& rows) const {
  std::vector<std::int64_t> keys;
  for (const dao::StoredRow& row : rows)
    if (has_sealed(row)) keys.push_back(row.data_key);
  return p.vault.prefetch(tx, keys);
}

Result<void> Registers::Impl::fetch_keys(store::ReadTx& tx, const std::vector<std::shared_ptr<const KeptRow>>& rows) const {
  std::vector<std::int64_t> keys;
  for (const auto& row : rows)
    if (has_sealed(row->stored)) keys.push_back(row->stored.data_key);
  return p.vault.prefetch(tx, keys);
}

Result<FullRow> Registers::Impl::load(store::ReadTx& tx, const Register& reg, std::string_view number) const {
  MACHIYA_TRY(auto stored, dao::find_row(tx, reg.id, number));
  if (!stored) return Error(ErrorCode::not_found, "no such row");
  return full(tx, reg, std::move(*stored), true);
}

Row without_values(const dao::StoredRow& s) {
  Row out;
  out.id = s.id, out.number = s.number, out.revision = s.revision, out.state = s.state;
  out.created = s.created, out.changed = s.changed, out.ended = s.ended.has_value();
  out.values = Value::object();
  return out;
}

Row Registers::Impl::shown(const Register& reg, const FullRow& full, const Access& access) const {
  const dao::StoredRow& s = full.stored;
  Row out = without_values(s);
  const bool head = reg.of_cases && access.may("case.list", s.department), answers = reg.of_cases && access.may("case.read", s.department);
  const auto readable = [&](const Column& c) { return reg.of_cases ? (Access::is_answer(c) ? answers : head) : access.read(c); };
  for (const Column& c : reg.columns)
    if (const Value& value = full.values[c.name]; !value.is_null() && readable(c)) out.values.members().emplace_back(c.name, value);
  return out;
}

Result<void> Registers::Impl::add_titles(store::ReadTx& tx, const Register& reg, std::vector<Row>& rows, const identity::Principal& who) const {
  const auto city = p.city();
  for (const Column& c : reg.columns) {
    if (c.kind != ColumnKind::relation) continue;
    const auto* other = city->get<Register>("register", c.relation);
    if (other == nullptr) continue;
    const Column* title = other->column(other->title);
    if (title == nullptr || title->personal || !access(*other, who).read(*title)) continue;
    std::set<std::string> wanted;
    for (const Row& row : rows)
      if (const std::string number = row.values.text(c.name); !number.empty()) wanted.insert(number);
    std::unordered_map<std::string, std::string> known;
    if (wanted.empty()) continue;
    // Many rows point to few: those are mostly kept.
    MACHIYA_TRY(const auto viewed, cache.view(tx, {other->id, {}, {}}, {}, false, false));
    const auto tell = [&](const KeptRow& one) { known.emplace(one.stored.number, search_text(*title, one.plain[title->name])); };
    std::vector<std::string> missing;
    for (const std::string& number : wanted) {
      const auto kept = viewed.view ? viewed.view->row(number) : nullptr;
      if (kept) tell(*kept);
      else missing.push_back(number);
    }
    MACHIYA_TRY(auto stored, records::listed_rows_of_numbers(tx, other->id, missing));
    for (dao::StoredRow& row : stored) {
      MACHIYA_TRY(const auto one, kept_row(std::move(row)));
      tell(*one);
      if (viewed.view) viewed.view->keep(one);
    }
    for (Row& row : rows)
      if (const auto found = known.find(row.values.text(c.name)); found != known.end() && !found->second.empty()) row.titles.emplace(c.name, found->second);
  }
  return {};
}

Result<Row> Registers::Impl::shown_with_titles(const Register& reg, const FullRow& full, const identity::Principal& who) const {
  std::vector<Row> rows;
  rows.push_back(shown(reg, full, access(reg, who)));
  if (std::any_of(reg.columns.begin(), reg.columns.end(), [](const Column& c) { return c.kind == ColumnKind::relation; }))
    MACHIYA_CHECK(p.store.read([&](store::ReadTx& tx) { return add_titles(tx, reg, rows, who); }));
  return std::move(rows.front());
}

Result<Row> Registers::open(const Register& reg, std::string_view number, const identity::Principal& who, std::string_view request) {
  if (reg.of_cases) return Error(ErrorCode::not_found, "module cases opens a case");
  std::string purpose;
  MACHIYA_TRY(Row row, impl_->p.store.read([&](store::ReadTx& tx) -> Result<Row> {
    MACHIYA_TRY(const auto may, impl_->access_to_row(tx, reg, number, who));
    if (!may.access.read()) return Error(ErrorCode::not_found, "no such register");
    MACHIYA_TRY(const FullRow full, impl_->load(tx, reg, number));
    std::vector<Row> rows;
    rows.push_back(impl_->shown(reg, full, may.access));
    MACHIYA_CHECK(impl_->add_titles(tx, reg, rows, who));
    rows.front().emergency_until = may.emergency_until;
    purpose = may.access.purpose();
    return std::move(rows.front());
  }));
  if (reg.has_personal() || row.emergency_until) {
    if (impl_->p.audit.backlogged()) return Error(ErrorCode::unavailable, "reads of personal data cannot be recorded");
    impl_->p.audit.append_later({who.actor(), "register.read", "row:" + row.number, purpose, std::string(request), Value::object({{"register", reg.id}})});
  }
  return row;
}

// --- history ---
namespace {

struct Story {
  Value changes = Value::object();
  std::string reason, comment, by;
};

Result<Story> story_of(vault::Vault& vault, store::ReadTx& tx, std::int64_t key, const records::EventRow& event) {
  Story out;
  if (!event.fields.empty()) {
    MACHIYA_TRY(Value fields, json::parse(event.fields));
    for (auto& [name, value] : fields.members()) {
      if (name == "_reason") out.reason = value.as_string();
      else if (name == "_by") out.by = value.as_string();
      else if (name == "_comment") out.comment = value.as_string();
      else out.changes.set(name, std::move(value));
    }
  }
  if (!event.sealed.empty() && key) {
    MACHIYA_TRY(const std::string plain, vault.open_sealed(tx, key, records::kNoteContext, event.sealed));
    MACHIYA_TRY(Value why, json::parse(plain));
    out.reason = why.text("reason"), out.by = why.text("by"), out.comment = why.text("comment");
    for (const auto& [name, value] : why["changes"].members()) out.changes.set(name, value);
  }
  return out;
}

}  // namespace

Result<std::vector<HistoryEntry>> Registers::Impl::entries(store::ReadTx& tx, const Register& reg, const dao::StoredRow& row, const Access* access,
                                                           std::int64_t after_sequence) const {
  MACHIYA_TRY(const auto events, records::events_of(tx, row.id));
  std::vector<HistoryEntry> out;
  for (const records::EventRow& event : events) {
    if (event.sequence <= after_sequence) continue;
    MACHIYA_TRY(Story story, story_of(p.vault, tx, row.data_key, event));
    HistoryEntry entry;
    entry.sequence = event.sequence, entry.at = event.at, entry.action = event.action, entry.state = event.state;
    entry.actor = event.actor, entry.actor_name = story.by, entry.reason = story.reason, entry.comment = story.comment;
    for (const auto& [name, pair] : story.changes.members())
      if (const Column* c = reg.column(name); c != nullptr && (access == nullptr || access->read(*c)))
        entry.changes.emplace_back(name, std::make_pair(pair[std::size_t{0}], pair[std::size_t{1}]));
    out.push_back(std::move(entry));
  }
  return out;
}

Result<std::vector<HistoryEntry>> Registers::history(const Register& reg, std::string_view number, const identity::Principal& who) {
  if (reg.of_cases) return Error(ErrorCode::not_found, "module cases tells the history of a case");
  return impl_->p.store.read([&](store::ReadTx& tx) -> Result<std::vector<HistoryEntry>> {
    MACHIYA_TRY(const auto may, impl_->access_to_row(tx, reg, number, who));
    const Access& access = may.access;
    if (!access.read()) return Error(ErrorCode::not_found, "no such register");
    MACHIYA_TRY(FullRow row, impl_->load(tx, reg, number));
    MACHIYA_TRY(auto out, impl_->entries(tx, reg, row.stored, &access, 0));
    // The first entry holds no values: they follow from those of today and every change since, backwards.
    Values first = entered_of(reg, row.values);
    for (auto entry = out.rbegin(); entry != out.rend(); ++entry)
      for (const auto& [column, change] : entry->changes)
        if (const Column* c = reg.column(column); c != nullptr && c->entered()) first.set(column, change.first);
    if (!out.empty())
      for (const Column& c : reg.columns)
        if (!first[c.name].is_null() && access.read(c)) out.front().changes.emplace_back(c.name, std::make_pair(Value(), first[c.name]));
    return out;
  });
}

}  // namespace machiya::registers
