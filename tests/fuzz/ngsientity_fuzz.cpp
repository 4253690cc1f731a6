// Any JSON as the body of a write, chosen by the first byte: refused with what is wrong, or an entity that is kept, read back and written as the same in
// every representation. A table of shared words that is full changes nothing.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sense/entities/change.h"
#include "sense/entities/codec.h"
#include "sense/entities/write.h"

namespace {

using namespace machiya;
using namespace machiya::sense;

constexpr std::string_view kThere = R"({"id":"urn:x:1","type":["T","U"],"scope":"/a/b","a":{"value":1,"unitCode":"CEL","b":{"object":"urn:x:2"}},
  "c":[{"value":{"k":[1,"x"]}},{"value":2,"datasetId":"urn:d:1"}],"l":{"languageMap":{"en":"red","fr":["rouge"]}},"v":{"vocab":"x"},
  "location":{"type":"Point","coordinates":[135.5,34.7]},"j":{"json":{"x":null}}})";

class Bench {
 public:
  explicit Bench(std::size_t words) : names_(words) {
    const auto there = tree::parse(kThere, arena_);
    const auto draft = read_entity(*there, BodyOf::entity, *contexts().core(), arena_);
    there_ = create_entity(*draft, context_).after;
  }

  void write(BodyOf what, std::string_view text) {
    const auto body = tree::parse(text, arena_);
    if (!body.ok()) return;
    const Terms& terms = *contexts().core();
    const auto draft = read_entity(*body, what, terms, arena_);
    if (!draft.ok()) return refused(draft.error());
    switch (what) {
      case BodyOf::entity:
        kept(create_entity(*draft, context_));
        kept(replace_entity(there_, *draft, context_));
        break;
      case BodyOf::fragment: kept(update_attributes(there_, *draft, context_)); break;
      case BodyOf::append: kept(append_attributes(there_, *draft, false, context_)), kept(append_attributes(there_, *draft, true, context_)); break;
      case BodyOf::merge: {
        const auto change = merge_entity(there_, *body, terms, {}, "", context_);
        change.ok() ? kept(*change) : refused(change.error());
        break;
      }
      case BodyOf::temporal: break;
    }
    for (const auto change_one : {update_attribute, replace_attribute}) {
      const auto one = change_one(there_, terms.expand_term("c", arena_), *body, terms, context_);
      one.ok() ? kept(*one) : refused(one.error());
    }
  }

 private:
  tree::Arena arena_;
  Names names_;
  std::size_t made_ = 0;
  const ChangeContext context_{names_, 1'790'000'000'000'000, [this] { return "urn:ngsi-ld:Instance:" + std::to_string(++made_); }};
  EntityPtr there_;

  static Contexts& contexts() {
    static Contexts one(nullptr);
    return one;
  }
  static void refused(const Error& error) {
    const bool known = error.code == ErrorCode::invalid_input || error.code == ErrorCode::not_found || error.code == ErrorCode::limit_exceeded || error.code == ErrorCode::malformed_request;
    if (!known || error.detail.empty()) std::abort();
  }
  static std::string text(const EntityPtr& entity, Format format) {
    Shape shape;
    shape.terms = contexts().core().get(), shape.format = format, shape.sys_attrs = format == Format::normalized;
    std::string out;
    write_entity(*entity, shape, out);
    tree::Arena arena;
    if (!tree::parse(out, arena).ok()) std::abort();
    return out;
  }
  void kept(const Change& change) {
    if (!change.after) return;
    std::string bytes, again;
    encode_entity(*change.after, bytes);
    tree::Arena arena;
    const auto draft = decode_entity(bytes, arena);
    if (!draft.ok()) std::abort();
    const EntityPtr read = draft->finish(names_);
    encode_entity(*read, again);
    if (again != bytes) std::abort();
    for (const Format format : {Format::normalized, Format::concise, Format::simplified})
      if (text(read, format) != text(change.after, format)) std::abort();
    std::string feature;
    Shape shape;
    shape.terms = contexts().core().get();
    write_feature(*change.after, shape, "https://uri.etsi.org/ngsi-ld/location", "", feature);
    if (!tree::parse(feature, arena).ok()) std::abort();
    std::string record;
    encode_record(Record{"", 1, change.before, change.after, change.attributes}, record);
    const auto told = decode_record(record, names_);
    if (!told.ok() || told->changes.size() != change.attributes.size()) std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 65'536) return 0;
  constexpr BodyOf kBodies[] = {BodyOf::entity, BodyOf::fragment, BodyOf::merge, BodyOf::temporal, BodyOf::append};
  Bench bench((data[0] & 8) != 0 ? 3 : 1000);
  bench.write(kBodies[(data[0] & 7) % 5], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
