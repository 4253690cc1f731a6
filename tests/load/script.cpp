#include "tests/load/script.h"

#include "base/text.h"

namespace machiya::load {
namespace {
constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
constexpr std::string_view kGap = " … ";

void url_encode(std::string_view text, std::string& out) {
  static constexpr char digits[] = "0123456789ABCDEF";
  for (unsigned char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == '~') {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += digits[c >> 4];
      out += digits[c & 15];
    }
  }
}

Error bad(std::string why) { return Error(ErrorCode::invalid_input, std::move(why)); }

Result<Capture> parse_capture(std::string_view text) {
  Capture c;
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return bad("capture: NAME header … or NAME between …");
  c.name = text.substr(0, space);
  text = trim(text.substr(space));
  if (starts_with(text, "header ")) {
    c.header = lower_ascii(trim(text.substr(7)));
    c.path_only = c.header == "location";
    return c;
  }
  if (!starts_with(text, "between ")) return bad("capture: NAME header … or NAME between …");
  text = text.substr(8);
  const std::size_t gap = text.find(kGap);
  if (gap == std::string_view::npos) return bad("capture: the two texts are separated by ' … '");
  c.after = text.substr(0, gap);
  c.until = text.substr(gap + kGap.size());
  if (c.after.empty() || c.until.empty()) return bad("capture: both texts are needed");
  return c;
}

Result<void> set_field(Step& step, std::string_view name, std::string_view value) {
  if (name == "type") {
    step.type = value;
  } else if (name == "header") {
    MACHIYA_TRY(Template header, Template::parse(value));
    step.headers.push_back(std::move(header));
  } else if (name == "expect") {
    step.expect = 0;
    for (char c : value) {
      if (c < '0' || c > '9' || step.expect > 99) return bad("expect: a status such as 303");
      step.expect = step.expect * 10 + (c - '0');
    }
  } else if (name == "body") {
    MACHIYA_TRY(step.body, Template::parse(value));
    step.has_body = true;
  } else if (name == "capture") {
    MACHIYA_TRY(Capture capture, parse_capture(value));
    step.captures.push_back(std::move(capture));
  } else {
    return bad("unknown word: " + std::string(name));
  }
  return {};
}

Result<void> parse_line(std::string_view line, Script& script, bool& looping) {
  auto& steps = looping ? script.loop : script.first;
  if (line == "loop:") {
    if (looping) return bad("loop: stands once");
    looping = true;
    return {};
  }
  for (std::string_view method : kMethods) {
    if (!starts_with(line, std::string(method) + ' ')) continue;
    Step step;
    step.method = method;
    MACHIYA_TRY(step.target, Template::parse(trim(line.substr(method.size()))));
    steps.push_back(std::move(step));
    return {};
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bad("neither a request nor 'word: value'");
  if (steps.empty()) return bad("a request comes first");
  return set_field(steps.back(), line.substr(0, colon), trim(line.substr(colon + 1)));
}
}  // namespace

Result<Template> Template::parse(std::string_view text) {
  Template out;
  Piece piece;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') {
      piece.text += text[i];
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '{') {
      piece.text += text[i++];
      continue;
    }
    const std::size_t end = text.find('}', i);
    if (end == std::string_view::npos) return bad("a variable is not closed by '}'");
    std::string_view name = text.substr(i + 1, end - i - 1);
    if (name.size() > 4 && name.substr(name.size() - 4) == ":url") {
      piece.encode = true;
      name.remove_suffix(4);
    }
    if (name.empty()) return bad("a variable without a name");
    piece.name = name;
    out.pieces_.push_back(std::move(piece));
    piece = {};
    i = end;
  }
  if (!piece.text.empty()) out.pieces_.push_back(std::move(piece));
  return out;
}

void Template::render(const std::map<std::string, std::string, std::less<>>& variables, std::string& out) const {
  for (const Piece& piece : pieces_) {
    out += piece.text;
    if (piece.name.empty()) continue;
    const auto it = variables.find(piece.name);
    if (it == variables.end()) continue;
    if (piece.encode) url_encode(it->second, out);
    else out += it->second;
  }
}

Result<Script> parse_script(std::string_view text) {
  Script script;
  bool looping = text.find("\nloop:") == std::string_view::npos && !starts_with(text, "loop:");
  int number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const std::string_view content = trim(line);
    if (content.empty() || content.front() == '#') continue;
    if (auto parsed = parse_line(content, script, looping); !parsed.ok())
      return Error(ErrorCode::invalid_input, parsed.error().detail, "line " + std::to_string(number));
  }
  if (script.loop.empty()) return bad("the script has no request to repeat");
  return script;
}

}  // namespace machiya::load
