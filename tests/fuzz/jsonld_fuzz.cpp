// JSON-LD: any context (first line) and any document (the rest) are processed or refused without a crash, within the limits; a name that was made
// shorter means the same IRI again. Every remote context answers with the same text, so that contexts include themselves.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sense/jsonld/contexts.h"

using namespace machiya;
using namespace machiya::sense;

namespace {

class Mirror : public jsonld::ContextLoader {
 public:
  explicit Mirror(std::string_view context) : text_("{\"@context\":" + std::string(context) + "}") {}
  Result<std::string> load(const std::string&) override { return text_; }

 private:
  std::string text_;
};

void names(const Terms& terms, const tree::Value& v, tree::Arena& scratch) {
  for (const tree::Member& m : v.members()) {
    const std::string_view iri = terms.expand_term(m.key, scratch);
    const std::string_view brief = terms.compact_iri(iri, scratch);
    if (brief != iri && !iri.empty() && terms.expand_term(brief, scratch) != iri) std::abort();
    if (terms.expand_term(m.key, scratch) != iri) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16384) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view first = text.substr(0, text.find('\n')), rest = text.substr(first.size());
  tree::Arena arena;
  const auto context = tree::parse(first, arena);
  if (!context.ok()) return 0;
  Mirror mirror(first);
  Contexts::Options options;
  options.limits.work = 50'000;
  Contexts contexts(&mirror, options);
  const auto terms = contexts.resolve(*context);
  if (!terms.ok()) {
    if (!jsonld::ld_error_of(terms.error())) std::abort();
    return 0;
  }
  const auto document = tree::parse(rest, arena);
  if (!document.ok()) return 0;
  names(**terms, *document, arena);
  jsonld::Settings settings;
  settings.loader = &mirror, settings.base = "http://a.example/b/c", settings.limits = options.limits;
  const auto expanded = jsonld::expand(*document, (*terms)->context(), settings, arena);
  if (!expanded.ok()) {
    if (!jsonld::ld_error_of(expanded.error())) std::abort();
    return 0;
  }
  const auto compacted = jsonld::compact(*expanded, (*terms)->context(), *context, settings, arena);
  if (compacted.ok() && !compacted->is_object()) std::abort();
  const auto flat = jsonld::flatten(*expanded, settings, arena);
  if (flat.ok() && !flat->is_array()) std::abort();
  // Another context than the one it was expanded with.
  (void)jsonld::compact(*document, (*terms)->context(), tree::Value::null(), settings, arena).ok();
  return 0;
}
