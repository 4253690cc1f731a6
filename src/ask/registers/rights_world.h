// For tests of rights: random registers in which every value, label and name is a marker of its own, and an oracle that is written from
// the roles as they stand in the YAML, never from Access.
#pragma once
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "platform/identity/identity.h"

namespace machiya::registers::testing {

using Words = std::vector<std::string>;
inline bool among(const Words& list, std::string_view word) { return std::find(list.begin(), list.end(), word) != list.end(); }
inline std::string joined(const Words& list) {
  std::string out;
  for (const auto& word : list) out += (out.empty() ? "" : ", ") + word;
  return out;
}

struct ColumnPlan {
  std::string name, label, type;   ///< type: text, number, date, place, choice, relation, formula, deadline
  Words read, write;               ///< as written; empty: those of the register
  bool personal = false, filter = false, search = false;
  std::string extra;               ///< "formula: a + b, type: number"
  Words rests_on;
  bool entered() const { return type != "formula" && type != "deadline"; }
  bool typed() const { return type == "text" || type == "number"; }   ///< one box, any value
};
struct RegisterPlan {
  std::string id, owner, title;
  Words read, write, bulk, import;
  std::vector<ColumnPlan> columns;
  std::string views;
  const ColumnPlan* column(std::string_view name) const {
    for (const auto& c : columns)
      if (c.name == name) return &c;
    return nullptr;
  }
  std::string yaml() const {
    std::string out = "register: " + id + "\nversion: 1\nname: { ja: 台帳, en: Register }\nowner: " + owner + "\ntitle: " + title + "\ncolumns:\n";
    for (const auto& c : columns) {
      out += "  - { column: " + c.name + ", label: { ja: " + c.label + ", en: " + c.label + " }, " + c.extra;
      if (c.entered()) out += ", optional: yes";
      if (c.personal) out += ", personal: yes";
      if (c.filter) out += ", filter: yes";
      if (c.search) out += ", search: yes";
      if (!c.read.empty()) out += ", read: [" + joined(c.read) + "]";
      if (!c.write.empty()) out += ", write: [" + joined(c.write) + "]";
      out += " }\n";
    }
    out += "rights: { read: [" + joined(read) + "], write: [" + joined(write) + "], bulk: [" + joined(bulk) + "], import: [" + joined(import) + "] }\n";
    return out + views;
  }
};

/// Roles, departments and scopes as testing.h's policy has them: the auditor's scope is all.
struct Oracle {
  static Words roles_at(const RegisterPlan& reg, const identity::Principal& who) {
    const bool client = who.kind == identity::PrincipalKind::client;
    if (client && !among(who.scopes, "registers.read") && !among(who.scopes, "registers.write")) return {};
    if (!client && who.kind != identity::PrincipalKind::staff) return {};
    Words out;
    for (const auto& role : who.roles)
      if (who.department == reg.owner || role == "auditor") out.push_back(role);
    return out;
  }
  static bool one_of(const RegisterPlan& reg, const identity::Principal& who, const Words& wanted) {
    const Words mine = roles_at(reg, who);
    return std::any_of(mine.begin(), mine.end(), [&](const auto& role) { return among(wanted, role); });
  }
  static bool reads(const RegisterPlan& reg, const identity::Principal& who) { return one_of(reg, who, reg.read); }
  static bool reads(const RegisterPlan& reg, const ColumnPlan& c, const identity::Principal& who) { return reads(reg, who) && (c.read.empty() || one_of(reg, who, c.read)); }
  static bool writes(const RegisterPlan& reg, const identity::Principal& who) {
    if (who.kind == identity::PrincipalKind::client && !among(who.scopes, "registers.write")) return false;
    return reads(reg, who) && one_of(reg, who, reg.write);
  }
  static bool writes(const RegisterPlan& reg, const ColumnPlan& c, const identity::Principal& who) {
    if (!c.entered() || !writes(reg, who)) return false;
    Words writers = c.write;   // without its own: those writers of the register who read it
    for (const auto& role : c.write.empty() ? reg.write : Words{})
      if (c.read.empty() || among(c.read, role)) writers.push_back(role);
    return one_of(reg, who, writers);
  }
  static bool bulks(const RegisterPlan& reg, const identity::Principal& who) { return writes(reg, who) && one_of(reg, who, reg.bulk); }
  static bool imports(const RegisterPlan& reg, const identity::Principal& who) { return writes(reg, who) && one_of(reg, who, reg.import); }
};

/// Makes registers and markers; the same seed makes the same.
class WorldMaker {
 public:
  explicit WorldMaker(std::uint64_t seed) : dice(seed) {}

