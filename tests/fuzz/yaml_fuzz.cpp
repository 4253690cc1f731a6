// The definition loader on arbitrary bytes: never a crash, bounded work; what it accepts keeps its promises.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/text.h"
#include "city/schema.h"
#include "city/yaml.h"

using namespace machiya;

namespace {

/// Every node lies inside of the text, every scalar is UTF-8, every key stands once.
void examine(const city::Node& node, std::size_t lines) {
  if (node.place.line == 0 || node.place.line > lines + 1 || node.place.column == 0) std::abort();
  if (node.is_scalar() && !is_utf8(node.text)) std::abort();
  if (node.is_map() && node.keys.size() != node.items.size()) std::abort();
  for (std::size_t i = 0; i < node.keys.size() && i < 50; ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (node.keys[i].name == node.keys[k].name) std::abort();
  for (const city::Node& item : node.items) examine(item, lines);
}

std::shared_ptr<const city::Schema> schema(const char* name) {
  auto compiled = city::Schema::compile(city::schema_text(name));
  if (!compiled.ok()) std::abort();
  return std::move(compiled).value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto procedure = schema("procedure"), workflow = schema("workflow"), scenario = schema("scenario");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<city::PlacedFault> faults;
  city::YamlLimits limits;
  limits.bytes = 64 * 1024;
  limits.nodes = 5'000;
  const auto root = city::parse_yaml(text, faults, limits);
  if (!root && faults.empty()) std::abort();   // a refusal without a reason
  if (!root) return 0;
  examine(*root, static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1);
  for (const auto& s : {procedure, workflow, scenario}) {
    const json::Value value = city::check_node(*root, s->root(), faults);
    city::references(value, s->root());
    if (!json::parse(json::to_text(value)).ok()) std::abort();
  }
  for (const city::PlacedFault& fault : faults)
    if (fault.ja.empty() || fault.en.empty()) std::abort();
  return 0;
}
