// ${id}, ${type}, ${service}, ${servicePath} and ${attribute} in the templates of custom notifications (NGSIv2, "Custom Notifications"). Pure.
#pragma once
#include <string>
#include <string_view>

#include "sense/tree/tree.h"

namespace machiya::sense {

/// What macros stand for: an entity in the simplified form ({"id", "type", attribute: value …}), and where it comes from.
struct MacroValues {
  tree::Value entity;
  std::string_view service, path;
  /// The value; nullptr when the notification has none of this name.
  const tree::Value* find(std::string_view name, tree::Value& room) const;
};

/// Every macro replaced by its value as text: of a text its letters, of everything else its JSON; nothing where there is none.
std::string substitute(std::string_view text, const MacroValues& values);
/// The same in every text of a JSON value; a text that is one macro becomes the value itself, null where there is none.
tree::Value substitute(const tree::Value& json, const MacroValues& values, tree::Arena& arena);
/// %XX decoded: templates write so what may not stand in them.
std::string percent_decoded_text(std::string_view text);

}  // namespace machiya::sense
