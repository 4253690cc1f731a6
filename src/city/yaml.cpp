#include "city/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/text.h"

namespace machiya::city {
namespace {

/// Turns byte offsets into lines and columns of code points.
class Lines {
 public:
  Lines(std::string_view text, std::uint16_t file) : text_(text), file_(file) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') starts_.push_back(i + 1);
  }
  Place at(std::size_t offset) const {
    offset = std::min(offset, text_.size());
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const std::size_t line = static_cast<std::size_t>(next - starts_.begin());
    std::uint32_t column = 1;
    for (std::size_t i = starts_[line - 1]; i < offset; ++i)
      if ((static_cast<unsigned char>(text_[i]) & 0xC0) != 0x80) ++column;
    return Place{file_, static_cast<std::uint32_t>(line), column};
  }
  std::string_view text() const { return text_; }
  std::size_t line_start(std::size_t line) const { return line <= starts_.size() ? starts_[line - 1] : text_.size(); }
  std::string_view line_text(std::size_t line) const {
    if (line == 0 || line > starts_.size()) return {};
    std::string_view rest = text_.substr(starts_[line - 1]);
    return rest.substr(0, rest.find_first_of("\r\n"));
  }

 private:
  std::string_view text_;
  std::uint16_t file_;
  std::vector<std::size_t> starts_;
};

/// Ends the reading of a file from inside yaml-cpp's recursion; caught in parse_yaml only.
struct TooMuch {};

class Builder final : public YAML::EventHandler {
 public:
  Builder(const Lines& lines, const YamlLimits& limits, std::vector<PlacedFault>& faults)
      : lines_(lines), limits_(limits), faults_(faults) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    Node node = make(mark, Node::Kind::scalar);
    // yaml-cpp turns a plain null or ~ into an event of its own; here it is text like any other.
    const std::string_view rest = lines_.text().substr(offset(mark));
    for (std::string_view word : {"null", "Null", "NULL", "~"})
      if (starts_with(rest, word) && word_ends(rest, word.size())) return scalar(std::move(node), std::string(word), mark);
    node.style = Node::Style::empty;
    add(std::move(node), mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    fault(mark, "別名(*)は使えません。内容をそのまま書いてください", "aliases (*) are not allowed; write the content itself");
    add(make(mark, Node::Kind::scalar), mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    scalar(make(mark, Node::Kind::scalar), value, mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::map);
  }
  void OnMapEnd() override { close(); }

  std::optional<Node> take() { return std::move(root_); }

 private:
  struct Frame {
    Node node;
    bool as_key = false;        ///< this collection stands where a key should
    bool key_next = true;
    bool discard = false;       ///< the value of a duplicate key
    Key key;
    std::set<std::string> seen;
  };

  std::size_t offset(const YAML::Mark& mark) const { return mark.pos < 0 ? 0 : std::min<std::size_t>(mark.pos, lines_.text().size()); }
  static bool word_ends(std::string_view rest, std::size_t size) {
    return rest.size() == size || std::string_view(" \r\n,]}:#").find(rest[size]) != std::string_view::npos;
  }
  void fault(const YAML::Mark& mark, std::string ja, std::string en) {
    faults_.push_back({lines_.at(offset(mark)), std::move(ja), std::move(en)});
  }
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) fault(mark, "アンカー(&)は使えません。内容をそのまま書いてください", "anchors (&) are not allowed; write the content itself");
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    fault(mark, "タグ(!)は使えません。型はスキーマで決まります", "tags (!) are not allowed; the schema decides the type");
  }
  Node make(const YAML::Mark& mark, Node::Kind kind) {
    if (++count_ > limits_.nodes) {
      fault(mark, "項目が多すぎます。ファイルを分けてください", "too many nodes; split the file");
      throw TooMuch{};
    }
    Node node;
    node.kind = kind;
    node.place = node.text_place = lines_.at(offset(mark));
    return node;
  }

