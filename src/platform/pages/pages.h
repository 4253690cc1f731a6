// Server-rendered pages: files under web/templates in a small mustache subset, parsed once to operations, escaped by
// default. {{name}} escaped, {{#list}}…{{/list}}, {{^empty}}…{{/empty}}, {{>partial}}, {{!comment}}, {{.}}, dotted names,
// {{t:key}} a text of the catalogue in the page's language with {name} taken from the data. Only values of type SafeHtml
// are not escaped. Further: {{.name}} looks into the innermost context only; {{>fields/*kind}} and {{t:status.*state}}
// take the last part from the data; {{asset:styles/machiya.css}} is the address of a static file; {{@lang}},
// {{@html_lang}} and {{#@languages}} (code, html_lang, name, current) are always there. README.md has the whole list.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace machiya::locale {
class Catalogue;
}
namespace machiya::json {
class Value;
}

namespace machiya::pages {

class Assets;

/// Markup that is known to be safe: made by render() or by escape().
struct SafeHtml {
  std::string html;
};
SafeHtml escape(std::string_view text);
/// Escaped text in which "{漢字|かんじ}" has become a ruby with its reading (for やさしい日本語).
SafeHtml ruby(std::string_view text);

/// The tree a template reads: text, safe markup, flag, list or map.
class Data {
 public:
  using List = std::vector<Data>;
  using Map = std::vector<std::pair<std::string, Data>>;
  Data() = default;
  Data(std::string s) : v_(std::move(s)) {}
  Data(std::string_view s) : v_(std::string(s)) {}
  Data(const char* s) : v_(std::string(s)) {}
  Data(SafeHtml h) : v_(std::move(h)) {}
  Data(bool b) : v_(b) {}
  Data(int n) : v_(std::to_string(n)) {}
  Data(long n) : v_(std::to_string(n)) {}
  Data(long long n) : v_(std::to_string(n)) {}
  Data(unsigned long n) : v_(std::to_string(n)) {}
  Data(List l) : v_(std::move(l)) {}
  Data(Map m) : v_(std::move(m)) {}
  /// Sets a member; turns an empty Data into a map. Chains.
  Data& set(std::string key, Data value) &;
  Data&& set(std::string key, Data value) && { return std::move(set(std::move(key), std::move(value))); }
  /// Appends to a list; turns an empty Data into a list.
  Data& push(Data value) &;
  Data&& push(Data value) && { return std::move(push(std::move(value))); }
  const Data* find(std::string_view key) const;
  const std::variant<std::monostate, std::string, SafeHtml, bool, List, Map>& get() const { return v_; }

 private:
  std::variant<std::monostate, std::string, SafeHtml, bool, List, Map> v_;
};

/// The same tree from JSON: numbers as written, null as nothing.
Data from_json(const json::Value& value);

/// All templates. load() parses every *.html below the folder; errors name file:line. Immutable; thread-safe.
class Templates {
 public:
  static Result<std::unique_ptr<Templates>> load(const std::string& folder, const locale::Catalogue& catalogue);
  ~Templates();
  /// The same with static files: {{asset:…}} becomes an address with a content hash; an unknown file is a load error.
  static Result<std::unique_ptr<Templates>> load(const std::string& folder, const locale::Catalogue& catalogue, const Assets& assets);
  /// Renders "cases/show" (web/templates/cases/show.html) in a language. An unknown template is a broken invariant.
  SafeHtml render(std::string_view name, const Data& data, std::string_view lang) const;
  bool has(std::string_view name) const;
  std::vector<std::string> names() const;

 private:
  Templates();
  static Result<std::unique_ptr<Templates>> load(const std::string& folder, const locale::Catalogue& catalogue, const Assets* assets);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::pages
