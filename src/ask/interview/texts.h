// A text of a definition in several languages; Japanese is authoritative. The pure twin of city::Text.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace machiya::interview {

class Texts {
 public:
  Texts() = default;
  /// A string (Japanese) or a map by language; anything else is empty.
  explicit Texts(const json::Value& value);
  /// Fallback: ja-easy -> ja; others -> en -> ja. Empty when there is nothing.
  const std::string& in(std::string_view lang) const;
  bool empty() const { return by_language_.empty(); }
  const std::vector<std::pair<std::string, std::string>>& all() const { return by_language_; }

 private:
  const std::string* find(std::string_view lang) const;
  std::vector<std::pair<std::string, std::string>> by_language_;
};

}  // namespace machiya::interview
