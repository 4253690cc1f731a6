// The values that queries compare with.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "sense/query/ast.h"

namespace machiya::sense::detail {

Literal text_literal(std::string text);
/// Numbers, texts, dates, times and instants are; true, false and null are not.
bool is_ordered(const Literal& literal);
/// An unquoted value at the beginning of `text`: up to , ; | ) or, with `ranges`, to the dots of a range.
std::string_view bare_word(std::string_view text, bool ranges);
/// Decoded, when there is a %XX in it and the result is UTF-8.
std::optional<std::string> percent_decoded(std::string_view text);
/// An instant as entities may hold it: UTC, or with an offset (NGSIv2).
std::optional<std::int64_t> instant_of(std::string_view text);
std::optional<std::int64_t> day_of(std::string_view text);
/// Text of a literal that reads back as the same.
std::string literal_text(const Literal& literal);

}  // namespace machiya::sense::detail
