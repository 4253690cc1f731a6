// jsonld_bench core | answers FILE | rate FILE SECONDS | whole FILE SECONDS: the broker's JSON-LD engine over documents. FILE has one JSON on each
// line: first {"contexts": {URL: document}}, then {"context": value of an @context, "document": …}.
// core prints the core context, answers what each document expands and compacts to, rate how many documents a second are expanded and compacted,
// whole the same from text to text. One thread; each document's context comes from the cache, as a request's does.
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>

#include "sense/jsonld/contexts.h"

using namespace machiya;
using namespace machiya::sense;

namespace {

class Given : public jsonld::ContextLoader {
 public:
  Result<std::string> load(const std::string& url) override {
    const auto found = documents.find(url);
    if (found == documents.end()) return Error(ErrorCode::not_found, url);
    return found->second;
  }
  std::map<std::string, std::string> documents;
};

struct Document {
  std::string text;
  tree::Value context, value;
};

struct Work {
  Given given;
  tree::Arena memory{1 << 20};
  std::vector<Document> documents;

  explicit Work(const char* file) {
    std::ifstream in(file);
    std::string line;
    while (std::getline(in, line)) {
      const tree::Value v = tree::parse(line, memory).value();
      for (const tree::Member& m : v["contexts"].members()) given.documents.emplace(m.key, tree::to_text(m.value));
      if (v.has("document")) documents.push_back({tree::to_text(v["document"]), v["context"], v["document"]});
    }
  }
};

/// Expanded and compacted, in `arena`.
Result<std::pair<tree::Value, tree::Value>> both(Contexts& contexts, const Document& d, const tree::Value& value, tree::Arena& arena, bool ordered = false) {
  const auto terms = contexts.resolve(d.context);
  if (!terms.ok()) return terms.error();
  jsonld::Settings settings;
  settings.ordered = ordered;
  const auto expanded = jsonld::expand(value, (*terms)->context(), settings, arena);
  if (!expanded.ok()) return expanded.error();
  const auto compacted = jsonld::compact(*expanded, (*terms)->context(), tree::Value::null(), settings, arena);
  if (!compacted.ok()) return compacted.error();
  return std::pair(*expanded, *compacted);
}

void answers(Work& work) {
  Contexts contexts(&work.given);
  for (const Document& d : work.documents) {
    tree::Arena arena;
    const auto made = both(contexts, d, d.value, arena, true);   // as the peer orders
    if (made.ok()) std::cout << "{\"expanded\":" << tree::to_text(made->first) << ",\"compacted\":" << tree::to_text(made->second) << "}\n";
    else std::cout << "{\"refused\":" << tree::to_text(arena.string(jsonld::ld_error_name(*jsonld::ld_error_of(made.error())))) << "}\n";
  }
}

double rate(Work& work, double seconds, bool whole) {
  Contexts contexts(&work.given);
  tree::Arena arena(1 << 16);
  std::size_t done = 0, bytes = 0;
  std::string out;
  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  double passed = 0;
  while (passed < seconds) {
    for (const Document& d : work.documents) {
      arena.clear();
      const tree::Value value = whole ? tree::parse(d.text, arena).value() : d.value;
      const tree::Value compacted = both(contexts, d, value, arena).value().second;
      if (whole) out.clear(), tree::write(compacted, out), bytes += out.size();
      else bytes += compacted.count;
    }
    done += work.documents.size();
    passed = std::chrono::duration<double>(clock::now() - begin).count();
  }
  if (bytes == 0) std::cerr << "nothing was made\n";
  return static_cast<double>(done) / passed;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "core") return std::cout << Contexts::core_document(kCoreContextUrl) << "\n", 0;
  if (argc < 3) return std::cerr << "jsonld_bench core | answers FILE | rate FILE SECONDS | whole FILE SECONDS\n", 2;
  Work work(argv[2]);
  if (what == "answers") answers(work);
  else std::cout << "{\"per_second\":" << static_cast<long>(rate(work, argc > 3 ? std::stod(argv[3]) : 1, what == "whole")) << "}\n";
  return 0;
}
