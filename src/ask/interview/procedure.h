// The parts of a compiled procedure (docs/definitions.md). Immutable after compile_procedure(); safe to share.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ask/interview/interview.h"
#include "ask/interview/texts.h"
#include "feel/decision.h"
#include "feel/feel.h"

namespace machiya::interview {

enum class AnswerType : std::uint8_t {
  text, long_text, name, organisation, address, date, choice, choices, yes_no, money, number, digits, email, phone,
  photo, file, place, bank_account, declaration, info
};
inline constexpr int kAnswerTypes = 20;
/// "long-text" …
std::string_view answer_type_name(AnswerType type);
std::optional<AnswerType> answer_type_of(std::string_view name);
/// May a question of the type carry Question::filter? Free text may hold anybody's name: only what is picked or counted is kept in the clear.
bool filterable(AnswerType type);

/// Hard bounds of any interview, so that neither a definition nor a visitor can exhaust the server.
inline constexpr int kMaxPages = 200;
inline constexpr int kMaxQuestions = 600;
inline constexpr int kMaxItems = 100;
inline constexpr int kMaxOptions = 2000;
inline constexpr std::size_t kMaxLogEntries = 50'000;
inline constexpr std::size_t kMaxTextBytes = 64 * 1024;
inline constexpr int kMaxEvaluations = 20'000;           ///< FEEL evaluations of one evaluate()
inline constexpr std::uint64_t kMaxStepsEach = 100'000;  ///< nodes of one of them

struct Option {
  std::string value;
  Texts label, hint;
};
struct Must {
  feel::Expression test;
  Texts message;
};
/// An expression or a decision, with the pages whose answers it reads.
struct Formula {
  feel::Expression expression;
  feel::Decision decision;
  int width = 0;            ///< of a decision: how many slots it may see
  int position = -1;        ///< of the last page that it reads; -1: none
  std::vector<int> pages;   ///< all of them, sorted
  explicit operator bool() const { return static_cast<bool>(expression) || static_cast<bool>(decision); }
  Result<feel::Value> run(const std::vector<feel::Value>& slots, const feel::Environment& environment) const;
};

struct Question {
  std::string name;
  AnswerType type = AnswerType::text;
  Texts label, hint, text;
  bool optional = false;
  bool reference = false;               ///< expressions see Situation::references under its name, not the answer
  bool filter = false;                  ///< tells nothing of a person: staff lists filter by it, so it is kept beside the sealed answers
  Formula when, default_value, min, max;
  std::vector<Must> musts;
  std::string prefill, autocomplete, options_from, within, pattern;
  Texts unit;
  feel::Expression pattern_test;        ///< of the slot "value"
  std::vector<Option> options;
  int max_length = 0, min_length = 0, length = 0;   ///< code points; 0: not set
  int min_count = -1, max_count = -1;
  int decimals = 0;
  std::vector<std::string> exif;        ///< "place", "time"
  int slot = -1;                        ///< in the vector of values
  int page = -1;
  feel::Type feel_type;

  bool asks() const { return type != AnswerType::info; }
  bool takes_files() const { return type == AnswerType::photo || type == AnswerType::file; }
  const Option* option(std::string_view value) const;
};
struct Repeat {
  std::string name;
  int min = 0, max = 20;
  Texts item;
  int slot = -1;
  int first_slot = 0;                   ///< of the item's questions
  feel::Type item_type;
};
struct Page {
  std::string id;
  Texts title, intro;
  Formula when;
  std::vector<Question> questions;
  std::optional<Repeat> repeat;
  int index = 0;
};
struct Calculation {
  std::string name;
  feel::Type type;
  Formula value;
  Texts label;
  bool show = false;
  int slot = -1;
};
struct StopRule {
  Formula when;
  int page = -1;                        ///< after this page
  Texts title, message;
  std::string link;
};

/// A ward or department as options_from and `within` need it.
struct Place {
  std::string id, code;
  Texts name;
  double lat = 0, lon = 0;
};
/// What a procedure may know of the city around it. Empty lists: not known yet, checks that need them wait.
struct World {
  bool known = false;
  std::string prefecture = "大阪府", city = "大阪市";
  std::vector<Place> wards, departments;
  json::Value decisions;                ///< canonical JSON by id
  std::vector<std::pair<std::string, feel::Type>> references;   ///< questions whose answer names something: what expressions see of that
};

/// What changed between two versions for somebody who has a draft.
struct Difference {
  enum class What : std::uint8_t { added, removed, changed_type, changed_label } what = What::added;
  std::string path;
  std::string label;    ///< in the language asked for
};

/// Whether an application is signed electronically: not at all, if the person wishes, or it is not taken without.
enum class Signing : std::uint8_t { none, asked, required };

class Procedure {
 public:
  std::string id;
  int version = 1;
  std::string kind;                     ///< application, notification, certificate, report, self-check
  Texts name, summary, law, fee_note, after;
  std::vector<Texts> attach;
  std::string owner, target, assurance = "contact", ask_login = "send", workflow;
  Signing signing = Signing::none;
  bool check_page = true;
  bool open = true;
  std::vector<Page> pages;
  std::vector<Calculation> calculations;
  std::vector<StopRule> stops;
  Formula fee;
  std::string fee_decision;
  json::Value facts, map, limits;
  World world;
  int slots = 0;                        ///< size of the vector of values, items' slots behind the global ones
  int global_slots = 0;
  bool needs_world = false;             ///< names options of the city, `within` or a decision

  struct Where {
    int page = -1, question = -1;
  };
  /// A question by name; within a repeat as "members/born".
  const Question* question(std::string_view path) const;
  const Page* page(std::string_view id) const;
  const Page* page_of_repeat(std::string_view name) const;

 private:
  friend class ProcedureCompiler;
  friend std::vector<Difference> differences(const Procedure& before, const Procedure& after, std::string_view lang);
  std::unordered_map<std::string, Where> by_path_;
};

/// A decision as docs/definitions.md writes it (defaults with the outputs) in the form that feel/decision.h compiles.
json::Value decision_body(json::Value definition);
/// The ids of the decisions that a definition computes with (fee, calculated values), and of those that they need; sorted.
/// `decisions`: canonical JSON by id.
std::vector<std::string> decisions_of(const json::Value& definition, const json::Value& decisions);
/// The same as compile_procedure of interview.h with the city around it. Null when there is any fault.
std::shared_ptr<const Procedure> compile_procedure(const json::Value& definition, const World& world, Diagnostics& faults);

/// JSON Schema (2020-12) of a whole answer set as read_values() takes it, texts in `lang`.
json::Value answers_schema(const Procedure& procedure, std::string_view lang);
/// JSON Schema of one answer.
json::Value answer_schema(const Question& question, std::string_view lang);
/// Added, removed and changed questions by path.
std::vector<Difference> differences(const Procedure& before, const Procedure& after, std::string_view lang);

}  // namespace machiya::interview
