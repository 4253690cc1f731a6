// From the text of q to terms (ETSI GS CIM 009 §4.9).
#include <algorithm>
#include <array>

#include "base/text.h"
#include "sense/query/ast.h"
#include "sense/query/literal.h"
#include "sense/query/scan.h"

namespace machiya::sense {

using namespace detail;

namespace {

class FilterReader {
 public:
  FilterReader(std::string_view text, const NameExpander& expand, const FilterOptions& options, std::string_view parameter)
      : scan_(text, parameter), expand_(expand), options_(options) {
    for (const std::string& term : options.expand_values) expand_values_.push_back(expanded(term, expand));
  }

  Result<std::shared_ptr<const Filter::Body>> run() {
    if (scan_.text.size() > kMaxBytes) return scan_.too_much("the query is longer than 16,384 bytes");
    if (!is_utf8(scan_.text)) return scan_.fail("the query is no UTF-8");
    if (scan_.done()) return scan_.fail("the query is empty");
    MACHIYA_CHECK(any(0));
    if (!scan_.done()) return scan_.fail(scan_.peek() == ')' ? "a ) without its (" : scan_.peek() == ' ' ? "spaces stand only in quotes" : "; or | is expected here");
    body_->source = scan_.text;
    return std::shared_ptr<const Filter::Body>(std::move(body_));
  }

 private:
  Scan scan_;
  const NameExpander& expand_;
  const FilterOptions& options_;
  std::vector<std::string> expand_values_;
  std::shared_ptr<Filter::Body> body_ = std::make_shared<Filter::Body>();
  std::size_t values_ = 0;
  std::vector<Link> around_;   ///< the relationships that lead to where we read

  // Parts of one kind, between `separator`s; a single part stands for itself.
  template <class F> Result<void> joined(Node::Kind kind, char separator, F&& part) {
    const std::size_t first = body_->nodes.size();
    body_->nodes.push_back({kind, 0, 0});
    int parts = 0;
    do {
      MACHIYA_CHECK(part());
      ++parts;
    } while (scan_.take(std::string_view(&separator, 1)));
    auto& nodes = body_->nodes;
    nodes[first].next = static_cast<std::uint32_t>(nodes.size());
    if (parts > 1) return {};
    nodes.erase(nodes.begin() + static_cast<std::ptrdiff_t>(first));
    for (std::size_t i = first; i < nodes.size(); ++i) --nodes[i].next;
    return {};
  }

  Result<void> any(int depth) {
    if (depth > kMaxNesting) return scan_.too_much("more than 20 levels of parentheses");
    return joined(Node::Kind::any, '|', [&] { return joined(Node::Kind::all, ';', [&] { return primary(depth); }); });
  }

  Result<void> primary(int depth) {
    if (scan_.take("(")) {
      MACHIYA_CHECK(any(depth + 1));
      if (!scan_.take(")")) return scan_.fail("a ) is missing");
      return {};
    }
    if (body_->terms.size() >= kMaxTerms) return scan_.too_much("more than 512 terms");
    MACHIYA_TRY(const bool whole, subquery(depth));
    if (whole) return {};
    const std::size_t from = scan_.at;
    Term term;
    term.links = around_;
    const bool absent = scan_.take("!");   // not in the standard's grammar, but in NGSIv2's and in several brokers
    MACHIYA_CHECK(attribute(term, static_cast<int>(around_.size())));
    if (absent) term.op = Op::absent;
    if (!absent) MACHIYA_CHECK(comparison(term));
    term.source = scan_.since(from);
    body_->nodes.push_back({Node::Kind::term, static_cast<std::uint32_t>(body_->terms.size()), static_cast<std::uint32_t>(body_->nodes.size() + 1)});
    body_->terms.push_back(std::move(term));
    return {};
  }

