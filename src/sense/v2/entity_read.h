// Entities and their attributes from what a client of NGSIv2 sends. Pure.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/entities/draft.h"
#include "sense/v2/names.h"

namespace machiya::sense::ngsiv2 {

/// What a body says of one entity. The draft has attributes and, when it was said (dateExpires), the expiry; its head is empty.
struct Read {
  std::string id, type;        ///< as written; "" when they are not there
  Draft draft;
  bool has_type = false;
  bool names_attributes = false;   ///< there is a member besides id and type, built in or not
};

enum class Head : std::uint8_t {
  whole,      ///< id is needed
  none,       ///< id and type are refused (…/attrs)
};

/// `key_values`: attributes are bare values. invalid_input. `arena` and `body` must outlive the draft.
Result<Read> read_entity(const tree::Value& body, Head head, bool key_values, const NameMap& names, tree::Arena& arena);
/// An attribute's name: the rules of fields, and the names that are something else (id, type, geo:distance, *).
Result<void> check_attribute_name(std::string_view name);

}  // namespace machiya::sense::ngsiv2
