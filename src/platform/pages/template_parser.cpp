#include "platform/pages/template_parser.h"

#include <algorithm>

#include "base/text.h"
#include "platform/pages/html.h"

namespace machiya::pages {
namespace {

using Kind = Node::Kind;
using State = HtmlScanner::State;

class Parser {
 public:
  Parser(std::string_view source, const std::string& file, std::string_view name)
      : source_(source), file_(file), attrs_(is_attrs_template(name)), html_(attrs_ ? State::tag : State::text) {}

  Result<std::vector<Node>> run() {
    while (at_ < source_.size()) {
      std::size_t open = source_.find("{{", at_);
      if (open == std::string_view::npos) {
        MACHIYA_CHECK(literal(source_.substr(at_)));
        break;
      }
      MACHIYA_CHECK(tag(open));
    }
    if (!sections_.empty()) {
      line_ = nodes_[sections_.back()].line;
      return fault("section '" + open_names_.back() + "' is never closed");
    }
    if ((html_.state() != State::text) != attrs_) return fault(attrs_ ? "must end inside the tag" : "ends inside a tag");
    return std::move(nodes_);
  }

 private:
  Error fault(const std::string& what) const {
    return Error(ErrorCode::definition_error, file_ + ":" + std::to_string(line_) + ": " + what, file_ + ":" + std::to_string(line_));
  }

  Result<void> literal(std::string_view text) {
    if (text.empty()) return {};
    for (std::size_t i = 0, from = 0; i < text.size(); ++i) {  // line by line, so that a fault has its line
      if (text[i] != '\n' && i + 1 != text.size()) continue;
      if (std::string what = html_.feed(text.substr(from, i + 1 - from)); !what.empty()) return fault(what);
      from = i + 1;
      if (text[i] == '\n') ++line_;
    }
    Node node;
    node.line = line_;
    node.source = std::string(text);
    nodes_.push_back(std::move(node));
    return {};
  }

  Result<void> tag(std::size_t open) {
    std::size_t close = source_.find("}}", open + 2);
    if (source_.substr(open, 3) == "{{!" && source_.substr(open, 5) == "{{!--") {
      std::size_t long_close = source_.find("--}}", open + 5);
      close = long_close == std::string_view::npos ? long_close : long_close + 2;
    }
    std::string_view before = source_.substr(at_, open - at_);
    if (close == std::string_view::npos) {
      line_ += static_cast<int>(std::count(before.begin(), before.end(), '\n'));
      return fault("'{{' without '}}'");
    }
    std::string_view inside = source_.substr(open + 2, close - open - 2);
    std::size_t next = close + 2;
    bool alone = !inside.empty() && std::string_view("#^/!>").find(inside[0]) != std::string_view::npos &&
                 stands_alone(open, next, before);
    MACHIYA_CHECK(literal(before));
    int lines_inside = static_cast<int>(std::count(inside.begin(), inside.end(), '\n'));
    MACHIYA_CHECK(operation(inside));
    line_ += lines_inside;
    if (alone) {
      std::size_t line_end = source_.find('\n', next);
      next = line_end == std::string_view::npos ? source_.size() : line_end + 1;
      ++line_;
    }
    at_ = next;
    return {};
  }

  /// A section, comment or partial that is alone on its line takes the whole line away (mustache(5)). Cuts `before`.
  bool stands_alone(std::size_t open, std::size_t next, std::string_view& before) const {
    std::size_t line_start = source_.rfind('\n', open);
    line_start = line_start == std::string_view::npos || open == 0 ? 0 : line_start + 1;
    std::size_t line_end = source_.find('\n', next);
    if (line_end == std::string_view::npos) line_end = source_.size();
    auto blank = [](std::string_view s) { return s.find_first_not_of(" \t\r") == std::string_view::npos; };
    if (line_start < at_) return false;
    if (!blank(source_.substr(line_start, open - line_start)) || !blank(source_.substr(next, line_end - next))) return false;
    before = before.substr(0, before.size() - (open - line_start));
    return true;
  }

  Result<void> operation(std::string_view inside) {
    if (inside.empty()) return fault("empty '{{}}'");
    char sign = inside[0];
    if (sign == '{' || sign == '&') return fault("unescaped values are not offered; give the value the type SafeHtml");
    if (sign == '!') return {};
    if (sign == '=') return fault("delimiters cannot be changed");
    if (sign == '#' || sign == '^') return open_section(trim(inside.substr(1)), sign == '#');
    if (sign == '/') return close_section(trim(inside.substr(1)));
    if (sign == '>') return partial(trim(inside.substr(1)));
    std::string_view body = trim(inside);
    if (starts_with(body, "t:")) return text(trim(body.substr(2)));
    if (starts_with(body, "asset:")) return add(Kind::asset, std::string(trim(body.substr(6))), {}, false);
    MACHIYA_CHECK(check_name(body));
    return add(Kind::value, {}, parse_name(body), false);
  }

