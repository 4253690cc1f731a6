#include "sense/query/collation.h"

#include <unicode/ucol.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include <array>
#include <cstring>
#include <vector>

namespace machiya::sense::detail {
namespace {

Error bad(std::string_view tag) { return Error(ErrorCode::malformed_request, "collation: \"" + std::string(tag) + "\" is no collation that is known here", "collation"); }

// The tag as ICU's locale id; empty when it is no well-formed tag or names a language nobody has registered.
std::string locale_of(std::string_view tag) {
  std::array<char, ULOC_FULLNAME_CAPACITY> locale{};
  int32_t read = 0;
  UErrorCode status = U_ZERO_ERROR;
  const std::string text(tag);
  uloc_forLanguageTag(text.c_str(), locale.data(), locale.size(), &read, &status);
  if (U_FAILURE(status) || static_cast<std::size_t>(read) != text.size()) return "";
  std::array<char, ULOC_LANG_CAPACITY> language{};
  uloc_getLanguage(locale.data(), language.data(), language.size(), &status);
  const bool root = language[0] == '\0' || std::strcmp(language.data(), "root") == 0;
  if (!root && uloc_getISO3Language(locale.data())[0] == '\0') return "";
  return root && locale[0] == '\0' ? "root" : std::string(locale.data());
}

// "-u-co-phonebk": known for this language.
bool has_collation(const std::string& locale) {
  std::array<char, ULOC_KEYWORD_AND_VALUES_CAPACITY> wanted{};
  UErrorCode status = U_ZERO_ERROR;
  uloc_getKeywordValue(locale.c_str(), "collation", wanted.data(), wanted.size(), &status);
  if (U_FAILURE(status) || wanted[0] == '\0') return U_SUCCESS(status);
  UEnumeration* known = ucol_getKeywordValues("collation", &status);
  bool found = false;
  for (const char* value; U_SUCCESS(status) && !found && (value = uenum_next(known, nullptr, &status)) != nullptr;) found = std::strcmp(value, wanted.data()) == 0;
  if (known) uenum_close(known);
  return found;
}

}  // namespace

void Collation::Deleter::operator()(void* collator) const { ucol_close(static_cast<UCollator*>(collator)); }

Result<Collation> Collation::open(std::string_view tag) {
  const std::string locale = tag.empty() ? "root" : tag.size() > 100 ? "" : locale_of(tag);
  if (locale.empty() || !has_collation(locale)) return bad(tag);
  UErrorCode status = U_ZERO_ERROR;
  UCollator* collator = ucol_open(locale.c_str(), &status);
  if (U_FAILURE(status) || !collator) return bad(tag);
  Collation out;
  out.collator_ = std::shared_ptr<void>(collator, Deleter{});
  return out;
}

std::string Collation::key(std::string_view text) const {
  std::vector<UChar> wide(text.size() + 1);   // never more units than bytes
  int32_t length = 0;
  UErrorCode status = U_ZERO_ERROR;
  u_strFromUTF8WithSub(wide.data(), static_cast<int32_t>(wide.size()), &length, text.data(), static_cast<int32_t>(text.size()), 0xfffd, nullptr, &status);
  const auto* collator = static_cast<const UCollator*>(collator_.get());
  std::string out(text.size() * 2 + 16, '\0');
  auto* bytes = reinterpret_cast<uint8_t*>(out.data());
  int32_t needed = ucol_getSortKey(collator, wide.data(), length, bytes, static_cast<int32_t>(out.size()));
  if (static_cast<std::size_t>(needed) > out.size()) {
    out.resize(static_cast<std::size_t>(needed));
    needed = ucol_getSortKey(collator, wide.data(), length, reinterpret_cast<uint8_t*>(out.data()), needed);
  }
  out.resize(static_cast<std::size_t>(needed));
  return out;
}

}  // namespace machiya::sense::detail
