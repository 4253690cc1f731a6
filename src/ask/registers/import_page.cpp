#include "ask/registers/import_page.h"

#include <algorithm>

#include "platform/identity/identity.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

constexpr std::size_t kFaultsOfPage = 200;

Data page_of(const Web& web, const Request& request, const Register& reg) {
  Data data = register_page(web, request, reg, import_text(web, request, "registers_import.title"));
  data.set("heading", import_text(web, request, "registers_import.title"));
  data.set("back_href", path_of(reg)).set("import_href", import_path(reg));
  return data;
}

Data file_field(const Web& web, const Request& request, std::string error) {
  Data field = Data().set("type", "file").set("id", "file").set("name", "file").set("required", true);
  field.set("label", import_text(web, request, "registers_import.file")).set("hint", import_text(web, request, "registers_import.file_hint"));
  field.set("accept", ".csv,.tsv,.txt,.xlsx");
  if (!error.empty()) field.set("error", std::move(error));
  return field;
}

Data button(const Web& web, const Request& request, const char* action, const char* key, bool primary = false, const locale::Args& args = {}) {
  return Data().set("value", action).set("label", import_text(web, request, key, args)).set("primary", primary);
}

Data summary(const std::vector<std::pair<std::string, std::string>>& errors) {
  Data items;
  for (const auto& [id, text] : errors) items.push(Data().set("href", "#" + id).set("text", text));
  return Data().set("items", std::move(items));
}

std::string sample_of(const ImportHead& head, std::size_t column) {
  std::string out;
  for (const tables::Cells& row : head.sample) {
    if (column >= row.size() || row[column].text.empty()) continue;
    out += (out.empty() ? "" : "　") + row[column].text.substr(0, 80);
  }
  return out.substr(0, 240);
}

Data target_options(const std::vector<Target>& targets, std::string_view chosen, std::string_view lang) {
  Data out = Data(Data::List{});
  for (const Target& target : targets)
    out.push(option(target.key, target.label(lang), target.key == chosen));
  return out;
}

Data fault_table(const Web& web, const Request& request, const Register& reg, const Import& import, std::size_t from) {
  const std::string lang = staff_language(request);
  Data columns, rows = Data(Data::List{});
  for (const char* key : {"registers_import.cell", "registers_import.column", "registers_import.typed", "registers_import.fault"})
    columns.push(Data().set("label", import_text(web, request, key)));
  for (std::size_t i = from; i < std::min(from + kFaultsOfPage, import.faults.size()); ++i) {
    const ImportFault& fault = import.faults[i];
    const Column* column = reg.column(std::string_view(fault.target).substr(0, fault.target.find('.')));
    const std::string place = fault.column == kNoColumn ? import_text(web, request, "registers_import.row", {{"row", std::to_string(fault.row)}})
                                                        : cell_name(fault.column, fault.row);
    Data cells;
    cells.push(Data().set("text", place).set("header", true)).push(Data().set("text", column ? column->label.in(lang) : std::string()));
    cells.push(Data().set("text", fault.typed)).push(Data().set("text", fault.message));
    rows.push(Data().set("cells", std::move(cells)));
  }
  Data table = Data().set("id", "faults").set("caption", import_text(web, request, "registers_import.faults"));
  return std::move(table).set("columns", std::move(columns)).set("rows", std::move(rows));
}

Data fault_pages(const Register& reg, const Import& import, std::size_t from) {
  Data out;
  const auto href = [&](std::size_t at) { return import_path(reg, import.id) + "?from=" + std::to_string(at); };
  if (from > 0) out.set("previous", href(from < kFaultsOfPage ? 0 : from - kFaultsOfPage));
  if (from + kFaultsOfPage < import.faults.size()) out.set("next", href(from + kFaultsOfPage));
  return out;
}

void faulty(const Web& web, const Request& request, const Register& reg, const Import& import, Data& data) {
  const std::string typed(request.query("from").value_or("0"));
  const auto from = std::min<std::size_t>(static_cast<std::size_t>(std::max(0, std::atoi(typed.c_str()))), import.faults.size());
  data.set("table", fault_table(web, request, reg, import, from));
  if (import.faults.size() > kFaultsOfPage) data.set("pagination", fault_pages(reg, import, from));
  if (import.fault_count > import.faults.size())
    data.set("more", import_text(web, request, "registers_import.more", {{"shown", std::to_string(import.faults.size())}}));
  data.set("errors_csv", import_path(reg, import.id, "/errors.csv")).set("errors_xlsx", import_path(reg, import.id, "/errors.xlsx"));
  data.set("fields", Data(Data::List{file_field(web, request, "")}));
}

void reason_and_buttons(const Web& web, const Request& request, const Import& import, Data& data) {
  Data field = Data().set("type", "text").set("id", "reason").set("name", "reason").set("max_length", 500).set("required", false);
  field.set("label", import_text(web, request, "registers_import.reason")).set("hint", import_text(web, request, "registers_import.reason_hint"));
  data.set("decide", Data().set("fields", Data(Data::List{std::move(field)})));
  data.set("buttons", Data(Data::List{button(web, request, "import", "registers_import.do", true, {{"rows", std::to_string(import.rows)}}),
                                      button(web, request, "discard", "registers_import.discard")}));
}

