// A small XML reader for DMN files: elements, attributes, text. Refuses document types (and with them entity tricks),
// undeclared entities, and anything too deep or too large. Namespace prefixes are cut off names.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace machiya::feel::xml {

struct Element {
  std::string name;  ///< without prefix
  std::vector<std::pair<std::string, std::string>> attributes;  ///< names without prefix
  std::string text;  ///< all character data directly within
  std::vector<Element> children;
  int line = 1;

  const Element* child(std::string_view name) const;
  /// The attribute's value, empty when absent.
  const std::string& attribute(std::string_view name) const;
  bool has_attribute(std::string_view name) const;
  /// Text of a child element, empty when absent.
  const std::string& child_text(std::string_view name) const;
};

struct Limits {
  int depth = 100;
  std::size_t elements = 500'000;
};
/// The root element. The error's `where` is line:column.
Result<Element> parse(std::string_view text, Limits limits = {});

}  // namespace machiya::feel::xml
