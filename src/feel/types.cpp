// Names of types in texts: "instance of", parameters, definitions.
#include "base/text.h"
#include "feel/compiler.h"

namespace machiya::feel {
namespace {

struct NamedKind {
  std::string_view name;
  TypeKind kind;
};
constexpr NamedKind kNames[] = {
    {"any", TypeKind::any}, {"Any", TypeKind::any}, {"null", TypeKind::null}, {"Null", TypeKind::null}, {"number", TypeKind::number},
    {"string", TypeKind::string}, {"boolean", TypeKind::boolean}, {"date", TypeKind::date}, {"time", TypeKind::time},
    {"date and time", TypeKind::date_time}, {"dateTime", TypeKind::date_time}, {"days and time duration", TypeKind::time_duration},
    {"dayTimeDuration", TypeKind::time_duration}, {"years and months duration", TypeKind::month_duration},
    {"yearMonthDuration", TypeKind::month_duration}, {"list", TypeKind::list}, {"context", TypeKind::context},
    {"range", TypeKind::range}, {"function", TypeKind::function}};

}  // namespace

std::optional<Type> Compiler::type() {
  skip();
  if (++depth_ > 100) {
    fail("this is nested too deeply", "入れ子が深すぎます");
    return std::nullopt;
  }
  std::size_t best = 0;
  std::optional<Type> found;
  std::string_view word;
  if (types_)
    for (const auto& t : *types_)
      if (std::size_t end = match_name(t.first, at_); end > best) {
        best = end;
        found = t.second;
        word = {};
      }
  for (const auto& n : kNames)
    if (std::size_t end = match_name(n.name, at_); end > best) {
      best = end;
      found = Type(n.kind);
      word = n.name;
    }
  if (!best) {
    std::size_t at = at_;
    std::string name = read_words(true, "");
    --depth_;
    if (name.empty()) {
      fail("expected a type here", "ここには型が必要です");
      return std::nullopt;
    }
    fail_at(at, "unknown type \"" + name + "\"", "「" + name + "」という型はありません");
    return std::nullopt;
  }
  at_ = best;
  skip();
  if (peek() == '<' && !word.empty()) found = structured_type(word);
  --depth_;
  return found;
}

std::optional<Type> Compiler::structured_type(std::string_view word) {
  if (word != "list" && word != "range" && word != "context" && word != "function") return Type(*type_named(word));
  ++at_;
  if (word == "list" || word == "range") {
    auto element = type();
    if (!element || !expect(">")) return std::nullopt;
    return word == "list" ? Type::list(*element) : Type::range(*element);
  }
  if (word == "context") {
    std::vector<Type::Member> members;
    skip();
    if (!take(">")) {
      do {
        auto key = read_key();
        if (!key || !expect(":")) return std::nullopt;
        auto t = type();
        if (!t) return std::nullopt;
        members.emplace_back(std::move(*key), *t);
      } while (take(","));
      if (!expect(">")) return std::nullopt;
    }
    return Type::context(std::move(members));
  }
  std::vector<Type> parameters;
  if (!take(">")) {
    do {
      auto t = type();
      if (!t) return std::nullopt;
      parameters.push_back(*t);
    } while (take(","));
    if (!expect(">")) return std::nullopt;
  }
  if (!expect("->")) return std::nullopt;
  auto result = type();
  if (!result) return std::nullopt;
  return Type::function(std::move(parameters), *result);
}

std::optional<Type> Compiler::type_named(std::string_view text) {
  auto outer_text = text_;
  auto outer_at = at_;
  bool outer_error = syntax_error_;
  std::optional<Type> t;
  if (start(text)) t = type();
  if (t && !finish()) t.reset();
  text_ = outer_text;
  at_ = outer_at;
  syntax_error_ = outer_error;
  return t;
}

Result<Type> parse_type(std::string_view text) {
  Compiler c(true);
  auto t = c.type_named(text);
  if (t) return *t;
  const Problem& p = c.problems().front();
  return Error(ErrorCode::definition_error, p.en, std::to_string(p.line) + ":" + std::to_string(p.column));
}

}  // namespace machiya::feel