std::string lead_of(const Web& web, const Request& request, const Import& import) {
  const std::string state(import_state_name(import.state));
  const locale::Args counts = {{"rows", std::to_string(import.rows)}, {"faults", std::to_string(import.fault_count)}};
  return import_text(web, request, "registers_import.state." + state, counts);
}

}  // namespace

std::string import_path(const Register& reg, std::string_view id, std::string_view rest) {
  std::string out = path_of(reg, "/import");
  if (!id.empty()) out += "/" + std::string(id);
  return out + std::string(rest);
}

std::string import_text(const Web& web, const Request& request, std::string_view key, const locale::Args& args) {
  return web.texts.text(staff_language(request), key, args);
}

std::string import_problem(const Web& web, const Request& request, std::string_view word, std::string_view where) {
  std::string key = "registers_import.problem." + std::string(word);
  if (!web.texts.has("ja", key)) key = "registers_import.problem.other";
  std::string out = import_text(web, request, key);
  if (where.substr(0, 4) == "row ") out += import_text(web, request, "registers_import.at_row", {{"row", std::string(where.substr(4))}});
  return out;
}

Response upload_page(const Web& web, const Request& request, const Register& reg, std::string problem) {
  Data data = page_of(web, request, reg);
  if (!problem.empty()) data.set("errors", summary({{"file", problem}}));
  const int status = problem.empty() ? 200 : 422;
  data.set("fields", Data(Data::List{file_field(web, request, std::move(problem))}));
  data.set("buttons", Data(Data::List{button(web, request, "next", "registers_import.send", true)}));
  return render(web, request, "registers/import_upload", std::move(data), status);
}

Response columns_page(const Web& web, const Request& request, const Register& reg, const Import& import, const ImportHead& head,
                      const std::vector<std::string>& chosen, const std::vector<std::pair<std::size_t, std::string>>& errors) {
  const std::string lang = staff_language(request);
  const std::vector<Target> targets = targets_of(web.registers, reg, identity::principal_of(request), true);
  Data data = page_of(web, request, reg), fields = Data(Data::List{});
  std::vector<std::pair<std::string, std::string>> listed;
  for (const auto& [column, text] : errors) listed.emplace_back("column-" + std::to_string(column == kNoColumn ? 0 : column), text);
  for (std::size_t i = 0; i < head.heading.size(); ++i) {
    const std::string id = "column-" + std::to_string(i), letters = cell_name(i, 0);
    Data field = Data().set("id", id).set("label", letters.substr(0, letters.size() - 1) + ": " + head.heading[i].text.substr(0, 120)).set("sample", sample_of(head, i));
    for (const auto& [column, text] : errors)
      if (column == i) field.set("error", text);
    field.set("options", target_options(targets, i < chosen.size() ? chosen[i] : "", lang));
    fields.push(std::move(field));
  }
  if (!listed.empty()) data.set("errors", summary(listed));
  data.set("lead", import_text(web, request, "registers_import.columns_lead", {{"file", import.filename}, {"row", std::to_string(head.heading_row)}}));
  data.set("action", import_path(reg, import.id, "/columns")).set("heading_row", std::to_string(head.heading_row)).set("fields", std::move(fields));
  data.set("buttons", Data(Data::List{button(web, request, "next", "registers_import.check", true), button(web, request, "discard", "registers_import.discard")}));
  return render(web, request, "registers/import_columns", std::move(data), errors.empty() ? 200 : 422);
}

Response status_page(const Web& web, const Request& request, const Register& reg, const Import& import, std::string problem) {
  Data data = page_of(web, request, reg);
  data.set("lead", lead_of(web, request, import)).set("file", import.filename).set("action", import_path(reg, import.id));
  data.set("columns_href", import_path(reg, import.id, "/columns"));
  const bool under_way = import.state == ImportState::checking || import.state == ImportState::importing;
  const char* kind = import.state == ImportState::done || import.state == ImportState::ready ? "success" : under_way || import.state == ImportState::undone ? "info" : "warning";
  data.set("kind", kind).set("state", Data().set(std::string(import_state_name(import.state)), true));
  if (!import.problem.empty()) data.set("problem", import_problem(web, request, import.problem));
  if (!problem.empty()) data.set("flash", Data().set("kind", "error").set("text", std::move(problem)));
  if (import.state == ImportState::faulty) faulty(web, request, reg, import, data);
  if (import.state == ImportState::ready) reason_and_buttons(web, request, import, data);
  if (import.state == ImportState::done)
    data.set("buttons", Data(Data::List{button(web, request, "undo", "registers_import.undo", false, {{"rows", std::to_string(import.rows)}})}));
  if (import.state == ImportState::failed || import.state == ImportState::interrupted)
    data.set("buttons", Data(Data::List{button(web, request, "discard", "registers_import.discard")}));
  Response r = render(web, request, "registers/import_status", std::move(data));
  if (under_way) r.header("Refresh", "2");   // without script: the page asks again
  return r;
}

}  // namespace machiya::registers::detail