  void scalar(Node node, std::string value, const YAML::Mark& mark) {
    const std::string_view rest = lines_.text().substr(offset(mark));
    const char first = rest.empty() ? ' ' : rest[0];
    if (first == '"' || first == '\'') {
      node.style = Node::Style::quoted;
      // yaml-cpp takes a quote that is never closed as closed at the end of the file.
      if (!closes(rest)) fault(mark, "引用符が閉じていません", "the quote is not closed; this is not readable as YAML");
      ++node.text_place.column;
      node.inner_exact = starts_with(rest.substr(1), value);
    } else if (first == '|' || first == '>') {
      node.style = Node::Style::block;
      block_place(node, first == '|');
    } else {
      node.inner_exact = starts_with(rest, value);
    }
    node.text = std::move(value);
    add(std::move(node), mark);
  }
  static bool closes(std::string_view quoted) {
    const char quote = quoted[0];
    for (std::size_t i = 1; i < quoted.size(); ++i) {
      if (quote == '"' && quoted[i] == '\\') ++i;
      else if (quoted[i] == quote && !(quote == '\'' && i + 1 < quoted.size() && quoted[i + 1] == quote)) return true;
      else if (quoted[i] == quote) ++i;
    }
    return false;
  }
  void block_place(Node& node, bool literal) const {
    std::size_t line = node.place.line + 1;
    while (line < node.place.line + 1000 && trim(lines_.line_text(line)).empty() && lines_.line_start(line) < lines_.text().size()) ++line;
    const std::string_view content = lines_.line_text(line);
    const std::size_t indent = content.find_first_not_of(' ');
    node.text_place.line = static_cast<std::uint32_t>(line);
    node.text_place.column = static_cast<std::uint32_t>(indent == std::string_view::npos ? 1 : indent + 1);
    node.inner_exact = literal;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (static_cast<int>(stack_.size()) >= limits_.depth) {
      fault(mark, "入れ子が深すぎます", "nested too deeply");
      throw TooMuch{};
    }
    Frame frame;
    frame.node = make(mark, kind);
    if (!stack_.empty() && stack_.back().node.is_map() && stack_.back().key_next) {
      fault(mark, "キーは文字だけで書いてください", "a key must be plain text");
      frame.as_key = true;
      stack_.back().key_next = false;
      stack_.back().discard = true;
    }
    stack_.push_back(std::move(frame));
  }
  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (!frame.as_key) attach(std::move(frame.node));
  }
  void add(Node node, const YAML::Mark& mark) {
    if (!stack_.empty() && stack_.back().node.is_map() && stack_.back().key_next) return key(std::move(node), mark);
    attach(std::move(node));
  }
  void key(Node node, const YAML::Mark& mark) {
    Frame& frame = stack_.back();
    frame.key_next = false;
    if (node.style == Node::Style::empty) {
      fault(mark, "キーがありません", "the key is missing");
      frame.discard = true;
      return;
    }
    if (node.text == "<<" && node.style == Node::Style::plain) {
      fault(mark, "マージキー(<<)は使えません", "merge keys (<<) are not allowed");
      frame.discard = true;
      return;
    }
    if (!frame.seen.insert(node.text).second) {
      const Key* first = frame.node.find_key(node.text);
      const std::string line = std::to_string(first ? first->place.line : 0);
      fault(mark, "キー「" + node.text + "」が重複しています(先の行: " + line + ")", "duplicate key \"" + node.text + "\" (first at line " + line + ")");
      frame.discard = true;
      return;
    }
    frame.key = Key{std::move(node.text), node.place};
  }
  void attach(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.is_map()) {
      frame.key_next = true;
      if (frame.discard) {
        frame.discard = false;
        return;
      }
      frame.node.keys.push_back(std::move(frame.key));
    }
    frame.node.items.push_back(std::move(node));
  }

  const Lines& lines_;
  const YamlLimits& limits_;
  std::vector<PlacedFault>& faults_;
  std::vector<Frame> stack_;
  std::optional<Node> root_;
  std::size_t count_ = 0;
};

/// Byte-level rules, before yaml-cpp sees anything. False when the file must not be parsed.
bool clean_bytes(std::string_view text, const Lines& lines, std::vector<PlacedFault>& faults) {
  const std::size_t before = faults.size();
  if (starts_with(text, "\xEF\xBB\xBF"))
    faults.push_back({lines.at(0), "先頭にBOMがあります。BOMなしのUTF-8で保存してください", "the file begins with a byte order mark; save it as UTF-8 without BOM"});
  std::size_t last_tab_line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t here = at;
    const unsigned char byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x80) {
      next_code_point(text, at);
      if (!is_utf8(text.substr(here, at - here))) {
        faults.push_back({lines.at(here), "UTF-8として正しくない文字です", "this is not valid UTF-8"});
        return false;
      }
      continue;
    }
    ++at;
    if (byte == '\t') {
      const Place place = lines.at(here);
      if (place.line != last_tab_line) faults.push_back({place, "タブは使えません。空白で字下げしてください", "tabs are not allowed; indent with spaces"});
      last_tab_line = place.line;
    } else if ((byte < 0x20 && byte != '\n' && !(byte == '\r' && at < text.size() && text[at] == '\n')) || byte == 0x7F) {
      faults.push_back({lines.at(here), "制御文字は使えません", "control characters are not allowed"});
      return false;
    } else if (byte == '%' && (here == 0 || text[here - 1] == '\n')) {
      faults.push_back({lines.at(here), "YAMLの指示行(%)は使えません", "YAML directives (%) are not allowed"});
    }
  }
  return faults.size() == before;
}

