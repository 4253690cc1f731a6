// One template file as a list of nodes, before languages and partials are resolved. Internal to pages.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/pages/html.h"

namespace machiya::pages {

/// A dotted name cut into parts. `local`: written with a leading dot, looked up in the innermost context only.
/// No parts and local: "{{.}}".
struct Name {
  std::vector<std::string> parts;
  bool local = false;
};
Name parse_name(std::string_view text);

struct Node {
  enum class Kind : std::uint8_t { literal, value, section, inverted, close, partial, text, asset };
  Kind kind = Kind::literal;
  bool in_attribute = false;  ///< the value stands in a quoted attribute
  bool in_url = false;        ///< at the start of href, src or action
  Reading reading = Reading::ruby;
  int line = 0;
  std::uint32_t end = 0;      ///< of a section: index of its close node
  std::string source;         ///< literal text; partial's fixed name part; text key; asset name
  Name name;                  ///< of value, section, inverted; dynamic part of a partial, a text key
  bool dynamic = false;       ///< partial "fields/*kind" or text "t:prefix.*name"
};

/// Parses a whole file; `name` decides the first state: a template "…_attrs" stands inside a tag.
/// The error's `where` is file:line.
Result<std::vector<Node>> parse_template(std::string_view source, const std::string& file, std::string_view name);

/// True when the template is one for the inside of a tag.
bool is_attrs_template(std::string_view name);

}  // namespace machiya::pages
