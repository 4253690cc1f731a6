// Create Term Definition (JSON-LD API §4.2). For process.cpp.
#pragma once
#include "sense/jsonld/local_map.h"
#include "sense/jsonld/run.h"

namespace machiya::sense::jsonld {

/// Defines the terms of one map in `result`. The texts of the definitions lie in the arena of the run or where the map lies.
class TermMaker {
 public:
  TermMaker(Run& run, Context& result, const Value& context, const Run::How& how, bool protect)
      : run_(run), result_(result), local_(context), how_(how), protect_(protect) {}
  bool all();

 private:
  Run& run_;
  Context& result_;
  LocalMap local_;
  const Run::How& how_;
  bool protect_;

  bool make(std::size_t at);
  bool needed(std::string_view name);
  bool expand(std::string_view value, Expanded& out);
  bool read(Term& term, const Value& value, bool simple, bool& keep);
  bool keyword_term(std::size_t at, bool& done);
  bool protection(Term& term, const Value& value);
  bool type(Term& term, const Value& value);
  bool reverse(Term& term, const Value& value, bool& keep);
  bool id(Term& term, const Value& value, bool simple, bool& keep);
  bool id_given(Term& term, std::string_view id, bool simple);
  bool id_implied(Term& term);
  bool containers(Term& term, const Value& value);
  bool index(Term& term, const Value& value);
  bool scoped(Term& term, const Value& value);
  bool language(Term& term, const Value& value);
  bool nest(Term& term, const Value& value);
  bool prefix(Term& term, const Value& value);
  bool known_entries(const Value& value);
};

}  // namespace machiya::sense::jsonld