/// yaml-cpp's own words are for programmers; these are the ones an author meets most.
std::string syntax_ja(const std::string& en) {
  const auto has = [&](const char* part) { return en.find(part) != std::string::npos; };
  if (has("illegal map value")) return "ここに「:」は置けません。文字に「: 」を含むときは引用符で囲んでください";
  if (has("end of map") || has("end of sequence")) return "字下げか括弧の対応が正しくありません";
  if (has("block entry") || has("block")) return "「- 」の字下げが正しくありません";
  if (has("unknown token") || has("can't start a plain scalar") || has("start any token")) return "この文字では始められません。引用符で囲んでください";
  if (has("quot") || has("EOF")) return "引用符か括弧が閉じていません";
  if (has("alias")) return "別名(*)は使えません。内容をそのまま書いてください";
  return "YAMLとして読めません";
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i].name == key) return &items[i];
  return nullptr;
}

const Key* Node::find_key(std::string_view key) const {
  for (const Key& k : keys)
    if (k.name == key) return &k;
  return nullptr;
}

std::optional<Node> parse_yaml(std::string_view text, std::vector<PlacedFault>& faults, YamlLimits limits, std::uint16_t file) {
  if (text.size() > limits.bytes) {
    faults.push_back({Place{file, 1, 1}, "ファイルが大きすぎます(1 MiBまで)", "the file is too large (1 MiB at most)"});
    return std::nullopt;
  }
  const Lines lines(text, file);
  if (!clean_bytes(text, lines, faults)) return std::nullopt;
  Builder builder(lines, limits, faults);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(builder)) {
      faults.push_back({Place{file, 1, 1}, "ファイルが空です", "the file is empty"});
      return std::nullopt;
    }
    std::optional<Node> root = builder.take();
    std::vector<PlacedFault> unused;
    Builder second(lines, limits, unused);
    if (parser.HandleNextDocument(second)) {
      const std::optional<Node> other = second.take();
      faults.push_back({other ? other->place : Place{file, 1, 1}, "1つのファイルに書けるのは1つの文書だけです(「---」は使えません)", "only one document per file (no second \"---\")"});
    }
    return root;
  } catch (const YAML::Exception& e) {
    const std::size_t at = e.mark.pos < 0 ? 0 : static_cast<std::size_t>(e.mark.pos);
    faults.push_back({lines.at(at), syntax_ja(e.msg), "this is not readable as YAML: " + e.msg});
  } catch (const TooMuch&) {
    // already reported where it happened
  }
  return std::nullopt;
}

namespace {

std::string unescape_token(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size()) {
      out += token[++i] == '1' ? '/' : '~';
    } else {
      out += token[i];
    }
  }
  return out;
}

/// Moves `found` one step down; false when there is no such child.
bool step(Found& found, const std::string& token) {
  const Node& node = *found.node;
  if (node.is_map()) {
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      if (node.keys[i].name != token) continue;
      found.node = &node.items[i];
      found.place = node.items[i].is_scalar() && node.items[i].style != Node::Style::empty ? node.items[i].place : node.keys[i].place;
      return true;
    }
    return false;
  }
  if (!node.is_list() || token.empty() || token.size() > 7 || token.find_first_not_of("0123456789") != std::string::npos) return false;
  const std::size_t index = std::stoul(token);
  if (index >= node.items.size()) return false;
  found.node = &node.items[index];
  found.place = found.node->place;
  return true;
}

}  // namespace

Found locate(const Node& root, std::string_view pointer) {
  Found found{&root, root.place, true};
  while (!pointer.empty()) {
    if (pointer.front() == '/') pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    if (!step(found, unescape_token(pointer.substr(0, end)))) {
      found.exact = false;
      return found;
    }
    pointer.remove_prefix(end);
  }
  return found;
}

}  // namespace machiya::city
