// NGSIv2's simple query language (q) and that for metadata (mq), read into the same terms: FIWARE-NGSI v2, "Simple Query Language".
#include <algorithm>
#include <array>

#include "base/text.h"
#include "sense/query/ast.h"
#include "sense/query/literal.h"
#include "sense/query/scan.h"

namespace machiya::sense {

using namespace detail;

namespace {

// What NGSIv2 names otherwise; the last two are metadata only, which NGSI-LD knows as members of an attribute.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kBuiltIn = {
    {{"dateCreated", "createdAt"}, {"dateModified", "modifiedAt"}, {"dateExpires", "expiresAt"}, {"unitCode", "unitCode"}, {"observedAt", "observedAt"}}};
constexpr std::size_t kOfEntities = 3;

class V2Reader {
 public:
  V2Reader(std::string_view text, const NameExpander& expand, bool metadata) : scan_(text, metadata ? "mq" : "q"), expand_(expand), metadata_(metadata) {}

  Result<void> run(Filter::Body& body) {
    if (scan_.text.size() > kMaxBytes) return scan_.too_much("the query is longer than 16,384 bytes");
    if (!is_utf8(scan_.text)) return scan_.fail("the query is no UTF-8");
    do {
      if (body.terms.size() >= kMaxTerms) return scan_.too_much("more than 512 terms");
      MACHIYA_TRY(Term term, statement());
      body.nodes.push_back({Node::Kind::term, static_cast<std::uint32_t>(body.terms.size()), static_cast<std::uint32_t>(body.nodes.size() + 1)});
      body.terms.push_back(std::move(term));
    } while (scan_.take(";"));
    if (!scan_.done()) return scan_.fail("; is expected here");
    return {};
  }

 private:
  Scan scan_;
  const NameExpander& expand_;
  bool metadata_;

  // A piece of a path or a value: up to one of `ends`, or in single quotes.
  Result<std::string> piece(std::string_view ends, bool& quoted) {
    quoted = scan_.peek() == '\'';
    if (!quoted) {
      const std::size_t from = scan_.at;
      scan_.at = std::min(scan_.text.find_first_of(ends, scan_.at), scan_.text.size());
      return std::string(scan_.since(from));
    }
    const std::size_t from = scan_.at + 1, end = scan_.text.find('\'', from);
    if (end == std::string_view::npos) return scan_.fail("the quote ' is not closed");
    scan_.at = end + 1;
    return std::string(scan_.text.substr(from, end - from));
  }

  Result<Term> statement() {
    const std::size_t from = scan_.at;
    Term term;
    const bool absent = scan_.take("!");
    MACHIYA_CHECK(path(term.path));
    if (absent) {
      term.op = Op::absent;
    } else {
      MACHIYA_CHECK(comparison(term));
    }
    term.source = scan_.since(from);
    return term;
  }

  Result<void> path(Path& out) {
    const std::size_t names = metadata_ ? 2 : 1;   // attribute, or attribute and metadata; what follows is inside the value
    do {
      bool quoted = false;
      MACHIYA_TRY(std::string name, piece(".=!<>~:;|,", quoted));
      if (name.empty()) return scan_.fail("an attribute's name is expected here");
      if (out.steps.size() == names) {
        out.trail.push_back(std::move(name));
        continue;
      }
      const bool of_attribute = out.steps.size() == 1;
      const auto last = of_attribute ? kBuiltIn.end() : kBuiltIn.begin() + kOfEntities;
      const auto built_in = std::find_if(kBuiltIn.begin(), last, [&](const auto& b) { return b.first == name && !quoted; });
      if (built_in != last) {
        out.steps.push_back({core_member(built_in->second), "", name});
      } else {
        out.steps.push_back({Core::none, expanded(name, expand_), name});
      }
    } while (scan_.take("."));
    if (out.steps.size() < names) return scan_.fail("metadata are named attribute.metadata");
    return {};
  }

  Result<void> comparison(Term& term) {
    constexpr std::array<std::pair<std::string_view, Op>, 8> kOps = {{{"==", Op::equal}, {":", Op::equal}, {"!=", Op::unequal}, {">=", Op::greater_equal},
      {">", Op::greater}, {"<=", Op::less_equal}, {"<", Op::less}, {"~=", Op::like}}};
    for (const auto& [text, op] : kOps) {
      if (!scan_.take(text)) continue;
      term.op = op;
      return op == Op::like ? regular(term) : values(term);
    }
    return {};
  }

  Result<void> regular(Term& term) {
    const std::size_t from = scan_.at;
    bool quoted = false;
    MACHIYA_TRY(const std::string source, piece(";", quoted));
    if (source.empty()) return scan_.fail("a regular expression is missing");
    auto pattern = TextPattern::compile(source);
    if (!pattern) return pattern.error().code == ErrorCode::limit_exceeded ? scan_.too_much(pattern.error().detail) : scan_.fail_at(from, pattern.error().detail);
    term.pattern = std::move(*pattern);
    return {};
  }

  Result<void> values(Term& term) {
    const bool ordered = term.op != Op::equal && term.op != Op::unequal;
    const std::size_t from = scan_.at;
    MACHIYA_CHECK(value(term, true));
    if (scan_.take("..")) {
      term.range = true;
      MACHIYA_CHECK(value(term, false));
      if (term.values[0].kind != term.values[1].kind || !is_ordered(term.values[0])) return scan_.fail_at(from, "both ends of a range must be of one type");
    }
    while (!term.range && scan_.take(",")) {
      if (term.values.size() >= kMaxTerms) return scan_.too_much("more than 512 values");
      MACHIYA_CHECK(value(term, false));
    }
    if (ordered && (term.range || term.values.size() > 1)) return scan_.fail_at(from, "lists and ranges stand only behind == and !=");
    if (ordered && !is_ordered(term.values[0])) return scan_.fail_at(from, "true, false and null are neither greater nor less");
    return {};
  }

  Result<void> value(Term& term, bool ranges) {
    bool quoted = false;
    const std::size_t from = scan_.at;
    MACHIYA_TRY(std::string text, piece(";,", quoted));
    const std::size_t dots = quoted || !ranges ? std::string::npos : text.find("..");
    if (dots != std::string::npos) text.resize(dots), scan_.at = from + dots;
    if (text.empty() && !quoted) return scan_.fail_at(from, "a value is missing");
    Literal literal = quoted ? text_literal(text) : literal_of(text);
    // Dates may have offsets here, or be days alone.
    if (const auto us = instant_of(text); us && !quoted) literal.kind = Literal::Kind::instant, literal.us = *us;
    term.values.push_back(std::move(literal));
    return {};
  }
};

}  // namespace

Result<Filter> Filter::parse_v2(std::string_view q, std::string_view mq, const NameExpander& expand) {
  auto body = std::make_shared<Body>();
  body->nodes.push_back({Node::Kind::all, 0, 0});
  if (!q.empty()) MACHIYA_CHECK(V2Reader(q, expand, false).run(*body));
  if (!mq.empty()) MACHIYA_CHECK(V2Reader(mq, expand, true).run(*body));
  if (body->terms.empty()) return Filter();
  body->nodes[0].next = static_cast<std::uint32_t>(body->nodes.size());
  body->source = std::string(q) + (q.empty() || mq.empty() ? "" : ";") + std::string(mq);
  return Filter(std::move(body));
}

}  // namespace machiya::sense
