// The inside of a Filter: terms over paths, joined by "and" and "or".
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sense/query/filter.h"
#include "sense/query/selection.h"

namespace machiya::sense::detail {

/// Members that are no attributes: of entities, or of instances, or of both.
enum class Core : std::uint8_t { none, id, type, scope, created_at, modified_at, expires_at, observed_at, unit_code, dataset_id, instance_id, object_type, value_type };
/// By term ("createdAt") or by IRI of the core context; none for everything else.
Core core_member(std::string_view name);
std::string_view core_name(Core core);

struct Step {
  Core core = Core::none;
  std::string name;   ///< IRI
  std::string term;   ///< as written
};

struct Path {
  std::vector<Step> steps;              ///< a.b.c, at least one
  std::vector<std::string> trail;       ///< [d.e]; ["*"]: any language
};

/// a{Type:…}: the relationship that is followed and the types of what stands there.
struct Link {
  Path path;
  std::vector<std::string> types;
};

enum class Op : std::uint8_t { exists, absent, equal, unequal, greater, greater_equal, less, less_equal, like, unlike };
std::string_view op_text(Op op);

struct Literal {
  enum class Kind : std::uint8_t { text, number, truth, instant, date, time, null };
  Kind kind = Kind::text;
  std::string text;                     ///< of a text; of a date or time as written
  double number = 0;
  bool truth = false;
  std::int64_t us = kNoTime;            ///< of instants and dates since 1970, of times since midnight; of a text that is an instant, too
};

struct Term {
  std::vector<Link> links;
  Path path;
  Op op = Op::exists;
  std::vector<Literal> values;          ///< one or more (a list), two of a range
  bool range = false;
  std::optional<TextPattern> pattern;   ///< of like and unlike
  std::string source;
};

/// In the order of reading; the parts of `all` and `any` stand behind them up to `next`.
struct Node {
  enum class Kind : std::uint8_t { term, all, any } kind = Kind::term;
  std::uint32_t term = 0, next = 0;
};

inline constexpr std::size_t kMaxTerms = 512, kMaxBytes = 16'384;
inline constexpr int kMaxNesting = 20, kMaxLinks = 8;

/// µs since midnight of "09:30:00Z" (§4.6.3); nothing for anything else.
std::optional<std::int64_t> time_of_day(std::string_view text);
/// What a bare word or number is: null, true, number, date, time, instant, else a text.
Literal literal_of(std::string_view text);

class Scan;
/// A path with its trail, if there is one. `prefix`: names may be prefix:name.
Result<Path> read_path(Scan& scan, const NameExpander& expand, bool prefix);
void write_path(const Path& path, std::string& out);
/// What the path leads to first (of the default instance, else of the first one), for ordering: a JSON value and what kind of attribute it stands in, or an
/// instant of the system (then `us`), or a text.
struct Found {
  const tree::Value* json = nullptr;
  AttributeKind kind = AttributeKind::property;
  std::int64_t us = kNoTime;
  std::optional<std::string_view> text;
};
std::optional<Found> first_at(const Path& path, const Entity& entity);

bool term_matches(const Term& term, const Entity& entity, const EntityLookup* lookup);
bool term_matches(const Term& term, const tree::Value& object);
/// For people: what the entity has at the term's path.
std::string found_at(const Term& term, const Entity& entity);

}  // namespace machiya::sense::detail

namespace machiya::sense {
struct Filter::Body {
  std::string source;
  std::vector<detail::Node> nodes;
  std::vector<detail::Term> terms;
};
}  // namespace machiya::sense
