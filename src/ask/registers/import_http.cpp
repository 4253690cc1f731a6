// Import of rows: a file, its columns, every fault at its cell, and then all rows or none.
#include <algorithm>
#include <filesystem>
#include <set>

#include "ask/registers/export_row.h"
#include "ask/registers/import_errors.h"
#include "ask/registers/import_page.h"
#include "base/rng.h"
#include "base/text.h"
#include "platform/identity/identity.h"

namespace machiya::registers {
namespace detail {
namespace {

using http::Request;
using http::Response;
using Desk = std::shared_ptr<ImportDesk>;

/// The register of the route for somebody who may import into it.
Result<std::shared_ptr<const Register>> importable(const Web& web, const Request& request) {
  MACHIYA_TRY(auto reg, register_of(web, request));
  if (!web.registers.may_import(*reg, identity::principal_of(request))) return Error(ErrorCode::forbidden, "register.import");
  return reg;
}

Response show_upload(const Web& web, Request& request) {
  const auto reg = importable(web, request);
  return reg.ok() ? upload_page(web, request, **reg, "") : http::problem(reg.error(), request);
}

Response take_upload(const Web& web, const Desk& desk, Request& request) {
  const auto reg = importable(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  const auto file = std::find_if(request.files.begin(), request.files.end(), [](const http::UploadedFile& f) { return f.field == "file" && f.size > 0; });
  if (file == request.files.end()) return upload_page(web, request, **reg, import_problem(web, request, "no-file"));
  auto taken = desk->take(**reg, *file, identity::principal_of(request));
  if (taken.ok()) return http::see_other(import_path(**reg, *taken, "/columns"));
  if (taken.error().code == ErrorCode::storage_full) return http::problem(taken.error(), request);
  return upload_page(web, request, **reg, import_problem(web, request, taken.error().detail, taken.error().where));
}

/// The import of the route with its register.
struct Found {
  std::shared_ptr<const Register> reg;
  Import import;
};
Result<Found> found_import(const Web& web, const Desk& desk, const Request& request) {
  Found out;
  MACHIYA_TRY(out.reg, importable(web, request));
  MACHIYA_TRY(out.import, desk->find(*out.reg, request.param("import"), identity::principal_of(request)));
  return out;
}

Result<ImportHead> head_of(const Web& web, const Desk& desk, const Request& request, const Found& found) {
  MACHIYA_TRY(const auto source, tables::open_file(desk->file_path(found.import.id)));
  return read_head(*source, targets_of(web.registers, *found.reg, identity::principal_of(request), true));
}

Response show_columns(const Web& web, const Desk& desk, Request& request) {
  const auto found = found_import(web, desk, request);
  if (!found.ok()) return http::problem(found.error(), request);
  const auto head = head_of(web, desk, request, *found);
  if (!head.ok()) return http::problem(head.error(), request);
  const auto targets = targets_of(web.registers, *found->reg, identity::principal_of(request), true);
  const bool named = found->import.plan.targets.size() == head->heading.size();
  return columns_page(web, request, *found->reg, found->import, *head, named ? found->import.plan.targets : guess_targets(targets, head->heading), {});
}

/// What a mapping lacks: no column twice, at least one, none missing that every row needs.
std::vector<std::pair<std::size_t, std::string>> mapping_errors(const Web& web, const Request& request, const Register& reg, const std::vector<Target>& targets,
                                                                const std::vector<std::string>& chosen) {
  const std::string lang = staff_language(request);
  std::vector<std::pair<std::size_t, std::string>> out;
  std::set<std::string> seen, columns;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const Target* target = target_of(targets, chosen[i]);
    if (target == nullptr) continue;
    if (!seen.insert(target->key).second) out.emplace_back(i, import_text(web, request, "registers_import.twice", {{"label", target->label(lang)}}));
    columns.insert(target->column->name);
  }
  if (columns.empty()) out.emplace_back(kNoColumn, import_text(web, request, "registers_import.none_chosen"));
  for (const Column& column : reg.columns) {
    // What somebody may not write is no fault of theirs, and its name is not told.
    if (column.always_required() && web.registers.may_write(reg, column, identity::principal_of(request)) && !columns.empty() && columns.count(column.name) == 0)
      out.emplace_back(kNoColumn, import_text(web, request, "registers_import.missing", {{"label", column.label.in(lang)}}));
  }
  return out;
}

Response start_check(const Web& web, const Desk& desk, Request& request) {
  const auto found = found_import(web, desk, request);
  if (!found.ok()) return http::problem(found.error(), request);
  const identity::Principal& who = identity::principal_of(request);
  if (request.form("action") == "discard") {
    const auto gone = desk->discard(*found->reg, found->import.id, who);
    return gone.ok() ? http::see_other(import_path(*found->reg)) : http::problem(gone.error(), request);
  }
  const auto head = head_of(web, desk, request, *found);
  if (!head.ok()) return http::problem(head.error(), request);
  const auto targets = targets_of(web.registers, *found->reg, who, true);
  ImportPlan plan;
  plan.heading_row = head->heading_row;
  for (std::size_t i = 0; i < head->heading.size(); ++i) {
    const std::string key(request.form("column-" + std::to_string(i)).value_or(""));
    plan.targets.push_back(target_of(targets, key) ? key : std::string());
  }
  const auto errors = mapping_errors(web, request, *found->reg, targets, plan.targets);
  if (!errors.empty()) return columns_page(web, request, *found->reg, found->import, *head, plan.targets, errors);
  const auto started = desk->check(*found->reg, found->import.id, std::move(plan), who, staff_language(request));
  if (!started.ok()) return http::problem(started.error(), request);
  return http::see_other(import_path(*found->reg, found->import.id));
}

Response show_import(const Web& web, const Desk& desk, Request& request) {
  const auto found = found_import(web, desk, request);
  if (!found.ok()) return http::problem(found.error(), request);
  if (found->import.state == ImportState::mapping) return http::see_other(import_path(*found->reg, found->import.id, "/columns"));
  return status_page(web, request, *found->reg, found->import);
}

Response decide(const Web& web, const Desk& desk, Request& request) {
  const auto found = found_import(web, desk, request);
  if (!found.ok()) return http::problem(found.error(), request);
  const identity::Principal& who = identity::principal_of(request);
  const std::string action(request.form("action").value_or("")), id = found->import.id;
  Result<void> done = Error(ErrorCode::malformed_request, "action");
  if (action == "import" || action == "next") done = desk->import(*found->reg, id, trim(request.form("reason").value_or("")), who, staff_language(request), request.id);
  else if (action == "undo") done = desk->undo(*found->reg, id, who, request.id);
  else if (action == "discard") {
    done = desk->discard(*found->reg, id, who);
    if (done.ok()) return http::see_other(import_path(*found->reg));
  }
  if (done.ok()) return http::see_other(import_path(*found->reg, id));
  if (done.error().code != ErrorCode::conflict) return http::problem(done.error(), request);
  Response r = status_page(web, request, *found->reg, found->import, import_problem(web, request, action == "undo" ? "touched" : "conflict"));
  r.status = 409;
  return r;
}

Response error_file(const Web& web, const Desk& desk, Request& request, bool xlsx) {
  const auto found = found_import(web, desk, request);
  if (!found.ok()) return http::problem(found.error(), request);
  const Import& import = found->import;
  if (import.state != ImportState::faulty) return http::problem(Error(ErrorCode::conflict, "no faults were found in this file, or it was not checked yet"), request);
  auto source = tables::open_file(desk->file_path(import.id));
  if (!source.ok()) return http::problem(source.error(), request);
  auto path = work_file(web, xlsx ? ".xlsx" : ".csv");
  if (!path.ok()) return http::problem(path.error(), request);
  auto writer = xlsx ? tables::xlsx_writer(*path, found->reg->name.in(staff_language(request))) : tables::csv_writer(*path);
  if (!writer.ok()) return http::problem(writer.error(), request);
  const auto written = write_error_file(**source, import.info, import.plan, import.faults, import_text(web, request, "registers_import.error_column"), **writer);
  return written.ok() ? send_table(*path, found->reg->id + "-errors", xlsx ? ".xlsx" : ".csv") : http::problem(written.error(), request);
}

}  // namespace
}  // namespace detail

void add_import_routes(http::Router& router, const Web& web) {
  using http::Request;
  const auto desk = std::make_shared<ImportDesk>(web);
  const std::string base = std::string(kBase) + "/{register}/import", one = base + "/{import}";
  http::RouteOptions upload = detail::staff_route("").on("register", "import");
  upload.file_limit = import_limits().bytes;
  http::RouteOptions own = detail::staff_route("").on("import", "import");
  own.shows_own_input = true;   // the file that this person sent and has not taken over yet
  http::RouteOptions columns = own;
  columns.body_limit = 512 * 1024;
  http::RouteOptions errors = own;
  errors.rate_per_minute = 30;
  router.get(base, detail::staff_route("register-import").on("register", "import"), [web](Request& r) { return detail::show_upload(web, r); });
  router.post(base, upload, [web, desk](Request& r) { return detail::take_upload(web, desk, r); });
  router.get(one, own, [web, desk](Request& r) { return detail::show_import(web, desk, r); });
  router.post(one, own, [web, desk](Request& r) { return detail::decide(web, desk, r); });
  router.get(one + "/columns", own, [web, desk](Request& r) { return detail::show_columns(web, desk, r); });
  router.post(one + "/columns", columns, [web, desk](Request& r) { return detail::start_check(web, desk, r); });
  router.get(one + "/errors.csv", errors, [web, desk](Request& r) { return detail::error_file(web, desk, r, false); });
  router.get(one + "/errors.xlsx", errors, [web, desk](Request& r) { return detail::error_file(web, desk, r, true); });
  detail::add_export_routes(router, web);
}

}  // namespace machiya::registers
