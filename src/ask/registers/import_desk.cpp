#include "ask/registers/import_desk.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "ask/registers/import_kept.h"
#include "base/rng.h"
#include "base/text.h"
#include "platform/vault/vault.h"

namespace machiya::registers {
namespace {

constexpr std::array<std::string_view, 9> kStates = {"mapping", "checking", "faulty", "ready", "importing", "done", "undone", "failed", "interrupted"};

/// The file's name as it was called, for the page only: never a path.
std::string shown_name(std::string_view filename) {
  const std::size_t slash = filename.find_last_of("/\\");
  std::string out(slash == std::string_view::npos ? filename : filename.substr(slash + 1));
  return is_utf8(out) ? out.substr(0, 200) : std::string();
}

}  // namespace

std::string_view import_state_name(ImportState state) { return kStates[static_cast<std::size_t>(state)]; }
std::optional<ImportState> import_state_of(std::string_view name) {
  const auto found = std::find(kStates.begin(), kStates.end(), name);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<ImportState>(found - kStates.begin());
}

ImportDesk::ImportDesk(const Web& web) : web_(web) {
  std::error_code failed;
  std::filesystem::create_directories(web_.work_folder + "/imports", failed);
  ::chmod((web_.work_folder + "/imports").c_str(), 0700);
  load();
  worker_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

ImportDesk::~ImportDesk() {
  progress_.stop = true;
  worker_.request_stop();
  wake_.notify_all();
}

std::string ImportDesk::folder(std::string_view id) const { return web_.work_folder + "/imports/" + std::string(id); }
std::string ImportDesk::file_path(std::string_view id) const { return folder(id) + ".table"; }

Result<std::string> ImportDesk::take(const Register& reg, const http::UploadedFile& file, const identity::Principal& who) {
  sweep();
  {
    MACHIYA_TRY(const auto source, tables::open_file(file.path));
    MACHIYA_CHECK(read_head(*source, targets_of(web_.registers, reg, who, true)));
  }
  vault::SystemRng rng;
  Import import;
  import.id = new_public_id(rng), import.register_id = reg.id, import.owner = who.actor(), import.filename = shown_name(file.filename);
  import.created = web_.clock.now();
  std::error_code failed;
  std::filesystem::copy_file(file.path, file_path(import.id), failed);
  if (failed) return Error(ErrorCode::storage_full, "import");
  ::chmod(file_path(import.id).c_str(), 0600);
  const std::lock_guard lock(mutex_);
  keep(import);
  const std::string id = import.id;
  imports_[id] = std::move(import);
  return id;
}

Result<Import> ImportDesk::find(const Register& reg, std::string_view id, const identity::Principal& who) {
  const std::lock_guard lock(mutex_);
  const auto found = imports_.find(id);
  if (found == imports_.end() || found->second.owner != who.actor() || found->second.register_id != reg.id) return Error(ErrorCode::not_found, "import");
  Import out = found->second;
  if (running_ == out.id) out.rows = progress_.rows;
  return out;
}

void ImportDesk::change(const std::string& id, const std::function<void(Import&)>& edit) {
  const std::lock_guard lock(mutex_);
  const auto found = imports_.find(id);
  if (found == imports_.end()) return;   // discarded meanwhile
  edit(found->second);
  keep(found->second);
}

Result<void> ImportDesk::check(const Register& reg, std::string_view id, ImportPlan plan, const identity::Principal& who, std::string_view lang) {
  MACHIYA_TRY(const Import import, find(reg, id, who));
  if (import.state == ImportState::importing || import.state == ImportState::done || import.state == ImportState::undone) return Error(ErrorCode::conflict, "import");
  change(import.id, [&](Import& i) {
    i.plan = std::move(plan), i.state = ImportState::checking;
    i.faults.clear(), i.fault_count = 0, i.rows = 0, i.problem.clear();
  });
  return enqueue(reg, {nullptr, import.id, std::string(lang), "", who, false});
}

Result<void> ImportDesk::import(const Register& reg, std::string_view id, std::string_view reason, const identity::Principal& who, std::string_view lang,
                                std::string_view request) {
  MACHIYA_TRY(const Import import, find(reg, id, who));
  bool mine = false;
  change(import.id, [&](Import& i) {
    mine = i.state == ImportState::ready;   // of two posts at once one imports
    if (mine) i.state = ImportState::importing, i.reason = std::string(reason.substr(0, 2'000));
  });
  if (!mine) return Error(ErrorCode::conflict, "import");
  return enqueue(reg, {nullptr, import.id, std::string(lang), std::string(request), who, true});
}

Result<void> ImportDesk::undo(const Register& reg, std::string_view id, const identity::Principal& who, std::string_view request) {
  MACHIYA_TRY(const Import import, find(reg, id, who));
  if (import.state != ImportState::done) return Error(ErrorCode::conflict, "import");
  MACHIYA_CHECK(web_.registers.undo_bulk(reg, import.batch, who, request));
  change(import.id, [](Import& i) { i.state = ImportState::undone; });
  return {};
}

Result<void> ImportDesk::discard(const Register& reg, std::string_view id, const identity::Principal& who) {
  MACHIYA_TRY(const Import import, find(reg, id, who));
  const std::lock_guard lock(mutex_);
  if (running_ == import.id || import.state == ImportState::importing) return Error(ErrorCode::conflict, "import");
  imports_.erase(import.id);
  std::error_code ignored;
  std::filesystem::remove(folder(import.id) + ".json", ignored);
  erase_file(import.id);
  return {};
}

void ImportDesk::erase_file(const std::string& id) {
  std::error_code ignored;
  std::filesystem::remove(file_path(id), ignored);
}

/// Files that nobody decided about, and what was kept about old imports.
void ImportDesk::sweep() {
  const Instant now = web_.clock.now();
  const std::lock_guard lock(mutex_);
  for (auto i = imports_.begin(); i != imports_.end();) {
    if (now.us - i->second.created.us < kKeepImport || i->first == running_) {
      ++i;
      continue;
    }
    std::error_code ignored;
    std::filesystem::remove(folder(i->first) + ".json", ignored);
    erase_file(i->first);
    i = imports_.erase(i);
  }
}

void ImportDesk::keep(const Import& import) { keep_import(import, folder(import.id) + ".json"); }

void ImportDesk::load() {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(web_.work_folder + "/imports", failed)) {
    if (entry.path().extension() != ".json") continue;
    auto import = kept_import(entry.path().string());
    if (!import.ok()) continue;
    // Work ends with its process. A check begins again at a person's word; what an import came to, only the register knows.
    if (import->state == ImportState::checking || import->state == ImportState::faulty) import->state = ImportState::mapping;
    if (import->state == ImportState::importing) import->state = ImportState::interrupted;
    imports_[import->id] = std::move(*import);
  }
  sweep();
}

}  // namespace machiya::registers
