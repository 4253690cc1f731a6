// Boxed expressions (DMN 10.2) and decision tables (DMN 8) before they are compiled; both the house's own
// definitions and DMN XML are read into this. Internal to feel.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "feel/compiler.h"

namespace machiya::feel {

enum class HitPolicy : std::uint8_t { unique, any, priority, first, rule_order, output_order, collect };
enum class Aggregation : std::uint8_t { none, sum, minimum, maximum, count };

/// A text with the place it came from (JSON pointer or element id).
struct PlacedText {
  std::string text;
  std::string place;
};
struct TableInput {
  PlacedText expression;
  Type type;                 ///< any when not said
  PlacedText values;         ///< unary tests that the input must satisfy; may be empty
};
struct TableOutput {
  std::string name;
  Type type;
  PlacedText values;         ///< list of values, in the order of priority
  PlacedText otherwise;      ///< value when no rule matches
};
struct TableRule {
  std::vector<PlacedText> when;
  std::vector<PlacedText> then;
  std::string place;
};
struct Table {
  HitPolicy hit = HitPolicy::unique;
  Aggregation aggregation = Aggregation::none;
  std::vector<TableInput> inputs;
  std::vector<TableOutput> outputs;
  std::vector<TableRule> rules;
};
/// "U", "UNIQUE", "C+", "COLLECT" … ; false when there is no such policy.
bool read_hit_policy(std::string_view text, HitPolicy& hit, Aggregation& aggregation);

struct Boxed;
using BoxedPtr = std::shared_ptr<const Boxed>;
struct BoxedEntry {
  std::string name;
  Type type;
  BoxedPtr value;
};
struct Boxed {
  enum class Kind : std::uint8_t {
    literal, table, context, list, relation, invocation, function, external, conditional, filter, iterate, some, every
  };
  Kind kind = Kind::literal;
  PlacedText text;                   ///< literal; called function of an invocation
  Type type;                         ///< the result is coerced to it
  std::vector<BoxedEntry> entries;   ///< context (an entry without name is the result), bindings, parameters
  std::vector<BoxedPtr> parts;       ///< list items; if/then/else; list and condition of a filter; in and body of an iterator
  std::vector<std::vector<BoxedPtr>> rows;  ///< of a relation, whose columns are `entries`
  std::string variable;              ///< of an iterator
  std::shared_ptr<const Table> table;
  BoxedPtr body;                     ///< of a function
};

/// Always gives a node: where a part has a fault it is null, and the compiler has a problem.
Code compile_boxed(Compiler& c, const Boxed& boxed);
Code compile_table(Compiler& c, const Table& table);

}  // namespace machiya::feel
