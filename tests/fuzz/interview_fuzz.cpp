// Logs of answers, whatever they hold: evaluating ends without a crash and gives the same state for the same log; merging tabs
// is commutative, associative and idempotent; what a form posts becomes entries that the next evaluation can read.
// One line is one entry: a letter (bits: in which of three tabs; 'p' for a pair of a posted form), a digit (time), field=value.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ask/interview/interview.h"
#include "ask/interview/procedure.h"
#include "base/text.h"

using namespace machiya;
using namespace machiya::interview;

namespace {

constexpr std::string_view kProcedure = R"json({"procedure":"fuzz","version":1,"kind":"application","owner":"o","name":{"ja":"試し"},
"pages":[
 {"page":"who","title":"a","ask":[
  {"name":"text","type":"text","label":"a","max_length":20,"pattern":"[a-z]+.*"},{"name":"long","type":"long-text","label":"a","optional":true},
  {"name":"person","type":"name","label":"a","prefill":"person.name"},{"name":"company","type":"organisation","label":"a","optional":true},
  {"name":"home","type":"address","label":"a","optional":true},{"name":"born","type":"date","label":"a","must":"born <= today()"}]},
 {"page":"what","title":"b","when":"born < date(\"2010-01-01\")","ask":[
  {"name":"kind","type":"choice","label":"a","options":[{"value":"x","label":"x"},{"value":"y","label":"y"}]},
  {"name":"many","type":"choices","label":"a","optional":true,"options":[{"value":"x","label":"x"},{"value":"y","label":"y"}]},
  {"name":"moved","type":"yes-no","label":"a"},{"name":"cost","type":"money","label":"a","when":"moved","max":"1000000"},
  {"name":"area","type":"number","label":"a","decimals":2,"min":"0"},{"name":"chip","type":"digits","length":15,"label":"a","optional":true},
  {"name":"mail","type":"email","label":"a","optional":true},{"name":"call","type":"phone","label":"a","optional":true}]},
 {"page":"members","title":"c","repeat":{"name":"members","min":1,"max":4,"item":"d"},"ask":[
  {"name":"day","type":"date","label":"a","must":"day <= today()"},{"name":"size","type":"number","label":"a","optional":true}]},
 {"page":"rest","title":"d","ask":[
  {"name":"shot","type":"photo","label":"a","max":2,"optional":true},{"name":"paper","type":"file","label":"a","optional":true},
  {"name":"spot","type":"place","label":"a","optional":true},{"name":"bank","type":"bank-account","label":"a","optional":true},
  {"name":"ok","type":"declaration","label":"a","text":"t"},{"name":"note","type":"info","text":"t"}]}],
"calculate":[{"name":"total","type":"number","value":"sum(for m in members return if m.size = null then 0 else m.size)"},
 {"name":"band","type":"string","value":"if area = null then null else area-band"}],
"stop":[{"when":"kind = \"y\" and moved = false","title":"s","message":"m"}],
"fee":"if total = null then 0 else 100 * count(members)"})json";
constexpr std::string_view kDecisions = R"json({"area-band":{"decision":"area-band","hit":"U","inputs":[{"name":"area","type":"number"}],
"outputs":[{"name":"band","type":"string"}],"rules":[{"when":["< 10"],"then":["\"small\""]},{"when":[">= 10"],"then":["\"large\""]}]}})json";

void must(bool holds) {
  if (!holds) std::abort();
}

const Procedure& procedure() {
  static const std::shared_ptr<const Procedure> compiled = [] {
    const auto definition = json::parse(kProcedure), decisions = json::parse(kDecisions);
    must(definition.ok() && decisions.ok());
    Diagnostics faults;
    auto out = compile_procedure(*definition, *decisions, faults);
    for (const auto& fault : faults.list()) std::fprintf(stderr, "%s: %s\n", fault.pointer.c_str(), fault.en.c_str());
    must(out != nullptr);
    return out;
  }();
  return *compiled;
}

std::string text_of(const State& state) {
  std::string out = json::to_canonical(state.values) + "|" + state.next + "|" + (state.complete ? "complete" : "open") + (state.stop ? "|" + state.stop->page : "");
  for (const auto& page : state.pages) {
    out += "\n" + page.key;
    for (const auto& error : page.errors) out += " " + error.field + ":" + error.code;
  }
  return out;
}
std::string text_of(const Log& log) { return json::to_text(log.to_json()); }

/// The state of a log; empty when its bounds are exceeded.
std::string evaluated(const Log& log, const Situation& situation, State* kept = nullptr) {
  auto state = evaluate(procedure(), log, situation);
  if (!state.ok()) {
    must(state.error().code == ErrorCode::limit_exceeded);
    return {};
  }
  for (const auto& page : state->pages)
    for (const auto& question : page.questions) must(question.question != nullptr);
  std::string out = text_of(*state);
  if (kept != nullptr) *kept = std::move(*state);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (!is_utf8(input)) return 0;   // every channel refuses it before the engine
  Situation situation;
  situation.now = Instant{1'778'000'000'000'000};
  Log tabs[3];
  Fields posted;
  int count = 0;
  for (std::string_view line : split(input, '\n')) {
    const auto equals = line.find('=');
    if (line.size() < 3 || equals == std::string_view::npos || equals < 2) continue;
    const std::string field(line.substr(2, equals - 2)), text(line.substr(equals + 1));
    if (line[0] == 'p') {
      posted.pairs.emplace_back(field, text);
      continue;
    }
    if (line[0] == 'o') {
      situation.only.push_back(field);
      continue;
    }
    auto value = json::parse(text, {16, 2'000});
    const Answer answer{"e" + std::to_string(count++ % 40), Instant{situation.now.us + line[1]}, "applicant", field, value.ok() ? std::move(*value) : json::Value(text)};
    for (int i = 0; i < 3; ++i)
      if ((line[0] >> i) & 1) tabs[i].append(answer);
  }
  const Log ab = Log::merge(tabs[0], tabs[1]), all = Log::merge(ab, tabs[2]);
  const std::string once = text_of(all);
  must(once == text_of(Log::merge(all, all)));
  must(once == text_of(Log::merge(all, tabs[1])));
  must(once == text_of(Log::merge(Log::merge(tabs[2], tabs[1]), tabs[0])));
  const auto back = Log::from_json(all.to_json());
  must(back.ok() || (back.error().code == ErrorCode::malformed_request));   // an empty field name is refused
  State state;
  const std::string first = evaluated(all, situation, &state);
  must(first == evaluated(Log::merge(all, tabs[0]), situation));
  if (back.ok()) must(first == evaluated(*back, situation));
  // A form posts to every page in turn; its entries are read like any other.
  Log grown = all;
  int fresh = 0;
  for (const auto& page : state.pages)
    for (auto& answer : read_fields(procedure(), page, posted, situation, "applicant", {"f" + std::to_string(fresh++)})) grown.append(std::move(answer));
  (void)evaluated(Log::merge(grown, Log()), situation);
  return 0;
}
