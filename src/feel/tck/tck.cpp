#include "feel/tck/tck.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <ostream>
#include <sstream>

#include "base/text.h"
#include "feel/dmn.h"
#include "feel/tck/expectation.h"
#include "feel/xml.h"

namespace machiya::feel {
namespace {

struct Counts {
  int passed = 0, failed = 0, excluded = 0;
};

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool ends_with(std::string_view s, std::string_view end) { return s.size() >= end.size() && s.substr(s.size() - end.size()) == end; }

// Folders that hold test files, sorted.
void collect(const std::string& dir, std::vector<std::string>& folders, int depth = 0) {
  DIR* d = depth < 20 ? opendir(dir.c_str()) : nullptr;
  if (!d) return;
  std::vector<std::string> inner;
  bool has_model = false;
  while (const dirent* e = readdir(d)) {
    std::string name = e->d_name;
    if (name == "." || name == "..") continue;
    has_model = has_model || ends_with(name, ".dmn");
    struct stat s {};
    if (stat((dir + "/" + name).c_str(), &s) == 0 && S_ISDIR(s.st_mode)) inner.push_back(dir + "/" + name);
  }
  closedir(d);
  if (has_model) folders.push_back(dir);
  std::sort(inner.begin(), inner.end());
  for (const auto& i : inner) collect(i, folders, depth + 1);
}

std::vector<std::string> files_of(const std::string& dir, std::string_view end) {
  std::vector<std::string> names;
  if (DIR* d = opendir(dir.c_str())) {
    while (const dirent* e = readdir(d))
      if (ends_with(e->d_name, end)) names.emplace_back(e->d_name);
    closedir(d);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Environment environment() {
  Environment e(*parse_rfc3339("2026-05-10T03:00:00Z"));
  e.max_steps = 5'000'000;
  return e;
}

Result<Value> result_of(const Model& model, const xml::Element& test, const std::string& node, const NamedValues& inputs) {
  const std::string &invocable = test.attribute("invocableName"), &type = test.attribute("type");
  if (type == "decisionService" && !invocable.empty()) return model.invoke_output(invocable, node, inputs, environment());
  if (type == "bkm" && !invocable.empty()) return model.invoke(invocable, inputs, environment());
  auto v = model.evaluate_decision(node, inputs, environment());
  if (!v.ok() && v.error().code == ErrorCode::not_found) {
    auto called = model.invoke(node, inputs, environment());
    if (called.ok()) return called;
  }
  return v;
}

void run_case(const std::string& label, const Model& model, const xml::Element& test, Counts& counts, std::ostream& out) {
  NamedValues inputs;
  for (const auto& c : test.children)
    if (c.name == "inputNode") inputs.emplace_back(c.attribute("name"), tck_value(c));
  for (const auto& c : test.children) {
    if (c.name != "resultNode") continue;
    const xml::Element* expected = c.child("expected");
    Value want = expected ? tck_value(*expected) : Value();
    auto got = result_of(model, test, c.attribute("name"), inputs);
    if (got.ok() && tck_same(want, *got)) {
      ++counts.passed;
      continue;
    }
    ++counts.failed;
    out << "MISS " << label << " case " << test.attribute("id") << " " << c.attribute("name") << ": expected " << to_text(want)
        << ", got " << (got.ok() ? to_text(*got) : got.error().to_string()) << "\n";
    for (const auto& f : model.faults())
      if (starts_with(f, c.attribute("name") + ",")) out << "     " << f << "\n";
  }
}

std::size_t results_in(const xml::Element& root) {
  std::size_t n = 0;
  for (const auto& t : root.children)
    if (t.name == "testCase") n += static_cast<std::size_t>(std::count_if(t.children.begin(), t.children.end(), [](const auto& c) { return c.name == "resultNode"; }));
  return n;
}

void run_file(const std::string& dir, const std::string& file, Counts& counts, std::ostream& out) {
  std::string label = dir.substr(dir.rfind('/') + 1) + "/" + file;
  auto root = xml::parse(read_file(dir + "/" + file));
  if (!root.ok()) {
    ++counts.failed;
    out << "MISS " << label << ": " << root.error().to_string() << "\n";
    return;
  }
  if (root->name != "testCases") return;
  if (dir.find("external-java") != std::string::npos) {
    counts.excluded += static_cast<int>(results_in(*root));
    return;
  }
  std::string model_name(trim(root->child_text("modelName")));
  std::vector<std::string> imports;
  for (const auto& other : files_of(dir, ".dmn"))
    if (other != model_name) imports.push_back(read_file(dir + "/" + other));
  auto model = load_dmn(read_file(dir + "/" + model_name), imports);
  if (!model.ok()) {
    counts.failed += static_cast<int>(results_in(*root));
    out << "MISS " << label << ": " << model_name << ": " << model.error().to_string() << "\n";
    return;
  }
  for (const auto& test : root->children)
    if (test.name == "testCase") run_case(label, *model, test, counts, out);
}

}  // namespace

int run_tck(const std::string& dir, std::ostream& out) {
  std::vector<std::string> folders;
  collect(dir, folders);
  Counts counts;
  for (const auto& folder : folders)
    for (const auto& file : files_of(folder, ".xml")) run_file(folder, file, counts, out);
  if (counts.excluded) out << counts.excluded << " excluded (external Java functions)\n";
  out << counts.passed << " passed, " << counts.failed << " failed\n";
  out.flush();
  if (counts.passed + counts.failed == 0) return 2;
  return counts.failed == 0 ? 0 : 1;
}

}  // namespace machiya::feel
