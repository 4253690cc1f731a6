// Regular expressions of XPath 3.1 (fn:matches, fn:replace, fn:tokenize), as DMN 10.3.4.3 wants them. Without back
// references matching takes time linear in pattern × text; with them it is bounded by the steps given.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machiya::feel {

/// A set of code points: ranges, general categories, nested sets, a subtracted set.
struct CharSet {
  struct Range { char32_t low, high; };
  std::vector<Range> ranges;
  std::uint32_t categories = 0;        ///< bits of Category
  std::vector<CharSet> also;
  std::shared_ptr<const CharSet> except;
  bool negated = false;
  bool contains(char32_t c) const;
};

struct RegexInstruction {
  enum class Op : std::uint8_t { set, any, split, jump, save, line_start, line_end, back_reference, match };
  Op op;
  std::int32_t x = 0, y = 0;  ///< targets (split prefers x), set or group number
};

class Regex {
 public:
  /// Nothing when the pattern or a flag (of "smixq") is malformed.
  static std::optional<Regex> compile(std::string_view pattern, std::string_view flags);

  /// Start and end of the match and of each group, in code points; -1 for a group that took no part.
  using Groups = std::vector<std::int64_t>;
  /// The first match at or after `from`. `steps` is spent; when it runs out, `exhausted` is set.
  bool search(const std::u32string& text, std::size_t from, Groups& groups, std::uint64_t& steps, bool& exhausted) const;
  int group_count() const { return groups_; }

 private:
  friend class RegexCompiler;
  bool match_at(const std::u32string& text, std::size_t at, Groups& groups, std::vector<std::uint64_t>& visited,
                std::uint64_t& steps, bool& exhausted) const;
  bool same(char32_t a, char32_t b) const;
  bool in_set(const CharSet& set, char32_t c) const;
  std::vector<RegexInstruction> program_;
  std::vector<CharSet> sets_;
  int groups_ = 0;
  bool dot_all_ = false, lines_ = false, ignore_case_ = false, back_references_ = false;
};

}  // namespace machiya::feel
