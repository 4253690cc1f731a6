// Types (§4.17) and scopes (§4.19): both are "or" of "and" in the end, whatever parentheses say.
#include "sense/query/selection.h"

#include <algorithm>

#include "base/text.h"
#include "sense/entities/seen_id.h"
#include "sense/query/scan.h"

namespace machiya::sense {

using namespace detail;

namespace {

constexpr std::size_t kMaxConjunctions = 256, kMaxTogether = 64;

/// Reads `or` of `and` with parentheses into a list of conjunctions; Leaf reads one item.
template <class Item, class Leaf> class Choices {
 public:
  using Any = std::vector<std::vector<Item>>;
  Choices(Scan& scan, Leaf leaf) : scan_(scan), leaf_(leaf) {}
  Result<Any> run() {
    if (scan_.text.size() > 16'384) return scan_.too_much("longer than 16,384 bytes");
    if (!is_utf8(scan_.text)) return scan_.fail("no UTF-8");
    MACHIYA_TRY(Any out, any(0));
    if (!scan_.done()) return scan_.fail("; or , or | is expected here");
    return out;
  }

 private:
  Scan& scan_;
  Leaf leaf_;

  Result<Any> any(int depth) {
    if (depth > 20) return scan_.too_much("more than 20 levels of parentheses");
    Any out;
    do {
      MACHIYA_TRY(Any part, all(depth));
      out.insert(out.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
      if (out.size() > kMaxConjunctions) return scan_.too_much("more than 256 alternatives");
    } while (scan_.take(",") || scan_.take("|"));
    return out;
  }

  Result<Any> all(int depth) {
    MACHIYA_TRY(Any out, one(depth));
    while (scan_.take(";")) {
      MACHIYA_TRY(const Any more, one(depth));
      Any product;
      for (const auto& a : out) {
        for (const auto& b : more) {
          product.push_back(a);
          product.back().insert(product.back().end(), b.begin(), b.end());
          if (product.size() > kMaxConjunctions || product.back().size() > kMaxTogether) return scan_.too_much("more than 256 alternatives");
        }
      }
      out = std::move(product);
    }
    return out;
  }

  Result<Any> one(int depth) {
    if (scan_.take("(")) {
      MACHIYA_TRY(Any out, any(depth + 1));
      if (!scan_.take(")")) return scan_.fail("a ) is missing");
      return out;
    }
    MACHIYA_TRY(Item item, leaf_(scan_));
    return Any{{std::move(item)}};
  }
};

template <class Item, class Write> std::string choices_text(const std::vector<std::vector<Item>>& any, Write&& write) {
  std::string out;
  for (const auto& all : any) {
    if (!out.empty()) out += '|';
    if (all.size() > 1) out += '(';
    for (std::size_t i = 0; i < all.size(); ++i) out += (i ? ";" : "") + write(all[i]);
    if (all.size() > 1) out += ')';
  }
  return out;
}

}  // namespace

Result<TypeSelection> TypeSelection::parse(std::string_view text, const NameExpander& expand, std::string_view parameter) {
  TypeSelection out;
  if (text == "*") {
    out.every_ = true;
    return out;
  }
  Scan scan(text, parameter);
  const auto leaf = [&](Scan& s) -> Result<std::string> {
    const std::string_view name = s.name();
    if (name.empty()) return s.fail(s.done() ? "a type is missing at the end" : "a type is expected here");
    return expanded(name, expand);
  };
  MACHIYA_TRY(out.any_of_, (Choices<std::string, decltype(leaf)>(scan, leaf).run()));
  return out;
}

TypeSelection TypeSelection::any(const std::vector<std::string>& types) {
  TypeSelection out;
  for (const std::string& type : types) out.any_of_.push_back({type});
  return out;
}

TypeSelection TypeSelection::pattern(TextPattern pattern, Seen seen) {
  TypeSelection out;
  out.pattern_ = std::move(pattern), out.seen_ = std::move(seen);
  return out;
}

bool TypeSelection::matches(std::span<const std::string_view> types) const {
  if (pattern_) return std::any_of(types.begin(), types.end(), [&](std::string_view t) { return pattern_->found_in(seen_ ? std::string_view(seen_(t)) : t); });
  if (any_of_.empty()) return true;
  return std::any_of(any_of_.begin(), any_of_.end(), [&](const auto& all) {
    return std::all_of(all.begin(), all.end(), [&](const std::string& t) { return std::find(types.begin(), types.end(), t) != types.end(); });
  });
}

std::string TypeSelection::text() const {
  if (every_) return "*";
  return choices_text(any_of_, [](const std::string& t) { return bracketed(t); });
}

/// Reads one scope pattern.
class ScopeReader {
 public:
  static Result<ScopeQuery::Pattern> read(Scan& scan) {
    ScopeQuery::Pattern out;
    bool slash = scan.take("/");
    while (true) {
      if (slash && scan.take("#")) {
        out.tree = true;
        return out;
      }
      if (scan.take("+")) {
        out.levels.emplace_back();
      } else {
        const std::string_view level = scan.name(false);
        if (level.empty() || level.starts_with('<')) return scan.fail("a scope's level is expected here: a letter, then letters, digits and _; or + or #");
        out.levels.emplace_back(level);
      }
      if (out.levels.size() > 64) return scan.too_much("a scope of more than 64 levels");
      slash = scan.take("/");
      if (!slash) return out;
    }
  }
  static std::string text(const ScopeQuery::Pattern& p) {
    std::string out;
    for (const std::string& level : p.levels) out += "/" + (level.empty() ? std::string("+") : level);
    return p.tree ? out + "/#" : out;
  }
};

Result<ScopeQuery> ScopeQuery::parse(std::string_view text) {
  ScopeQuery out;
  Scan scan(text, "scopeQ");
  const auto leaf = [](Scan& s) { return ScopeReader::read(s); };
  MACHIYA_TRY(out.any_of_, (Choices<Pattern, decltype(leaf)>(scan, leaf).run()));
  return out;
}

bool ScopeQuery::fits(const Pattern& pattern, std::string_view scope) {
  if (scope.starts_with('/')) scope.remove_prefix(1);   // §4.18: the first slash may be left away
  for (const std::string& level : pattern.levels) {
    if (scope.empty()) return false;
    const std::size_t end = std::min(scope.find('/'), scope.size());
    if (!level.empty() && scope.substr(0, end) != level) return false;
    scope.remove_prefix(std::min(end + 1, scope.size()));
  }
  return pattern.tree || scope.empty();
}

bool ScopeQuery::matches(std::span<const std::string_view> scopes) const {
  if (any_of_.empty()) return true;
  return std::any_of(any_of_.begin(), any_of_.end(), [&](const auto& all) {
    return std::all_of(all.begin(), all.end(), [&](const Pattern& p) {
      return std::any_of(scopes.begin(), scopes.end(), [&](std::string_view s) { return !s.empty() && fits(p, s); });
    });
  });
}

std::string ScopeQuery::text() const { return choices_text(any_of_, ScopeReader::text); }

bool EntitySelector::selects(const Entity& entity) const {
  return type.matches(entity) && has_id(entity.id);
}

bool EntitySelector::has_id(std::string_view id) const {
  if (ids.empty() && !id_pattern) return true;
  std::string buffer;
  const std::string_view seen = v2 ? seen_id(id, buffer) : id;
  return ids.empty() ? id_pattern->found_in(seen) : std::find(ids.begin(), ids.end(), seen) != ids.end();
}

bool ServicePaths::matches(std::span<const std::string_view> scopes) const {
  const auto stands_at = [](const One& one, std::string_view scope) {
    if (scope.starts_with('/')) scope.remove_prefix(1);   // §4.18: the first slash may be left away
    const std::string_view path = std::string_view(one.path).substr(1);
    if (scope == path) return true;
    return one.below && (path.empty() || (scope.starts_with(path) && scope.substr(path.size()).starts_with('/')));
  };
  return any_of.empty() || std::any_of(any_of.begin(), any_of.end(), [&](const One& one) {
    return scopes.empty() ? stands_at(one, "/") : std::any_of(scopes.begin(), scopes.end(), [&](std::string_view s) { return stands_at(one, s); });
  });
}

std::string ServicePaths::text() const {
  std::string out;
  for (const One& one : any_of) out += (out.empty() ? "" : ",") + one.path + (!one.below ? "" : one.path == "/" ? "#" : "/#");
  return out;
}

}  // namespace machiya::sense
