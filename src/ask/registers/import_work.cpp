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
  const ImportContext context{web_.registers, *work.reg, work.who, web_.texts, work.lang};
  auto source = tables::open_file(file_path(work.id));
  Result<ImportCheck> checked = source.ok() ? check_import(context, **source, plan, progress_) : Result<ImportCheck>(source.error());
  if (work.import) finish_import(work, std::move(checked));
  else finish_check(work.id, std::move(checked));
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

/// The check is made again: the register may have changed while the person looked. What it finds is shown, and nothing is imported.
void ImportDesk::finish_import(const Work& work, Result<ImportCheck> checked) {
  if (!checked.ok() || !checked->faults.empty()) return finish_check(work.id, std::move(checked));
  std::string reason;
  change(work.id, [&](Import& i) { reason = i.reason; });
  const auto rows = static_cast<std::uint64_t>(checked->rows.size());
  auto done = web_.registers.add_many(*work.reg, checked->rows, reason, work.who, work.request);
  change(work.id, [&](Import& i) {
    i.rows = rows, i.info = checked->info;
    if (done.ok()) i.state = ImportState::done, i.batch = done->batch;
    else i.state = ImportState::failed, i.problem = std::string(done.error().info().name);
  });
  if (done.ok()) erase_file(work.id);
}

}  // namespace machiya::registers
