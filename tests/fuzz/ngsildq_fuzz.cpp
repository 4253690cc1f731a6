// Any text as a query of NGSI-LD or NGSIv2, chosen by the first byte: an error or something that can be asked, and whose canonical text reads back as the same.
#include <cstdlib>

#include "sense/query/query.h"

namespace {

using namespace machiya;
using namespace machiya::sense;

std::string iri(std::string_view term) { return "https://ex/" + std::string(term); }

// One entity with a value of most kinds.
class Sample {
 public:
  Sample() {
    const auto value = [&](const char* json) { return *tree::parse(json, arena_); };
    const auto attribute = [&](std::string_view name, AttributeKind kind, const char* json, std::span<const Attribute> sub = {}) {
      Instance i;
      i.kind = kind, i.value = value(json), i.sub = sub, i.observed_at = {0, "1970-01-01T00:00:00Z"};
      return Attribute{name, arena_.list(std::vector<Instance>{i})};
    };
    const auto sub = arena_.list(std::vector<Attribute>{attribute("https://ex/b", AttributeKind::property, "2.5")});
    entity_.attributes = arena_.list(std::vector<Attribute>{
        attribute("https://ex/a", AttributeKind::property, R"({"c": [1, "x"], "d": {"e": "2026-01-01T00:00:00Z"}})", sub),
        attribute("https://ex/b", AttributeKind::property, "7"), attribute("https://ex/r", AttributeKind::relationship, R"(["urn:x:1", "urn:x:2"])"),
        attribute("https://ex/l", AttributeKind::language_property, R"({"en": "red", "fr": ["rouge"]})"), attribute("https://ex/v", AttributeKind::vocab_property, R"("https://ex/a")"),
        attribute("https://ex/location", AttributeKind::geo_property, R"({"type": "Point", "coordinates": [135.5, 34.7]})")});
    entity_.id = "urn:x:1", entity_.types = arena_.list(std::vector<std::string_view>{"https://ex/T"}), entity_.scopes = arena_.list(std::vector<std::string_view>{"/a/b"});
    entity_.created_us = 1, entity_.modified_us = 2;
  }
  const Entity& entity() const { return entity_; }

 private:
  tree::Arena arena_;
  Entity entity_;
};

const Sample& sample() {
  static const Sample one;
  return one;
}

void ask(const Result<Filter>& filter) {
  if (!filter || filter->empty()) return;
  const EntityLookup lookup = [](std::string_view) { return EntityPtr(EntityPtr(), &sample().entity()); };
  const auto again = Filter::parse(filter->text(), nullptr);
  // The canonical text has longer names, so it alone may be too long.
  if (!again && again.error().code != ErrorCode::limit_exceeded) std::abort();
  if (!again) return;
  if (again->text() != filter->text()) std::abort();
  if (again->matches(sample().entity(), &lookup) != filter->matches(sample().entity(), &lookup)) std::abort();
  std::vector<ExplainedTerm> terms;
  filter->explain(sample().entity(), &lookup, terms);
  filter->facts();
  tree::Arena arena;
  filter->matches(*tree::parse(R"({"a": {"type": "Property", "value": 1}, "b": "x"})", arena));
}

void select(std::string_view text) {
  if (const auto types = TypeSelection::parse(text, iri)) {
    const auto again = TypeSelection::parse(types->text(), nullptr);
    if (again ? again->matches(sample().entity()) != types->matches(sample().entity()) : again.error().code != ErrorCode::limit_exceeded) std::abort();
  }
  if (const auto scope = ScopeQuery::parse(text)) {
    const auto again = ScopeQuery::parse(scope->text());
    if (again ? again->matches(sample().entity().scopes) != scope->matches(sample().entity().scopes) : again.error().code != ErrorCode::limit_exceeded) std::abort();
  }
}

void show(std::string_view text) {
  if (const auto pick = Projection::parse(text, iri, "pick")) {
    const auto again = Projection::parse(pick->text(), nullptr, "pick");
    if (again ? again->text() != pick->text() : again.error().code != ErrorCode::limit_exceeded) std::abort();
  }
  if (const auto order = Ordering::parse({.order_by = text, .order_from = "[1,2]"}, iri)) {
    std::vector<const Entity*> list = {&sample().entity(), &sample().entity()};
    order->sort(list);
  }
  (void)Ordering::parse({.order_by = "a", .collation = text}, iri);
  (void)parse_names(text, iri, "attrs");
  tree::Arena arena;
  if (const auto lang = LanguageFilter::parse(text)) lang->choose(*tree::parse(R"({"en": "a", "fr-CH": "b"})", arena));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  FilterOptions options;
  options.expand_values = {"v"}, options.percent_too = true;
  switch (data[0] % 6) {
    case 0: ask(Filter::parse(text, iri)); break;
    case 1: ask(Filter::parse(text, iri, options)); break;
    case 2: ask(Filter::parse_v2(text, "", iri)), ask(Filter::parse_v2("", text, iri)); break;
    case 3: select(text); break;
    case 4: show(text); break;
    case 5: {
      const std::size_t line = std::min(text.find('\n'), text.size());
      const auto pattern = TextPattern::compile(text.substr(0, line));
      if (pattern && pattern->found_in(text.substr(line)) && !text.substr(line).starts_with(pattern->prefix())) std::abort();
      break;
    }
    default: break;
  }
  return 0;
}
