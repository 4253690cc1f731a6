#include "ask/cases/case_page.h"

#include "ask/cases/decision_text.h"
#include "base/text.h"

namespace machiya::cases::detail {
namespace {

using pages::Data;

std::string leaf(const std::string& field) {
  const std::size_t slash = field.rfind('/');
  return slash == std::string::npos ? field : field.substr(slash + 1);
}

Data rows_of(const ProcedureInfo& p, const PageInfo& page, const json::Value& values, const std::string& lang) {
  Data rows = Data(Data::List{});
  for (const std::string& name : page.fields) {
    const FieldInfo* field = p.field(name);
    const std::string text = readable(values[leaf(name)], field, lang);
    if (!text.empty()) rows.push(Data().set("label", field->label.in(lang)).set("value", text));
  }
  return rows;
}

bool empty(const Data& rows) {
  const auto* list = std::get_if<Data::List>(&rows.get());
  return !list || list->empty();
}

void collect_files(const json::Value& v, std::vector<const json::Value*>& out) {
  if (v.is_object() && v.has("blob")) return out.push_back(&v);
  for (const json::Value& item : v.items()) collect_files(item, out);
  for (const auto& [key, member] : v.members()) collect_files(member, out);
}

}  // namespace

Data answer_sections(const CaseView& view, const std::string& lang, std::string_view calculated_title) {
  Data sections = Data(Data::List{});
  const ProcedureInfo& p = *view.rules->procedure;
  for (const PageInfo& page : p.pages) {
    if (page.repeat.empty()) {
      Data rows = rows_of(p, page, view.values, lang);
      if (!empty(rows)) sections.push(Data().set("title", page.title.in(lang)).set("rows", std::move(rows)));
      continue;
    }
    int number = 0;
    for (const json::Value& item : view.values[page.repeat].items()) {
      Data rows = rows_of(p, page, item, lang);
      sections.push(Data().set("title", page.title.in(lang) + " " + std::to_string(++number)).set("rows", std::move(rows)));
    }
  }
  Data rows = Data(Data::List{});
  for (const auto& [name, label] : p.calculated) {
    const std::string text = readable(view.values[name], nullptr, lang);
    if (!text.empty() && !label.empty()) rows.push(Data().set("label", label.in(lang)).set("value", text));
  }
  if (!empty(rows)) sections.push(Data().set("title", calculated_title).set("rows", std::move(rows)));
  return sections;
}

std::string field_label(const CaseView& view, const std::string& field, const std::string& lang) {
  if (const FieldInfo* info = view.rules->procedure->field(field); info && !info->label.empty()) return info->label.in(lang);
  for (const PageInfo& page : view.rules->procedure->pages)
    if (page.repeat == field) return page.title.in(lang);
  return field;
}

std::string action_name(const Web& web, const CaseView& view, const std::string& action, const std::string& lang) {
  const std::size_t colon = action.find(':');
  const std::string before = colon == std::string::npos ? "" : action.substr(0, colon);
  const std::string bare = colon == std::string::npos ? action : action.substr(colon + 1);
  if (action == "submit" || before == "staff" || before == "report") return web.texts.text(lang, "staff_cases.did." + bare);
  std::string name = bare;
  if (const Action* a = view.rules->workflow->action(bare); a && !a->name.empty()) name = a->name.in(lang);
  if (before.empty()) return name;
  return web.texts.text(lang, "staff_cases.did." + before, {{"action", name}});
}

Data history(const Web& web, const CaseView& view, const std::string& lang) {
  Data out = Data(Data::List{});
  for (std::size_t i = 0; i < view.timeline.size(); ++i) {
    const TimelineEntry& e = view.timeline[i];
    Data item = Data().set("title", action_name(web, view, e.action, lang)).set("at", date_time_text(e.at, lang)).set("at_iso", to_iso_japan(e.at));
    std::string by = e.actor_name;
    if (by.empty()) by = web.texts.text(lang, starts_with(e.actor, "system") ? "staff_cases.by_system" : "staff_cases.by_applicant");
    item.set("by", by);
    std::string text;
    for (const std::string& f : e.fields) text += (text.empty() ? "" : lang == "ja" ? "、" : ", ") + field_label(view, f, lang);
    for (const std::string* part : {&e.reason, &e.note}) {
      if (part->empty()) continue;
      if (!text.empty()) text += " — ";
      text += *part;
    }
    if (!text.empty()) item.set("text", text);
    if (i + 1 == view.timeline.size()) item.set("current", true);
    out.push(std::move(item));
  }
  return out;
}

Data evidence(const CaseView& view, const std::string& lang) {
  (void)lang;
  std::vector<const json::Value*> files;
  collect_files(view.values, files);
  Data photos = Data(Data::List{}), others = Data(Data::List{});
  for (const json::Value* file : files) {
    const std::string href = "/staff/cases/" + view.number + "/files/" + file->text("blob");
    const std::string name = file->text("filename").empty() ? file->text("blob") : file->text("filename");
    if (starts_with(file->text("type"), "image/"))
      photos.push(Data().set("href", href).set("src", href + "?size=thumb").set("alt", name).set("caption", name));
    else
      others.push(Data().set("href", href).set("name", name));
  }
  Data out;
  if (!empty(photos)) out.set("photos", std::move(photos));
  if (!empty(others)) out.set("files", std::move(others));
  if (!files.empty()) out.set("any", true);
  return out;
}

}  // namespace machiya::cases::detail
