// What a Filter tells of itself: answers, explanation, canonical text, facts for indexes.
#include "sense/query/filter.h"

#include <algorithm>
#include <array>
#include <limits>

#include "sense/query/ast.h"
#include "sense/query/literal.h"
#include "sense/query/scan.h"

namespace machiya::sense {

using namespace detail;

namespace {

constexpr std::array<std::string_view, 10> kOps = {"", "", "==", "!=", ">", ">=", "<", "<=", "~=", "!~="};

template <class Ask> bool holds(const std::vector<Node>& nodes, std::size_t i, Ask&& ask) {
  const Node& node = nodes[i];
  if (node.kind == Node::Kind::term) return ask(node.term);
  const bool wanted = node.kind == Node::Kind::any;
  for (std::size_t part = i + 1; part < node.next; part = nodes[part].next) {
    if (holds(nodes, part, ask) == wanted) return wanted;
  }
  return !wanted;
}

void write_term(const Term& term, std::string& out) {
  if (term.op == Op::absent) out += '!';
  for (const Link& link : term.links) {
    write_path(link.path, out);
    out += '{';
    for (std::size_t i = 0; i < link.types.size(); ++i) out += (i ? "," : "") + bracketed(link.types[i]);
    if (!link.types.empty()) out += ':';
  }
  write_path(term.path, out);
  out.append(term.links.size(), '}');
  out += op_text(term.op);
  if (term.pattern) tree::write_string(term.pattern->source(), out);
  for (std::size_t i = 0; i < term.values.size(); ++i) {
    if (i > 0) out += term.range ? ".." : ",";
    out += literal_text(term.values[i]);
  }
}

void write_node(const Filter::Body& body, std::size_t i, bool inside, std::string& out) {
  const Node& node = body.nodes[i];
  if (node.kind == Node::Kind::term) return write_term(body.terms[node.term], out);
  const bool any = node.kind == Node::Kind::any;
  if (inside && any) out += '(';
  for (std::size_t part = i + 1; part < node.next; part = body.nodes[part].next) {
    if (part > i + 1) out += any ? '|' : ';';
    write_node(body, part, !any || body.nodes[part].kind == Node::Kind::any, out);
  }
  if (inside && any) out += ')';
}

bool all_of_kind(const Term& term, Literal::Kind kind) {
  return std::all_of(term.values.begin(), term.values.end(), [kind](const Literal& l) { return l.kind == kind; });
}

void narrow(const Term& term, IndexFact& fact) {
  constexpr double kEndless = std::numeric_limits<double>::infinity();
  if (term.values.empty() || term.op == Op::unequal) return;
  if (term.op == Op::equal && !term.range && all_of_kind(term, Literal::Kind::text)) {
    fact.what = IndexFact::What::text;
    for (const Literal& l : term.values) fact.texts.push_back(l.text);
  }
  if (!all_of_kind(term, Literal::Kind::number)) return;
  fact.what = IndexFact::What::number;
  const auto [least, most] = std::minmax_element(term.values.begin(), term.values.end(), [](const Literal& a, const Literal& b) { return a.number < b.number; });
  const bool lower = term.op != Op::less && term.op != Op::less_equal, upper = term.op != Op::greater && term.op != Op::greater_equal;
  // A range keeps its ends as written: an empty one matches nothing.
  fact.low = lower ? (term.range ? term.values[0].number : least->number) : -kEndless;
  fact.high = upper ? (term.range ? term.values[1].number : most->number) : kEndless;
}

std::optional<IndexFact> fact_of(const Term& term) {
  const Path& path = term.links.empty() ? term.path : term.links[0].path;
  if (path.steps[0].core != Core::none || term.op == Op::absent) return std::nullopt;
  IndexFact fact{.attribute = path.steps[0].name};
  if (term.links.empty() && path.steps.size() == 1 && path.trail.empty()) narrow(term, fact);
  return fact;
}

void collect(const Filter::Body& body, std::size_t i, std::vector<IndexFact>& out) {
  const Node& node = body.nodes[i];
  if (node.kind == Node::Kind::term) {
    if (auto fact = fact_of(body.terms[node.term])) out.push_back(std::move(*fact));
  } else if (node.kind == Node::Kind::all) {
    for (std::size_t part = i + 1; part < node.next; part = body.nodes[part].next) collect(body, part, out);
  }
}

void append(Filter::Body& to, const Filter::Body& from) {
  const auto nodes = static_cast<std::uint32_t>(to.nodes.size()), terms = static_cast<std::uint32_t>(to.terms.size());
  for (Node node : from.nodes) node.next += nodes, node.term += terms, to.nodes.push_back(node);
  to.terms.insert(to.terms.end(), from.terms.begin(), from.terms.end());
}

}  // namespace

std::string_view detail::op_text(Op op) { return kOps[static_cast<std::size_t>(op)]; }

Filter::Filter(std::shared_ptr<const Body> body) : body_(std::move(body)) {
  for (const Term& term : body_->terms) linked_depth_ = std::max(linked_depth_, static_cast<int>(term.links.size()));
}

Filter Filter::both(const Filter& a, const Filter& b) {
  if (a.empty() || b.empty()) return a.empty() ? b : a;
  auto body = std::make_shared<Body>();
  body->nodes.push_back({Node::Kind::all, 0, 0});
  append(*body, *a.body_), append(*body, *b.body_);
  body->nodes[0].next = static_cast<std::uint32_t>(body->nodes.size());
  body->source = "(" + a.body_->source + ");(" + b.body_->source + ")";
  return Filter(std::move(body));
}

bool Filter::matches(const Entity& entity, const EntityLookup* lookup) const {
  return !body_ || holds(body_->nodes, 0, [&](std::uint32_t t) { return term_matches(body_->terms[t], entity, lookup); });
}

bool Filter::matches(const tree::Value& object) const {
  return !body_ || holds(body_->nodes, 0, [&](std::uint32_t t) { return term_matches(body_->terms[t], object); });
}

void Filter::explain(const Entity& entity, const EntityLookup* lookup, std::vector<ExplainedTerm>& out) const {
  if (!body_) return;
  for (const Term& term : body_->terms) out.push_back({"q", term.source, term_matches(term, entity, lookup), found_at(term, entity)});
}

std::string Filter::text() const {
  std::string out;
  if (body_) write_node(*body_, 0, false, out);
  return out;
}

std::string Filter::source() const { return body_ ? body_->source : ""; }

std::vector<IndexFact> Filter::facts() const {
  std::vector<IndexFact> out;
  if (body_) collect(*body_, 0, out);
  return out;
}

std::vector<std::string> Filter::attributes() const {
  std::vector<std::string> out;
  if (!body_) return out;
  for (const Term& term : body_->terms) {
    const Step& first = (term.links.empty() ? term.path : term.links[0].path).steps[0];
    if (first.core == Core::none && std::find(out.begin(), out.end(), first.name) == out.end()) out.push_back(first.name);
  }
  return out;
}

bool Filter::only_system_members() const {
  if (!body_) return false;
  return std::all_of(body_->terms.begin(), body_->terms.end(), [](const Term& term) { return term.links.empty() && term.path.steps[0].core != Core::none; });
}

}  // namespace machiya::sense
