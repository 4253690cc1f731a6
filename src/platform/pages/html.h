// HTML rules that both the template compiler and the renderer need. Internal to pages.
#pragma once
#include <string>
#include <string_view>

namespace machiya::pages {

/// Appends text so that it may stand between tags and in quoted attributes.
void append_escaped(std::string_view text, std::string& out);
/// Appends safe markup so that it cannot end a quoted attribute (entities stay as they are).
void append_quoted_markup(std::string_view markup, std::string& out);
/// Relative, or http, https, mailto, tel: what href, src and action may hold.
bool is_safe_url(std::string_view url);

/// How readings "{漢字|かんじ}" come out where a value lands: as ruby, as the word alone (title, option, attributes), or
/// untouched (textarea and value=, which hold what a person typed).
enum class Reading { ruby, word, raw };

/// Follows HTML just far enough to know where a value of a template would land.
class HtmlScanner {
 public:
  enum class State { text, tag, attribute_name, before_value, quoted, unquoted, comment, raw };
  explicit HtmlScanner(State start) : state_(start) {}
  /// Reads literal markup; returns a fault ("" when fine): inline style, inline script or an event handler.
  std::string feed(std::string_view literal);
  /// A value was written here: an attribute's value is no longer at its start.
  void value_written() { at_value_start_ = false; }
  State state() const { return state_; }
  Reading reading() const;
  /// True at the first character of an attribute that holds a URL.
  bool at_url_start() const { return state_ == State::quoted && at_value_start_ && url_attribute_; }

 private:
  void text(char c);
  void tag(char c);
  std::string name(char c);
  std::string end_attribute_name();
  State after_tag();

  State state_;
  std::string tag_, attribute_, tail_;
  char quote_ = '"';
  bool at_value_start_ = false, url_attribute_ = false, has_src_ = false;
  std::string fault_;
};

}  // namespace machiya::pages
