#include "app/arguments.h"

#include <algorithm>

namespace machiya::app {

Result<Arguments> Arguments::parse(const std::vector<std::string>& words, const std::vector<OptionSpec>& specs) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.rfind("--", 0) != 0 || word == "--") {
      out.words_.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? std::string::npos : equals - 2);
    const auto spec = std::find_if(specs.begin(), specs.end(), [&](const OptionSpec& s) { return s.name == name; });
    if (spec == specs.end()) return Error(ErrorCode::invalid_input, "unknown option --" + name);
    if (spec->value.empty()) {
      if (equals != std::string::npos) return Error(ErrorCode::invalid_input, "--" + name + " takes no value");
      out.options_.emplace_back(name, "");
    } else if (equals != std::string::npos) {
      out.options_.emplace_back(name, word.substr(equals + 1));
    } else if (i + 1 < words.size()) {
      out.options_.emplace_back(name, words[++i]);
    } else {
      return Error(ErrorCode::invalid_input, "--" + name + " needs a value: " + std::string(spec->value));
    }
  }
  return out;
}

bool Arguments::has(std::string_view name) const {
  return std::any_of(options_.begin(), options_.end(), [&](const auto& o) { return o.first == name; });
}

std::string Arguments::value(std::string_view name, std::string otherwise) const {
  for (auto it = options_.rbegin(); it != options_.rend(); ++it)
    if (it->first == name) return it->second;
  return otherwise;
}

std::string options_help(const std::vector<OptionSpec>& specs) {
  std::string out;
  for (const auto& spec : specs) {
    std::string head = "  --" + std::string(spec.name) + (spec.value.empty() ? "" : " " + std::string(spec.value));
    if (head.size() < 28) head.resize(28, ' ');
    out += head + " " + std::string(spec.help) + "\n";
  }
  return out;
}

}  // namespace machiya::app
