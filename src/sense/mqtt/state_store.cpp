#include "sense/mqtt/state_store.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/log.h"
#include "sense/log/crc32c.h"
#include "sense/log/replace_file.h"

namespace machiya::sense::mqtt {
namespace {

constexpr char kMagic[] = "MCHMQT1\n";   // then: last record that it covers u64, CRC-32C of the state u32, the state
constexpr std::size_t kHead = 20;

}  // namespace

Result<std::unique_ptr<StateStore>> StateStore::open(const std::string& folder, std::size_t segment_bytes, std::size_t checkpoint_bytes, Router& router, Instant now) {
  std::unique_ptr<StateStore> made(new StateStore(folder, checkpoint_bytes));
  MACHIYA_TRY(const std::string state, made->read_checkpoint());
  MACHIYA_CHECK(router.replay(state, now));
  AppendLog::Number seen = made->covered_;
  AppendLogOptions options{.folder = folder + "/log", .segment_bytes = segment_bytes};
  options.max_record = std::size_t{1} << 30;
  MACHIYA_TRY(made->log_, AppendLog::open(options, [&](AppendLog::Number number, std::string_view record) -> Result<void> {
    if (number <= made->covered_) return {};
    if (number != ++seen) return Error(ErrorCode::integrity_broken, folder + ": the log does not go on where the checkpoint ends");
    return router.replay(record, now);
  }));
  made->applied_ = made->log_->figures().synced;
  made->next_at_ = checkpoint_bytes;
  router.replayed(now);
  return made;
}

StateStore::~StateStore() {
  if (writer_.joinable()) writer_.join();
}

Result<std::string> StateStore::read_checkpoint() {
  const std::string path = folder_ + "/checkpoint";
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return std::string();
  std::stringstream buffer;
  buffer << file.rdbuf();
  std::string bytes = std::move(buffer).str();
  std::uint32_t crc = 0;
  if (bytes.size() >= kHead) {
    std::memcpy(&covered_, bytes.data() + 8, 8);
    std::memcpy(&crc, bytes.data() + 16, 4);
  }
  if (bytes.size() < kHead || bytes.compare(0, 8, kMagic, 8) != 0 || crc != crc32c(bytes.data() + kHead, bytes.size() - kHead))
    return Error(ErrorCode::integrity_broken, path + " is no checkpoint");
  bytes.erase(0, kHead);
  return bytes;
}

Result<void> StateStore::write_checkpoint(const std::string& state, AppendLog::Number covers) const {
  std::string head(kMagic, 8);
  head.resize(kHead);
  const std::uint32_t crc = crc32c(state.data(), state.size());
  std::memcpy(head.data() + 8, &covers, 8);
  std::memcpy(head.data() + 16, &crc, 4);
  FileReplacement file(folder_ + "/checkpoint");
  MACHIYA_CHECK(file.put(head));
  MACHIYA_CHECK(file.put(state));
  MACHIYA_CHECK(file.finish());
  return log_->forget_before(covers + 1);
}

void StateStore::maybe_checkpoint(const Router& router) {
  const std::uint64_t appended = log_->figures().appended;
  if (appended < next_at_) return;
  {
    std::lock_guard guard(mutex_);
    if (writing_) return;
    writing_ = true;
  }
  if (writer_.joinable()) writer_.join();
  std::string state = router.checkpoint();
  // A large state is written seldom: the log may grow to four times of it.
  next_at_ = appended + std::max<std::uint64_t>(checkpoint_bytes_, 4 * state.size());
  writer_ = std::thread([this, state = std::move(state), covers = applied_] {
    const auto written = write_checkpoint(state, covers);
    if (!written.ok()) log(LogLevel::error, "mqtt-checkpoint-failed", {{"why", written.error().to_string()}});   // the log is kept: nothing is lost
    std::lock_guard guard(mutex_);
    writing_ = false;
    checkpoints_ += written.ok();
  });
}

std::uint64_t StateStore::checkpoints() const {
  std::lock_guard guard(mutex_);
  return checkpoints_;
}

}  // namespace machiya::sense::mqtt
