// Exports of what a view or a search shows, row by row into a private file that is sent and removed by a later export.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "ask/registers/export_row.h"
#include "base/rng.h"
#include "platform/identity/identity.h"
#include "platform/tables/file_out.h"
#include "platform/vault/vault.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using tables::Cells;

constexpr std::int64_t kKeepSeconds = 600;   ///< a download that takes longer than this is cut off
enum class Kind { csv, xlsx, json };

std::string extension_of(Kind kind) { return kind == Kind::csv ? ".csv" : kind == Kind::xlsx ? ".xlsx" : ".json"; }

/// What the view shows, or everything, as far as this person may read it.
std::vector<Target> export_targets(const Web& web, const Request& request, const Register& reg) {
  std::vector<Target> targets = targets_of(web.registers, reg, identity::principal_of(request), false);
  const View* view = reg.view(request.query("view").value_or(""));
  if (view == nullptr || view->columns.empty() || request.query("columns") == "all") return targets;
  std::vector<Target> out;
  for (const std::string& name : view->columns)
    std::copy_if(targets.begin(), targets.end(), std::back_inserter(out), [&](const Target& t) { return t.column->name == name; });
  return out;
}

/// A table or a JSON list: both take rows and are finished.
class Out {
 public:
  virtual ~Out() = default;
  virtual Result<void> row(const Row& row) = 0;
  virtual Result<void> finish() = 0;
};

class TableOut final : public Out {
 public:
  TableOut(const Web& web, const Register& reg, std::vector<Target> targets, std::string lang, std::unique_ptr<tables::Writer> writer)
      : web_(web), reg_(reg), targets_(std::move(targets)), lang_(std::move(lang)), writer_(std::move(writer)) {}
  Result<void> heading() {
    Cells cells = {{web_.texts.text(lang_, "registers_import.number")}};
    if (!reg_.workflow.empty()) cells.push_back({web_.texts.text(lang_, "registers_import.row_state")});
    for (const Target& target : targets_) cells.push_back({target.label(lang_)});
    return writer_->row(cells);
  }
  Result<void> row(const Row& row) override {
    Cells cells = {{row.number}};
    if (!reg_.workflow.empty()) cells.push_back({state_name(web_, reg_, row.state, lang_)});
    for (const Target& target : targets_) cells.push_back(export_cell(target, row, lang_));
    return writer_->row(cells);
  }
  Result<void> finish() override { return writer_->finish(); }

 private:
  const Web& web_;
  const Register& reg_;
  std::vector<Target> targets_;
  std::string lang_;
  std::unique_ptr<tables::Writer> writer_;
};

class JsonOut final : public Out {
 public:
  JsonOut(const Register& reg, std::vector<Target> targets, const std::string& path) : reg_(reg), targets_(std::move(targets)), file_(path) {}
  bool open() const { return file_.open(); }
  Result<void> row(const Row& row) override {
    std::string text = first_ ? "[\n{" : ",\n{";
    first_ = false;
    write_members(reg_, row, targets_, text);
    return file_.write(text + "}");
  }
  Result<void> finish() override {
    MACHIYA_CHECK(file_.write(first_ ? "[]\n" : "\n]\n"));
    return file_.flush();
  }

 private:
  const Register& reg_;
  std::vector<Target> targets_;
  tables::FileOut file_;
  bool first_ = true;
};

Result<std::unique_ptr<Out>> open_out(const Web& web, const Request& request, const Register& reg, Kind kind, const std::string& path) {
  const std::string lang = staff_language(request);
  std::vector<Target> targets = export_targets(web, request, reg);
  if (kind == Kind::json) {
    auto out = std::make_unique<JsonOut>(reg, std::move(targets), path);
    if (!out->open()) return Error(ErrorCode::storage_failed, "export");
    return std::unique_ptr<Out>(std::move(out));
  }
  MACHIYA_TRY(auto writer, kind == Kind::xlsx ? tables::xlsx_writer(path, reg.name.in(lang)) : tables::csv_writer(path));
  auto out = std::make_unique<TableOut>(web, reg, std::move(targets), lang, std::move(writer));
  MACHIYA_CHECK(out->heading());
  return std::unique_ptr<Out>(std::move(out));
}

Result<void> fill(const Web& web, const Request& request, const Register& reg, Out& out) {
  Result<void> failed;
  MACHIYA_CHECK(web.registers.each(reg, query_of_request(web, request, reg), identity::principal_of(request), request.id, [&](const Row& row) {
    failed = out.row(row);
    return failed.ok();
  }));
  MACHIYA_CHECK(failed);
  return out.finish();
}

Response export_rows(const Web& web, Request& request, Kind kind) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  const auto path = work_file(web, extension_of(kind));
  if (!path.ok()) return http::problem(path.error(), request);
  auto out = open_out(web, request, **reg, kind, *path);
  const Result<void> done = out.ok() ? fill(web, request, **reg, **out) : Result<void>(out.error());
  if (done.ok()) return send_table(*path, (*reg)->id, extension_of(kind));
  std::error_code ignored;
  std::filesystem::remove(*path, ignored);
  return http::problem(done.error(), request);
}

}  // namespace

Result<std::string> work_file(const Web& web, std::string_view extension) {
  const std::string folder = web.work_folder + "/exports";
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return Error(ErrorCode::storage_failed, "export");
  ::chmod(folder.c_str(), 0700);
  const std::int64_t now_s = web.clock.now().us / kSecond;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    struct stat info {};
    if (::stat(entry.path().c_str(), &info) == 0 && now_s - info.st_mtime > kKeepSeconds) std::filesystem::remove(entry.path(), failed);
  }
  vault::SystemRng rng;
  return folder + "/" + new_public_id(rng) + std::string(extension);
}

Response send_table(const std::string& path, std::string_view name, std::string_view extension) {
  Response r;
  r.file = path;
  r.header("Content-Type", extension == ".csv"    ? "text/csv; charset=utf-8"
                           : extension == ".json" ? "application/json"
                                                  : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
  r.header("Content-Disposition", "attachment; filename=\"" + std::string(name) + std::string(extension) + "\"").header("Cache-Control", "private, no-store");
  return r;
}

void add_export_routes(http::Router& router, const Web& web) {
  http::RouteOptions options = staff_route("");
  options.reads_personal_data = true, options.object = "register", options.action = "export";
  options.rate_per_minute = 30;
  const std::string base = std::string(kBase) + "/{register}/export";
  router.get(base + ".csv", options, [web](Request& r) { return export_rows(web, r, Kind::csv); });
  router.get(base + ".xlsx", options, [web](Request& r) { return export_rows(web, r, Kind::xlsx); });
  router.get(base + ".json", options, [web](Request& r) { return export_rows(web, r, Kind::json); });
}

}  // namespace machiya::registers::detail
