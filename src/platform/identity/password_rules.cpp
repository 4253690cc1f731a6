#include "platform/identity/password_rules.h"

#include <algorithm>
#include <fstream>

#include "base/text.h"

namespace machiya::identity {
namespace {
constexpr std::size_t kShortestWord = 3;        // shorter ones stand in any text by chance
constexpr std::size_t kLeastOfItsOwn = 6;       // characters that must remain when the words are taken out
constexpr std::size_t kLeastDifferent = 5;      // different characters: "aaaaaaaaaaaa" is long, not hard

std::string folded(std::string_view text) { return lower_ascii(fold_width(text)); }

Error refused(std::string why) { return Error(ErrorCode::invalid_input, std::move(why), "password"); }

std::size_t different_characters(const std::string& text) {
  std::vector<char32_t> seen;
  for (std::size_t at = 0; at < text.size();) seen.push_back(next_code_point(text, at));
  std::sort(seen.begin(), seen.end());
  return static_cast<std::size_t>(std::unique(seen.begin(), seen.end()) - seen.begin());
}

std::string without(std::string text, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word)) text.erase(at, word.size());
  return text;
}

/// Folded, without what is too short, longest first: "osaka-shi" goes before "osaka".
std::vector<std::string> prepared(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const std::string& word : words)
    if (std::string text = folded(trim(word)); text.size() >= kShortestWord) out.push_back(std::move(text));
  std::sort(out.begin(), out.end(), [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  return out;
}
}  // namespace

Result<PasswordRules> PasswordRules::load(const std::string& known, std::vector<std::string> words) {
  PasswordRules out;
  out.words_ = prepared(words);
  if (known.empty()) return out;
  std::ifstream in(known);
  if (!in) return Error(ErrorCode::not_found, "cannot read the list of known passwords; run script/data", known);
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) out.known_.insert(folded(line));
  return out;
}

Result<void> PasswordRules::check(std::string_view password, const std::vector<std::string>& own) const {
  if (!is_utf8(password) || password.size() > kLongestPasswordBytes) return refused("a password has at most 1024 bytes of UTF-8");
  if (count_code_points(password) < kShortestPassword) return refused("a password has at least 12 characters");
  const std::string text = folded(password);
  if (known_.count(text)) return refused("this password is known to attackers");
  if (different_characters(text) < kLeastDifferent) return refused("this password repeats too few characters");
  if (count_code_points(without(without(text, prepared(own)), words_)) < kLeastOfItsOwn)
    return refused("this password is made of names that anybody could guess here");
  return {};
}

}  // namespace machiya::identity
