// Rows on their way in: relations, uniqueness, sealing, index, search tokens, history, audit and event of one change.
#include <algorithm>

#include "ask/records/touch_dao.h"
#include "ask/registers/registers_impl.h"
#include "platform/identity/decision.h"
#include "platform/vault/vault.h"

namespace machiya::registers {

using json::Value;

std::string actor_name_of(const identity::Principal& who) { return who.kind == identity::PrincipalKind::staff || who.kind == identity::PrincipalKind::client ? who.name : ""; }

Deed Registers::Impl::deed(std::string_view action, std::string_view reason, const identity::Principal& who, std::string_view request) const {
  return {std::string(action), std::string(reason), "", who.actor(), actor_name_of(who), std::string(request), p.clock.now(), p.identity.decide(who, "register.read", {}).purpose};
}

dao::Head Registers::Impl::head_of(const Register& reg) const {
  dao::Head head;
  head.type = reg.id, head.workflow = reg.workflow, head.definition = reg.hash, head.department = reg.owner;
  head.version = reg.version, head.initiative = reg.initiative;
  if (!reg.workflow.empty())
    if (const auto* loaded = p.city()->find("workflow", reg.workflow)) head.rules = loaded->source.hash;
  return head;
}

Result<void> Registers::Impl::resolve(store::ReadTx& tx, const Register& reg, Values& values, std::vector<CellError>& errors, std::string_view lang,
                                        const Access* access) const {
  for (const Column& c : reg.columns) {
    if (c.kind != ColumnKind::relation) continue;
    Value* value = values.find(c.name);
    if (value == nullptr || value->is_null()) continue;
    const std::string typed = value->is_string() ? value->as_string() : value->is_number() ? value->number_text() : "";
    if (typed.empty() && value->is_string()) continue;
    MACHIYA_TRY(auto row, dao::find_row(tx, c.relation, typed));
    if (row) continue;
    const auto city = p.city();
    const auto* other = city->get<Register>("register", c.relation);
    const Column* title = other != nullptr ? other->column(other->title) : nullptr;
    const bool told = title != nullptr && (access == nullptr || this->access(*other, access->who()).read(*title));
    const auto key = told && title->indexed ? key_of_text(*title, typed) : std::nullopt;
    std::vector<dao::StoredRow> named;
    if (key && !key->empty()) {
      MACHIYA_TRY(const auto ids, dao::records_with(tx, {title->field, *key}, 2));
      MACHIYA_TRY(named, dao::rows_of(tx, ids));
    }
    if (named.size() == 1) *value = Value(named.front().number);
    else errors.push_back(fault_at(reg, c.name, "relation", lang));
  }
  return {};
}

Result<void> Registers::Impl::check_unique(store::ReadTx& tx, const Register& reg, const Values& values, const Values* before, std::int64_t self,
                                           std::vector<CellError>& errors, std::string_view lang) const {
  for (const UniqueKey& u : unique_of(reg, values)) {
    if (before != nullptr && std::all_of(u.columns.begin(), u.columns.end(), [&](const std::string& c) { return (*before)[c] == values[c]; })) continue;
    MACHIYA_TRY(const auto ids, dao::records_with(tx, u.entry, 2));
    if (std::all_of(ids.begin(), ids.end(), [&](std::int64_t id) { return id == self; })) continue;
    for (const std::string& column : u.columns) errors.push_back(fault_at(reg, column, "unique", lang));
  }
  return {};
}

namespace {

std::vector<std::int64_t> tokens_of(const vault::Vault& vault, const std::vector<std::pair<std::string, std::string>>& terms) {
  std::vector<std::int64_t> out;
  for (const auto& [field, text] : terms) {
    const auto tokens = vault.search_tokens(field, text);
    out.insert(out.end(), tokens.begin(), tokens.end());
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::pair<std::string, std::string>> all_terms(const Register& reg, const Values& values) {
  auto out = search_terms(reg, values, false);
  for (auto& term : search_terms(reg, values, true)) out.push_back(std::move(term));
  return out;
}

std::vector<std::int64_t> without(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  std::vector<std::int64_t> out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

}  // namespace

std::vector<std::int64_t> Registers::Impl::tokens_of_row(const Register& reg, const Values& values) const { return tokens_of(p.vault, all_terms(reg, values)); }

PackedRow pack_row(const Register& reg, const Values& values) {
  Value plain = Value::object(), personal = Value::object();
  for (const Column& c : reg.columns)
    if (const Value& value = values[c.name]; !value.is_null() && c.kind != ColumnKind::rollup) (c.personal ? personal : plain).members().emplace_back(c.name, value);
  const bool any = personal.size() > 0;
  return {json::to_text(plain), json::to_text(records::Records::pack(std::move(personal), search_terms(reg, values, true))), any};
}

Result<void> Registers::Impl::seal_row(store::Tx& tx, dao::StoredRow& row, const PackedRow& packed) const {
  row.data = packed.plain;
  if (!packed.any_personal && !row.data_key) return {};   // a key is made for the first personal value
  if (!row.data_key) {
    MACHIYA_TRY(row.data_key, p.vault.create_key(tx));
  }
  MACHIYA_TRY(row.sealed, p.vault.seal(tx, row.data_key, records::kDataContext, packed.personal));
  return {};
}

Result<records::EventRow> Registers::Impl::entry_of(store::Tx& tx, const Register& reg, const FullRow& before, const dao::StoredRow& after,
                                                    const Values& values, const Deed& deed) const {
  Value plain = Value::object(), personal = Value::object();
  if (before.stored.id != 0)   // the values of a newborn follow from the row and its later changes
    for (const Column& c : reg.columns) {
      const bool told = c.entered() || ((deed.action == kRelated || deed.action == kDefinition) && !c.moves);   // what nobody entered is told of formulas too
      if (!told || before.values[c.name] == values[c.name]) continue;
      (c.personal ? personal : plain).set(c.name, Value(Value::Array{before.values[c.name], values[c.name]}));
    }
  records::EventRow event{after.id, before.stored.id == 0 ? 1 : before.stored.revision + 2, deed.now, after.state, deed.action, deed.actor, "", ""};
  if (after.data_key) {
    Value why = Value::object();
    if (personal.size() > 0) why.set("changes", std::move(personal));
    if (!deed.reason.empty()) why.set("reason", deed.reason);
    if (!deed.comment.empty()) why.set("comment", deed.comment);
    if (!deed.actor_name.empty()) why.set("by", deed.actor_name);
    MACHIYA_TRY(event.sealed, p.vault.seal(tx, after.data_key, records::kNoteContext, json::to_text(why)));
  } else {
    if (!deed.reason.empty()) plain.set("_reason", deed.reason);
    if (!deed.comment.empty()) plain.set("_comment", deed.comment);
    if (!deed.actor_name.empty()) plain.set("_by", deed.actor_name);
  }
  event.fields = plain.size() > 0 ? json::to_text(plain) : "";
  return event;
}

Result<void> Registers::Impl::note(store::Tx& tx, const Register& reg, const FullRow& before, const dao::StoredRow& after, const Values& values,
                                   const Deed& deed) const {
  MACHIYA_TRY(auto event, entry_of(tx, reg, before, after, values, deed));
  return records::insert_first_events(tx, {std::move(event)});
}

Result<void> Registers::Impl::trail(store::Tx& tx, const Register& reg, const dao::StoredRow& row, const Deed& deed) const {
  const std::string verb = deed.action.substr(0, deed.action.find(':'));
  MACHIYA_CHECK(p.audit.append(tx, {deed.actor, "register." + verb, "row:" + row.number, deed.purpose, deed.request, Value::object({{"register", reg.id}})}));
  return p.events.emit(tx, kRowChanged, row.number,
                       Value::object({{"register", reg.id}, {"number", row.number}, {"department", reg.owner}, {"initiative", reg.initiative}, {"action", verb}, {"state", row.state}}));
}

Result<std::int64_t> Registers::Impl::insert(store::Tx& tx, const Register& reg, const dao::Head& head, dao::StoredRow row, const Values& values,
                                             const Deed& deed) const {
  MACHIYA_CHECK(seal_row(tx, row, pack_row(reg, values)));
  MACHIYA_TRY(row.id, dao::insert_row(tx, head, row));
  std::vector<dao::IndexRow> index;
  for (dao::IndexEntry& e : index_of(reg, values, row.state, row.ended.has_value())) index.push_back({e.field, std::move(e.value), row.id});
  MACHIYA_CHECK(dao::insert_index(tx, index));
  MACHIYA_CHECK(records::touch(tx, reg.id, row.id, row.id, deed.now));
  MACHIYA_CHECK(records::insert_tokens(tx, row.id, tokens_of_row(reg, values)));
  FullRow nothing;
  MACHIYA_CHECK(note(tx, reg, nothing, row, values, deed));
  MACHIYA_CHECK(remind(tx, reg, nullptr, row, values));
  MACHIYA_CHECK(walk_again(tx, reg, row.id));
  return row.id;
}

Result<bool> Registers::Impl::is_referred_to(store::ReadTx& tx, const Register& reg, std::string_view number) const {
  const auto city = p.city();
  for (const city::Loaded* loaded : city->all("register")) {
    const auto* other = dynamic_cast<const Register*>(loaded->definition.get());
    if (other == nullptr) continue;
    for (const Column& c : other->columns) {
      if (c.kind != ColumnKind::relation || c.relation != reg.id || !c.indexed) continue;
      MACHIYA_TRY(const auto ids, dao::records_with(tx, {c.field, key_of(c, Value(std::string(number)))}, 1));
      if (!ids.empty()) return true;
    }
  }
  return false;
}

Result<void> Registers::Impl::remove(store::Tx& tx, const Register& reg, const FullRow& row) const {
  MACHIYA_CHECK(catch_up(tx, reg, row.stored));
  const auto tokens = tokens_of(p.vault, all_terms(reg, row.values));
  if (!tokens.empty()) MACHIYA_CHECK(records::delete_tokens(tx, row.stored.id, tokens));
  if (row.stored.data_key) MACHIYA_CHECK(p.vault.erase_key(tx, row.stored.data_key));
  MACHIYA_CHECK(records::touch(tx, reg.id, row.stored.id, row.stored.id, p.clock.now()));
  return dao::delete_row(tx, row.stored.id);
}

Result<bool> Registers::Impl::update(store::Tx& tx, const Register& reg, const FullRow& before, dao::StoredRow after, const Values& values,
                                     const Deed& deed) const {
  MACHIYA_CHECK(catch_up(tx, reg, before.stored));
  MACHIYA_CHECK(seal_row(tx, after, pack_row(reg, values)));
  after.changed = deed.now;
  MACHIYA_TRY(const bool done, dao::update_row(tx, after, reg.hash));
  if (!done) return false;
  const auto old_index = index_of(reg, before.values, before.stored.state, before.stored.ended.has_value());
  const auto new_index = index_of(reg, values, after.state, after.ended.has_value());
  std::vector<dao::IndexEntry> gone, fresh;
  std::set_difference(old_index.begin(), old_index.end(), new_index.begin(), new_index.end(), std::back_inserter(gone));
  std::set_difference(new_index.begin(), new_index.end(), old_index.begin(), old_index.end(), std::back_inserter(fresh));
  for (const auto& entry : gone) MACHIYA_CHECK(dao::delete_index(tx, after.id, entry));
  std::vector<dao::IndexRow> rows;
  for (auto& entry : fresh) rows.push_back({entry.field, std::move(entry.value), after.id});
  MACHIYA_CHECK(dao::insert_index(tx, rows));
  MACHIYA_CHECK(records::touch(tx, reg.id, after.id, after.id, deed.now));
  const auto old_terms = all_terms(reg, before.values), new_terms = all_terms(reg, values);
  if (old_terms != new_terms) {
    const auto old_tokens = tokens_of(p.vault, old_terms), new_tokens = tokens_of(p.vault, new_terms);
    if (auto minus = without(old_tokens, new_tokens); !minus.empty()) MACHIYA_CHECK(records::delete_tokens(tx, after.id, minus));
    MACHIYA_CHECK(records::insert_tokens(tx, after.id, without(new_tokens, old_tokens)));
  }
  MACHIYA_CHECK(note(tx, reg, before, after, values, deed));
  MACHIYA_CHECK(remind(tx, reg, &before, after, values));
  MACHIYA_CHECK(follow(tx, reg, before, values, deed));
  MACHIYA_CHECK(walk_again(tx, reg, after.id));
  return true;
}

}  // namespace machiya::registers
