#include "console/parts_list.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <tuple>

#include "base/json.h"
#include "platform/vault/file_digest.h"

namespace machiya::console {
namespace {

constexpr std::size_t kMostBytes = 16u << 20;

Error no_list(const char* what) { return Error(ErrorCode::integrity_broken, std::string("this is no list of parts: ") + what); }

/// What a relation of SPDX 2.3 §11 says of the part, whichever end of it the part is.
const std::map<std::string, PartUse, std::less<>>& uses() {
  static const std::map<std::string, PartUse, std::less<>> table = {
      {"DYNAMIC_LINK", PartUse::linked}, {"CONTAINS", PartUse::shipped}, {"BUILD_DEPENDENCY_OF", PartUse::build}, {"TEST_DEPENDENCY_OF", PartUse::test}};
  return table;
}

}  // namespace

std::string_view word_of(PartUse use) {
  switch (use) {
    case PartUse::linked: return "linked";
    case PartUse::shipped: return "shipped";
    case PartUse::build: return "build";
    case PartUse::test: break;
  }
  return "test";
}

Result<PartsList> parse_parts(std::string document) {
  auto json = json::parse(document);
  if (!json.ok()) return no_list("not JSON");
  if (json->text("spdxVersion") != "SPDX-2.3") return no_list("not SPDX 2.3");
  PartsList out;
  out.made = (*json)["creationInfo"].text("created");
  std::string self;
  std::map<std::string, PartUse> use;   // by identifier
  for (const json::Value& r : (*json)["relationships"].items())
    if (r.text("relationshipType") == "DESCRIBES") self = r.text("relatedSpdxElement");
  for (const json::Value& r : (*json)["relationships"].items())
    if (const auto known = uses().find(r.text("relationshipType")); known != uses().end())
      use[r.text("spdxElementId") == self ? r.text("relatedSpdxElement") : r.text("spdxElementId")] = known->second;
  for (const json::Value& p : (*json)["packages"].items()) {
    const std::string id = p.text("SPDXID");
    if (id == self) {
      for (const json::Value& sum : p["checksums"].items())
        if (sum.text("algorithm") == "SHA256") out.digest = sum.text("checksumValue");
      continue;
    }
    const auto known = use.find(id);
    if (p.text("name").empty() || known == use.end()) return no_list("a part without name or use");
    const std::string licence = p.text("licenseDeclared");
    out.parts.push_back({p.text("name"), p.text("versionInfo"), licence, known->second});
  }
  if (self.empty() || out.digest.empty()) return no_list("it does not say of which program");
  std::sort(out.parts.begin(), out.parts.end(), [](const Part& a, const Part& b) { return std::tie(a.use, a.name, a.version) < std::tie(b.use, b.name, b.version); });
  out.document = std::move(document);
  return out;
}

Result<PartsList> read_parts(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error(ErrorCode::not_found, "there is no list of parts", file);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (text.size() > kMostBytes) return no_list("too large");
  return parse_parts(std::move(text));
}

bool Program::is(const PartsList& list) const {
  std::call_once(once_, [this] { digest_ = vault::file_digest(file_); });
  return !digest_.empty() && digest_ == list.digest;
}

}  // namespace machiya::console
