// FEEL texts: whatever they are, compiling and evaluating them ends, without a crash, within the budget. The first byte
// chooses: expression, unary tests, or a pattern of matches() and replace().
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "feel/feel.h"

using namespace machiya;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 4096) return 0;
  static const feel::Scope scope = [] {
    feel::Scope s;
    s.add("applicant age", feel::Type::number()).add("name", feel::Type::string()).add("born", feel::Type::date());
    s.add("members", feel::Type::list(feel::Type::context({{"age", feel::Type::number()}}))).add("any", feel::Type::any());
    return s;
  }();
  feel::Environment environment(Instant{1'778'000'000'000'000});
  environment.max_steps = 20'000;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<feel::Value> values = {feel::Value::number(40), feel::Value::string("花子"), feel::Value::date(make_date(2000, 2, 29)),
                                     feel::Value::list({feel::Value::context({{"age", feel::Value::number(3)}})}), feel::Value()};
  Result<feel::Expression> e = Error(ErrorCode::internal);
  if (data[0] % 3 == 0) {
    e = feel::compile(text, scope);
  } else if (data[0] % 3 == 1) {
    e = feel::compile_unary_tests(text, feel::Type::number(), scope);
    values.push_back(feel::Value::number(1));
  } else {
    e = feel::compile("[matches(name, any), replace(name, any, \"$1\"), split(name, any)]", scope);
    if (!is_utf8(text)) return 0;
    values[1] = feel::Value::string("abcabc 花子 123");
    values[4] = feel::Value::string(std::string(text));
  }
  if (!e.ok()) {
    if (e.error().where.empty()) std::abort();
    return 0;
  }
  auto v = e->evaluate(values, environment);
  if (v.ok()) {
    (void)feel::to_text(*v);
    (void)json::to_text(feel::to_json(*v));
  } else if (v.error().code != ErrorCode::limit_exceeded) {
    std::abort();
  }
  return 0;
}