  // a{b==1;c}: what stands in the braces is a query of its own, asked of the linked entity. Each of its terms follows the relationship by itself.
  Result<bool> subquery(int depth) {
    const std::size_t from = scan_.at;
    auto path = read_path(scan_, expand_, around_.empty());
    if (!path.ok() || !path->trail.empty() || !compares_within(scan_.text.substr(scan_.at))) return scan_.at = from, false;
    if (around_.size() >= kMaxLinks) return scan_.too_much("more than 8 linked entities in a row");
    scan_.take("{");
    Link link{std::move(*path), {}};
    types(link);
    around_.push_back(std::move(link));
    MACHIYA_CHECK(any(depth + 1));
    around_.pop_back();
    if (!scan_.take("}")) return scan_.fail("a } is missing");
    return true;
  }

  // Is there more than a path between these braces?
  static bool compares_within(std::string_view text) {
    if (!text.starts_with('{')) return false;
    int depth = 0;
    bool may_begin = true;   // a name: <IRI> then, else < compares
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '<' && may_begin) {
        i = std::min(text.find('>', i), text.size());
      } else if (c == '"') {   // a member of a trail
        while (++i < text.size() && text[i] != '"') i += text[i] == '\\' ? 1 : 0;
      } else if (std::string_view("=<>!~;|(").find(c) != std::string_view::npos) {
        return true;
      }
      may_begin = std::string_view("{.,:").find(c) != std::string_view::npos;
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (depth == 0) return false;
    }
    return false;
  }

  Result<void> attribute(Term& term, int links) {
    MACHIYA_TRY(Path path, read_path(scan_, expand_, links == 0));
    if (path.trail.empty() && scan_.peek() == '{') {
      if (links >= kMaxLinks) return scan_.too_much("more than 8 linked entities in a row");
      return linked(term, std::move(path), links);
    }
    term.path = std::move(path);
    return {};
  }

  Result<void> linked(Term& term, Path path, int links) {
    scan_.take("{");
    Link link{std::move(path), {}};
    types(link);
    const std::size_t inside = scan_.at;
    term.links.push_back(std::move(link));
    const std::size_t mine = term.links.size() - 1;
    MACHIYA_CHECK(attribute(term, links + 1));
    const bool one_name = term.links.size() == mine + 1 && term.path.steps.size() == 1 && term.path.trail.empty();
    const std::string_view name = scan_.since(inside);
    if (!scan_.take("}")) return scan_.fail("a } is missing");
    // a{Type}.b says the same as a{Type:b}.
    if (one_name && term.links[mine].types.empty() && scan_.take(".")) {
      term.links[mine].types.push_back(expanded(name, expand_));
      return attribute(term, links + 1);
    }
    return {};
  }

  // Type *("," Type) ":" in front of what is asked of the linked entity; nothing is taken when no colon follows.
  void types(Link& link) {
    const std::size_t from = scan_.at;
    std::vector<std::string> names;
    do {
      const std::string_view name = scan_.name(false);
      if (name.empty()) break;
      names.push_back(expanded(name, expand_));
    } while (scan_.take(","));
    if (!names.empty() && scan_.take(":")) {
      link.types = std::move(names);
    } else {
      scan_.at = from;
    }
  }

  Result<void> comparison(Term& term) {
    constexpr std::array<std::pair<std::string_view, Op>, 8> kOps = {{{"==", Op::equal}, {"!~=", Op::unlike}, {"!=", Op::unequal}, {">=", Op::greater_equal},
      {">", Op::greater}, {"<=", Op::less_equal}, {"<", Op::less}, {"~=", Op::like}}};
    for (const auto& [text, op] : kOps) {
      if (!scan_.take(text)) continue;
      term.op = op;
      return op == Op::like || op == Op::unlike ? regular(term) : compared(term);
    }
    if (scan_.peek() == '=') return scan_.fail("equality is written ==");
    return {};
  }

  Result<void> regular(Term& term) {
    const std::size_t from = scan_.at;
    std::string source;
    if (scan_.peek() == '"') {
      MACHIYA_TRY(source, scan_.quoted());
    } else {
      source = bare_pattern();
    }
    if (source.empty()) return scan_.fail_at(from, "a regular expression is missing");
    auto pattern = TextPattern::compile(source);
    if (!pattern) return pattern.error().code == ErrorCode::limit_exceeded ? scan_.too_much(pattern.error().detail) : scan_.fail_at(from, pattern.error().detail);
    term.pattern = std::move(*pattern);
    return {};
  }

