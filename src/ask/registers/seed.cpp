#include "ask/registers/seed.h"

#include <algorithm>
#include <set>

#include "ask/registers/seed_values.h"

namespace machiya::registers {
namespace {

using json::Value;

/// Somebody of the register's department with every role: the demonstration's own hand.
identity::Principal hand_of(const Register& reg, const city::City& city) {
  identity::Principal who;
  who.kind = identity::PrincipalKind::staff;
  who.public_id = "demonstration", who.name = "実演", who.department = reg.owner;
  for (const auto& [role, body] : city.policy()["roles"].members()) who.roles.push_back(role);
  return who;
}

/// Registers that others point to come first; a circle of relations is cut where it closes.
void place_in_order(const city::City& city, const Register& reg, std::set<std::string>& seen, std::vector<const Register*>& out) {
  if (!seen.insert(reg.id).second) return;
  for (const Column& c : reg.columns)
    if (const auto* other = c.kind == ColumnKind::relation ? city.get<Register>("register", c.relation) : nullptr) place_in_order(city, *other, seen, out);
  out.push_back(&reg);
}

class Seeder {
 public:
  explicit Seeder(const SeedParts& parts) : parts_(parts), rng_(parts.seed), values_(*parts.city, parts.clock.today(), rng_) {}

  Result<SeedReport> run() {
    std::set<std::string> seen;
    std::vector<const Register*> order;
    for (const city::Loaded* loaded : parts_.city->all("register"))
      if (const auto* reg = dynamic_cast<const Register*>(loaded->definition.get())) place_in_order(*parts_.city, *reg, seen, order);
    for (const Register* reg : order) MACHIYA_CHECK(fill(*reg));
    return report_;
  }

 private:
  Result<std::vector<Row>> rows_of(const Register& reg, const identity::Principal& who) {
    std::vector<Row> out;
    MACHIYA_TRY(const auto count, parts_.registers.each(reg, {}, who, "demonstration", [&](const Row& row) {
      out.push_back(row);
      return static_cast<int>(out.size()) < kMost;
    }));
    (void)count;
    return out;
  }
  Result<void> fill(const Register& reg) {
    const identity::Principal who = hand_of(reg, *parts_.city);
    MACHIYA_TRY(auto rows, rows_of(reg, who));
    if (rows.empty()) {
      MACHIYA_CHECK(add(reg, who));
      MACHIYA_TRY(rows, rows_of(reg, who));
      for (Row& row : rows) MACHIYA_CHECK(walk(reg, row, who));
      ++report_.registers;
    }
    std::vector<std::string> numbers;
    for (const Row& row : rows) numbers.push_back(row.number);
    values_.remember(reg.id, std::move(numbers));
    return {};
  }
  Result<void> add(const Register& reg, const identity::Principal& who) {
    const bool related = std::any_of(reg.columns.begin(), reg.columns.end(), [](const Column& c) { return c.kind == ColumnKind::relation; });
    const int wanted = related ? parts_.related : parts_.rows;
    std::vector<Values> rows;
    for (int i = 0; i < wanted; ++i) {
      MACHIYA_TRY(auto row, one(reg));
      if (row) rows.push_back(std::move(*row));
      else ++report_.skipped;
    }
    MACHIYA_TRY(const auto faults, parts_.registers.check_many(reg, rows, who, "ja"));   // repeats among them
    std::set<std::size_t> faulty;
    for (const auto& [index, error] : faults) faulty.insert(index);
    std::vector<Values> good;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (faulty.count(i) == 0) good.push_back(std::move(rows[i]));
    if (good.empty()) return {};
    MACHIYA_TRY(const auto done, parts_.registers.add_many(reg, good, "実演のための架空の行", who, "demonstration"));
    report_.rows += static_cast<int>(done.rows);
    return {};
  }
  /// Columns with a fault get another value, or none, until the row is right.
  Result<std::optional<Values>> one(const Register& reg) {
    constexpr int kTries = 40;
    Values row = Value::object();
    for (const Column& c : reg.columns)
      if (c.entered() && (!c.question->optional || rng_.below(10) < 6)) set(reg, c, row);
    for (int i = 0; i < kTries; ++i) {
      MACHIYA_TRY(const auto checked, parts_.registers.check(reg, row, "ja"));
      if (checked.second.empty()) return std::optional<Values>(std::move(row));
      if (i % 4 == 3)   // what a column is compared with may be what is wrong, in this row or the one that it points to
        for (const Column& c : reg.columns)
          if (c.entered() && !row[c.name].is_null() && rng_.below(3) == 0) set(reg, c, row);
      for (const CellError& e : checked.second) {
        const Column* c = reg.column(e.column);
        if (c != nullptr && c->entered() && c->question->optional && rng_.below(2) == 0) row.erase(c->name);
        else if (c != nullptr && c->entered()) set(reg, *c, row);
        else set(reg, reg.columns[rng_.below(reg.columns.size())], row);   // of a formula: something that it may rest on
        if (i + 1 == kTries && report_.first_problem.empty()) report_.first_problem = reg.id + "." + e.column + ": " + e.message;
      }
    }
    return std::optional<Values>();
  }
  void set(const Register& reg, const Column& column, Values& row) {
    if (!column.entered()) return;
    Value value = values_.of(reg, column, row);
    value.is_null() ? void(row.erase(column.name)) : void(row.set(column.name, std::move(value)));
  }
  /// Some steps of the workflow, as far as its conditions let the row go.
  Result<void> walk(const Register& reg, Row& row, const identity::Principal& who) {
    for (std::uint64_t steps = reg.workflow.empty() ? 0 : 1 + rng_.below(5); steps > 0; --steps) {
      const auto actions = parts_.registers.actions(reg, row, who);
      if (actions.empty()) return {};
      const auto& action = *actions[rng_.below(actions.size())];
      auto done = parts_.registers.act(reg, row.number, -1, action.id, "実演のための操作", who, "ja", "demonstration");
      if (!done.ok() && done.error().code == ErrorCode::forbidden) return {};   // four eyes
      if (!done.ok()) return std::move(done).error();
      if (done->row) row = std::move(*done->row), ++report_.steps;
    }
    return {};
  }

  static constexpr int kMost = 200;
  const SeedParts& parts_;
  SeededRng rng_;
  SeedValues values_;
  SeedReport report_;
};

}  // namespace

Result<SeedReport> seed_demonstration(const SeedParts& parts) { return Seeder(parts).run(); }

}  // namespace machiya::registers
