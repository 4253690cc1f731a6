// Internal: one evaluation of an interview.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ask/interview/answer_types.h"

namespace machiya::interview {

class Evaluator {
 public:
  Evaluator(const Procedure& procedure, const Log& log, const Situation& situation) : p_(procedure), log_(log), situation_(situation), environment_(situation.now) {
    environment_.max_steps = kMaxStepsEach;
  }
  Result<State> run();

 private:
  void index();
  const Answer* latest(std::string_view field) const;
  feel::Value ask(const Formula& formula);
  feel::Value ask_with(const Formula& formula, std::vector<feel::Value> values);
  std::vector<std::string> items_of(const Repeat& repeat) const;
  bool marked(const std::string& key) const;
  void one_page(const Page& page);
  void repeated(const Page& page, const Repeat& repeat);
  void fill(const Page& page, PageState& state, const std::string& prefix, json::Value& values);
  Reading read(const Question& question, QuestionState& now);
  void check(const Page& page, PageState& state);
  void range(PageState& state, const QuestionState& now);
  void report(PageState& state, const QuestionState& now, const Problem& problem);
  void add_error(PageState& state, const std::string& field, MessageCode code, const std::vector<std::pair<std::string, std::string>>& args);
  void close(PageState state);
  void calculate(int index);
  void keep_calculated();
  bool stopped(int index);
  void finish();

  const Procedure& p_;
  const Log& log_;
  const Situation& situation_;
  feel::Environment environment_;
  State out_;
  std::vector<feel::Value> slots_;
  std::unordered_map<std::string_view, const Answer*> latest_;
  std::map<std::string, const Answer*> added_;   ///< first time that an item was added, by field
  int spent_ = 0;
  bool over_ = false;
};

}  // namespace machiya::interview
