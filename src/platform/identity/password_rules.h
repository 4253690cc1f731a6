// Which passwords a person may choose (NIST SP 800-63B-4 §3.1.1.2): long, not known to attackers, not about this city. No rule about
// kinds of characters, no end of their own. Pure after loading; thread-safe.
#pragma once
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/result.h"

namespace machiya::identity {

inline constexpr std::size_t kShortestPassword = 12;     ///< characters (code points)
inline constexpr std::size_t kLongestPasswordBytes = 1024;

class PasswordRules {
 public:
  /// `known`: a file with one known password a line (made by script/data), "" for none; `words`: what must not be most of a
  /// password: names of the city, its departments and roles. not_found when the file cannot be read.
  static Result<PasswordRules> load(const std::string& known, std::vector<std::string> words);
  /// Nothing when `password` is good; else invalid_input at "password" with the reason. `own`: the account's name and the
  /// person's name as shown. The password is judged, and later hashed, exactly as it was typed; only the comparisons fold
  /// case and width.
  Result<void> check(std::string_view password, const std::vector<std::string>& own) const;
  std::size_t known() const { return known_.size(); }

 private:
  std::unordered_set<std::string> known_;   ///< folded
  std::vector<std::string> words_;          ///< folded, longest first
};

}  // namespace machiya::identity