  // Up to ; | or ) that do not belong to the expression itself.
  std::string bare_pattern() {
    const std::size_t from = scan_.at;
    int depth = 0, braces = 0;
    bool bracket = false;
    for (; !scan_.done(); ++scan_.at) {
      const char c = scan_.peek();
      if (c == '\\') {
        ++scan_.at;
        continue;
      }
      if (bracket) {
        bracket = c != ']';
        continue;
      }
      if (depth == 0 && (c == ';' || c == '|' || c == ')')) break;
      if (c == '}' && braces == 0 && !around_.empty()) break;
      braces += c == '{' ? 1 : c == '}' ? -1 : 0;
      bracket = c == '[';
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    }
    scan_.at = std::min(scan_.at, scan_.text.size());
    return std::string(scan_.since(from));
  }

  Result<void> compared(Term& term) {
    const bool ordered = term.op != Op::equal && term.op != Op::unequal;
    const std::size_t from = scan_.at;
    MACHIYA_CHECK(value(term, false));
    if (scan_.take("..")) {
      term.range = true;
      const std::size_t upper = scan_.at;
      MACHIYA_CHECK(value(term, true));
      const Literal &a = term.values[0], &b = term.values[1];
      if (a.kind != b.kind || !is_ordered(a)) return scan_.fail_at(upper, "both ends of a range must be numbers, texts, dates or times alike");
    }
    while (!term.range && scan_.take(",")) MACHIYA_CHECK(value(term, false));
    if (ordered && (term.range || term.values.size() > 1)) return scan_.fail_at(from, "lists and ranges stand only behind == and !=");
    if (ordered && !is_ordered(term.values[0])) return scan_.fail_at(from, "true, false and null are neither greater nor less");
    if (!term.range && !ordered) widen(term);
    return {};
  }

  Result<void> value(Term& term, bool upper) {
    if (++values_ > kMaxTerms) return scan_.too_much("more than 512 values");
    const std::size_t from = scan_.at;
    if (scan_.peek() == '"') {
      MACHIYA_TRY(std::string text, scan_.quoted());
      term.values.push_back(text_literal(std::move(text)));
      return {};
    }
    std::string_view word = bare_word(scan_.text.substr(scan_.at), !upper);
    if (!around_.empty()) word = word.substr(0, word.find('}'));
    scan_.at += word.size();
    if (word.empty()) return scan_.fail("a value is missing");
    if (word.find_first_of(" \"<>\\^`{}") != std::string_view::npos) return scan_.fail_at(from, "a text with such characters needs quotes");
    Literal literal = literal_of(word);
    const bool numeric = literal.kind == Literal::Kind::text && (word[0] == '-' || word[0] == '.' || (word[0] >= '0' && word[0] <= '9'));
    if (numeric) return scan_.fail_at(from, "this is neither a number nor a date or time in UTC (…Z); a text needs quotes");
    term.values.push_back(std::move(literal));
    return {};
  }

  // What else a compared text stands for: the term it is (expandValues), or what it encodes.
  void widen(Term& term) const {
    const bool expands = std::any_of(term.path.steps.begin(), term.path.steps.end(), [&](const Step& s) {
      const bool types = s.core == Core::type || s.core == Core::object_type || s.core == Core::value_type;
      return types || std::find(expand_values_.begin(), expand_values_.end(), s.name) != expand_values_.end();
    });
    const std::size_t n = term.values.size();
    for (std::size_t i = 0; i < n; ++i) {
      if (term.values[i].kind != Literal::Kind::text) continue;
      const std::string text = term.values[i].text;
      if (expands && expand_) {
        if (std::string iri = expand_(text); !iri.empty() && iri != text) term.values.push_back(text_literal(std::move(iri)));
      }
      if (options_.percent_too) {
        if (auto plain = percent_decoded(text)) term.values.push_back(text_literal(std::move(*plain)));
      }
    }
  }
};

}  // namespace

Result<Filter> Filter::parse(std::string_view text, const NameExpander& expand, const FilterOptions& options, std::string_view parameter) {
  MACHIYA_TRY(auto body, FilterReader(text, expand, options, parameter).run());
  return Filter(std::move(body));
}

}  // namespace machiya::sense
