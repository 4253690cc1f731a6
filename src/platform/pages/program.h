// A template compiled for one language: a flat list of operations with jumps. Internal to pages.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "platform/pages/pages.h"
#include "platform/pages/template_parser.h"

namespace machiya::pages {

struct Program;

struct Op {
  Node::Kind kind = Node::Kind::literal;
  bool in_attribute = false;
  bool in_url = false;
  Reading reading = Reading::ruby;
  std::uint32_t end = 0;           ///< of a section: index of the close
  const Program* target = nullptr; ///< of a fixed partial
  std::string text;                ///< literal markup; prefix of a dynamic partial or text
  Name name;
};

struct Program {
  std::vector<Op> ops;
  mutable std::atomic<std::size_t> size_hint{4096};
};

/// All templates of one language.
struct Language {
  std::string code;
  const locale::Catalogue* catalogue = nullptr;
  Data builtins;
  std::map<std::string, Program, std::less<>> programs;
};

/// Appends the page to `out`.
void run(const Program& program, const Language& language, const Data& data, std::string& out);

/// Markup of a catalogue text's literal or ruby word.
void append_ruby(std::string_view word, std::string_view reading, Reading how, std::string& out);
/// Text of a definition in やさしい日本語: words with a kana reading come out as `how` says, everything else is escaped.
void append_with_readings(std::string_view text, Reading how, std::string& out);

}  // namespace machiya::pages
