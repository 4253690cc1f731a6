#include "sense/jsonld/term_maker.h"

#include <algorithm>

namespace machiya::sense::jsonld {
namespace {

using State = LocalMap::State;

/// What a context says of itself: no terms.
bool entry_of_context(std::string_view key) {
  switch (keyword_of(key)) {
    case Keyword::base: case Keyword::direction: case Keyword::import: case Keyword::language: case Keyword::propagate: case Keyword::protected_:
    case Keyword::version: case Keyword::vocab: return true;
    default: return false;
  }
}

/// gen-delims of RFC 3986 §2.2.
bool ends_in_delimiter(std::string_view iri) { return !iri.empty() && std::string_view(":/?#[]@").find(iri.back()) != std::string_view::npos; }

bool colon_inside(std::string_view s) {
  const std::size_t colon = s.find(':', 1);
  return s.size() > 2 && colon != std::string_view::npos && colon != s.size() - 1;
}

Containers container_of(std::string_view s) {
  switch (keyword_of(s)) {
    case Keyword::graph: return kGraph;
    case Keyword::id: return kId;
    case Keyword::index: return kIndex;
    case Keyword::language: return kLanguage;
    case Keyword::list: return kList;
    case Keyword::set: return kSet;
    case Keyword::type: return kType;
    default: return 0;
  }
}

/// §4.2 step 19.1: which may stand together.
bool together(Containers c) {
  const Containers rest = c & ~kSet;
  if (c & kList) return c == kList;
  if (c & kGraph) return rest == kGraph || rest == (kGraph | kId) || rest == (kGraph | kIndex);
  return (rest & (rest - 1)) == 0;
}

}  // namespace

bool TermMaker::all() {
  for (std::size_t i = 0; i < local_.size(); ++i)
    if (!entry_of_context(local_[i].key) && !make(i)) return false;
  return true;
}

/// Defines `name` first when the map defines it.
bool TermMaker::needed(std::string_view name) {
  const std::size_t at = local_.find(name);
  return at == LocalMap::npos || local_.state(at) == State::defined || entry_of_context(name) || make(at);
}

bool TermMaker::expand(std::string_view value, Expanded& out) {
  const bool reserved = keyword_of(value) != Keyword::none || looks_like_keyword(value);
  if (!reserved) {
    if (!needed(value)) return false;
    const std::size_t colon = value.size() > 1 ? value.find(':', 1) : std::string_view::npos;
    if (result_.find(value) == nullptr && colon != std::string_view::npos) {
      const std::string_view prefix = value.substr(0, colon);
      if (prefix != "_" && value.substr(colon + 1, 2) != "//" && !needed(prefix)) return false;
    }
  }
  out = result_.expand(value, true, false, run_.arena);
  return true;
}

/// Steps 4 and 5. `done`: nothing more is to be done for this term.
bool TermMaker::keyword_term(std::size_t at, bool& done) {
  const auto& [name, value] = local_[at];
  if (name == "@type") {
    const Value* container = value.find("@container");
    const Value* protect = value.find("@protected");
    const bool only = value.is_object() && value.count > 0 && value.count == 0u + (container != nullptr) + (protect != nullptr);
    if (run_.settings.mode_1_0 || !only) return run_.fail(LdError::keyword_redefinition, "@type");
    if (container == nullptr) return true;
    const bool set = container->text() == "@set" || (container->count == 1 && container->is_array() && container->items()[0].text() == "@set");
    return set || run_.fail(LdError::keyword_redefinition, "@type");
  }
  if (keyword_of(name) != Keyword::none) return run_.fail(LdError::keyword_redefinition, std::string(name));
  if (looks_like_keyword(name)) done = true;
  return true;
}

bool TermMaker::make(std::size_t at) {
  const auto& [name, value] = local_[at];
  if (local_.state(at) == State::defined) return true;
  if (local_.state(at) == State::in_progress) return run_.fail(LdError::cyclic_iri_mapping, std::string(name));
  if (name.empty()) return run_.fail(LdError::invalid_term_definition, "the empty term");
  Run::Deeper deeper(run_);
  if (!deeper.ok()) return false;
  local_.state(at) = State::in_progress;
  bool done = false;
  if (!keyword_term(at, done)) return false;
  if (done) return true;
  if (!value.is_null() && !value.is_string() && !value.is_object()) return run_.fail(LdError::invalid_term_definition, std::string(name));
  const Term* previous = result_.find(name);
  if (previous != nullptr) result_.undefine(previous->name, run_.arena);
  Term* term = new (run_.arena.room<Term>(1)) Term;
  term->name = run_.arena.text(name), term->protected_ = protect_;
  bool keep = true;
  if (!read(*term, value, value.is_string(), keep)) {
    if (run_.error && run_.error->where.empty()) run_.error->where = std::string(name.substr(0, 200));
    return false;
  }
  if (!keep) return true;
  if (previous != nullptr && previous->protected_ && !how_.override_protected) {
    if (!same_definition(*term, *previous)) return run_.fail(LdError::protected_term_redefinition, std::string(name));
    result_.define(previous);
  } else {
    result_.define(term);
  }
  local_.state(at) = State::defined;
  return true;
}

bool TermMaker::read(Term& term, const Value& value, bool simple, bool& keep) {
  if (value.is_object()) {
    if (!protection(term, value) || !type(term, value)) return false;
    if (value.has("@reverse")) {
      if (!reverse(term, value, keep)) return false;
      if (!keep) return true;
    }
  }
  if (!term.reverse && !id(term, value, simple, keep)) return false;
  if (!keep) return true;
  term.keyword = keyword_of(term.iri);
  if (!value.is_object()) return true;
  return containers(term, value) && index(term, value) && scoped(term, value) && language(term, value) && nest(term, value) && prefix(term, value) &&
         known_entries(value);
}

bool TermMaker::protection(Term& term, const Value& value) {
  const Value* p = value.find("@protected");
  if (p == nullptr) return true;
  if (run_.settings.mode_1_0) return run_.fail(LdError::invalid_term_definition, "@protected");
  if (!p->is_bool()) return run_.fail(LdError::invalid_protected_value);
  return term.protected_ = p->truth, true;
}

bool TermMaker::type(Term& term, const Value& value) {
  const Value* t = value.find("@type");
  if (t == nullptr) return true;
  if (!t->is_string()) return run_.fail(LdError::invalid_type_mapping);
  Expanded e;
  if (!expand(t->text(), e)) return false;
  const bool fresh = e.keyword == Keyword::json || e.keyword == Keyword::none_;
  if (fresh && run_.settings.mode_1_0) return run_.fail(LdError::invalid_type_mapping, std::string(e.iri));
  const bool allowed = fresh || e.keyword == Keyword::id || e.keyword == Keyword::vocab || (e.keyword == Keyword::none && is_absolute_iri(e.iri));
  if (!allowed || e.null) return run_.fail(LdError::invalid_type_mapping, std::string(t->text()));
  term.type = run_.arena.text(e.iri), term.type_keyword = e.keyword;
  return true;
}

bool TermMaker::reverse(Term& term, const Value& value, bool& keep) {
  const Value& of = value["@reverse"];
  if (value.has("@id") || value.has("@nest")) return run_.fail(LdError::invalid_reverse_property);
  if (!of.is_string()) return run_.fail(LdError::invalid_iri_mapping);
  if (looks_like_keyword(of.text()) && keyword_of(of.text()) == Keyword::none) return keep = false, true;
  Expanded e;
  if (!expand(of.text(), e)) return false;
  if (e.null || e.keyword != Keyword::none || (!is_absolute_iri(e.iri) && !is_blank_node(e.iri)))
    return run_.fail(LdError::invalid_iri_mapping, std::string(of.text()));
  if (const Value* c = value.find("@container"); c != nullptr && !c->is_null()) {
    const std::string_view only = c->is_array() && c->count == 1 ? c->items()[0].text() : c->text();
    if (only != "@set" && only != "@index") return run_.fail(LdError::invalid_reverse_property, "@container");
  }
  term.iri = run_.arena.text(e.iri), term.has_iri = true, term.reverse = true;
  return true;
}

bool TermMaker::id(Term& term, const Value& value, bool simple, bool& keep) {
  const Value* id = value.is_object() ? value.find("@id") : &value;
  if (id == nullptr) return id_implied(term);
  if (id->is_null()) return true;
  if (!id->is_string()) return run_.fail(LdError::invalid_iri_mapping);
  if (id->text() == term.name) return id_implied(term);
  if (looks_like_keyword(id->text()) && keyword_of(id->text()) == Keyword::none) return keep = false, true;
  return id_given(term, id->text(), simple);
}

bool TermMaker::id_given(Term& term, std::string_view id, bool simple) {
  Expanded e;
  if (!expand(id, e)) return false;
  if (e.null || (e.keyword == Keyword::none && !is_absolute_iri(e.iri) && !is_blank_node(e.iri)))
    return run_.fail(LdError::invalid_iri_mapping, std::string(id));
  if (e.keyword == Keyword::context) return run_.fail(LdError::invalid_keyword_alias);
  term.iri = run_.arena.text(e.iri), term.has_iri = true;
  const bool slash = term.name.find('/') != std::string_view::npos, colon = term.name.find(':') != std::string_view::npos;
  if (colon_inside(term.name) || slash) {
    local_.state(local_.find(term.name)) = State::defined;
    Expanded itself;
    if (!expand(term.name, itself)) return false;
    if (itself.iri != term.iri) return run_.fail(LdError::invalid_iri_mapping, "the term means another IRI by itself");
  }
  term.prefix = !colon && !slash && simple && (ends_in_delimiter(term.iri) || is_blank_node(term.iri));
  return true;
}

/// Steps 15 to 18: what a term without @id means.
bool TermMaker::id_implied(Term& term) {
  const std::string_view name = term.name;
  const std::size_t colon = name.size() > 1 ? name.find(':', 1) : std::string_view::npos;
  term.has_iri = true;
  if (colon != std::string_view::npos) {
    const std::string_view prefix = name.substr(0, colon);
    const bool compact = prefix != "_" && name.substr(colon + 1, 2) != "//";
    if (compact && !needed(prefix)) return false;
    const Term* p = compact ? result_.find(prefix) : nullptr;
    term.iri = p != nullptr && p->has_iri ? concat(run_.arena, p->iri, name.substr(colon + 1)) : name;
    return true;
  }
  if (name.find('/') != std::string_view::npos) {
    const Expanded e = result_.expand(name, true, false, run_.arena);
    if (!is_absolute_iri(e.iri)) return run_.fail(LdError::invalid_iri_mapping, "relative");
    term.iri = e.iri;
  } else if (name == "@type") {
    term.iri = name;
  } else if (result_.vocab) {
    term.iri = concat(run_.arena, *result_.vocab, name);
  } else {
    return run_.fail(LdError::invalid_iri_mapping, "there is no @vocab");
  }
  return true;
}

bool TermMaker::containers(Term& term, const Value& value) {
  const Value* c = value.find("@container");
  if (c == nullptr || c->is_null()) return true;
  auto wrong = [&] { return run_.fail(LdError::invalid_container_mapping); };
  if (c->is_array()) {
    if (run_.settings.mode_1_0 || c->count == 0) return wrong();
    for (const Value& one : c->items()) {
      const Containers bit = one.is_string() ? container_of(one.text()) : 0;
      if (bit == 0) return wrong();
      term.containers |= bit;
    }
  } else {
    term.containers = c->is_string() ? container_of(c->text()) : 0;
    if (run_.settings.mode_1_0 && (term.containers & (kGraph | kId | kType))) return wrong();
  }
  if (term.containers == 0 || !together(term.containers)) return wrong();
  if (!(term.containers & kType)) return true;
  if (term.type.empty()) term.type = "@id", term.type_keyword = Keyword::id;
  return term.type_keyword == Keyword::id || term.type_keyword == Keyword::vocab || run_.fail(LdError::invalid_type_mapping, "of a type map");
}

bool TermMaker::index(Term& term, const Value& value) {
  const Value* i = value.find("@index");
  if (i == nullptr) return true;
  if (run_.settings.mode_1_0 || !(term.containers & kIndex) || !i->is_string()) return run_.fail(LdError::invalid_term_definition, "@index");
  Expanded e;
  if (!expand(i->text(), e)) return false;
  if (e.null || e.keyword != Keyword::none || !is_absolute_iri(e.iri)) return run_.fail(LdError::invalid_term_definition, "@index");
  return term.index = run_.arena.text(i->text()), true;
}

bool TermMaker::scoped(Term& term, const Value& value) {
  const Value* context = value.find("@context");
  if (context == nullptr) return true;
  if (run_.settings.mode_1_0) return run_.fail(LdError::invalid_term_definition, "@context");
  Value* kept = new (run_.arena.room<Value>(1)) Value(run_.arena.copy(*context));
  // Tried now, so that what is wrong with it is said when it is defined.
  ContextPtr tried;
  const ContextPtr as_it_is = std::make_shared<Context>(result_);
  if (!run_.process(as_it_is, *kept, {how_.base_url, true, true, false}, tried)) {
    const auto why = ld_error_of(*run_.error);
    const bool ours = why == LdError::too_large || why == LdError::context_overflow || run_.error->code == ErrorCode::unavailable;
    if (!ours) run_.error = ld_error(LdError::invalid_scoped_context, run_.error->detail, run_.error->where);
    return false;
  }
  term.local_context = kept, term.base_url = run_.arena.text(how_.base_url);
  return true;
}

bool TermMaker::language(Term& term, const Value& value) {
  if (const Value* l = value.find("@language"); l != nullptr && !value.has("@type")) {
    if (!l->is_null() && !l->is_string()) return run_.fail(LdError::invalid_language_mapping);
    term.has_language = true, term.language = run_.arena.text(l->text());
  }
  if (const Value* d = value.find("@direction"); d != nullptr && !value.has("@type")) {
    if (d->is_null()) term.direction = Direction::null;
    else if (d->is_string() && d->text() == "ltr") term.direction = Direction::ltr;
    else if (d->is_string() && d->text() == "rtl") term.direction = Direction::rtl;
    else return run_.fail(LdError::invalid_base_direction);
  }
  return true;
}

bool TermMaker::nest(Term& term, const Value& value) {
  const Value* n = value.find("@nest");
  if (n == nullptr) return true;
  if (run_.settings.mode_1_0) return run_.fail(LdError::invalid_term_definition, "@nest");
  const Keyword k = keyword_of(n->text());
  if (!n->is_string() || (k != Keyword::none && k != Keyword::nest)) return run_.fail(LdError::invalid_nest_value);
  return term.nest = run_.arena.text(n->text()), true;
}

bool TermMaker::prefix(Term& term, const Value& value) {
  const Value* p = value.find("@prefix");
  if (p == nullptr) return true;
  if (run_.settings.mode_1_0 || term.name.find_first_of(":/") != std::string_view::npos) return run_.fail(LdError::invalid_term_definition, "@prefix");
  if (!p->is_bool()) return run_.fail(LdError::invalid_prefix_value);
  term.prefix = p->truth;
  return !term.prefix || term.keyword == Keyword::none || run_.fail(LdError::invalid_term_definition, "a keyword as a prefix");
}

bool TermMaker::known_entries(const Value& value) {
  for (const Member& m : value.members()) switch (keyword_of(m.key)) {
    case Keyword::id: case Keyword::reverse: case Keyword::container: case Keyword::context: case Keyword::direction: case Keyword::index:
    case Keyword::language: case Keyword::nest: case Keyword::prefix: case Keyword::protected_: case Keyword::type: break;
    default: return run_.fail(LdError::invalid_term_definition, "unknown entry " + std::string(m.key.substr(0, 100)));
  }
  return true;
}

}  // namespace machiya::sense::jsonld
