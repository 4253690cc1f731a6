// Context Processing Algorithm (JSON-LD API §4.1).
#include <algorithm>

#include "sense/jsonld/inverse.h"
#include "sense/jsonld/run.h"
#include "sense/jsonld/term_maker.h"

namespace machiya::sense::jsonld {

bool Run::fail(LdError e, std::string detail, std::string where) {
  constexpr std::size_t kLongest = 200;   // of what the sender wrote
  detail.resize(std::min(detail.size(), kLongest)), where.resize(std::min(where.size(), kLongest));
  if (!error) error = ld_error(e, std::move(detail), std::move(where));
  return false;
}

bool Run::spend(std::size_t n) {
  work_ += n;
  return work_ <= settings.limits.work || fail(LdError::too_large, "contexts take too much work");
}

bool Run::process(const ContextPtr& active, const Value& local, const How& given, ContextPtr& out) {
  Deeper deeper(*this);
  if (!deeper.ok() || !spend(1 + active->size())) return false;
  How how = given;
  if (const Value* p = local.find("@propagate"); p != nullptr && p->is_bool()) how.propagate = p->truth;
  auto result = std::make_shared<Context>(*active);
  if (!how.propagate && result->previous == nullptr) result->previous = active;
  if (local.is_array()) {
    for (const Value& one : local.items())
      if (!item(result, one, how)) return false;
  } else if (!item(result, local, how)) {
    return false;
  }
  out = std::move(result);
  return true;
}

bool Run::item(std::shared_ptr<Context>& result, const Value& context, const How& how) {
  if (context.is_null()) {
    if (!how.override_protected && result->any_protected) return fail(LdError::invalid_context_nullification, "terms are protected");
    auto fresh = std::make_shared<Context>();
    fresh->base = fresh->original_base = result->original_base;
    fresh->memory = result->memory;
    if (!how.propagate) fresh->previous = std::move(result);
    result = std::move(fresh);
    return true;
  }
  if (context.is_string()) return remote(result, context.text(), how);
  if (!context.is_object()) return fail(LdError::invalid_local_context, "a context is a map, a URL or null");
  return definition(*result, context, how);
}

bool Run::remote(std::shared_ptr<Context>& result, std::string_view reference, const How& how) {
  const std::string_view url = arena.text(resolve_iri(how.base_url, reference));
  if (!is_absolute_iri(url)) return fail(LdError::loading_document_failed, "not a URL", std::string(reference.substr(0, 200)));
  const bool open = std::find(remotes_.begin(), remotes_.end(), url) != remotes_.end();
  if (open && !how.validate_scoped) return true;
  if (open || remotes_.size() >= static_cast<std::size_t>(settings.limits.remote_depth))
    return fail(LdError::context_overflow, open ? "contexts include one another" : "too many contexts include one another", std::string(url));
  Value loaded;
  if (!load(url, loaded)) return false;
  remotes_.push_back(url);
  ContextPtr made;
  const bool ok = process(result, loaded, {url, how.override_protected, true, how.validate_scoped}, made);
  remotes_.pop_back();
  if (!ok) return false;
  result = std::const_pointer_cast<Context>(made);   // made by process() just now: nobody else has it
  return true;
}

bool Run::load(std::string_view url, Value& out) {
  if (const auto known = loaded_.find(url); known != loaded_.end()) return out = known->second, true;
  const std::string where(url);
  if (settings.loader == nullptr) return fail(LdError::loading_remote_context_failed, "no remote context is allowed", where);
  if (++loads_ > settings.limits.remote_documents) return fail(LdError::context_overflow, "too many remote contexts", where);
  auto text = settings.loader->load(where);
  if (!text.ok()) return fail(LdError::loading_remote_context_failed, text.error().detail, where);
  if (text->size() > settings.limits.context_bytes) return fail(LdError::too_large, "a context is too long", where);
  auto document = tree::parse(*text, arena, {.depth = settings.limits.depth, .values = settings.limits.work});
  if (!document.ok()) return fail(LdError::loading_remote_context_failed, document.error().where + " " + document.error().detail, where);
  const Value* context = document->find("@context");
  if (context == nullptr) return fail(LdError::invalid_remote_context, "no map with @context", where);
  return out = loaded_.emplace(where, *context).first->second, true;
}

bool Run::definition(Context& result, Value context, const How& how) {
  if (const Value* v = context.find("@version"); v != nullptr && !version(*v)) return false;
  if (context.has("@import") && !imported(context, how)) return false;
  if (!entries(result, context)) return false;
  bool protect = false;
  if (const Value* p = context.find("@protected")) {
    if (settings.mode_1_0) return fail(LdError::invalid_context_entry, "@protected");
    if (!p->is_bool()) return fail(LdError::invalid_protected_value);
    protect = p->truth;
  }
  if (!spend(context.count)) return false;
  if (result.size() + context.count > settings.limits.terms) return fail(LdError::too_large, "too many terms");
  return TermMaker(*this, result, context, how, protect).all();
}

bool Run::version(const Value& value) {
  if (!value.is_number() || value.number() != 1.1) return fail(LdError::invalid_version_value);
  return !settings.mode_1_0 || fail(LdError::processing_mode_conflict);
}

bool Run::imported(Value& context, const How& how) {
  if (settings.mode_1_0) return fail(LdError::invalid_context_entry, "@import");
  const Value& reference = context["@import"];
  if (!reference.is_string()) return fail(LdError::invalid_import_value);
  const std::string url = resolve_iri(how.base_url, reference.text());
  if (!is_absolute_iri(url)) return fail(LdError::loading_remote_context_failed, "not a URL", url.substr(0, 200));
  Value from;
  if (!load(url, from)) return false;
  if (!from.is_object()) return fail(LdError::invalid_remote_context, "what is imported is one map", url);
  if (from.has("@import")) return fail(LdError::invalid_context_entry, "an imported context imports", url);
  const LocalMap own(context);
  std::vector<Member> merged;
  for (const Member& m : from.members())
    if (own.find(m.key) == LocalMap::npos) merged.push_back(m);
  for (const Member& m : context.members())
    if (m.key != "@import") merged.push_back(m);
  context = arena.object(merged);
  return true;
}

bool Run::entries(Context& result, const Value& context) {
  // In the order of the standard: @vocab may stand relative to @base.
  if (const Value* v = context.find("@base"); v != nullptr && remotes_.empty() && !base(result, *v)) return false;
  if (const Value* v = context.find("@vocab"); v != nullptr && !vocab(result, *v)) return false;
  if (const Value* v = context.find("@language"); v != nullptr && !language(result, *v)) return false;
  if (const Value* v = context.find("@direction"); v != nullptr && !direction(result, *v)) return false;
  const Value* propagate = context.find("@propagate");
  if (propagate == nullptr) return true;
  if (settings.mode_1_0) return fail(LdError::invalid_context_entry, "@propagate");
  return propagate->is_bool() || fail(LdError::invalid_propagate_value);
}

bool Run::base(Context& result, const Value& value) {
  if (value.is_null()) return result.base.reset(), true;
  if (!value.is_string()) return fail(LdError::invalid_base_iri);
  if (is_absolute_iri(value.text())) return result.base = arena.text(value.text()), true;
  if (!result.base) return fail(LdError::invalid_base_iri, "relative, and there is no base");
  return result.base = arena.text(resolve_iri(*result.base, value.text())), true;
}

bool Run::vocab(Context& result, const Value& value) {
  if (value.is_null()) return result.vocab.reset(), true;
  if (!value.is_string()) return fail(LdError::invalid_vocab_mapping);
  const std::string_view text = value.text();
  const bool relative = !is_absolute_iri(text) && !is_blank_node(text) && text.find(':') == std::string_view::npos;
  if (relative && settings.mode_1_0) return fail(LdError::invalid_vocab_mapping, "relative");
  if (keyword_of(text) != Keyword::none || looks_like_keyword(text)) return fail(LdError::invalid_vocab_mapping, "a keyword");
  const Expanded e = result.expand(text, true, true, arena);
  if (e.null || e.keyword != Keyword::none) return fail(LdError::invalid_vocab_mapping);
  return result.vocab = arena.text(e.iri), true;
}

bool Run::language(Context& result, const Value& value) {
  if (value.is_null()) return result.language = {}, true;
  if (!value.is_string()) return fail(LdError::invalid_default_language);
  return result.language = arena.text(value.text()), true;
}

bool Run::direction(Context& result, const Value& value) {
  if (settings.mode_1_0) return fail(LdError::invalid_context_entry, "@direction");
  if (value.is_null()) return result.direction = Direction::absent, true;
  if (value.text() == "ltr" && value.is_string()) return result.direction = Direction::ltr, true;
  if (value.text() == "rtl" && value.is_string()) return result.direction = Direction::rtl, true;
  return fail(LdError::invalid_base_direction);
}

bool Run::apply_scoped(const ContextPtr& active, const Term& term, bool override_protected, bool propagate, ContextPtr& out) {
  auto& known = applied_[{active.get(), &term, propagate}];
  if (known.second == nullptr) {
    ContextPtr made;
    if (!process(active, *term.local_context, {term.base_url, override_protected, propagate, true}, made)) return false;
    known = {active, std::move(made)};
  }
  out = known.second;
  return true;
}

}  // namespace machiya::sense::jsonld
