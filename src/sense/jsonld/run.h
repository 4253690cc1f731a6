// One call of expand, compact or process_context: what it may still do, what went wrong, what it has loaded. For the .cpp files of this module.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "sense/jsonld/context.h"

namespace machiya::sense::jsonld {

class Run {
 public:
  Run(const Settings& s, Arena& a) : settings(s), arena(a) {}
  const Settings& settings;
  Arena& arena;                    ///< everything new lies here
  std::optional<Error> error;

  /// Notes the first error; always false.
  bool fail(LdError e, std::string detail = {}, std::string where = {});
  /// Counts work; false when there was too much.
  bool spend(std::size_t n);
  /// Depth of recursion while it lives; ok() is false beyond the limit, and the error is noted.
  class Deeper {
   public:
    explicit Deeper(Run& run) : run_(run), ok_(++run.depth_ <= run.settings.limits.depth || run.fail(LdError::too_large, "nested too deeply")) {}
    ~Deeper() { --run_.depth_; }
    Deeper(const Deeper&) = delete;
    bool ok() const { return ok_; }
   private:
    Run& run_;
    bool ok_;
  };

  /// How one local context is processed (§4.1.1).
  struct How {
    std::string_view base_url;
    bool override_protected = false, propagate = true, validate_scoped = true;
  };
  /// Context Processing Algorithm. `local` must lie in the arena of the run, in the document, or in `active`.
  bool process(const ContextPtr& active, const Value& local, const How& how, ContextPtr& out);
  /// A term's local context applied to `active`; the same pair is processed once in a run.
  bool apply_scoped(const ContextPtr& active, const Term& term, bool override_protected, bool propagate, ContextPtr& out);

 private:
  int depth_ = 0;
  std::size_t work_ = 0, loads_ = 0;
  std::vector<std::string_view> remotes_;                                  ///< the chain of remote contexts that are being processed
  std::map<std::string, Value, std::less<>> loaded_;                       ///< URL → value of its @context
  std::map<std::tuple<const Context*, const Term*, bool>, std::pair<ContextPtr, ContextPtr>> applied_;   ///< both held: their addresses stay theirs

  bool item(std::shared_ptr<Context>& result, const Value& context, const How& how);
  bool remote(std::shared_ptr<Context>& result, std::string_view reference, const How& how);
  bool load(std::string_view url, Value& out);
  bool definition(Context& result, Value context, const How& how);
  bool imported(Value& context, const How& how);
  bool entries(Context& result, const Value& context);
  bool version(const Value& value);
  bool base(Context& result, const Value& value);
  bool vocab(Context& result, const Value& value);
  bool language(Context& result, const Value& value);
  bool direction(Context& result, const Value& value);
};

}  // namespace machiya::sense::jsonld
