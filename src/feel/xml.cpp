#include "feel/xml.h"

#include "base/text.h"

namespace machiya::feel::xml {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool ends_name(char c) { return is_space(c) || c == '=' || c == '>' || c == '/' || c == '<' || c == '"' || c == '\''; }

std::string_view local(std::string_view name) {
  std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

class Parser {
 public:
  Parser(std::string_view s, Limits limits) : s_(s), limits_(limits) {
    if (starts_with(s_, "\xEF\xBB\xBF")) at_ = 3;
  }

  Result<Element> document() {
    if (!is_utf8(s_)) return Error(ErrorCode::malformed_request, "not UTF-8", "1:1");
    if (!misc()) return error();
    Element root;
    if (!element(root, 0)) return error();
    if (!misc()) return error();
    if (at_ < s_.size()) return fail("something follows the root element"), error();
    return root;
  }

 private:
  bool fail(std::string what) {
    if (what_.empty()) {
      what_ = std::move(what);
      bad_ = at_;
    }
    return false;
  }
  Error error() const {
    int line = 1, column = 1;
    for (std::size_t i = 0; i < bad_ && i < s_.size(); ++i) {
      ++column;
      if (s_[i] == '\n') ++line, column = 1;
    }
    return Error(ErrorCode::malformed_request, what_, std::to_string(line) + ":" + std::to_string(column));
  }
  bool looking(std::string_view t) const { return starts_with(s_.substr(at_), t); }
  void space() {
    while (at_ < s_.size() && is_space(s_[at_])) ++at_;
  }
  bool skip_past(std::string_view end) {
    std::size_t e = s_.find(end, at_);
    if (e == std::string_view::npos) return fail("unfinished markup");
    at_ = e + end.size();
    return true;
  }
  // Comments, processing instructions and white space around the root.
  bool misc() {
    for (;;) {
      space();
      if (looking("<!--")) {
        if (!skip_past("-->")) return false;
      } else if (looking("<?")) {
        if (!skip_past("?>")) return false;
      } else if (looking("<!")) {
        return fail("document types are not accepted");
      } else {
        return true;
      }
    }
  }
  std::string_view name() {
    std::size_t begin = at_;
    while (at_ < s_.size() && !ends_name(s_[at_])) ++at_;
    return s_.substr(begin, at_ - begin);
  }
  bool entity(std::string& out) {
    std::size_t end = s_.find(';', at_);
    if (end == std::string_view::npos || end - at_ > 12) return fail("a bare & is not allowed");
    std::string_view e = s_.substr(at_ + 1, end - at_ - 1);
    if (e == "lt") out += '<';
    else if (e == "gt") out += '>';
    else if (e == "amp") out += '&';
    else if (e == "quot") out += '"';
    else if (e == "apos") out += '\'';
    else if (e.size() > 1 && e[0] == '#') {
      char32_t c = 0;
      bool hex = e[1] == 'x';
      for (char d : e.substr(hex ? 2 : 1)) {
        int v = d >= '0' && d <= '9' ? d - '0' : hex && (d | 32) >= 'a' && (d | 32) <= 'f' ? (d | 32) - 'a' + 10 : -1;
        if (v < 0 || c > 0x110000) return fail("bad character reference");
        c = c * (hex ? 16 : 10) + static_cast<char32_t>(v);
      }
      if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return fail("bad character reference");
      append_utf8(c, out);
    } else {
      return fail("unknown entity");
    }
    at_ = end + 1;
    return true;
  }
  bool attributes(Element& e) {
    for (;;) {
      space();
      if (at_ >= s_.size()) return fail("unfinished element");
      if (s_[at_] == '>' || s_[at_] == '/') return true;
      std::string_view n = name();
      space();
      if (n.empty() || at_ >= s_.size() || s_[at_] != '=') return fail("expected an attribute");
      ++at_;
      space();
      char quote = at_ < s_.size() ? s_[at_] : '\0';
      if (quote != '"' && quote != '\'') return fail("expected a quoted value");
      ++at_;
      std::string value;
      while (at_ < s_.size() && s_[at_] != quote) {
        if (s_[at_] == '<') return fail("< in an attribute");
        if (s_[at_] == '&') {
          if (!entity(value)) return false;
        } else {
          value += s_[at_++];
        }
      }
      if (at_ >= s_.size()) return fail("unfinished value");
      ++at_;
      if (!starts_with(n, "xmlns")) e.attributes.emplace_back(std::string(local(n)), std::move(value));
    }
  }
  bool element(Element& e, int depth) {
    if (depth > limits_.depth || ++count_ > limits_.elements) return fail("too deep or too large");
    if (!looking("<")) return fail("expected an element");
    while (counted_ < at_) line_ += s_[counted_++] == '\n';
    e.line = line_;
    ++at_;
    std::string_view full = name();
    if (full.empty()) return fail("expected an element name");
    e.name = std::string(local(full));
    if (!attributes(e)) return false;
    if (s_[at_] == '/') {
      ++at_;
      if (!looking(">")) return fail("expected >");
      ++at_;
      return true;
    }
    ++at_;
    return content(e, full, depth);
  }
  bool content(Element& e, std::string_view full, int depth) {
    while (at_ < s_.size()) {
      if (s_[at_] == '&') {
        if (!entity(e.text)) return false;
      } else if (s_[at_] != '<') {
        e.text += s_[at_++];
      } else if (looking("</")) {
        at_ += 2;
        if (name() != full) return fail("this end does not match");
        space();
        if (!looking(">")) return fail("expected >");
        ++at_;
        return true;
      } else if (looking("<!--")) {
        if (!skip_past("-->")) return false;
      } else if (looking("<![CDATA[")) {
        at_ += 9;
        std::size_t end = s_.find("]]>", at_);
        if (end == std::string_view::npos) return fail("unfinished CDATA");
        e.text += s_.substr(at_, end - at_);
        at_ = end + 3;
      } else if (looking("<?")) {
        if (!skip_past("?>")) return false;
      } else {
        e.children.emplace_back();
        if (!element(e.children.back(), depth + 1)) return false;
      }
    }
    return fail("an element does not end");
  }

  std::string_view s_;
  Limits limits_;
  std::size_t at_ = 0, bad_ = 0, count_ = 0, counted_ = 0;
  int line_ = 1;
  std::string what_;
};

const std::string kEmpty;

}  // namespace

const Element* Element::child(std::string_view n) const {
  for (const auto& c : children)
    if (c.name == n) return &c;
  return nullptr;
}

const std::string& Element::attribute(std::string_view n) const {
  for (const auto& a : attributes)
    if (a.first == n) return a.second;
  return kEmpty;
}

bool Element::has_attribute(std::string_view n) const {
  for (const auto& a : attributes)
    if (a.first == n) return true;
  return false;
}

const std::string& Element::child_text(std::string_view n) const {
  const Element* c = child(n);
  return c ? c->text : kEmpty;
}

Result<Element> parse(std::string_view text, Limits limits) { return Parser(text, limits).document(); }

}  // namespace machiya::feel::xml
