// Statements over the index of the columns (record_value): what lists and charts share.
#pragma once
#include <string>
#include <vector>

#include "ask/registers/registers_impl.h"
#include "platform/store/key_list.h"

namespace machiya::registers {

/// One statement under construction; its text depends on the shape of the query only.
struct Sql {
  store::Engine engine;
  std::string text;
  std::vector<std::string> names;
  std::vector<store::Param> values;

  std::string bind(store::Param value) {
    names.push_back("b" + std::to_string(names.size()));
    values.push_back(std::move(value));
    return ":" + names.back();
  }
  store::Binds binds() const {
    store::Binds out;
    for (std::size_t i = 0; i < names.size(); ++i) out.push_back({names[i], values[i]});
    return out;
  }
  /// "c.field = … AND c.value …" without the sign of the condition.
  std::string match(const std::string& alias, const Range& r) {
    std::string out = alias + ".field = " + bind(r.field);
    if (r.has) {
      const std::string needle = bind(r.low);
      return out + (engine == store::Engine::sqlite ? " AND instr(" + alias + ".value, " + needle + ") > 0" : " AND strpos(" + alias + ".value, " + needle + ") > 0");
    }
    if (r.equal()) return out + " AND " + alias + ".value = " + bind(r.low);
    out += " AND " + alias + ".value >= " + bind(r.low);
    if (r.high) out += " AND " + alias + ".value <= " + bind(*r.high);
    return out;
  }
  /// Ends a subquery that is asked row by row: PostgreSQL would else join it, and read all of a wide condition for a page of rows.
  std::string alone() const { return engine == store::Engine::sqlite ? "" : " OFFSET 0"; }
  /// The other conditions as questions to the row `record`; `each`: asked row by row, for few rows.
  std::string others(const std::vector<Range>& ranges, int but, const std::string& record, bool each = true) {
    std::string out;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      if (static_cast<int>(i) == but) continue;
      const std::string c = "c" + std::to_string(i);
      out += std::string(" AND ") + (ranges[i].negated ? "NOT " : "") + "EXISTS (SELECT 1 FROM record_value " + c + " WHERE " + c + ".record = " + record + " AND " +
             match(c, ranges[i]) + (each ? alone() : "") + ")";
    }
    return out;
  }
  /// A table "k (record)" of keys, for FROM.
  std::string keys(const std::vector<std::int64_t>& records) {
    const std::string list = bind(store::key_list(records, engine));
    return engine == store::Engine::sqlite ? "(SELECT value AS record FROM json_each(" + list + ")) k"
                                           : "unnest(CAST(CAST(" + list + " AS TEXT) AS BIGINT[])) AS k (record)";
  }
};

}  // namespace machiya::registers