  std::string text() { return "QZ" + letters(9, "BCDFGHJKLMNPRSTVWX"); }
  std::string number() { return std::to_string(2'000'000 + static_cast<long>(dice.below(7'000'000))); }
  /// Each in a month of its own: a calendar that shows one shows no other.
  std::string date() {
    for (;;) {
      const int month = 3 * static_cast<int>(dice.below(560));   // a deadline of 40 days later has its own too
      if (months_.insert(month).second) return to_iso(make_date(2055 + month / 12, month % 12 + 1, 1 + static_cast<int>(dice.below(20))));
    }
  }
  Words some_of(const Words& list, std::size_t least) {
    for (;;) {
      Words out;
      for (const auto& word : list)
        if (dice.below(2)) out.push_back(word);
      if (out.size() >= std::min(least, list.size())) return out;
    }
  }
  static Words both(const Words& a, const Words& b) {
    Words out;
    for (const auto& word : a)
      if (among(b, word)) out.push_back(word);
    return out;
  }

  RegisterPlan sites(int world) {
    months_.clear();
    RegisterPlan out = frame("sites-" + std::to_string(world), dice.below(2) ? "health" : "digital");
    out.columns.push_back({name(), label(), "text", {}, {}, false, true, true, "type: text", {}});
    out.title = out.columns.back().name;
    out.columns.push_back(restricted(out, {name(), label(), "number", {}, {}, false, true, false, "type: number", {}}));
    return out;
  }
  RegisterPlan ledger(int world, const RegisterPlan& sites) {
    RegisterPlan out = frame("ledger-" + std::to_string(world), "health");
    const auto add = [&](ColumnPlan c) { out.columns.push_back(restricted(out, std::move(c))); return out.columns.back(); };
    out.columns.push_back({name(), label(), "text", {}, {}, false, true, true, "type: text", {}});   // a title has every reader of the register
    out.title = out.columns.back().name;
    add({name(), label(), "text", {}, {}, false, true, false, "type: text", {}});
    add({name(), label(), "text", {}, {}, true, false, false, "type: text", {}});
    const ColumnPlan a = add({name(), label(), "number", {}, {}, false, true, false, "type: number", {}}), b = add({name(), label(), "number", {}, {}, dice.below(3) == 0, false, false, "type: money", {}});
    ColumnPlan from = add({name(), label(), "date", {}, {}, false, true, false, "type: date", {}}), until = add({name(), label(), "date", {}, {}, false, true, false, "type: date", {}});
    const ColumnPlan place = add({name(), label(), "place", {}, {}, false, false, false, "type: place", {}});
    const ColumnPlan lane = add({name(), label(), "choice", {}, {}, false, true, false, "type: choice, options: [ { value: east, label: { ja: 東, en: East } }, { value: west, label: { ja: 西, en: West } } ]", {}});
    const ColumnPlan site = add({name(), label(), "relation", {}, {}, false, true, false, "relation: " + sites.id, {}});
    for (auto& c : out.columns)   // what is searched has no readers of its own
      if (c.type == "text" && c.read.empty() && dice.below(2)) c.search = true;
    ColumnPlan sum{name(), label(), "formula", narrowed(out, {a.name, b.name}), {}, b.personal, !b.personal && dice.below(2) == 0, false, "formula: " + a.name + " + " + b.name + ", type: number", {a.name, b.name}};
    if (!sum.read.empty() || (a.read.empty() && b.read.empty())) out.columns.push_back(sum);
    out.columns.push_back({name(), label(), "deadline", from.read, {}, false, true, false, "deadline: { from: " + from.name + ", period: P40D }", {from.name}});
    // What is worked out from the other register's column: no more readers than that column and the own ones, the other department's only
    // in roles whose scope is all.
    const ColumnPlan& far = sites.columns[1];
    Words readers = both(both(out.read, far.read.empty() ? sites.read : far.read), both(site.read.empty() ? out.read : site.read, a.read.empty() ? out.read : a.read));
    if (sites.owner != out.owner) readers = both(readers, {"auditor"});
    if (!readers.empty()) out.columns.push_back({name(), label(), "formula", readers, {}, false, true, false, "formula: " + a.name + " + " + site.name + "." + far.name + ", type: number", {a.name}});
    const auto& narrow = out.columns[1];   // a view that rests on a column that not everybody reads
    out.views = "views:\n  - { view: narrow, type: list, name: { ja: 抜粋, en: Narrow }, columns: [" + narrow.name + ", " + b.name + ", " + a.name + "], where: [ { column: " + narrow.name + ", filled: yes } ], sort: [-" + a.name + "] }\n"
                "  - { view: all, type: list, name: { ja: 一覧, en: All } }\n  - { view: lanes, type: board, by: " + lane.name + ", columns: [" + names(out) + "], name: { ja: 板, en: Board } }\n"
                "  - { view: months, type: calendar, date: " + from.name + ", name: { ja: 暦, en: Calendar } }\n  - { view: map, type: map, place: " + place.name + ", name: { ja: 地図, en: Map } }\n"
                "  - { view: bars, type: timeline, date: " + from.name + ", until: " + until.name + ", name: { ja: 工程, en: Bars } }\n  - { view: paper, type: sheet, name: { ja: 表, en: Sheet } }\n"
                "  - { view: figures, type: chart, by: " + lane.name + ", measure: sum, of: " + a.name + ", name: { ja: 図, en: Chart } }\n"
                "reminders:\n  - { reminder: soon, date: " + from.name + ", before: P200Y, text: { ja: 期限, en: Due } }\n";
    return out;
  }

