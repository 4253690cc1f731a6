// Values for demonstration rows, column by column. Not for secrets: everything follows from the seed.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ask/registers/register.h"
#include "base/rng.h"

namespace machiya::registers {

class SeedValues {
 public:
  SeedValues(const city::City& city, Date today, Rng& rng);
  /// A value of the column as the service takes it, most often a valid one; null where none is known (files, addresses).
  json::Value of(const Register& reg, const Column& column, const json::Value& row);
  /// Rows that relations to the register may point to.
  void remember(const std::string& register_id, std::vector<std::string> numbers) { rows_[register_id] = std::move(numbers); }

 private:
  const json::Value* told(const Register& reg, const Column& column);
  json::Value text(const Register& reg, const Column& column);
  std::string renumbered(std::string text);
  json::Value number(const Register& reg, const Column& column);
  json::Value date();
  json::Value name();
  json::Value place(const json::Value& row);
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(high - low + 1))); }

  const city::City& city_;
  const Date today_;
  Rng& rng_;
  std::map<std::string, std::vector<json::Value>> pool_;   ///< "register/column" -> what the scenarios say there
  std::map<std::string, std::vector<std::string>> rows_;
};

/// A text of a simple pattern: literals, classes, \d, and the quantifiers ?, *, +, {n}, {n,m}.
std::string text_like(std::string_view pattern, Rng& rng);

}  // namespace machiya::registers
