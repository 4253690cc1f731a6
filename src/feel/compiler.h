// From text to nodes in one pass: FEEL's names can only be read by knowing what is in scope. Internal to feel.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feel/builtins.h"
#include "feel/feel.h"
#include "feel/nodes.h"

namespace machiya::feel {

/// A fault of a text: where (byte offset) and what, in both languages of staff.
struct Problem {
  std::string place;          ///< which text: set by the caller (JSON pointer, element id)
  std::size_t position = 0;   ///< byte offset in that text
  std::string en;
  std::string ja;
  int line = 1;
  int column = 1;             ///< in code points, from 1
};

/// A node with what is known of its type; no node means that a problem was reported.
struct Code {
  NodePtr node;
  Type type;
  explicit operator bool() const { return node != nullptr; }
};

/// Types that texts may name (item definitions of a model).
using TypeNames = std::map<std::string, Type, std::less<>>;

class Compiler {
 public:
  /// strict: unknown names, arities and certain type clashes are problems; otherwise they evaluate to null.
  explicit Compiler(bool strict, const TypeNames* types = nullptr) : strict_(strict), types_(types) { frames_.emplace_back(); }

  /// Compiles one text in the present scope.
  Code expression(std::string_view text);
  /// A cell's unary tests against the value in the slot of "?" (which must be declared).
  Code unary_tests(std::string_view text, const Type& input);

  /// Scope of the present frame: a new name in a new slot; mark/release bracket a block.
  int declare(std::string name, Type type);
  /// The members of the value in this slot become names (filters).
  int declare_item(Type item);
  /// "item" and the members of the item of a filter; one slot for both.
  int declare_filter_item(const Type& element);
  std::size_t mark() const { return bindings_.size(); }
  void release(std::size_t mark) { bindings_.resize(mark); }
  /// A function body: parameters are declared in a frame of their own; `self` names the function within.
  void open_function(const std::vector<Parameter>& parameters, const std::string& self);
  std::shared_ptr<FunctionCode> close_function(const std::vector<Parameter>& parameters, Type result, Code body);
  int slots() const { return frames_.back().slots; }

  void set_place(std::string place) { place_ = std::move(place); }
  const std::string& place() const { return place_; }
  std::vector<Problem>& problems() { return problems_; }
  void problem_at(std::size_t position, std::string en, std::string ja);
  bool strict() const { return strict_; }
  /// Names of the outermost frame that were read, in the order of first use.
  const std::vector<std::string>& used() const { return used_; }
  /// Evaluates now when all parts are constant.
  static NodePtr folded(NodePtr node, std::initializer_list<const Node*> parts);
  static NodePtr folded(NodePtr node);
  /// "number", "list<tPerson>" or a name out of the type names; any for nothing known in lenient mode.
  std::optional<Type> type_named(std::string_view text);
  Code lookup(std::string_view name);

 private:
  friend Result<Type> parse_type(std::string_view text);
  struct Binding {
    std::string name;  ///< empty for an item whose members are names
    Type type;
    int frame;
    int slot;
  };
  struct Frame {
    std::size_t first_binding = 0;
    int slots = 0;
    int self_slot = -1;
    std::vector<std::pair<int, int>> captures;
  };
  enum class Math { add, subtract, multiply, divide, power };
  struct Names;

  // scanning (scan.cpp)
  bool start(std::string_view text);
  bool finish();
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void skip();
  bool take(std::string_view symbol);
  bool at_keyword(std::string_view word) const;
  bool take_keyword(std::string_view word);
  bool expect(std::string_view symbol);
  Code fail(std::string en, std::string ja);
  Code fail_at(std::size_t at, std::string en, std::string ja);
  std::size_t match_name(std::string_view name, std::size_t from) const;
  std::string read_words(bool symbols, std::string_view stop_word);
  std::optional<std::string> read_string();
  std::optional<std::string> read_key();
  bool semantic(std::size_t at, std::string en, std::string ja);

  // names (names.cpp)
  Code name();
  Code resolve(std::size_t binding);
  int slot_here(const Binding& b);
  Code member_of_items(std::string_view name, Code otherwise);
  Code unknown_name(std::size_t at, const std::string& name);
  std::string nearest_name(std::string_view name) const;
  Code property(Code value);
  Type property_type(const Type& t, std::string_view name, bool& known) const;
  std::string property_name(const Type& t);

  // expressions
  Code textual();
  Code disjunction();
  Code conjunction();
  Code comparison();
  Code additive();
  Code multiplicative();
  Code exponent();
  Code unary();
  Code instance();
  Code postfix();
  Code primary();
  Code math(Math op, std::size_t at, Code a, Code b);
  Code compare_with(int op, std::size_t at, Code a, Code b);
  int comparison_operator();
  Code in_tests(Code value);
  Code between(Code value);
  // tests (tests.cpp)
  bool test_list(const Type& input, int slot, Nodes& tests, char end);
  Code positive_test(const Type& input, int slot);
  Code as_test(std::size_t at, const Type& input, int slot, Code value, bool mentions);
  bool parenthesised_tests(const Type& input, int slot, Nodes& tests);
  // literals and structures (literals.cpp)
  Code number();
  Code string();
  Code at_literal();
  Code list_or_range();
  Code range_after(std::size_t at, Code low, bool low_closed);
  Code parenthesised();
  Code context();
  Code comparator_range(bool parenthesised);
  // textual forms (textual.cpp)
  Code conditional();
  Code iteration();
  Code quantified(bool every);
  bool iterations(std::vector<Iteration>& out, bool spans);
  Code function_definition();
  Code filter(Code list);
  bool closes_range() const;
  // calls (calls.cpp)
  struct Arguments {
    std::vector<std::string> names;
    std::vector<Code> values;
  };
  bool arguments(Arguments& out);
  Code call(Code function, std::size_t at);
  Code call_builtin(std::string_view name, std::size_t at);
  const Builtin* choose(const BuiltinFamily& family, const Arguments& a, std::vector<std::size_t>& places);
  Code builtin_code(const Builtin& b, Arguments a, const std::vector<std::size_t>& places, std::size_t at);
  // types (types.cpp)
  std::optional<Type> type();
  std::optional<Type> structured_type(std::string_view word);

  bool strict_;
  const TypeNames* types_;
  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool syntax_error_ = false;
  int range_end_ = 0;
  bool question_used_ = false;
  std::string place_;
  std::string entry_name_;
  std::vector<Binding> bindings_;
  std::vector<Frame> frames_;
  std::vector<Problem> problems_;
  std::vector<std::string> used_;
};

/// Line and column (code points) of a byte offset.
void locate(std::string_view text, std::size_t position, int& line, int& column);

}  // namespace machiya::feel