  SeededRng dice;

 private:
  std::string letters(int count, std::string_view from) {
    std::string out;
    for (int i = 0; i < count; ++i) out += from[dice.below(from.size())];
    return out;
  }
  std::string name() { return "c_" + letters(8, "bcdfghjkmnpqrstvwx"); }
  std::string label() { return "LB" + letters(8, "BCDFGHJKMNPQRSTVWX"); }
  static std::string names(const RegisterPlan& reg) {
    Words out;
    for (const auto& c : reg.columns) out.push_back(c.name);
    return joined(out);
  }
  RegisterPlan frame(std::string id, std::string owner) {
    RegisterPlan out;
    out.id = std::move(id), out.owner = std::move(owner);
    out.read = some_of({"clerk", "approver", "auditor", "helper"}, 2);
    out.write = some_of(out.read, 1);
    out.bulk = some_of(out.write, 1), out.import = some_of(out.write, 1);
    return out;
  }
  ColumnPlan restricted(const RegisterPlan& reg, ColumnPlan c) {
    if (dice.below(2)) {
      do c.read = some_of(reg.read, 1);
      while (both(c.read, reg.write).empty());
    }
    if (dice.below(2)) c.write = some_of(both(c.read.empty() ? reg.read : c.read, reg.write), 1);
    return c;
  }
  /// The readers of all of these; everybody of the register when none is restricted.
  static Words narrowed(const RegisterPlan& reg, const Words& on) {
    Words out = reg.read;
    bool any = false;
    for (const auto& name : on)
      if (const ColumnPlan* c = reg.column(name); c && !c->read.empty()) out = both(out, c->read), any = true;
    return any ? out : Words{};
  }
  std::set<int> months_;
};

}  // namespace machiya::registers::testing
