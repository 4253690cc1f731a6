// Writes well-formed XML 1.0 in UTF-8. Names are the program's own; values may be anything that a person or a feed wrote.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace machiya::bulletins {

/// Nothing is dropped silently: a character that XML 1.0 §2.2 has no place for (controls but TAB, LF and CR, U+FFFE, U+FFFF, bytes that are
/// no UTF-8) becomes U+FFFD and is counted, because a warning with a mark in it is better than no warning. '<', '>', '&' and quotes are
/// escaped, and so are CR (which a reader would turn into LF) and, in attributes, TAB and LF. Calls in a wrong order are a broken invariant.
class XmlWriter {
 public:
  /// Begins with the XML declaration.
  XmlWriter();
  /// `name` must outlive the writer: a literal.
  XmlWriter& open(std::string_view name);
  /// Only directly after open().
  XmlWriter& attribute(std::string_view name, std::string_view value);
  XmlWriter& text(std::string_view value);
  XmlWriter& close();
  /// open, text, close.
  XmlWriter& element(std::string_view name, std::string_view value);
  /// The same, or nothing at all for an empty value.
  XmlWriter& optional(std::string_view name, std::string_view value);
  /// "--" cannot stand in a comment and becomes "- -".
  XmlWriter& comment(std::string_view text);
  /// The document; everything must be closed.
  std::string take();
  /// How many characters became U+FFFD so far.
  int replaced() const { return replaced_; }

 private:
  void finish_tag();
  void append(std::string_view value, bool attribute);

  std::string out_;
  std::vector<std::string_view> open_;
  bool in_tag_ = false;
  int replaced_ = 0;
};

}  // namespace machiya::bulletins
