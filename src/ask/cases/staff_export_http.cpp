// Exports: written row by row to a private file that is sent and removed by the next export.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "ask/cases/export_text.h"
#include "ask/cases/web.h"
#include "base/rng.h"
#include "platform/identity/identity.h"

namespace machiya::cases::detail {
namespace {

using http::Request;
using http::Response;

constexpr std::int64_t kKeepSeconds = 600;   ///< a download that takes longer than this is cut off

/// Removes exports of earlier requests.
void clean(const std::string& folder, std::int64_t now_s) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    struct stat info {};
    if (::stat(entry.path().c_str(), &info) == 0 && now_s - info.st_mtime > kKeepSeconds) std::filesystem::remove(entry.path(), failed);
  }
}

/// A file that only this process may read.
class PrivateFile {
 public:
  explicit PrivateFile(std::string path) : path_(std::move(path)) { fd_ = ::open(path_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600); }
  ~PrivateFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;
  bool write(std::string_view text) {
    buffer_ += text;
    return buffer_.size() < 64 * 1024 || flush();
  }
  bool flush() {
    std::size_t at = 0;
    while (fd_ >= 0 && at < buffer_.size()) {
      const ssize_t n = ::write(fd_, buffer_.data() + at, buffer_.size() - at);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      at += static_cast<std::size_t>(n);
    }
    buffer_.clear();
    return fd_ >= 0;
  }

 private:
  std::string path_, buffer_;
  int fd_ = -1;
};

InboxFilter filter_of(const Request& r) {
  const identity::Principal& who = identity::principal_of(r);
  auto text = [&](std::string_view name) { return std::string(r.query(name).value_or("")); };
  InboxFilter f;
  f.lang = staff_language(r), f.department = text("department"), f.state = text("state"), f.procedure = text("procedure");
  if (f.department.empty()) f.department = who.department;
  if (f.department == "*") f.department.clear();
  f.assignee = text("assignee");
  if (f.assignee == "-") f.assignee.clear(), f.unassigned = true;
  if (f.assignee == "me") f.assignee = who.name;
  f.overdue = text("show") == "overdue", f.proposals = text("show") == "proposals", f.ended = text("show") == "all";
  return f;
}

Response export_file(const Web& web, Request& request, bool csv) {
  std::error_code failed;
  std::filesystem::create_directories(web.export_folder, failed);
  clean(web.export_folder, web.cases.platform().clock.now().us / kSecond);
  const std::string path = web.export_folder + "/" + new_public_id(web.cases.platform().rng) + (csv ? ".csv" : ".json");
  const std::string lang = staff_language(request);
  const InboxFilter filter = filter_of(request);
  std::shared_ptr<const Rules> rules;
  if (!filter.procedure.empty()) {
    auto found = web.cases.definitions().current(filter.procedure);
    if (!found.ok()) return http::problem(found.error(), request);
    rules = *found;
  }
  const ProcedureInfo* procedure = rules ? rules->procedure.get() : nullptr;
  PrivateFile file(path);
  // The byte order mark makes spreadsheets read UTF-8; "bom=no" leaves it out.
  bool good = csv ? file.write((request.query("bom") == "no" ? "" : "\xEF\xBB\xBF") + csv_head(procedure, lang)) : file.write("[\n");
  bool first = true;
  auto done = web.cases.export_cases(filter, identity::principal_of(request), request.id, [&](const CaseView& view) {
    if (csv) good = good && file.write(csv_line(view, procedure, lang));
    else good = good && file.write((first ? "" : ",\n") + json::to_text(export_json(view)));
    first = false;
    return good;
  });
  if (!csv) good = file.write("\n]\n") && good;
  if (!file.flush() || !good || !done.ok()) {
    std::filesystem::remove(path, failed);
    return http::problem(done.ok() ? Error(ErrorCode::storage_full, "export") : done.error(), request);
  }
  Response r;
  r.file = path;
  r.header("Content-Type", csv ? "text/csv; charset=utf-8" : "application/json");
  r.header("Content-Disposition", std::string("attachment; filename=\"cases.") + (csv ? "csv\"" : "json\"")).header("Cache-Control", "private, no-store");
  return r;
}

}  // namespace

void add_export_routes(http::Router& router, const Web& web) {
  http::RouteOptions o = staff_route("case.export", "");
  o.reads_personal_data = true;
  o.rate_per_minute = 30;
  router.get("/staff/export.csv", o, [web](Request& r) { return export_file(web, r, true); });
  router.get("/staff/export.json", o, [web](Request& r) { return export_file(web, r, false); });
}

}  // namespace machiya::cases::detail
