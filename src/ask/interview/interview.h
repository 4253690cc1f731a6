// Interviews: one engine decides the next question, checks every answer and works out fees, for every channel. A pure
// step function over an append-only log of answers; it runs on the server and, as wasm32, on a tablet without network.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "feel/value.h"

namespace machiya::interview {

/// One entry of the log. `field` is "dog_name" or "members/<item>/birth_date" (items have ids, so that two tabs merge);
/// "members/<item>" with value true adds an item, with null removes it. Invalid input is kept as {"raw": {...}} so that nothing a
/// person typed is lost.
struct Answer {
  std::string id;        ///< public id; the same entry twice counts once
  Instant at;
  std::string author;    ///< "applicant", "prefill:person", "staff:…", "delegate:…"
  std::string field;
  json::Value value;
};

/// Append-only. Merging two logs is the union by id; the newest entry of a field wins (at, then id).
class Log {
 public:
  void append(Answer answer);
  static Log merge(const Log& a, const Log& b);
  const std::vector<Answer>& answers() const { return answers_; }
  json::Value to_json() const;
  static Result<Log> from_json(const json::Value& value);

 private:
  std::vector<Answer> answers_;
};

/// A compiled procedure. Immutable and thread-safe. See procedure.h for its parts.
class Procedure;
/// Compiles the canonical JSON of a definition (blocks already inlined); reports every fault with its JSON pointer.
/// `decisions` gives the canonical JSON of the decisions it may name.
std::shared_ptr<const Procedure> compile_procedure(const json::Value& definition, const json::Value& decisions, Diagnostics& faults);

/// What the outside world tells one evaluation.
struct Situation {
  Instant now;
  json::Value facts;     ///< for prefill: {"person": {"name": {...}, …}}; empty when nothing is known
  std::string lang = "ja";
  std::vector<std::string> only;   ///< a correction round: these questions only; empty: all
  std::vector<std::pair<std::string, feel::Value>> references;   ///< by question (World::references): what its answer names
};

struct FieldError {
  std::string field;      ///< "born", "members/<item>/born"
  std::string code;       ///< "required", "format", "range", "must", "too-long", …
  std::string message;    ///< in Situation::lang
};
/// One question as it stands now.
struct QuestionState {
  std::string field;                ///< as in the log
  const struct Question* question = nullptr;
  json::Value value;                ///< valid value or null
  json::Value raw;                  ///< what was typed, when it is not valid
  std::string source;               ///< where a prefilled value comes from; "" when typed
  bool answered = false;
};
struct PageState {
  std::string key;                  ///< page id, or "page/<item>" for one round of a repeat
  const struct Page* page = nullptr;
  std::string item;
  int item_number = 0, item_count = 0;   ///< from 1
  std::vector<QuestionState> questions;  ///< the visible ones
  std::vector<FieldError> errors;        ///< of visible questions (required ones only once `visited`)
  bool visited = false;
  bool complete = false;
};
struct Stop {
  std::string page;
  std::string title, message, link;
};
struct Calculated {
  std::string name, label;
  json::Value value;
  bool show = false;
};
/// The interview as it stands after a log of answers.
struct State {
  std::vector<PageState> pages;       ///< visible, in order
  json::Value values;                 ///< every valid, visible answer and calculated value by name
  std::vector<Calculated> calculated;
  std::optional<std::int64_t> fee;    ///< whole yen
  std::optional<Stop> stop;
  std::string next;                   ///< key of the first page that is not complete; "" when all are
  bool complete = false;              ///< may be sent
  std::vector<FieldError> errors;     ///< of the whole (a fee that cannot be worked out)
  const PageState* page(std::string_view key) const;
};
/// Pure: the same log and situation always give the same state. Fails only with limit_exceeded.
Result<State> evaluate(const Procedure& procedure, const Log& log, const Situation& situation);

/// Form fields of one page as a channel received them ("born.year" = "令和7" …) turned into log entries. Never rejects:
/// invalid input becomes a {"raw":…} entry that evaluate() reports. `page` is the page as the form showed it: what the
/// form did not change leaves no entry, so that two tabs merge by field; the last entry marks the page as visited
/// ("_page/<key>"). A group of boxes that may come back empty is named by "<name>.asked". One fresh id may serve many entries.
struct Fields {
  std::vector<std::pair<std::string, std::string>> pairs;   ///< names relative to the page ("dog_name", "born.year")
};
std::vector<Answer> read_fields(const Procedure& procedure, const PageState& page, const Fields& fields, const Situation& situation,
                                std::string_view author, const std::vector<std::string>& fresh_ids);
/// A whole answer set by name (API, scenarios): {"dog_name": "ポチ", "members": [ {...} ]} turned into log entries.
Result<std::vector<Answer>> read_values(const Procedure& procedure, const json::Value& values, const Situation& situation,
                                        std::string_view author, std::vector<std::string> fresh_ids);

}  // namespace machiya::interview
