// A small tree of one CAP document; internal to read_cap.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::bulletins {

struct CapNode {
  std::string space, name, text;
  std::vector<CapNode> children;
};
/// The root element; invalid_input "not well-formed" or "too large" (4 MB, 64 levels, 100,000 elements).
Result<CapNode> cap_tree(std::string_view bytes);

}  // namespace machiya::bulletins
