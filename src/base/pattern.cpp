#include "base/pattern.h"

#include <optional>
#include <vector>

#include "base/text.h"

namespace machiya {
namespace {

struct Range {
  char32_t from, to;
};
/// One instruction of a backtracking machine (Pike's "split" form).
struct Op {
  enum class Code : std::uint8_t { any, set, split, jump, done } code = Code::done;
  bool negated = false;
  std::vector<Range> set;
  std::size_t a = 0, b = 0;   ///< targets of split (a first) and jump
};

constexpr std::size_t kMaxOps = 4000;

}  // namespace

struct Pattern::Program {
  std::string source;
  std::vector<Op> ops;
};

namespace {

class PatternCompiler {
 public:
  explicit PatternCompiler(std::string_view source) : text_(to_utf32(source)) {
    end_ = text_.size();
    if (end_ > 0 && text_[0] == U'^') at_ = 1;
    if (end_ > at_ && text_[end_ - 1] == U'$' && (end_ < 2 || text_[end_ - 2] != U'\\')) --end_;
  }
  std::optional<std::string> run(std::vector<Op>& out) {
    std::vector<Op> ops = alternatives(0);
    if (error_.empty() && at_ < end_) error_ = "unbalanced )";
    if (error_.empty() && ops.size() > kMaxOps) error_ = "pattern too large";
    if (!error_.empty()) return error_;
    ops.push_back(Op{});
    out = std::move(ops);
    return std::nullopt;
  }

 private:
  using Ops = std::vector<Op>;
  bool more() const { return at_ < end_ && error_.empty(); }
  static void append(Ops& to, const Ops& from) {
    const std::size_t base = to.size();
    for (Op op : from) {
      if (op.code == Op::Code::split || op.code == Op::Code::jump) op.a += base, op.b += base;
      to.push_back(std::move(op));
    }
  }
  static Op branch(Op::Code code, std::size_t a, std::size_t b = 0) {
    Op op;
    op.code = code, op.a = a, op.b = b;
    return op;
  }

