// A register (台帳) as a definition: typed columns, checks, rights, views, reminders (docs/registers.md). Immutable once compiled.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ask/cases/period.h"
#include "ask/cases/workflow.h"
#include "ask/interview/procedure.h"
#include "base/diagnostics.h"
#include "base/json.h"
#include "city/city.h"
#include "feel/feel.h"

namespace machiya::registers {

/// What a column is. `answer`: any answer type of the interview. `relation`: a row of another register, kept as its number.
/// `formula`: worked out from the row in FEEL, kept with it. `deadline`: a period after a date of the row, working days after the
/// city's calendar.
enum class ColumnKind : std::uint8_t { answer, relation, formula, deadline };

struct Column {
  std::string name;                 ///< snake_case
  ColumnKind kind = ColumnKind::answer;
  interview::AnswerType type = interview::AnswerType::text;   ///< of relation: text; of formula: by its type; of deadline: date
  interview::Texts label;
  std::string relation;             ///< register id
  std::string deadline_from;        ///< column with the date that a deadline counts from
  cases::Period deadline;
  bool personal = false;            ///< sealed under the row's own key; never indexed, never in events
  bool filter = false;              ///< indexed: lists filter and sort by it
  bool search = false;              ///< its text is found by the search box
  bool unique = false;              ///< empty values may repeat
  std::vector<std::string> read, write;   ///< roles; empty: those of the register
  const interview::Question* question = nullptr;   ///< answer and relation: in Register::form
  const interview::Calculation* calculation = nullptr;   ///< formula
  std::int64_t field = 0;           ///< key of the column in record_value: stable hash of "register/column"
  bool entered() const { return kind == ColumnKind::answer || kind == ColumnKind::relation; }
};
/// A check over several columns of a row; its message is shown at each of `columns`.
struct RowCheck {
  feel::Expression must;            ///< over the columns in the order of Register::columns
  interview::Texts message;
  std::vector<std::string> columns;
};
enum class ViewType : std::uint8_t { list, board, calendar, map, timeline, sheet };
struct Sort {
  std::string column;
  bool descending = false;
};
/// A fixed condition of a view or a saved search. Operators: is, not, from, to (inclusive), has (contains), empty, filled.
struct Condition {
  std::string column;               ///< or "state"
  std::string op;
  std::string value;                ///< canonical text: "2026-04-01", "12", "oak"
};
struct View {
  std::string id;
  ViewType type = ViewType::list;
  interview::Texts name;
  std::vector<std::string> columns; ///< empty: all that the reader may see
  std::vector<Condition> where;
  std::vector<Sort> sort;
  std::string group;                ///< list: a heading for each value; board: the lanes (a choice, or "state")
  std::string date, until;          ///< calendar, timeline
  std::string place;                ///< map
};
/// Told once for each row and date, to the department's inbox of reminders.
struct Reminder {
  std::string id;
  std::string date;                 ///< column
  cases::Period before;             ///< how long before the date
  feel::Expression when;            ///< over the columns; empty: always
  interview::Texts text;
};
struct Rights {
  std::vector<std::string> read, write, bulk, import;   ///< roles
};

class Register final : public city::Definition {
 public:
  std::string id;
  int version = 1, initiative = 0;
  std::string hash;                 ///< of the canonical definition
  interview::Texts name, summary, law;
  std::string owner;                ///< department
  std::string title;                ///< column that names a row
  std::string workflow;             ///< id; "" when rows have no states
  std::vector<Column> columns;
  std::vector<RowCheck> checks;
  std::vector<std::vector<std::string>> unique;   ///< combinations that may not repeat, besides Column::unique
  std::vector<View> views;          ///< at least one: a list of everything when the definition names none
  std::vector<Reminder> reminders;
  Rights rights;
  std::shared_ptr<const interview::Procedure> form;   ///< sections as pages, columns as questions, formulas as calculations

  const Column* column(std::string_view name) const;
  const View* view(std::string_view id) const;
  bool has_personal() const;
};

/// Compiles the canonical JSON of a definition against the city; every fault with its JSON pointer. Null when there is any.
std::shared_ptr<const Register> compile_register(const json::Value& body, const city::Source& source, const city::City& city, Diagnostics& faults);
/// Kind "register" (folder registers/). It names decisions, workflows and other registers: behind those kinds.
city::Kind register_kind();
/// The column's key in record_value.
std::int64_t field_of(std::string_view register_id, std::string_view column);

}  // namespace machiya::registers
