#include "console/guideline.h"

#include <algorithm>

#include "city/schema.h"

namespace machiya::console {
namespace {

GuidelineLine line_of(const json::Value& body) {
  GuidelineLine out;
  out.text = city::Text(body["line"]);
  out.setting = body.text("setting");
  out.register_id = body.text("register");
  for (const json::Value& test : body["tests"].items()) out.tests.push_back(test.as_string());
  return out;
}

std::shared_ptr<const city::Definition> compile(const json::Value& body, const city::Source&, Diagnostics& faults) {
  auto out = std::make_shared<Guideline>();
  out->name = city::Text(body["name"]);
  out->law = city::Text(body["law"]);
  const auto& clauses = body["clauses"].items();
  for (std::size_t c = 0; c < clauses.size(); ++c) {
    Clause clause{clauses[c].text("clause"), city::Text(clauses[c]["title"]), {}};
    const auto& lines = clauses[c]["lines"].items();
    for (std::size_t l = 0; l < lines.size(); ++l) {
      clause.lines.push_back(line_of(lines[l]));
      const std::string& setting = clause.lines.back().setting;
      if (setting.empty() || std::find(std::begin(kSettingChecks), std::end(kSettingChecks), setting) != std::end(kSettingChecks)) continue;
      const std::string at = "/clauses/" + std::to_string(c) + "/lines/" + std::to_string(l) + "/setting";
      faults.error(at, "「" + setting + "」という設定の確認はありません", "there is no check of a setting called \"" + setting + "\"");
    }
    out->clauses.push_back(std::move(clause));
  }
  return out;
}

void link(const city::City& city, const city::Source&, const city::Definition& definition, Diagnostics& faults) {
  const auto& guideline = static_cast<const Guideline&>(definition);
  for (std::size_t c = 0; c < guideline.clauses.size(); ++c)
    for (std::size_t l = 0; l < guideline.clauses[c].lines.size(); ++l) {
      const std::string& id = guideline.clauses[c].lines[l].register_id;
      if (id.empty() || city.find("register", id)) continue;
      faults.error("/clauses/" + std::to_string(c) + "/lines/" + std::to_string(l) + "/register", "台帳「" + id + "」はありません", "there is no register \"" + id + "\"");
    }
}

}  // namespace

city::Kind guideline_kind() {
  city::Kind kind;
  kind.name = "guideline", kind.folder = "guidelines";
  kind.compile = compile;
  kind.link = link;
  return kind;
}

}  // namespace machiya::console
