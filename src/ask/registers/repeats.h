// What no two of many rows may share.
#pragma once
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "ask/registers/row_values.h"

namespace machiya::registers {

/// The keys that rows may not share, as far as these rows tell; a repeat is a fault at its columns.
class Repeats {
 public:
  explicit Repeats(const Register& reg) : reg_(reg) {}
  void check(const Values& values, std::vector<CellError>& errors, std::string_view lang) {
    for (UniqueKey& u : unique_of(reg_, values))
      if (!seen_.insert(std::move(u.entry)).second)
        for (const std::string& column : u.columns) errors.push_back(fault_at(reg_, column, "unique", lang));
  }

 private:
  const Register& reg_;
  std::set<dao::IndexEntry> seen_;
};

}  // namespace machiya::registers
