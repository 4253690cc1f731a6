// JSON-LD 1.1 on trees: contexts, expansion, compaction, flattening (W3C JSON-LD 1.1 Processing Algorithms and API §4–§8). Pure: no I/O of its own, no
// threads; remote contexts come through a ContextLoader. The broker itself speaks through contexts.h, which stands on this.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/tree/tree.h"

namespace machiya::sense::jsonld {

/// The error codes of the standard (JSON-LD API §9.6), and one of ours for limits that it does not know.
enum class LdError : std::uint8_t {
  colliding_keywords, conflicting_indexes, context_overflow, cyclic_iri_mapping, invalid_id_value, invalid_import_value, invalid_included_value,
  invalid_index_value, invalid_nest_value, invalid_prefix_value, invalid_propagate_value, invalid_protected_value, invalid_reverse_value,
  invalid_version_value, invalid_base_direction, invalid_base_iri, invalid_container_mapping, invalid_context_entry, invalid_context_nullification,
  invalid_default_language, invalid_iri_mapping, invalid_json_literal, invalid_keyword_alias, invalid_language_map_value, invalid_language_mapping,
  invalid_language_tagged_string, invalid_language_tagged_value, invalid_local_context, invalid_remote_context, invalid_reverse_property,
  invalid_reverse_property_map, invalid_reverse_property_value, invalid_scoped_context, invalid_script_element, invalid_set_or_list_object,
  invalid_term_definition, invalid_type_mapping, invalid_type_value, invalid_typed_value, invalid_value_object, invalid_value_object_value,
  invalid_vocab_mapping, iri_confused_with_prefix, keyword_redefinition, loading_document_failed, loading_remote_context_failed,
  processing_mode_conflict, protected_term_redefinition, too_large,
};
/// As the standard writes it: "cyclic IRI mapping".
std::string_view ld_error_name(LdError e);
/// malformed_request, unavailable (a context that cannot be had) or limit_exceeded; `detail` begins with the standard's code.
Error ld_error(LdError e, std::string detail = {}, std::string where = {});
/// Which of them an error is; nothing when it is of another kind.
std::optional<LdError> ld_error_of(const Error& e);

/// Answers remote contexts. May block; called by the thread that asks for a context, with no lock of ours held; must be safe for many threads when
/// it serves a Contexts.
class ContextLoader {
 public:
  virtual ~ContextLoader() = default;
  /// The JSON text of the document at this absolute URL, or why not (any code: it arrives as "loading remote context failed").
  virtual Result<std::string> load(const std::string& url) = 0;
};

/// What hostile input is held against.
struct Limits {
  int depth = 64;                            ///< of nested nodes of a document, of nested local and scoped contexts
  int remote_depth = 10;                     ///< remote contexts that name one another
  std::size_t remote_documents = 64;         ///< loaded while one context is processed
  std::size_t context_bytes = 1 << 20;       ///< of one remote document
  std::size_t terms = 20'000;                ///< of one active context
  std::size_t work = 2'000'000;              ///< terms defined or copied while one document is processed: scoped contexts multiply
};

struct Settings {
  ContextLoader* loader = nullptr;           ///< none: every remote context is refused
  std::string_view base;                     ///< IRI of the document
  bool compact_arrays = true;
  bool compact_to_relative = true;
  bool ordered = false;                      ///< members by code point instead of as they came
  bool mode_1_0 = false;                     ///< refuse what JSON-LD 1.0 did not know; nothing else of 1.0 is served
  Limits limits;
};

/// An active context (§4.1). Immutable; any thread may read it.
class Context;
using ContextPtr = std::shared_ptr<const Context>;

/// The initial context: nothing but the base.
ContextPtr initial_context(std::string_view base = {});

/// Context Processing Algorithm: `local` is the value of an @context (string, map, array of them, null), relative to settings.base. The answer keeps
/// copies of all it needs. `override_protected`: as for property-scoped contexts; the broker's core context comes this way.
Result<ContextPtr> process_context(const ContextPtr& active, const tree::Value& local, const Settings& settings, bool override_protected = false);

/// Expansion Algorithm with everything that API's expand() does after it: always an array. The answer's text lies in `out`, in `document` and in
/// `active`: all three must live as long.
Result<tree::Value> expand(const tree::Value& document, const ContextPtr& active, const Settings& settings, tree::Arena& out);

/// Compaction Algorithm of an expanded document; `context_member` is what stands as "@context" in the answer (null, {} and [] are left out). The
/// answer's text lies in `out`, in `expanded`, in `active` and in `context_member`.
Result<tree::Value> compact(const tree::Value& expanded, const ContextPtr& active, const tree::Value& context_member, const Settings& settings,
                            tree::Arena& out);

/// Flattening of an expanded document: an array of nodes by @id, each once. Blank nodes are named _:b0, _:b1 … in the order in which they come.
Result<tree::Value> flatten(const tree::Value& expanded, const Settings& settings, tree::Arena& out);

}  // namespace machiya::sense::jsonld
