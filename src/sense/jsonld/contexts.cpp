#include "sense/jsonld/contexts.h"

#include <algorithm>
#include <list>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "sense/jsonld/context.h"
#include "sense/jsonld/core_terms.h"

namespace machiya::sense {
namespace {

using jsonld::ContextPtr;
using tree::Value;

/// Answers core contexts itself, everything else by the broker's loader; notes what was asked for. A core context that a user's context names comes
/// without its @protected: the user's terms may stand beside it, and the broker's own core context, applied last, has the final word (§5.5.7).
class NotingLoader : public jsonld::ContextLoader {
 public:
  explicit NotingLoader(jsonld::ContextLoader* behind) : behind_(behind) {}
  Result<std::string> load(const std::string& url) override {
    if (const auto minor = jsonld::core_version_of(url)) return jsonld::core_json(*minor, false);
    urls.push_back(url);
    if (behind_ == nullptr) return Error(ErrorCode::forbidden, "no context is fetched from outside");
    auto text = behind_->load(url);
    if (text.ok()) bytes += text->size();
    return text;
  }
  std::vector<std::string> urls;
  std::size_t bytes = 0;

 private:
  jsonld::ContextLoader* behind_;
};

// What may stand in an array of contexts (JSON-LD API §4.1.2, step 5). Asked of all of them before the first is fetched: what is wrong by itself is wrong
// whether or not the others can be had.
bool has_shape(const Value& v) { return v.is_null() || v.is_string() || v.is_object(); }

bool names_core(const Value& v) { return v.is_string() && jsonld::core_version_of(v.text()).has_value(); }

}  // namespace

struct Contexts::Inside {
  struct Entry {
    std::string key;
    TermsPtr terms;
    std::vector<std::string> urls;
    std::size_t bytes;              ///< about what it takes
  };
  jsonld::ContextLoader* loader;
  Options options;
  TermsPtr core;
  Value core_value;                 ///< of its @context
  tree::Arena core_memory;
  mutable std::mutex lock;          ///< of what follows; never held while a context is loaded or compiled
  std::list<Entry> entries;         ///< the one used last in front
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;
  std::size_t bytes = 0;
  std::uint64_t forgotten = 0;      ///< grows with every forget()

  jsonld::Settings settings(jsonld::ContextLoader* with) const {
    jsonld::Settings out;
    out.loader = with, out.limits = options.limits;
    return out;
  }
  void drop(std::list<Entry>::iterator at) {
    bytes -= at->bytes;
    by_key.erase(at->key);
    entries.erase(at);
  }
  /// Compiles; fills in all of `entry` but its key.
  Result<void> make(const Value& value, Entry& entry) const;
};

Contexts::Contexts(jsonld::ContextLoader* loader, Options options) : in_(std::make_unique<Inside>()) {
  in_->loader = loader, in_->options = std::move(options);
  const auto minor = jsonld::core_version_of("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v" + in_->options.core_version + ".jsonld");
  MACHIYA_ASSERT(minor.has_value());
  const auto document = tree::parse(jsonld::core_json(*minor, true), in_->core_memory);
  MACHIYA_ASSERT(document.ok());
  in_->core_value = (*document)["@context"];
  const auto compiled = jsonld::process_context(jsonld::initial_context(), in_->core_value, in_->settings(nullptr));
  MACHIYA_ASSERT(compiled.ok());
  in_->core = std::make_shared<Terms>(*compiled);
}

Contexts::~Contexts() = default;
const TermsPtr& Contexts::core() const { return in_->core; }

Result<void> Contexts::Inside::make(const Value& value, Entry& entry) const {
  if (value.is_array() && !std::ranges::all_of(value.items(), has_shape))
    return jsonld::ld_error(jsonld::LdError::invalid_local_context, "a context is a map, a URL or an array of them");
  NotingLoader noting(loader);
  const auto user = jsonld::process_context(jsonld::initial_context(), value, settings(&noting));
  if (!user.ok()) return user.error();
  const auto whole = jsonld::process_context(*user, core_value, settings(nullptr), true);
  if (!whole.ok()) return whole.error();
  constexpr std::size_t kTerm = 400;   // a definition, its place in the table, its share of the inverse context
  entry.terms = std::make_shared<Terms>(*whole);
  entry.bytes = 3 * (entry.key.size() + noting.bytes) + kTerm * (*whole)->size();
  entry.urls = std::move(noting.urls);
  return {};
}

Result<TermsPtr> Contexts::resolve(const Value& value) {
  const bool only_core = names_core(value) || (value.is_array() && std::ranges::all_of(value.items(), names_core));
  if (value.is_null() || only_core) return in_->core;
  std::string key = tree::to_text(value);
  if (key.size() > in_->options.limits.context_bytes) return jsonld::ld_error(jsonld::LdError::too_large, "a context is too long");
  std::uint64_t before;
  {
    const std::lock_guard guard(in_->lock);
    if (const auto known = in_->by_key.find(key); known != in_->by_key.end()) {
      in_->entries.splice(in_->entries.begin(), in_->entries, known->second);
      return known->second->terms;
    }
    before = in_->forgotten;
  }
  Inside::Entry entry{std::move(key), nullptr, {}, 0};
  if (const auto made = in_->make(value, entry); !made.ok()) return made.error();
  const TermsPtr terms = entry.terms;
  const std::lock_guard guard(in_->lock);
  if (before != in_->forgotten || in_->by_key.contains(entry.key)) return terms;   // what was loaded may be out of date: serves this once
  in_->bytes += entry.bytes;
  in_->entries.push_front(std::move(entry));
  in_->by_key.emplace(in_->entries.front().key, in_->entries.begin());
  while (in_->entries.size() > 1 && (in_->entries.size() > in_->options.most || in_->bytes > in_->options.most_bytes)) in_->drop(std::prev(in_->entries.end()));
  return terms;
}

Result<TermsPtr> Contexts::resolve_url(std::string_view url) { return resolve(Value::string(url)); }

Result<void> Contexts::check(const Value& value) {
  if (value.is_null()) return jsonld::ld_error(jsonld::LdError::invalid_local_context, "a context is a map, a URL or an array of them");
  const auto terms = resolve(value);
  if (!terms.ok()) return terms.error();
  return {};
}

void Contexts::forget(std::string_view url) {
  const std::lock_guard guard(in_->lock);
  ++in_->forgotten;
  for (auto at = in_->entries.begin(); at != in_->entries.end();) {
    const auto here = at++;
    if (std::ranges::find(here->urls, url) != here->urls.end()) in_->drop(here);
  }
}

std::size_t Contexts::size() const {
  const std::lock_guard guard(in_->lock);
  return in_->entries.size();
}

bool Contexts::is_core(std::string_view url) { return jsonld::core_version_of(url).has_value(); }

std::string Contexts::core_document(std::string_view url) {
  const auto minor = jsonld::core_version_of(url);
  return minor ? jsonld::core_json(*minor, true) : std::string();
}

}  // namespace machiya::sense
