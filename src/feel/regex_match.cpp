#include "feel/regex.h"
#include "feel/unicode.h"

namespace machiya::feel {

bool CharSet::contains(char32_t c) const {
  bool in = false;
  for (const auto& r : ranges)
    if (c >= r.low && c <= r.high) {
      in = true;
      break;
    }
  if (!in && categories) in = (categories & mask_of(category(c))) != 0;
  for (std::size_t i = 0; !in && i < also.size(); ++i) in = also[i].contains(c);
  if (in == negated) return false;
  return !except || !except->contains(c);
}

bool Regex::same(char32_t a, char32_t b) const { return a == b || (ignore_case_ && (to_lower(a) == to_lower(b) || to_upper(a) == to_upper(b))); }

bool Regex::in_set(const CharSet& set, char32_t c) const {
  if (set.contains(c)) return true;
  if (!ignore_case_) return false;
  char32_t lower = to_lower(c), upper = to_upper(c);
  return (lower != c && set.contains(lower)) || (upper != c && set.contains(upper));
}

namespace {

// Where to go on after a failure, or a capture to put back (pc < 0).
struct Retry {
  std::int32_t pc;
  std::int64_t at;
  std::int32_t slot;
};

}  // namespace

// Backtracking with a mark for every (instruction, position) already tried: what failed once fails again, so each is
// tried once. With back references the captures matter too and the marks are not used.
bool Regex::match_at(const std::u32string& text, std::size_t start, Groups& groups, std::vector<std::uint64_t>& visited,
                     std::uint64_t& steps, bool& exhausted) const {
  using Op = RegexInstruction::Op;
  groups.assign(2 * static_cast<std::size_t>(groups_ + 1), -1);
  const std::size_t n = text.size();
  std::vector<Retry> stack;
  std::int32_t pc = 0;
  std::size_t at = start;
  auto fail = [&] {
    while (!stack.empty()) {
      Retry r = stack.back();
      stack.pop_back();
      if (r.pc >= 0) {
        pc = r.pc;
        at = static_cast<std::size_t>(r.at);
        return true;
      }
      groups[static_cast<std::size_t>(r.slot)] = r.at;
    }
    return false;
  };
  for (;;) {
    if (steps == 0) {
      exhausted = true;
      return false;
    }
    --steps;
    const RegexInstruction& i = program_[static_cast<std::size_t>(pc)];
    bool ok = true;
    if (i.op == Op::split && !back_references_) {
      std::size_t bit = static_cast<std::size_t>(pc) * (n + 1) + at;
      std::uint64_t& word = visited[bit / 64];
      ok = !(word >> (bit % 64) & 1);
      word |= std::uint64_t{1} << (bit % 64);
    }
    switch (ok ? i.op : Op::any) {
      case Op::set: ok = at < n && in_set(sets_[static_cast<std::size_t>(i.x)], text[at]); at += ok; ++pc; break;
      case Op::any:
        if (!ok) break;
        ok = at < n && (dot_all_ || (text[at] != '\n' && text[at] != '\r'));
        at += ok;
        ++pc;
        break;
      case Op::split:
        stack.push_back({i.y, static_cast<std::int64_t>(at), 0});
        pc = i.x;
        break;
      case Op::jump: pc = i.x; break;
      case Op::save: {
        auto& slot = groups[static_cast<std::size_t>(i.x)];
        stack.push_back({-1, slot, i.x});
        slot = static_cast<std::int64_t>(at);
        ++pc;
        break;
      }
      case Op::line_start: ok = at == 0 || (lines_ && text[at - 1] == '\n'); ++pc; break;
      case Op::line_end: ok = at == n || (lines_ && text[at] == '\n'); ++pc; break;
      case Op::back_reference: {
        auto from = groups[static_cast<std::size_t>(2 * i.x)], to = groups[static_cast<std::size_t>(2 * i.x + 1)];
        for (auto k = from; ok && k >= 0 && k < to; ++k, at += ok) ok = at < n && same(text[at], text[static_cast<std::size_t>(k)]);
        ++pc;
        break;
      }
      case Op::match: return true;
    }
    if (!ok && !fail()) return false;
  }
}

bool Regex::search(const std::u32string& text, std::size_t from, Groups& groups, std::uint64_t& steps, bool& exhausted) const {
  std::size_t words = back_references_ ? 0 : program_.size() * (text.size() + 1) / 64 + 1;
  if (steps < words) {
    exhausted = true;
    return false;
  }
  steps -= words;
  std::vector<std::uint64_t> visited(words);  // kept for all starts: a state that failed from an earlier start fails from here
  for (std::size_t at = from; at <= text.size() && !exhausted; ++at)
    if (match_at(text, at, groups, visited, steps, exhausted)) return true;
  return false;
}

}  // namespace machiya::feel
