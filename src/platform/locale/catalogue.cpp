#include <dirent.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <unordered_map>

#include "base/json.h"
#include "base/log.h"
#include "platform/locale/locale.h"

namespace machiya::locale {
namespace {

using Texts = std::unordered_map<std::string, std::string>;

std::size_t index_of(std::string_view lang) {
  auto it = std::find(kLanguages.begin(), kLanguages.end(), lang);
  return static_cast<std::size_t>(it - kLanguages.begin());
}
constexpr std::size_t kJa = 0, kEn = 2;

/// "<part>.<lang>.json" -> part and lang; nothing for other names.
std::optional<std::pair<std::string, std::string>> split_name(std::string_view name) {
  constexpr std::string_view suffix = ".json";
  if (name.size() <= suffix.size() || name.substr(name.size() - suffix.size()) != suffix) return {};
  name.remove_suffix(suffix.size());
  std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  return std::pair{std::string(name.substr(0, dot)), std::string(name.substr(dot + 1))};
}

Result<std::vector<std::string>> json_files(const std::string& folder) {
  DIR* dir = opendir(folder.c_str());
  if (dir == nullptr) return Error(ErrorCode::not_found, folder + ": no such folder of texts");
  std::vector<std::string> names;
  while (dirent* entry = readdir(dir)) {
    std::string name = entry->d_name;
    if (name.size() > 5 && name.substr(name.size() - 5) == ".json") names.push_back(name);
  }
  closedir(dir);
  std::sort(names.begin(), names.end());
  return names;
}

Result<json::Value> read_json(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error(ErrorCode::not_found, path + ": cannot be read");
  std::ostringstream text;
  text << in.rdbuf();
  auto parsed = json::parse(text.str());
  if (!parsed) return Error(ErrorCode::definition_error, path + ": " + parsed.error().detail, parsed.error().where);
  return std::move(parsed).value();
}

}  // namespace

struct Catalogue::Impl {
  std::array<Texts, kLanguages.size()> texts;
  std::unordered_map<std::string, std::string> part_of;  // key -> part that owns it

  const std::string* find(std::size_t lang, const std::string& key) const {
    auto it = texts[lang].find(key);
    return it == texts[lang].end() ? nullptr : &it->second;
  }
  const std::string* resolve(std::string_view lang, std::string_view key) const {
    std::string k(key);
    std::size_t at = index_of(lang);
    if (at < kLanguages.size())
      if (const std::string* own = find(at, k)) return own;
    if (at != kJa && lang != "ja-easy")
      if (const std::string* en = find(kEn, k)) return en;
    return find(kJa, k);
  }
};

namespace {

/// Adds one file's texts; a key belongs to one part only, so that two parts cannot overwrite each other.
Result<void> merge(const std::string& path, const std::string& part, const json::Value& file, Texts& texts,
                   std::unordered_map<std::string, std::string>& part_of) {
  if (!file.is_object()) return Error(ErrorCode::definition_error, path + ": must be one object of texts");
  for (const auto& [key, text] : file.members()) {
    if (!key.empty() && key[0] == '@') continue;  // a mark about the file, such as "@reviewed": "no"
    if (!text.is_string()) return Error(ErrorCode::definition_error, path + ": '" + key + "' must be a text");
    auto [owner, added] = part_of.emplace(key, part);
    if (!added && owner->second != part)
      return Error(ErrorCode::definition_error, path + ": '" + key + "' is already a text of part '" + owner->second + "'");
    texts[key] = text.as_string();
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Catalogue>> Catalogue::load(const std::string& folder) {
  MACHIYA_TRY(std::vector<std::string> names, json_files(folder));
  auto impl = std::make_shared<Impl>();
  for (const std::string& name : names) {
    const std::string path = folder + "/" + name;
    auto parts = split_name(name);
    if (!parts || !is_language(parts->second))
      return Error(ErrorCode::definition_error, path + ": the name must be <part>.<language>.json");
    MACHIYA_TRY(json::Value file, read_json(path));
    MACHIYA_CHECK(merge(path, parts->first, file, impl->texts[index_of(parts->second)], impl->part_of));
  }
  auto catalogue = std::make_unique<Catalogue>();
  catalogue->impl_ = std::move(impl);
  return catalogue;
}

const std::string* Catalogue::raw(std::string_view lang, std::string_view key) const {
  return impl_ ? impl_->resolve(lang, key) : nullptr;
}

std::string Catalogue::text(std::string_view lang, std::string_view key, const Args& args) const {
  const std::string* found = raw(lang, key);
  if (found == nullptr) return "⟦" + std::string(key) + "⟧";
  std::string out;
  for (const TextPiece& piece : parse_text(*found)) {
    if (piece.kind != TextPiece::Kind::argument) {
      out += piece.text;
      continue;
    }
    auto it = std::find_if(args.begin(), args.end(), [&](const auto& arg) { return arg.first == piece.text; });
    out += it != args.end() ? it->second : "{" + piece.text + "}";
  }
  return out;
}

bool Catalogue::has(std::string_view lang, std::string_view key) const {
  std::size_t at = index_of(lang);
  return impl_ && at < kLanguages.size() && impl_->find(at, std::string(key)) != nullptr;
}

std::vector<std::string> Catalogue::keys() const {
  std::vector<std::string> out;
  if (impl_)
    for (const auto& [key, part] : impl_->part_of) out.push_back(key);
  std::sort(out.begin(), out.end());
  return out;
}

std::string Catalogue::part_of(std::string_view key) const {
  if (!impl_) return {};
  auto it = impl_->part_of.find(std::string(key));
  return it == impl_->part_of.end() ? std::string() : it->second;
}

std::vector<TextPiece> parse_text(std::string_view text) {
  std::vector<TextPiece> out;
  std::string literal;
  auto flush = [&] {
    if (!literal.empty()) out.push_back({TextPiece::Kind::literal, std::move(literal), {}});
    literal.clear();
  };
  while (!text.empty()) {
    std::size_t open = text.find('{');
    std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) {
      literal += text;
      break;
    }
    literal += text.substr(0, open);
    std::string_view inside = text.substr(open + 1, close - open - 1);
    std::size_t bar = inside.find('|');
    flush();
    if (bar != std::string_view::npos)
      out.push_back({TextPiece::Kind::ruby, std::string(inside.substr(0, bar)), std::string(inside.substr(bar + 1))});
    else
      out.push_back({TextPiece::Kind::argument, std::string(inside), {}});
    text.remove_prefix(close + 1);
  }
  flush();
  return out;
}

}  // namespace machiya::locale
