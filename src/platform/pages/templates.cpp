#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "platform/locale/locale.h"
#include "platform/pages/assets.h"
#include "platform/pages/html.h"
#include "platform/pages/pages.h"
#include "platform/pages/program.h"

namespace machiya::pages {
namespace fs = std::filesystem;

namespace {

struct Source {
  std::string file;
  std::vector<Node> nodes;
};
using Sources = std::map<std::string, Source>;

Result<Sources> read_all(const std::string& folder) {
  std::error_code failed;
  Sources sources;
  fs::recursive_directory_iterator it(folder, failed);
  if (failed) return Error(ErrorCode::not_found, folder + ": no such folder of templates");
  for (; it != fs::recursive_directory_iterator(); it.increment(failed)) {
    if (failed) return Error(ErrorCode::not_found, folder + ": cannot be read");
    if (!it->is_regular_file() || it->path().extension() != ".html") continue;
    std::string file = it->path().generic_string();
    std::string name = it->path().lexically_relative(folder).replace_extension().generic_string();
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    MACHIYA_TRY(std::vector<Node> nodes, parse_template(text.str(), file, name));
    sources.emplace(std::move(name), Source{std::move(file), std::move(nodes)});
  }
  return sources;
}

Error fault(const Source& source, const Node& node, const std::string& what) {
  std::string where = source.file + ":" + std::to_string(node.line);
  return Error(ErrorCode::definition_error, where + ": " + what, where);
}

/// A fixed partial that reaches itself would never end.
Result<void> check_cycles(const Sources& sources, const std::string& name, std::vector<std::string>& path) {
  for (const Node& node : sources.at(name).nodes) {
    if (node.kind != Node::Kind::partial || node.dynamic) continue;
    if (sources.count(node.source) == 0) return fault(sources.at(name), node, "there is no template '" + node.source + "'");
    if (node.source == path.front() || path.size() > 64)
      return fault(sources.at(name), node, "partial '" + node.source + "' includes itself");
    path.push_back(node.source);
    MACHIYA_CHECK(check_cycles(sources, node.source, path));
    path.pop_back();
  }
  return {};
}

/// Builds one program: texts of the catalogue become literals, partials become pointers.
class Compiler {
 public:
  Compiler(const Source& source, Language& language, const Assets* assets) : source_(source), language_(language), assets_(assets) {}

  Result<void> run(Program& program) {
    for (const Node& node : source_.nodes) MACHIYA_CHECK(compile(node));
    program.ops = std::move(ops_);
    return {};
  }

 private:
  void literal(std::string_view markup) {
    if (markup.empty()) return;
    if (!ops_.empty() && ops_.back().kind == Node::Kind::literal) {
      ops_.back().text += markup;
      return;
    }
    Op op;
    op.text = std::string(markup);
    ops_.push_back(std::move(op));
  }

  Result<void> compile(const Node& node) {
    switch (node.kind) {
      case Node::Kind::literal: literal(node.source); return {};
      case Node::Kind::asset: return asset(node);
      case Node::Kind::text:
        if (!node.dynamic) return text(node);
        break;
      case Node::Kind::close:
        ops_[open_.back()].end = static_cast<std::uint32_t>(ops_.size());
        open_.pop_back();
        break;
      case Node::Kind::section:
      case Node::Kind::inverted: open_.push_back(ops_.size()); break;
      default: break;
    }
    Op op;
    op.kind = node.kind;
    op.in_attribute = node.in_attribute;
    op.in_url = node.in_url;
    op.reading = node.reading;
    op.name = node.name;
    op.text = node.source;
    if (node.kind == Node::Kind::partial && !node.dynamic) op.target = &language_.programs.find(node.source)->second;
    ops_.push_back(std::move(op));
    return {};
  }

  Result<void> asset(const Node& node) {
    std::string address = "/static/" + node.source;
    if (assets_ != nullptr) {
      auto found = assets_->url(node.source);
      if (!found) return fault(source_, node, "there is no static file '" + node.source + "'");
      address = *found;
    }
    std::string escaped;
    append_escaped(address, escaped);
    literal(escaped);
    return {};
  }

