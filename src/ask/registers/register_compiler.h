// Internal: turns the canonical JSON of a register into a Register and reports every fault by its pointer.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ask/registers/register.h"

namespace machiya::registers {

class RegisterCompiler {
 public:
  RegisterCompiler(const json::Value& body, const city::Source& source, const city::City& city, Diagnostics& faults)
      : in_(body), source_(source), city_(city), faults_(faults) {}
  std::shared_ptr<const Register> run();

 private:
  // register.cpp: the head, rights and what belongs to the whole
  void head();
  void rights();
  std::vector<std::string> roles(const json::Value& list, const std::string& at);
  void title();
  void combinations();
  // register_columns.cpp: the columns one by one
  void columns();
  void column(const json::Value& in, const std::string& at);
  void formula(const json::Value& in, const std::string& at, Column& out);
  void deadline(const json::Value& in, const std::string& at, Column& out);
  void marks(const json::Value& in, const std::string& at, Column& out);
  // register_related.cpp: what rests on rows of other registers
  void references();
  void check_reference(Column& relation, const std::string& name, const Column& reader, const std::string& at);
  void rollup(const json::Value& in, const std::string& at, Column& out);
  void check_rollups();
  void check_rollup(const Column& column, const std::string& at);
  const Column* rolled(const Register& other, const std::string& name, const Column& reader, const std::string& at);
  void check_readers(const Column& reader, const Register& other, const Column& read, const std::string& at);
  // register_form.cpp: sections and columns as an interview
  void sections();
  void form();
  json::Value question_of(const json::Value& in, const Column& column) const;
  json::Value calculation_of(const json::Value& in, const Column& column) const;
  void compile_form(const json::Value& procedure);
  std::string written_at(const std::string& pointer) const;
  void bind();
  void dependencies();
  void check_formula(Column& column, std::size_t index);
  void check_deadline(Column& column, std::size_t index);
  bool reads_the_clock(std::size_t index) const;
  std::vector<std::string> decisions_named_by(const Column& column) const;
  std::string worked_out() const;
  void reads_of(const Column& formula, std::vector<std::string>& out) const;
  // register_parts.cpp: checks, views, reminders
  void checks();
  void views();
  void view(const json::Value& in, const std::string& at);
  void view_keys(const json::Value& in, const std::string& at, View& out);
  void chart(const json::Value& in, const std::string& at, View& out);
  void condition(const json::Value& in, const std::string& at, View& out);
  void check_value(const Condition& condition, const std::string& at);
  void sort(const json::Value& in, const std::string& at, View& out);
  void reminders();
  void reads_of_reminder(const std::string& when, Reminder& out) const;
  feel::Expression test(const std::string& source, const std::string& at);

  void error(const std::string& at, std::string ja, std::string en) { faults_.error(at, std::move(ja), std::move(en)); }
  /// The column of that name; a fault with the nearest name when there is none.
  Column* need(const std::string& name, const std::string& at);
  /// The same, which must be indexed by `filter: yes`.
  Column* need_filter(const std::string& name, const std::string& at);
  Column* find(std::string_view name);
  static bool yes(const json::Value& in, const char* key);

  const json::Value& in_;
  const city::Source& source_;
  const city::City& city_;
  Diagnostics& faults_;
  std::shared_ptr<Register> out_ = std::make_shared<Register>();
  std::vector<std::pair<std::string, feel::Type>> seen_;           ///< relation -> what formulas see of the row behind it
  std::vector<const json::Value*> written_;                        ///< of each column
  std::vector<std::string> places_;                                ///< pointer of each column
  std::vector<std::string> section_places_;                        ///< pointer of each section; "" of the one that nobody wrote
  std::vector<std::pair<std::string, std::string>> moved_;         ///< pointer in the procedure, pointer here; the longest wins
};

/// "/columns/3" and a key or index.
std::string child(const std::string& at, std::string_view key);
std::string child(const std::string& at, std::size_t index);
/// Does the FEEL source call today() or now()?
bool names_the_clock(std::string source);
/// Types whose values have an order-preserving text of their own.
bool indexable(interview::AnswerType type);

}  // namespace machiya::registers
