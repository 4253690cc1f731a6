#include "city/lint.h"

#include <array>
#include <map>
#include <set>

namespace machiya::city {
namespace {

constexpr std::array<std::string_view, 5> kTranslations = {"ja-easy", "en", "zh-Hans", "ko", "vi"};

struct Missing {
  int count = 0;
  std::string first;   ///< pointer of the first text without this language
};

bool looks_like_text(const std::string& key) {
  static const std::set<std::string> kTexts = {"name", "label", "title", "summary", "intro", "hint", "message", "after", "fee_note", "citizen", "item", "text", "body"};
  return kTexts.count(key) > 0;
}

void find_missing(const json::Value& value, const std::string& pointer, std::map<std::string_view, Missing>& missing) {
  if (value.is_object() && value.has("ja")) {
    for (std::string_view lang : kTranslations)
      if (!value.has(lang) && missing[lang].count++ == 0) missing[lang].first = pointer;
    return;
  }
  for (const auto& [key, member] : value.members()) {
    if (member.is_string() && !looks_like_text(key)) continue;
    find_missing(member, pointer + "/" + json::pointer_token(key), missing);
  }
  for (std::size_t i = 0; i < value.size() && value.is_array(); ++i) find_missing(value[i], pointer + "/" + std::to_string(i), missing);
}

void lint_questions(const json::Value& page, const std::string& pointer, Diagnostics& out) {
  for (std::size_t i = 0; i < page["ask"].size(); ++i) {
    const json::Value& question = page["ask"][i];
    const std::string here = pointer + "/ask/" + std::to_string(i);
    if (question.text("when") == "false") out.warning(here + "/when", "この質問は表示されることがありません", "this question is never asked");
  }
}

bool asks_for(const json::Value& body, std::string_view fact) {
  for (const json::Value& page : body["pages"].items())
    for (const json::Value& question : page["ask"].items())
      if (question.text("prefill") == fact) return true;
  return false;
}

}  // namespace

void lint_definition(const json::Value& body, const Source& source, Diagnostics& out) {
  if (source.kind == "procedure" || source.kind == "workflow" || source.kind == "block") {
    std::map<std::string_view, Missing> missing;
    find_missing(body, "", missing);
    for (const auto& [lang, gap] : missing)
      out.warning(gap.first, std::string(lang) + "の訳がない文が" + std::to_string(gap.count) + "あります(最初はここ)",
                  std::to_string(gap.count) + " texts have no " + std::string(lang) + " (the first is here)");
  }
  if (source.kind == "procedure" && (body.text("signature") == "asked" || body.text("signature") == "required") && !asks_for(body, "person.name"))
    out.warning("/signature", "署名した人と比べる質問がありません(prefill: person.name の質問を置いてください)",
                "no question tells whose signature it should be: ask for the applicant with prefill: person.name");
  for (std::size_t p = 0; p < body["pages"].size(); ++p) {
    const std::string pointer = "/pages/" + std::to_string(p);
    if (body["pages"][p].text("when") == "false") out.warning(pointer + "/when", "このページは表示されることがありません", "this page is never shown");
    lint_questions(body["pages"][p], pointer, out);
  }
}

void lint_city(const City& city, const Reader& reader, std::vector<Fault>& out) {
  std::set<int> proved, serving;
  for (const Loaded* scenario : city.all("scenario")) proved.insert(scenario->source.initiative);
  for (const Loaded* scenario : city.all("register-scenario")) proved.insert(scenario->source.initiative);
  for (const Loaded* reg : city.all("register")) serving.insert(reg->source.initiative);
  for (const Loaded* procedure : city.all("procedure")) serving.insert(procedure->source.initiative);
  for (const Room& room : city.rooms())
    if (serving.count(room.number) && !proved.count(room.number))
      out.push_back({Severity::warning, room.folder + "/room.yaml", 1, 1, "手続か台帳がありますが、scenarios/ がありません。動いているとは数えません", "has procedures or registers but no scenario: it does not count as running"});
  std::set<std::string> used_flows, used_decisions;
  for (const Loaded* procedure : city.all("procedure")) {
    auto body = json::parse(*procedure->canonical);
    if (!body.ok()) continue;
    used_flows.insert(body->text("case"));
    // A decision may be named anywhere in an expression: the text of the whole definition is searched.
    for (const Loaded* decision : city.all("decision"))
      if (procedure->canonical->find(decision->source.id) != std::string::npos) used_decisions.insert(decision->source.id);
  }
  for (const Loaded* reg : city.all("register")) {
    auto body = json::parse(*reg->canonical);
    if (body.ok()) used_flows.insert(body->text("workflow"));
    for (const Loaded* decision : city.all("decision"))
      if (reg->canonical->find(decision->source.id) != std::string::npos) used_decisions.insert(decision->source.id);
  }
  for (const Loaded* decision : city.all("decision"))
    if (auto body = json::parse(*decision->canonical); body.ok())
      for (const json::Value& need : (*body)["needs"].items()) used_decisions.insert(need.as_string());
  const auto unused = [&](const char* kind, const std::set<std::string>& used) {
    for (const Loaded* loaded : city.all(kind)) {
      if (used.count(loaded->source.id)) continue;
      Diagnostics diagnostics;
      diagnostics.warning("/" + loaded->source.kind, "どこからも使われていません", "nothing uses this");
      reader.place(loaded->source.file, nullptr, diagnostics, out);
    }
  };
  unused("workflow", used_flows);
  unused("decision", used_decisions);
}

}  // namespace machiya::city
