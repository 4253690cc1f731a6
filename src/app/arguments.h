// Command lines: "--name value", "--name=value", "--flag" and positional words, checked against what a command declares.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace machiya::app {

/// One option a command knows. A flag takes no value.
struct OptionSpec {
  std::string_view name;    ///< without "--"
  std::string_view value;   ///< what to show for the value, "" for a flag
  std::string_view help;
};

class Arguments {
 public:
  /// Fails with invalid_input on an unknown option or a missing value.
  static Result<Arguments> parse(const std::vector<std::string>& words, const std::vector<OptionSpec>& specs);
  bool has(std::string_view name) const;
  std::string value(std::string_view name, std::string otherwise = {}) const;
  const std::vector<std::string>& words() const { return words_; }

 private:
  std::vector<std::pair<std::string, std::string>> options_;
  std::vector<std::string> words_;
};

/// "  --name VALUE   help" lines.
std::string options_help(const std::vector<OptionSpec>& specs);

}  // namespace machiya::app
