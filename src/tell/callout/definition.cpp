#include <algorithm>
#include <set>

#include "tell/callout/callout.h"
#include "tell/messages/definitions.h"

namespace machiya::callout {
namespace {

std::shared_ptr<const city::Definition> compile(const json::Value& body, const city::Source& source, Diagnostics& faults) {
  auto out = std::make_shared<Template>();
  out->id = source.id, out->name = city::Text(body["name"]), out->title = city::Text(body["title"]), out->body = city::Text(body["body"]);
  if (body.has("short")) out->short_text = city::Text(body["short"]);
  for (const json::Value& one : body["triggers"].items()) out->triggers.push_back(one.as_string());
  for (const json::Value& one : body["departments"].items()) out->departments.push_back(one.as_string());
  std::set<std::string> seen;
  for (std::size_t i = 0; i < body["stages"].size(); ++i) {
    const json::Value& one = body["stages"][i];
    out->stages.push_back({one.text("by"), static_cast<int>(one["minutes"].as_int())});
    if (!seen.insert(out->stages.back().by).second) faults.error("/stages/" + std::to_string(i) + "/by", "同じ手段が二度あります", "the same channel stands here twice");
  }
  if (out->stages.front().by == kDeputy) faults.error("/stages/0/by", "最初の段階は代理にできません", "deputies cannot be the first stage");
  return out;
}

void link(const city::City& city, const city::Source&, const city::Definition& definition, Diagnostics& faults) {
  const auto& t = static_cast<const Template&>(definition);
  for (std::size_t i = 0; i < t.departments.size(); ++i)
    if (!city.department(t.departments[i])) faults.error("/departments/" + std::to_string(i), "「" + t.departments[i] + "」という所属はありません", "there is no department \"" + t.departments[i] + "\"");
  // A channel that the city has not is allowed: its stage is skipped and the board says so ("voice" until a gateway is there).
}

}  // namespace

city::Kind callout_kind() {
  city::Kind kind;
  kind.name = "callout", kind.folder = "callouts", kind.compile = compile, kind.link = link;
  return kind;
}

}  // namespace machiya::callout
