// What the desk does in the background: one import after the other.
#include "ask/registers/import_desk.h"

namespace machiya::registers {

Result<void> ImportDesk::enqueue(const Register& reg, Work work) {
  MACHIYA_TRY(work.reg, web_.registers.find(reg.id, work.who));   // the version in force, kept alive
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(work));
  wake_.notify_all();
  return {};
}

void ImportDesk::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [this] { return !queue_.empty(); })) {
    if (stop.stop_requested()) return;
    const Work work = std::move(queue_.front());
    queue_.pop_front();
    running_ = work.id, progress_.rows = 0;
    lock.unlock();
    run_one(work);
    lock.lock();
    running_.clear();
    wake_.notify_all();
  }
}

void ImportDesk::settle() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return queue_.empty() && running_.empty(); });
}

void ImportDesk::run_one(const Work& work) {
  ImportPlan plan;
  bool known = false;
  change(work.id, [&](Import& i) { plan = i.plan, known = true; });
  if (!known) return;
  const ImportContext context{web_.registers, *work.reg, work.who, work.lang};
  auto source = tables::open_file(file_path(work.id));
  if (!source.ok()) return finish_check(work.id, source.error());
  if (!work.import || !import_rows(work, context, **source, plan)) finish_check(work.id, check_import(context, **source, plan, progress_));
}

void ImportDesk::finish_check(const std::string& id, Result<ImportCheck> checked) {
  change(id, [&](Import& i) {
    if (!checked.ok()) {
      i.state = ImportState::failed;
      i.problem = checked.error().detail.empty() ? std::string(checked.error().info().name) : checked.error().detail;
      return;
    }
    i.info = checked->info, i.rows = checked->rows.size(), i.fault_count = checked->faults.size();
    i.faults = std::move(checked->faults);
    if (i.faults.size() > kMaxFaults) i.faults.resize(kMaxFaults);
    i.state = i.fault_count == 0 ? ImportState::ready : ImportState::faulty;
  });
}

/// The service checks every row again in the transaction. When the register has changed since the person looked, nothing is imported and
/// false sends the file through the whole check, which shows what is wrong now.
bool ImportDesk::import_rows(const Work& work, const ImportContext& context, tables::Source& source, const ImportPlan& plan) {
  auto read = read_rows(context, source, plan, progress_);
  if (!read.ok() || !read->faults.empty()) return false;
  std::string reason;
  change(work.id, [&](Import& i) { reason = i.reason; });
  auto done = web_.registers.add_many(*work.reg, read->rows, reason, work.who, work.request);
  if (!done.ok() && (done.error().code == ErrorCode::invalid_input || done.error().code == ErrorCode::conflict)) return false;
  change(work.id, [&](Import& i) {
    i.rows = read->rows.size(), i.info = read->info;
    if (done.ok()) i.state = ImportState::done, i.batch = done->batch;
    else i.state = ImportState::failed, i.problem = std::string(done.error().info().name);
  });
  if (done.ok()) erase_file(work.id);
  return true;
}

}  // namespace machiya::registers
