// Reading the small languages of queries: a text, a place in it, and errors that name the column.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/query/filter.h"

namespace machiya::sense::detail {

class Scan {
 public:
  Scan(std::string_view text, std::string_view parameter) : text(text), parameter_(parameter) {}
  std::string_view text;
  std::size_t at = 0;

  bool done() const { return at >= text.size(); }
  char peek(std::size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }
  bool starts(std::string_view word) const { return text.substr(at).starts_with(word); }
  bool take(std::string_view word) { return starts(word) ? (at += word.size(), true) : false; }
  std::string_view since(std::size_t from) const { return text.substr(from, at - from); }
  /// malformed_request: "q, column 7: …", columns counted in characters from 1.
  Error fail(std::string_view what) const { return fail_at(at, what); }
  Error fail_at(std::size_t where, std::string_view what) const;
  Error too_much(std::string_view what) const;

  /// A name of §4.6.2 with or without prefix ("ex:name"), an IRI written in <…>, or a bare absolute IRI up to an operator. Empty when there is none.
  std::string_view name(bool prefix = true);
  /// A JSON string from its quote on, unescaped.
  Result<std::string> quoted();

 private:
  std::string_view parameter_;
};

/// <IRI> stays, every other name is expanded. Empty results are the name itself.
std::string expanded(std::string_view name, const NameExpander& expand);
/// `<IRI>`; what cannot stand there is written \u00XX, as in Turtle. NGSIv2's names may hold such characters.
std::string bracketed(std::string_view iri);
/// The IRI in `<IRI>`.
std::string unbracketed(std::string_view name);
/// Letters of Unicode (category L), and numbers (N).
bool is_letter(char32_t c);
bool is_number(char32_t c);
/// A JSON number (RFC 8259 §6) and nothing else.
bool is_json_number(std::string_view text);

}  // namespace machiya::sense::detail