  Ops alternatives(int depth) {
    if (depth > 20) error_ = "nested too deeply";
    Ops left = sequence(depth);
    while (more() && text_[at_] == U'|') {
      ++at_;
      Ops right = sequence(depth), both;
      both.push_back(branch(Op::Code::split, 1, left.size() + 2));
      append(both, left);
      both.push_back(branch(Op::Code::jump, left.size() + right.size() + 2));
      append(both, right);
      left = std::move(both);
    }
    return left;
  }
  Ops sequence(int depth) {
    Ops out;
    while (more() && text_[at_] != U'|' && text_[at_] != U')') {
      append(out, repeated(atom(depth)));
      if (out.size() > kMaxOps) error_ = "pattern too large";
    }
    return out;
  }
  Ops atom(int depth) {
    const char32_t c = text_[at_++];
    if (c == U'(') {
      if (at_ + 1 < end_ && text_[at_] == U'?' && text_[at_ + 1] == U':') at_ += 2;
      Ops inner = alternatives(depth + 1);
      if (at_ >= end_ || text_[at_] != U')') error_ = "missing )";
      else ++at_;
      return inner;
    }
    Op op;
    op.code = Op::Code::set;
    if (c == U'.') op.code = Op::Code::any;
    else if (c == U'[') char_class(op);
    else if (c == U'\\') escape(op);
    else if (c == U'*' || c == U'+' || c == U'?' || c == U'{') error_ = "nothing to repeat";
    else op.set.push_back({c, c});
    return {std::move(op)};
  }
  void escape(Op& op) {
    if (at_ >= end_) {
      error_ = "trailing backslash";
      return;
    }
    const char32_t c = text_[at_++];
    if (c == U'd') op.set.push_back({U'0', U'9'});
    else if (c == U's') op.set.insert(op.set.end(), {{U' ', U' '}, {U'\t', U'\r'}, {0x3000, 0x3000}});
    else if (c == U'w') op.set.insert(op.set.end(), {{U'a', U'z'}, {U'A', U'Z'}, {U'0', U'9'}, {U'_', U'_'}});
    else if ((c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9')) error_ = "unknown escape";
    else op.set.push_back({c, c});
  }
  void char_class(Op& op) {
    if (at_ < end_ && text_[at_] == U'^') op.negated = true, ++at_;
    bool first = true;
    while (at_ < end_ && (text_[at_] != U']' || first) && error_.empty()) {
      first = false;
      char32_t from = text_[at_++];
      if (from == U'\\') {
        escape(op);
        continue;
      }
      char32_t to = from;
      if (at_ + 1 < end_ && text_[at_] == U'-' && text_[at_ + 1] != U']') {
        to = text_[at_ + 1];
        at_ += 2;
      }
      if (to < from) error_ = "range out of order";
      op.set.push_back({from, to});
    }
    if (at_ >= end_) error_ = "missing ]";
    else ++at_;
  }
  bool number(int& out) {
    if (at_ >= end_ || text_[at_] < U'0' || text_[at_] > U'9') return false;
    out = 0;
    while (at_ < end_ && text_[at_] >= U'0' && text_[at_] <= U'9' && out < 10000) out = out * 10 + static_cast<int>(text_[at_++] - U'0');
    return true;
  }
  Ops repeated(Ops inner) {
    while (more()) {
      int low = 0, high = -1;
      const char32_t c = text_[at_];
      if (c == U'*') ++at_;
      else if (c == U'+') low = 1, ++at_;
      else if (c == U'?') high = 1, ++at_;
      else if (c == U'{') {
        ++at_;
        if (!number(low)) error_ = "a number must follow {";
        high = low;
        if (at_ < end_ && text_[at_] == U',') {
          ++at_;
          if (!number(high)) high = -1;
        }
        if (at_ >= end_ || text_[at_] != U'}') error_ = "missing }";
        else ++at_;
        if (low > 500 || high > 500 || (high >= 0 && high < low)) error_ = "bad repeat count";
      } else {
        return inner;
      }
      if (!error_.empty()) return {};
      inner = expand(inner, low, high);
    }
    return inner;
  }
  Ops expand(const Ops& inner, int low, int high) {
    Ops out;
    const int copies = high < 0 ? low : high;
    if (inner.size() * static_cast<std::size_t>(copies + 1) > kMaxOps) {
      error_ = "pattern too large";
      return {};
    }
    for (int i = 0; i < low; ++i) append(out, inner);
    if (high < 0) {
      const std::size_t loop = out.size();
      out.push_back(branch(Op::Code::split, loop + 1, loop + inner.size() + 2));
      append(out, inner);
      out.push_back(branch(Op::Code::jump, loop));
    }
    for (int i = low; i < high; ++i) {
      const std::size_t here = out.size();
      out.push_back(branch(Op::Code::split, here + 1, here + inner.size() + 1));
      append(out, inner);
    }
    return out;
  }

  std::u32string text_;
  std::size_t at_ = 0, end_ = 0;
  std::string error_;
};

bool in_set(const Op& op, char32_t c) {
  bool found = false;
  for (const Range& range : op.set) found = found || (c >= range.from && c <= range.to);
  return found != op.negated;
}

}  // namespace

Result<Pattern> Pattern::compile(std::string_view source) {
  if (source.size() > 500) return Error(ErrorCode::invalid_input, "pattern longer than 500 bytes");
  auto program = std::make_shared<Program>();
  program->source = std::string(source);
  if (auto problem = PatternCompiler(source).run(program->ops)) return Error(ErrorCode::invalid_input, *problem);
  Pattern pattern;
  pattern.program_ = std::move(program);
  return pattern;
}

bool Pattern::matches(std::string_view text) const {
  if (!program_) return false;
  const std::u32string code_points = to_utf32(text);
  struct Thread {
    std::size_t op, at;
  };
  std::vector<Thread> threads{{0, 0}};
  // A state tried once need not be tried again: the work is at most states x length, whatever the pattern.
  if (program_->ops.size() * (code_points.size() + 1) > 32'000'000) return false;
  std::vector<bool> tried(program_->ops.size() * (code_points.size() + 1));
  int steps = 0;
  while (!threads.empty()) {
    const Thread t = threads.back();
    threads.pop_back();
    const std::size_t state = t.op * (code_points.size() + 1) + t.at;
    if (tried[state]) continue;
    tried[state] = true;
    if (++steps > 100'000) return false;
    const Op& op = program_->ops[t.op];
    switch (op.code) {
      case Op::Code::done:
        if (t.at == code_points.size()) return true;
        break;
      case Op::Code::jump: threads.push_back({op.a, t.at}); break;
      case Op::Code::split:
        threads.push_back({op.b, t.at});
        threads.push_back({op.a, t.at});
        break;
      case Op::Code::any:
      case Op::Code::set:
        if (t.at < code_points.size() && (op.code == Op::Code::any || in_set(op, code_points[t.at]))) threads.push_back({t.op + 1, t.at + 1});
        break;
    }
  }
  return false;
}

const std::string& Pattern::source() const {
  static const std::string none;
  return program_ ? program_->source : none;
}

}  // namespace machiya
