// TextPattern: extended regular expressions as a machine of states that are all followed at once (Thompson 1968), so that no pattern takes more than states
// times characters.
#include <algorithm>
#include <array>
#include <bitset>

#include "base/text.h"
#include "sense/query/pattern_states.h"
#include "sense/query/selection.h"

namespace machiya::sense {

using detail::kMaxStates;
using detail::Range;
using detail::State;

namespace {

constexpr std::size_t kMaxSource = 1000;

bool in_set(const State& s, char32_t c) {
  const bool found = std::any_of(s.set.begin(), s.set.end(), [c](const Range& r) { return r.from <= c && c <= r.to; });
  return found != s.negated;
}

bool is_word(char32_t c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80; }

}  // namespace

struct TextPattern::Program {
  std::string source, prefix;
  std::vector<State> states;
  // What needs no machine: a literal, perhaps at the beginning, the end or both.
  enum class Shape : std::uint8_t { machine, contains, begins, ends, equals } shape = Shape::machine;
  std::string literal;
};

namespace {

/// Both lists of states that are alive, and where each stands in them.
struct Alive {
  std::array<std::uint16_t, kMaxStates + 1> list;
  std::bitset<kMaxStates + 1> in;
  std::size_t n = 0;
};

class Machine {
 public:
  Machine(const std::vector<State>& states, std::string_view text) : states_(states), text_(text) {}
  bool found() {
    Alive now, next;
    std::size_t at = 0;
    char32_t before = 0;
    for (bool last = false; !last;) {
      last = at >= text_.size();
      std::size_t after = at;
      const char32_t c = last ? 0 : next_code_point(text_, after);
      if (follow(now, 0, at, before, c, last)) return true;
      next.n = 0, next.in.reset();
      for (std::size_t i = 0; i < now.n; ++i) {
        const State& s = states_[now.list[i]];
        const bool step = !last && (s.code == State::Code::any || (s.code == State::Code::set && in_set(s, c)));
        if (step) pending_.push_back(static_cast<std::uint16_t>(now.list[i] + 1));
      }
      // What comes behind `c` is looked at from there: anchors need both neighbours.
      std::size_t beyond = after;
      const bool end = after >= text_.size();
      const char32_t d = last || end ? 0 : next_code_point(text_, beyond);
      std::vector<std::uint16_t> starts;
      starts.swap(pending_);
      for (const std::uint16_t s : starts) {
        if (follow(next, s, after, c, d, end)) return true;
      }
      starts.clear(), pending_.swap(starts);
      std::swap(now, next);
      before = c, at = after;
    }
    return false;
  }

 private:
  const std::vector<State>& states_;
  std::string_view text_;
  std::vector<std::uint16_t> stack_, pending_;

  // Everything that can be reached from `from` without a character; true at the end of the pattern.
  bool follow(Alive& alive, std::uint16_t from, std::size_t at, char32_t before, char32_t after, bool end) {
    stack_.push_back(from);
    const bool first = at == 0;
    while (!stack_.empty()) {
      const std::uint16_t i = stack_.back();
      stack_.pop_back();
      if (alive.in[i]) continue;
      alive.in.set(i);
      const State& s = states_[i];
      const bool border = (!first && is_word(before)) != (!end && is_word(after));
      switch (s.code) {
        case State::Code::done: stack_.clear(); return true;
        case State::Code::split: stack_.push_back(s.b), stack_.push_back(s.a); break;
        case State::Code::jump: stack_.push_back(s.a); break;
        case State::Code::begin: if (first) stack_.push_back(i + 1); break;
        case State::Code::end: if (end) stack_.push_back(i + 1); break;
        case State::Code::word: if (border) stack_.push_back(i + 1); break;
        case State::Code::no_word: if (!border) stack_.push_back(i + 1); break;
        case State::Code::any:
        case State::Code::set: alive.list[alive.n++] = i; break;
      }
    }
    return false;
  }
};

// One character, once.
std::optional<char32_t> one_character(const State& s) {
  if (s.code != State::Code::set || s.negated || s.set.size() != 1 || s.set[0].from != s.set[0].to) return std::nullopt;
  return s.set[0].from;
}

bool is_anything(const std::vector<State>& s, std::size_t i) {   // ".*"
  return i + 2 < s.size() && s[i].code == State::Code::split && s[i].a == i + 1 && s[i].b == i + 3 && s[i + 1].code == State::Code::any &&
         s[i + 2].code == State::Code::jump && s[i + 2].a == i;
}

}  // namespace

Result<TextPattern> TextPattern::compile(std::string_view source) {
  if (source.size() > kMaxSource) return Error(ErrorCode::limit_exceeded, "a regular expression may have 1,000 characters");
  if (!is_utf8(source)) return Error(ErrorCode::malformed_request, "a regular expression must be UTF-8");
  auto program = std::make_shared<Program>();
  bool fold = false;
  MACHIYA_TRY(program->states, detail::read_pattern(source, fold));
  program->source = source;
  const auto& s = program->states;
  const std::size_t end = s.size() - 1;
  std::size_t i = 0;
  const bool begins = s[0].code == State::Code::begin;
  if (begins) ++i;
  while (!begins && is_anything(s, i)) i += 3;          // finding anywhere starts with that anyway
  std::string literal;
  while (i < end && one_character(s[i])) append_utf8(*one_character(s[i++]), literal);
  if (begins && !fold) program->prefix = literal;
  const bool ends = i < end && s[i].code == State::Code::end && i + 1 == end;
  std::size_t rest = i;
  while (!ends && is_anything(s, rest)) rest += 3;
  if ((ends || rest == end) && !fold) {
    program->shape = begins ? (ends ? Program::Shape::equals : Program::Shape::begins) : (ends ? Program::Shape::ends : Program::Shape::contains);
    program->literal = literal;
  }
  TextPattern out;
  out.program_ = std::move(program);
  return out;
}

bool TextPattern::found_in(std::string_view text) const {
  switch (program_->shape) {
    case Program::Shape::contains: return text.find(program_->literal) != std::string_view::npos;
    case Program::Shape::begins: return text.starts_with(program_->literal);
    case Program::Shape::ends: return text.ends_with(program_->literal);
    case Program::Shape::equals: return text == program_->literal;
    case Program::Shape::machine: break;
  }
  return Machine(program_->states, text).found();
}

const std::string& TextPattern::source() const { return program_->source; }
const std::string& TextPattern::prefix() const { return program_->prefix; }

}  // namespace machiya::sense
