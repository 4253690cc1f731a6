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
/// city's calendar. `rollup`: what the rows of another register that point to this one come to, worked out when the row is looked at.
/// `head`: what a case keeps beside its answers (case_register.h).
enum class ColumnKind : std::uint8_t { answer, relation, formula, deadline, rollup, head };
/// What a roll-up makes of those rows: how many, the sum, least or greatest value of a column, or its value in the newest row.
enum class RollupKind : std::uint8_t { count, sum, min, max, latest };
struct Rollup {
  RollupKind kind = RollupKind::count;
  std::string of, by;               ///< the other register and its relation to this one
  std::string column;               ///< of the other register; none of count
  std::string on;                   ///< latest: the date that tells the newest row; "": the one added last
  std::string when;                 ///< FEEL over row_slots() of the other register; "": all rows
};

struct Column {
  std::string name;                 ///< snake_case
  ColumnKind kind = ColumnKind::answer;
  interview::AnswerType type = interview::AnswerType::text;   ///< of relation: text; of formula: by its type; of deadline: date
  interview::Texts label;
  std::string relation;             ///< register id
  std::string deadline_from;        ///< column with the date that a deadline counts from
  cases::Period deadline;
  std::vector<std::string> reads;   ///< relation: the columns of the related row that formulas and `must`s of this register read
  Rollup rollup;
  bool personal = false;            ///< sealed under the row's own key; never indexed, never in events
  bool filter = false;              ///< indexed: lists filter and sort by it
  bool search = false;              ///< its text is found by the search box
  bool unique = false;              ///< empty values may repeat
  std::vector<std::string> read, write;   ///< roles; empty: those of the register
  bool indexed = false;             ///< has its values in record_value: filter, unique, part of a combination, title, date of a reminder
  bool moves = false;               ///< a roll-up, or a formula that reads one, today() or now(): what is kept may be out of date, so it is never indexed
  /// How a value is read and shown; never null. Of a formula it stands outside Register::form, else in it: a deadline is an
  /// optional date there, a roll-up an optional answer, filled in by the service and asked of nobody.
  const interview::Question* question = nullptr;
  const interview::Calculation* calculation = nullptr;   ///< formula
  std::int64_t field = 0;           ///< key of the column in record_value: stable hash of "register/column"
  /// Its values stand in record_value.
  bool in_index() const { return indexed && !personal && !moves; }
  bool entered() const { return kind == ColumnKind::answer || kind == ColumnKind::relation; }
  /// Every row must be given a value, whatever else it holds.
  bool always_required() const { return entered() && question->asks() && !question->optional && !question->when && !question->default_value; }
};
/// A part of the form with its columns in order; formulas and deadlines are shown there, not asked.
struct Section {
  std::string id;                   ///< also of the page in Register::form, which has no page for a section without entered columns
  interview::Texts title, intro;
  std::vector<std::string> columns;
};
/// A check over several columns of a row; its message is shown at each of `columns`.
struct RowCheck {
  feel::Expression must;            ///< over row_slots()
  interview::Texts message;
  std::vector<std::string> columns;
};
enum class ViewType : std::uint8_t { list, board, calendar, map, timeline, sheet, chart };
/// How dates are gathered; a fiscal year begins in April (地方自治法208条). `none`: not by a date.
enum class Bucket : std::uint8_t { none, year, fiscal_year, month, day };
enum class Measure : std::uint8_t { count, sum, average };
/// What a chart counts: the rows for each value of a column, or a sum or average of another over them.
struct ChartRule {
  std::string by;                   ///< column with `filter`, or "state"
  std::string split;                ///< "": not split; else a choice, yes-no, relation with `filter`, or "state"
  Bucket bucket = Bucket::none;
  Measure measure = Measure::count;
  std::string of;                   ///< number or money with `filter`
};
struct Sort {
  std::string column;
  bool descending = false;
};
/// A fixed condition of a view or a saved search. Operators: is, not, from, to (inclusive), has (contains), empty, filled.
struct Condition {
  std::string column;               ///< or "state"
  std::string op;
  std::string value;                ///< canonical text: "2026-04-01", "12", "oak", "true"; of dates also "today", "today+P30D": see value_on
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
  ChartRule chart;                  ///< chart
  bool open_only = false;           ///< without rows that have ended
};
/// Told once for each row and date, to the department's inbox of reminders.
struct Reminder {
  std::string id;
  std::string date;                 ///< column
  cases::Period before;             ///< how long before the date
  feel::Expression when;            ///< over row_slots(); empty: always
  std::vector<std::string> reads;   ///< columns that `when` rests on, through formulas too: who may not read one does not see the reminder
  bool moves = false;               ///< `when` changes with the day: what holds is looked at again each day
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
  std::vector<Section> sections;    ///< at least one
  std::vector<RowCheck> checks;
  std::vector<std::vector<std::string>> unique;   ///< combinations that may not repeat, besides Column::unique
  std::vector<View> views;          ///< at least one: a list of everything when the definition names none
  std::vector<Reminder> reminders;
  Rights rights;
  std::optional<cases::Retention> retention;
  std::shared_ptr<const interview::Procedure> form;   ///< sections as pages, columns as questions, formulas as calculations
  std::vector<std::unique_ptr<interview::Question>> shown;   ///< what Column::question of formulas points to
  bool of_cases = false;            ///< derived from the procedure `id`: its rows are its cases, rights are those of cases (case_register.h)
  std::string worked_out;           ///< digest of how the formulas and deadlines that are kept with a row are worked out; "" without any
  bool deadlines_move_formulas = false;   ///< a formula reads a deadline: evaluate, fill_deadlines, evaluate again

