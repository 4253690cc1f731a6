// Column rights against an oracle that is written from the definition's text, not from the service: random people, columns and acts.
#include "ask/registers/testing.h"

namespace machiya::registers::testing {
namespace {

class ColumnRights : public RegistersTest {};
MACHIYA_ON_BOTH_ENGINES(ColumnRights);

/// The rights of kTrees and kPolicy, written out by hand.
struct Oracle {
  static bool in(const identity::Principal& who, const char* role) {
    const bool here = who.department == "health" || std::string(role) == "auditor";
    return here && std::find(who.roles.begin(), who.roles.end(), role) != who.roles.end();
  }
  static bool secret(const std::string& column) { return column == "cost" || column == "owner_name"; }
  static bool reads(const identity::Principal& who, const std::string& column) {
    return secret(column) ? in(who, "approver") : in(who, "clerk") || in(who, "approver") || in(who, "auditor");
  }
  static bool writes(const identity::Principal& who, const std::string& column) {
    if (column == "answer_by" || column == "double_girth") return false;
    return secret(column) ? in(who, "approver") : in(who, "clerk") || in(who, "approver");
  }
  static bool bulk(const identity::Principal& who) { return in(who, "approver"); }
};

TEST_P(ColumnRights, ten_thousand_triples_leak_nothing) {
  const std::vector<std::pair<std::string, json::Value>> cells = {
      {"tag", "000777"}, {"species", "cherry"}, {"girth", 8}, {"planted", "2026-05-01"}, {"next_inspection", "2026-06-01"}, {"memo", "覚え"},
      {"cost", 5000}, {"owner_name", "秘密太郎"}, {"answer_by", "2026-05-02"}, {"double_girth", 4}};
  const char* roles[] = {"clerk", "approver", "auditor", "helper", "nobody"};
  const Row full = add(*trees, R"({"tag":"000001","species":"zelkova","girth":7,"planted":"2026-05-07","next_inspection":"2026-07-01","memo":"元","cost":900,"owner_name":"元の人"})", approver);
  SeededRng dice(2026);
  int leaks = 0, checked = 0, allowed = 0;
  for (; checked < 10'000; ++checked) {
    identity::Principal who = staff("誰か", "x", {}, dice.below(3) ? "health" : "digital");
    if (dice.below(20) == 0) who.kind = identity::PrincipalKind::citizen;
    for (const char* role : roles)
      if (dice.below(3) == 0) who.roles.emplace_back(role);
    const bool is_staff = who.kind == identity::PrincipalKind::staff;
    const auto& [column, value] = cells[dice.below(cells.size())];
    const bool may_read = is_staff && Oracle::reads(who, column), may_write = is_staff && Oracle::writes(who, column);
    const Values one = Values::object({{column, value}});
    bool ok = true;
    switch (dice.below(7)) {
      case 0: {   // open
        auto row = registers->open(*trees, full.number, who, "r");
        ok = (row.ok() && row->values.has(column)) == may_read;
        break;
      }
      case 1: {   // history
        auto told = registers->history(*trees, full.number, who);
        bool seen = false;
        if (told.ok())
          for (const auto& entry : *told)
            for (const auto& [name, pair] : entry.changes) seen = seen || name == column;
        ok = !seen || may_read;
        break;
      }
      case 2: {   // list and filter
        auto listing = registers->list(*trees, {}, who);
        ok = (listing.ok() && !listing->rows.empty() && listing->rows[0].values.has(column)) == may_read;
        auto filtered = registers->list(*trees, {.where = {{column, "filled", ""}}}, who);
        ok = ok && (!filtered.ok() || may_read);
        break;
      }
      case 3: {   // export
        bool seen = false;
        auto rows = registers->each(*trees, {}, who, "r", [&](const Row& row) { return seen = seen || row.values.has(column), true; });
        ok = (rows.ok() && seen) == may_read;
        break;
      }
      case 4: {   // change, of a value that changes nothing for the next one: a fault or a row
        const Row now = *registers->open(*trees, full.number, approver, "r");
        auto saved = registers->change(*trees, full.number, now.revision, Values::object({{column, now.values[column]}}), {}, "", who, "ja", "r");
        ok = (saved.ok() && saved->errors.empty()) == may_write;
        break;
      }
      case 5: {   // import
        auto faults = registers->check_many(*trees, {one}, who, "ja");
        const bool refused = !faults.ok() || std::any_of(faults->begin(), faults->end(), [&](const auto& f) { return f.second.column == column && (f.second.code == "forbidden" || f.second.code == "unknown"); });
        ok = !refused == (may_write && Oracle::bulk(who));
        break;
      }
      default: {   // bulk, as a plan
        auto plan = registers->plan_bulk(*trees, {}, one, who, "ja");
        ok = plan.ok() == (may_write && Oracle::bulk(who));
        break;
      }
    }
    allowed += may_read;
    if (!ok && ++leaks < 10) ADD_FAILURE() << column << " of somebody in " << who.department << " with " << who.roles.size() << " roles, triple " << checked;
  }
  EXPECT_EQ(leaks, 0);
  EXPECT_GT(allowed, 1000);
  EXPECT_LT(allowed, 9000);
}

}  // namespace
}  // namespace machiya::registers::testing
