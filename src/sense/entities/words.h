// The words of the information model: what a URI, a scope, a name of an attribute may be made of.
#pragma once
#include <string_view>

namespace machiya::sense::detail {

/// A code point that nobody sees, that turns the reading direction, that stands for no character or for a private one: never in an identifier
/// (RFC 3987 §2.2 names what may stand; Unicode's Default_Ignorable_Code_Point and White_Space what may not).
bool is_unseen(char32_t c);
/// May this be the name of an attribute or of a type? (§4.6.2, and IRIs.)
bool is_attribute_name(std::string_view name);
/// Terms of the core context that stand in entities or instances without being attributes ("datasetId", "value", "previousValue" …, §4.5.1).
bool is_reserved(std::string_view name);

}  // namespace machiya::sense::detail
