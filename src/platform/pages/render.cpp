#include "base/log.h"
#include "base/text.h"
#include "platform/locale/locale.h"
#include "platform/pages/html.h"
#include "platform/pages/program.h"

namespace machiya::pages {
namespace {

constexpr int kMaxDepth = 40;  // of partials: dynamic names could otherwise recurse for ever

bool truthy(const Data* data) {
  if (data == nullptr) return false;
  const auto& v = data->get();
  switch (v.index()) {
    case 0: return false;
    case 1: return !std::get<1>(v).empty();
    case 2: return !std::get<2>(v).html.empty();
    case 3: return std::get<3>(v);
    case 4: return !std::get<4>(v).empty();
    default: return true;
  }
}

class Renderer {
 public:
  Renderer(const Language& language, std::string& out) : language_(language), easy_(language.code == "ja-easy"), out_(out) { stack_.reserve(16); }

  void run(const Program& program, const Data& data) {
    stack_ = {&language_.builtins, &data};
    range(program.ops, 0, program.ops.size());
  }

 private:
  const Data* lookup(const Name& name) const {
    if (name.parts.empty()) return stack_.back();
    const Data* found = nullptr;
    if (name.local) {
      found = stack_.back()->find(name.parts[0]);
    } else {
      for (std::size_t i = stack_.size(); i-- > 0 && found == nullptr;) found = stack_[i]->find(name.parts[0]);
    }
    for (std::size_t i = 1; i < name.parts.size() && found != nullptr; ++i) found = found->find(name.parts[i]);
    return found;
  }

  std::string_view plain(const Name& name) const {
    const Data* found = lookup(name);
    if (found == nullptr) return {};
    const std::string* text = std::get_if<std::string>(&found->get());
    return text == nullptr ? std::string_view() : *text;
  }

  void value(const Data* data, const Op& op, bool in_url) {
    if (data == nullptr) return;
    if (const std::string* text = std::get_if<std::string>(&data->get())) {
      if (in_url && !is_safe_url(*text)) out_ += '#';
      else if (easy_ && op.reading != Reading::raw) append_with_readings(*text, op.reading, out_);
      else append_escaped(*text, out_);
    } else if (const SafeHtml* markup = std::get_if<SafeHtml>(&data->get())) {
      if (op.in_attribute) append_quoted_markup(markup->html, out_);
      else out_ += markup->html;
    }
  }

  void section(const std::vector<Op>& ops, std::size_t at) {
    const Data* data = lookup(ops[at].name);
    if (!truthy(data)) return;
    if (const Data::List* list = std::get_if<Data::List>(&data->get())) {
      for (const Data& item : *list) {
        stack_.push_back(&item);
        range(ops, at + 1, ops[at].end);
        stack_.pop_back();
      }
      return;
    }
    bool is_flag = std::holds_alternative<bool>(data->get());
    if (!is_flag) stack_.push_back(data);
    range(ops, at + 1, ops[at].end);
    if (!is_flag) stack_.pop_back();
  }

  void partial(const Op& op) {
    const Program* target = op.target;
    if (target == nullptr) {
      std::string name = op.text + std::string(plain(op.name));
      auto it = language_.programs.find(name);
      if (it == language_.programs.end() || depth_ >= kMaxDepth) {
        log(LogLevel::error, "pages-unknown-partial", {{"name", name}});
        append_escaped("⟦" + name + "⟧", out_);
        return;
      }
      target = &it->second;
    }
    ++depth_;
    range(target->ops, 0, target->ops.size());
    --depth_;
  }

  void dynamic_text(const Op& op) {
    std::string key = op.text + std::string(plain(op.name));
    const std::string* raw = language_.catalogue->raw(language_.code, key);
    if (raw == nullptr) {
      log(LogLevel::error, "pages-unknown-text", {{"key", key}});
      append_escaped("⟦" + key + "⟧", out_);
      return;
    }
    for (const locale::TextPiece& piece : locale::parse_text(*raw)) {
      if (piece.kind == locale::TextPiece::Kind::literal) append_escaped(piece.text, out_);
      else if (piece.kind == locale::TextPiece::Kind::ruby) append_ruby(piece.text, piece.reading, op.reading, out_);
      else value(lookup(parse_name(piece.text)), op, false);
    }
  }

  void range(const std::vector<Op>& ops, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      const Op& op = ops[i];
      switch (op.kind) {
        case Node::Kind::literal: out_ += op.text; break;
        case Node::Kind::value: value(lookup(op.name), op, op.in_url); break;
        case Node::Kind::section:
          section(ops, i);
          i = op.end;
          break;
        case Node::Kind::inverted:
          if (truthy(lookup(op.name))) i = op.end;
          break;
        case Node::Kind::partial: partial(op); break;
        case Node::Kind::text: dynamic_text(op); break;
        default: break;
      }
    }
  }

  const Language& language_;
  const bool easy_;  // only there do definitions carry readings
  std::string& out_;
  std::vector<const Data*> stack_;
  int depth_ = 0;
};

}  // namespace

void run(const Program& program, const Language& language, const Data& data, std::string& out) {
  out.reserve(out.size() + program.size_hint.load(std::memory_order_relaxed));
  Renderer(language, out).run(program, data);
  if (out.size() > program.size_hint.load(std::memory_order_relaxed))
    program.size_hint.store(out.size() + out.size() / 8, std::memory_order_relaxed);
}

void append_ruby(std::string_view word, std::string_view reading, Reading how, std::string& out) {
  if (how != Reading::ruby) {
    append_escaped(word, out);
    return;
  }
  out += "<ruby>";
  append_escaped(word, out);
  out += "<rp>(</rp><rt>";
  append_escaped(reading, out);
  out += "</rt><rp>)</rp></ruby>";
}

void append_with_readings(std::string_view text, Reading how, std::string& out) {
  while (!text.empty()) {
    std::size_t open = text.find('{'), bar = text.find('|', open), close = text.find('}', bar);
    if (open == std::string_view::npos || bar == std::string_view::npos || close == std::string_view::npos) break;
    std::string_view word = text.substr(open + 1, bar - open - 1), reading = text.substr(bar + 1, close - bar - 1);
    bool is_reading = !word.empty() && !reading.empty() && word.find('{') == std::string_view::npos && is_katakana(to_katakana(reading));
    std::size_t taken = is_reading ? close + 1 : open + 1;
    append_escaped(text.substr(0, is_reading ? open : taken), out);
    if (is_reading) append_ruby(word, reading, how, out);
    text.remove_prefix(taken);
  }
  append_escaped(text, out);
}

}  // namespace machiya::pages
