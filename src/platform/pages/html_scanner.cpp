#include "base/text.h"
#include "platform/pages/html.h"

namespace machiya::pages {
namespace {
bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }
bool ends_with(std::string_view s, std::string_view end) { return s.size() >= end.size() && s.substr(s.size() - end.size()) == end; }
}  // namespace

std::string HtmlScanner::feed(std::string_view literal) {
  fault_.clear();
  for (char c : literal) {
    switch (state_) {
      case State::text: text(c); break;
      case State::comment:
        tail_ += c;
        if (ends_with(tail_, "-->")) state_ = State::text;
        break;
      case State::raw:
        tail_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        if (ends_with(tail_, "</" + tag_ + ">")) state_ = State::text;
        break;
      case State::tag: tag(c); break;
      case State::attribute_name: {
        std::string fault = name(c);
        if (!fault.empty() && fault_.empty()) fault_ = fault;
        break;
      }
      case State::before_value:
        if (is_space(c)) break;
        at_value_start_ = true;
        quote_ = c;
        state_ = c == '"' || c == '\'' ? State::quoted : State::unquoted;
        break;
      case State::quoted:
        if (c == quote_) state_ = State::tag;
        at_value_start_ = false;
        break;
      case State::unquoted:
        if (is_space(c)) state_ = State::tag;
        if (c == '>') state_ = after_tag();
        break;
    }
  }
  return fault_;
}

void HtmlScanner::text(char c) {
  if (c == '<') {
    tail_ = "<";
    return;
  }
  if (tail_.empty()) return;
  tail_ += c;
  if (tail_ == "<!--") {
    state_ = State::comment;
    tail_.clear();
  } else if (starts_with("<!--", tail_)) {
    return;
  } else if (is_space(c) || c == '>') {
    tag_ = lower_ascii(std::string_view(tail_).substr(1, tail_.size() - 2));
    tail_.clear();
    has_src_ = false;
    state_ = c == '>' ? after_tag() : State::tag;
  }
}

Reading HtmlScanner::reading() const {
  if (state_ == State::quoted) return attribute_ == "value" ? Reading::raw : Reading::word;
  if (tag_ == "textarea") return Reading::raw;
  return tag_ == "title" || tag_ == "option" ? Reading::word : Reading::ruby;
}

HtmlScanner::State HtmlScanner::after_tag() {
  tail_.clear();
  if (tag_ == "script" && !has_src_) fault_ = "a script must be a file (src=), the content policy allows no inline script";
  if (tag_ == "style") fault_ = "styles belong into web/styles, the content policy allows no inline style";
  return tag_ == "script" || tag_ == "style" ? State::raw : State::text;
}

void HtmlScanner::tag(char c) {
  if (c == '>') {
    state_ = after_tag();
  } else if (!is_space(c) && c != '/') {
    attribute_.assign(1, c);
    state_ = State::attribute_name;
  }
}

std::string HtmlScanner::name(char c) {
  if (c != '=' && c != '>' && !is_space(c)) {
    attribute_ += c;
    return {};
  }
  std::string fault = end_attribute_name();
  if (c == '=') state_ = State::before_value;
  else if (c == '>') state_ = after_tag();
  else state_ = State::tag;
  return fault;
}

std::string HtmlScanner::end_attribute_name() {
  attribute_ = lower_ascii(attribute_);
  url_attribute_ = attribute_ == "href" || attribute_ == "src" || attribute_ == "action" || attribute_ == "formaction";
  if (attribute_ == "src") has_src_ = true;
  if (attribute_ == "style") return "the attribute style= is not allowed by the content policy; use a class";
  if (attribute_.size() > 2 && starts_with(attribute_, "on") && attribute_.find('-') == std::string::npos)
    return "the event handler " + attribute_ + "= is not allowed by the content policy; use web/scripts";
  return {};
}

}  // namespace machiya::pages