  Result<void> check_name(std::string_view name) const {
    auto fine = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '@';
    };
    if (name.empty() || !std::all_of(name.begin(), name.end(), fine)) return fault("'" + std::string(name) + "' is no name");
    return {};
  }

  Result<void> open_section(std::string_view name, bool plain) {
    MACHIYA_CHECK(check_name(name));
    sections_.push_back(static_cast<std::uint32_t>(nodes_.size()));
    open_names_.push_back(std::string(name));
    Node node;
    node.kind = plain ? Kind::section : Kind::inverted;
    node.line = line_;
    node.name = parse_name(name);
    nodes_.push_back(std::move(node));
    return {};
  }

  Result<void> close_section(std::string_view name) {
    if (sections_.empty()) return fault("'{{/" + std::string(name) + "}}' closes nothing");
    if (open_names_.back() != name)
      return fault("'{{/" + std::string(name) + "}}' closes '" + open_names_.back() + "' of line " +
                   std::to_string(nodes_[sections_.back()].line));
    nodes_[sections_.back()].end = static_cast<std::uint32_t>(nodes_.size());
    sections_.pop_back();
    open_names_.pop_back();
    Node node;
    node.kind = Kind::close;
    node.line = line_;
    nodes_.push_back(std::move(node));
    return {};
  }

  Result<void> partial(std::string_view name) {
    std::size_t star = name.find('*');
    std::string fixed(name.substr(0, star));
    bool wants_tag = is_attrs_template(name);
    if (star != std::string_view::npos) MACHIYA_CHECK(check_name(name.substr(star + 1)));
    if (html_.state() == State::attribute_name) (void)html_.feed(" ");  // "checked{{/x}}{{>…_attrs}}": the partial begins a new attribute
    if (html_.state() != (wants_tag ? State::tag : State::text))
      return fault("partial '" + std::string(name) + "' stands " + (wants_tag ? "outside of a tag" : "inside a tag or attribute") +
                   " (only partials named …_attrs belong into tags)");
    Node node;
    node.kind = Kind::partial;
    node.line = line_;
    node.source = fixed;
    node.dynamic = star != std::string_view::npos;
    if (node.dynamic) node.name = parse_name(name.substr(star + 1));
    nodes_.push_back(std::move(node));
    return {};
  }

  Result<void> text(std::string_view key) {
    std::size_t star = key.find('*');
    if (star != std::string_view::npos) MACHIYA_CHECK(check_name(key.substr(star + 1)));
    else if (key.empty()) return fault("'{{t:}}' without a key");
    return add(Kind::text, std::string(key.substr(0, star)), star == std::string_view::npos ? Name{} : parse_name(key.substr(star + 1)),
               star != std::string_view::npos);
  }

  /// A node that writes a value: only between tags or in a quoted attribute.
  Result<void> add(Kind kind, std::string source, Name name, bool dynamic) {
    if (html_.state() != State::text && html_.state() != State::quoted)
      return fault("a value must stand between tags or in a quoted attribute");
    Node node;
    node.kind = kind;
    node.line = line_;
    node.in_attribute = html_.state() == State::quoted;
    node.in_url = html_.at_url_start();
    node.reading = html_.reading();
    node.source = std::move(source);
    node.name = std::move(name);
    node.dynamic = dynamic;
    html_.value_written();
    nodes_.push_back(std::move(node));
    return {};
  }

  std::string_view source_;
  const std::string& file_;
  bool attrs_;
  HtmlScanner html_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> sections_;
  std::vector<std::string> open_names_;
};

}  // namespace

Name parse_name(std::string_view text) {
  Name name;
  if (!text.empty() && text[0] == '.') {
    name.local = true;
    text.remove_prefix(1);
  }
  if (!text.empty())
    for (std::string_view part : split(text, '.')) name.parts.emplace_back(part);
  return name;
}

bool is_attrs_template(std::string_view name) {
  constexpr std::string_view end = "_attrs";
  return name.size() >= end.size() && name.substr(name.size() - end.size()) == end;
}

Result<std::vector<Node>> parse_template(std::string_view source, const std::string& file, std::string_view name) {
  return Parser(source, file, name).run();
}

}  // namespace machiya::pages
