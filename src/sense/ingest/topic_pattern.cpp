#include "sense/ingest/topic_pattern.h"

#include <algorithm>

namespace machiya::sense::ingest {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0;;) {
    const std::size_t slash = text.find('/', at);
    out.push_back(text.substr(at, slash == std::string_view::npos ? slash : slash - at));
    if (slash == std::string_view::npos) return out;
    at = slash + 1;
  }
}

}  // namespace

TopicPattern::TopicPattern(std::string_view text) : text_(text) {
  for (const std::string_view level : split(text)) {
    const bool name = level.size() > 2 && level.front() == '{' && level.back() == '}';
    levels_.push_back({std::string(name ? level.substr(1, level.size() - 2) : level), name});
  }
}

std::optional<Captures> TopicPattern::match(std::string_view text) const {
  const auto parts = split(text);
  if (parts.size() != levels_.size()) return {};
  Captures out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!levels_[i].name && parts[i] != levels_[i].text) return {};
    if (!levels_[i].name) continue;
    if (parts[i].empty()) return {};
    out.emplace_back(levels_[i].text, parts[i]);
  }
  return out;
}

bool TopicPattern::names(std::string_view name) const {
  return std::any_of(levels_.begin(), levels_.end(), [&](const Level& l) { return l.name && l.text == name; });
}

std::string TopicPattern::twice() const {
  for (std::size_t i = 0; i < levels_.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (levels_[i].name && levels_[k].name && levels_[i].text == levels_[k].text) return levels_[i].text;
  return {};
}

bool TopicPattern::overlaps(const TopicPattern& other) const {
  if (levels_.size() != other.levels_.size()) return false;
  for (std::size_t i = 0; i < levels_.size(); ++i)
    if (!levels_[i].name && !other.levels_[i].name && levels_[i].text != other.levels_[i].text) return false;
  return true;
}

std::string_view captured(const Captures& captures, std::string_view name) {
  const auto found = std::find_if(captures.begin(), captures.end(), [&](const auto& c) { return c.first == name; });
  return found == captures.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace machiya::sense::ingest