  Result<void> text(const Node& node) {
    const std::string* raw = language_.catalogue->raw(language_.code, node.source);
    if (raw == nullptr) return fault(source_, node, "the catalogue has no text '" + node.source + "' for " + language_.code);
    for (const locale::TextPiece& piece : locale::parse_text(*raw)) {
      std::string markup;
      if (piece.kind == locale::TextPiece::Kind::literal) append_escaped(piece.text, markup);
      if (piece.kind == locale::TextPiece::Kind::ruby) append_ruby(piece.text, piece.reading, node.reading, markup);
      literal(markup);
      if (piece.kind != locale::TextPiece::Kind::argument) continue;
      Op op;
      op.kind = Node::Kind::value;
      op.in_attribute = node.in_attribute;
      op.reading = node.reading;
      op.name = parse_name(piece.text);
      ops_.push_back(std::move(op));
    }
    return {};
  }

  const Source& source_;
  Language& language_;
  const Assets* assets_;
  std::vector<Op> ops_;
  std::vector<std::size_t> open_;
};

Data builtins(std::string_view lang) {
  Data languages;
  for (std::string_view code : locale::kLanguages) {
    Data one;
    one.set("code", code).set("html_lang", locale::html_lang(code)).set("name", locale::language_name(code)).set("current", code == lang);
    languages.push(std::move(one));
  }
  Data out;
  out.set("@lang", lang).set("@html_lang", locale::html_lang(lang)).set("@languages", std::move(languages));
  out.set("@translated", lang != "ja");
  return out;
}

}  // namespace

struct Templates::Impl {
  std::array<Language, locale::kLanguages.size()> languages;

  const Language& of(std::string_view lang) const {
    for (const Language& language : languages)
      if (language.code == lang) return language;
    return languages[0];
  }
};

Templates::Templates() : impl_(std::make_unique<Impl>()) {}
Templates::~Templates() = default;

Result<std::unique_ptr<Templates>> Templates::load(const std::string& folder, const locale::Catalogue& catalogue) {
  return load(folder, catalogue, nullptr);
}
Result<std::unique_ptr<Templates>> Templates::load(const std::string& folder, const locale::Catalogue& catalogue, const Assets& assets) {
  return load(folder, catalogue, &assets);
}

Result<std::unique_ptr<Templates>> Templates::load(const std::string& folder, const locale::Catalogue& catalogue, const Assets* assets) {
  MACHIYA_TRY(Sources sources, read_all(folder));
  for (const auto& [name, source] : sources) {
    std::vector<std::string> path{name};
    MACHIYA_CHECK(check_cycles(sources, name, path));
  }
  std::unique_ptr<Templates> out(new Templates());
  for (std::size_t i = 0; i < locale::kLanguages.size(); ++i) {
    Language& language = out->impl_->languages[i];
    language.code = std::string(locale::kLanguages[i]);
    language.catalogue = &catalogue;
    language.builtins = builtins(language.code);
    for (const auto& [name, source] : sources) language.programs.try_emplace(name);
    for (const auto& [name, source] : sources)
      MACHIYA_CHECK(Compiler(source, language, assets).run(language.programs.find(name)->second));
  }
  return out;
}

SafeHtml Templates::render(std::string_view name, const Data& data, std::string_view lang) const {
  const Language& language = impl_->of(lang);
  auto it = language.programs.find(name);
  MACHIYA_ASSERT(it != language.programs.end());
  SafeHtml out;
  run(it->second, language, data, out.html);
  return out;
}

bool Templates::has(std::string_view name) const { return impl_->languages[0].programs.find(name) != impl_->languages[0].programs.end(); }

std::vector<std::string> Templates::names() const {
  std::vector<std::string> out;
  for (const auto& [name, program] : impl_->languages[0].programs) out.push_back(name);
  return out;
}

SafeHtml ruby(std::string_view text) {
  SafeHtml out;
  for (const locale::TextPiece& piece : locale::parse_text(text)) {
    if (piece.kind == locale::TextPiece::Kind::ruby) append_ruby(piece.text, piece.reading, Reading::ruby, out.html);
    else if (piece.kind == locale::TextPiece::Kind::argument) append_escaped("{" + piece.text + "}", out.html);
    else append_escaped(piece.text, out.html);
  }
  return out;
}

}  // namespace machiya::pages
