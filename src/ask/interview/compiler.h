// Internal: turns the canonical JSON of a definition into a Procedure and reports every fault by its pointer.
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "ask/interview/answer_types.h"
#include "ask/interview/procedure.h"

namespace machiya::interview {

class ProcedureCompiler {
 public:
  ProcedureCompiler(const json::Value& definition, const World& world, Diagnostics& faults) : in_(definition), faults_(faults) { out_->world = world; }
  std::shared_ptr<const Procedure> run();

 private:
  // compile.cpp: the parts
  void head();
  void signing();
  void pages();
  void page(const json::Value& in, const std::string& at, int index);
  void repeat(const json::Value& in, const std::string& at, Page& page);
  void question(const json::Value& in, const std::string& at, Page& page);
  void question_type(const json::Value& in, const std::string& at, Question& question);
  void options(const json::Value& in, const std::string& at, Question& question);
  void calculations();
  void stops();
  void references();
  bool claim(const std::string& name, const std::string& at, const std::string& scope);
  int whole(const json::Value& in, const char* key, const std::string& at, int otherwise, int min, int max);
  bool flag(const json::Value& in, const char* key, bool otherwise);
  Texts need_text(const json::Value& in, const char* key, const std::string& at);

  // compile_formulas.cpp: the expressions
  void scopes();
  void formulas();
  void page_formulas(Page& page);
  void question_formulas(Page& page, int index, const feel::Scope& scope);
  void musts(Page& page, Question& question, const json::Value& in, const std::string& at, const feel::Scope& scope);
  void pattern(Question& question, const std::string& at);
  void fee();
  // compile_decision.cpp
  void decision(const std::string& id, const std::string& at, const feel::Type& wanted, Formula& out);
  bool names_decision(const std::string& text, json::Value& needs) const;
  void expression_over_decisions(const std::string& text, const json::Value& needs, const std::string& at, const feel::Type& wanted, Formula& out);
  void compile_bodies(const std::string& id, const json::Value::Array& bodies, const std::string& at, const feel::Type& wanted, Formula& out);
  Formula formula(const json::Value& source, const std::string& at, const feel::Scope& scope, const feel::Type& wanted, int limit_page, int limit_question);
  void read_name(const std::string& name, const std::string& at, int limit_page, int limit_question, Formula& out);

  struct Name {
    int page = -1, question = -1;   ///< where it is answered
    int calculation = -1;
  };
  const json::Value& in_;
  Diagnostics& faults_;
  std::shared_ptr<Procedure> out_ = std::make_shared<Procedure>();
  std::unordered_map<std::string, std::string> claimed_;      ///< scope + name -> pointer
  std::unordered_map<std::string, Name> global_, item_;       ///< names of expressions; item_: of the page at hand
  feel::Scope global_scope_;
  int questions_ = 0;
  int calculating_ = -1;                                      ///< index of the calculation at hand
};

}  // namespace machiya::interview
