// The journal as a folder: log/ (append_log.h) and snapshot (every entity, with a checksum), which is written anew beside the old one and then takes its place.
#include <cstdio>
#include <filesystem>

#include "sense/broker/journal.h"
#include "sense/log/append_log.h"
#include "sense/log/crc32c.h"
#include "sense/log/replace_file.h"

namespace machiya::sense {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kSnapshotMagic = "machiya entities 1\n";

void put_number(std::uint64_t n, std::string& out) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(n >> (8 * i));
}

/// The snapshot, piece by piece.
class SnapshotWriter {
 public:
  explicit SnapshotWriter(std::string path) : file_(std::move(path)) {}
  Result<void> put(std::string_view bytes) {
    std::string head;
    put_number(bytes.size(), head), put_number(crc32c(bytes.data(), bytes.size()), head);
    MACHIYA_CHECK(raw(head));
    return raw(bytes);
  }
  Result<void> raw(std::string_view bytes) { return file_.put(bytes); }
  Result<void> finish() { return file_.finish(); }

 private:
  FileReplacement file_;
};

/// Reads what SnapshotWriter wrote.
class SnapshotReader {
 public:
  explicit SnapshotReader(const std::string& path) : file_(std::fopen(path.c_str(), "rb")) {}
  ~SnapshotReader() {
    if (file_ != nullptr) std::fclose(file_);
  }
  bool there() const { return file_ != nullptr; }
  bool raw(std::size_t n) {
    bytes_.resize(n);
    return std::fread(bytes_.data(), 1, n, file_) == n;
  }
  const std::string& bytes() const { return bytes_; }
  std::uint64_t number(std::size_t at) const {
    std::uint64_t out = 0;
    for (int i = 0; i < 8; ++i) out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[at + static_cast<std::size_t>(i)])) << (8 * i);
    return out;
  }
  // The next entry, or nothing at the end mark; integrity_broken when it is neither.
  Result<bool> next() {
    if (!raw(16)) return broken();
    const std::uint64_t size = number(0), sum = number(8);
    if (size == 0) return false;
    if (size > kMostBytes || !raw(size) || crc32c(bytes_.data(), bytes_.size()) != sum) return broken();
    return true;
  }
  static Error broken() { return Error(ErrorCode::integrity_broken, "the snapshot of the entities is damaged"); }

 private:
  static constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
  std::FILE* file_;
  std::string bytes_;
};

class FileJournal final : public Journal {
 public:
  FileJournal(std::string folder, std::unique_ptr<AppendLog> log) : folder_(std::move(folder)), log_(std::move(log)) {}

  void append_later(JournalEntry entry, Done done) override { log_->append_later(entry.record, std::move(done)); }
  void after_group(std::function<void()> call) override { log_->after_group(std::move(call)); }

  Result<Number> load(const VisitEntity& visit) override {
    SnapshotReader in(snapshot());
    if (!in.there()) return Number{0};
    if (!in.raw(kSnapshotMagic.size()) || in.bytes() != kSnapshotMagic || !in.raw(8)) return SnapshotReader::broken();
    const Number up_to = in.number(0);
    for (;;) {
      auto more = in.next();
      if (!more.ok()) return more.error();
      if (!*more) return up_to;
      const std::string tenant = in.bytes();
      auto entity = in.next();
      if (!entity.ok() || !*entity) return SnapshotReader::broken();
      // A leading byte keeps the default tenant's name from being empty.
      if (auto done = visit(std::string_view(tenant).substr(1), in.bytes()); !done.ok()) return done.error();
    }
  }

  Result<void> replay(Number from, const VisitRecord& visit) const override { return log_->replay(from, visit); }
  Number first() const override { return log_->figures().first; }
  Number last() const override { return log_->figures().synced; }

  Result<void> compact(Number needed, Number up_to, const std::function<Result<void>(const VisitEntity&)>& entities) override {
    SnapshotWriter out(snapshot());
    std::string head(kSnapshotMagic);
    put_number(up_to, head);
    if (auto done = out.raw(head); !done.ok()) return done;
    const auto put = [&](std::string_view tenant, std::string_view entity) -> Result<void> {
      if (auto done = out.put("t" + std::string(tenant)); !done.ok()) return done;
      return out.put(entity);
    };
    if (auto done = entities(put); !done.ok()) return done;
    if (auto done = out.put({}); !done.ok()) return done;
    if (auto done = out.finish(); !done.ok()) return done;
    return log_->forget_before(std::min(needed, up_to + 1));
  }

 private:
  std::string folder_;
  std::unique_ptr<AppendLog> log_;
  std::string snapshot() const { return folder_ + "/snapshot"; }
};

}  // namespace

Result<std::unique_ptr<Journal>> open_file_journal(const std::string& folder) {
  std::error_code made;
  fs::create_directories(folder, made);
  if (made) return Error(ErrorCode::storage_failed, "the folder cannot be made: " + made.message());
  auto log = AppendLog::open({.folder = folder + "/log", .max_record = kMostRecordBytes, .max_waiting = std::size_t{1} << 30});
  if (!log.ok()) return log.error();
  return std::unique_ptr<Journal>(std::make_unique<FileJournal>(folder, std::move(*log)));
}

}  // namespace machiya::sense
