// Attribute paths: a.b.c[d.e], in queries and in orderings.
#include <algorithm>

#include "sense/query/ast.h"
#include "sense/query/scan.h"

namespace machiya::sense::detail {
namespace {

constexpr std::size_t kMaxSteps = 32;

Step step_of(std::string_view name, const NameExpander& expand) {
  const std::string bare = name.starts_with('<') ? unbracketed(name) : std::string(name);
  Step out{core_member(bare), "", bare};
  if (out.core == Core::none) out.name = expanded(name, expand);
  return out;
}

// Member names of a compound value are JSON's, so they may be quoted; "*" stands for any language.
Result<void> read_trail(Scan& scan, Path& path) {
  do {
    if (path.trail.size() >= kMaxSteps) return scan.too_much("a path of more than 32 members");
    if (scan.peek() == '"') {
      MACHIYA_TRY(std::string member, scan.quoted());
      path.trail.push_back(std::move(member));
      continue;
    }
    const std::size_t from = scan.at;
    scan.at = std::min(scan.text.find_first_of(".]", scan.at), scan.text.size());
    const std::string_view member = scan.since(from);
    if (member.empty() || member.find_first_of("[{}()<>=!~;|,\" ") != std::string_view::npos) return scan.fail_at(from, "a member's name is expected here");
    path.trail.emplace_back(member);
  } while (scan.take("."));
  if (!scan.take("]")) return scan.fail("a ] is missing");
  return {};
}

}  // namespace

Result<Path> read_path(Scan& scan, const NameExpander& expand, bool prefix) {
  Path path;
  do {
    if (path.steps.size() >= kMaxSteps) return scan.too_much("a path of more than 32 names");
    const std::string_view name = scan.name(prefix);
    if (name.empty()) return scan.fail(scan.done() ? "an attribute is missing at the end" : "an attribute's name is expected here");
    path.steps.push_back(step_of(name, expand));
  } while (scan.take("."));
  if (scan.take("[")) MACHIYA_CHECK(read_trail(scan, path));
  return path;
}

void write_path(const Path& path, std::string& out) {
  for (std::size_t i = 0; i < path.steps.size(); ++i) {
    if (i > 0) out += '.';
    const Step& step = path.steps[i];
    out += step.core == Core::none ? bracketed(step.name) : std::string(core_name(step.core));
  }
  if (path.trail.empty()) return;
  for (std::size_t i = 0; i < path.trail.size(); ++i) {
    out += i == 0 ? '[' : '.';
    if (path.trail[i] == "*") {
      out += '*';
    } else {
      tree::write_string(path.trail[i], out);
    }
  }
  out += ']';
}

}  // namespace machiya::sense::detail