  const Column* column(std::string_view name) const;
  const View* view(std::string_view id) const;
  bool has_personal() const;
  /// Does any column change with the day? Then what is kept of a row may be out of date.
  bool moves() const;
  /// Some column reads rows of other registers: formulas over a relation, roll-ups.
  bool reads_others() const;
};

/// What is wrong with a chart, and at which key of it ("by", "bucket", "split", "measure", "of"); nothing when it can be counted. Of one that is
/// right, a date without a bucket gets months.
struct ChartFault {
  std::string key, ja, en;
};
std::optional<ChartFault> check_chart(const Register& reg, ChartRule& rule);
std::optional<Bucket> bucket_of(std::string_view text);     ///< "month"; nothing for an unknown one
std::optional<Measure> measure_of(std::string_view text);

/// Compiles the canonical JSON of a definition against the city; every fault with its JSON pointer. Null when there is any. What it says
/// of columns of other registers is checked as far as the city holds these already: link() compiles such registers once more.
std::shared_ptr<const Register> compile_register(const json::Value& body, const city::Source& source, const city::City& city, Diagnostics& faults);
/// Kind "register" (folder registers/). It names decisions, workflows and other registers: behind those kinds.
city::Kind register_kind();
/// A formula that rests on itself by way of other registers is a fault of each register on the way.
void check_circles(const city::City& city, const Register& reg, Diagnostics& faults);
/// The column's key in record_value.
std::int64_t field_of(std::string_view register_id, std::string_view column);
/// Who the files of a row belong to in platform/blobs.
std::string file_owner_of(const Register& reg, std::string_view number);
/// What the expressions of checks, reminders and the guards of a row's workflow see: the columns in order (a relation as the number of its row), then `state`. `values`: canonical JSON by column.
feel::Scope row_scope(const std::vector<Column>& columns);
std::vector<feel::Value> row_slots(const Register& reg, const json::Value& values, std::string_view state);
/// The day a period after a date; the day itself is not counted (民法140条), working days by the calendar.
Date deadline_date(Date from, const cases::Period& period, const cases::WorkingDay& is_working_day);
/// Sets every deadline of `values` from the dates it counts from; null where those are empty.
void fill_deadlines(const Register& reg, json::Value& values, const cases::WorkingDay& is_working_day);
/// Condition::value with "today", "today+P30D" and "today-P1Y" made a date.
std::string value_on(std::string_view value, Date today);

}  // namespace machiya::registers
