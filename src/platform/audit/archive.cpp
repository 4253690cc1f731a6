#include "platform/audit/archive.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/json.h"
#include "platform/audit/audit_dao.h"
#include "platform/audit/chain.h"
#include "platform/vault/signing_key.h"
#include "platform/vault/vault.h"

namespace machiya::audit {
namespace {

constexpr std::string_view kFormat = "machiya-audit-archive-1";
constexpr std::int64_t kRemoveAtOnce = 2000;   // rows a transaction: some 20 ms of the writer

/// Canonical lines: members sorted, no white space. Reading compares with what would be written.
std::string head_line(std::int64_t after, const std::string& hash) {
  return json::to_canonical(json::Value::object({{"format", kFormat}, {"after", after}, {"hash", vault::base64url(hash)}}));
}
std::string row_line(std::int64_t sequence, const std::string& hash, const StoredRow& row) {
  return json::to_canonical(json::Value::object({{"sequence", sequence}, {"hash", vault::base64url(hash)}, {"id", row.id}, {"at_us", row.at_us},
                                                 {"actor", row.actor}, {"action", row.action}, {"object", row.object}, {"purpose", row.purpose},
                                                 {"request", row.request}, {"facts", row.facts}}));
}

StoredRow row_of(const json::Value& v) {
  return {v["id"].as_int(), v["at_us"].as_int(), v.text("actor"), v.text("action"), v.text("object"), v.text("purpose"), v.text("request"), v.text("facts")};
}

/// A file that is written once and durable when finish() returns.
class ArchiveFile {
 public:
  static Result<ArchiveFile> create(const std::string& path) {
    ArchiveFile file;
    file.path_ = path;
    file.fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file.fd_ < 0) return file.failed();
    return file;
  }
  ArchiveFile(ArchiveFile&& other) noexcept : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
  ~ArchiveFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  Result<void> write(const std::string& line) {
    const std::string text = line + "\n";
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t n = ::write(fd_, text.data() + done, text.size() - done);
      if (n < 0 && errno != EINTR) return failed();
      if (n > 0) done += static_cast<std::size_t>(n);
    }
    return {};
  }
  Result<void> finish() {
    if (::fsync(fd_) != 0) return failed();
    return {};
  }

 private:
  ArchiveFile() = default;
  Error failed() const { return Error(ErrorCode::storage_failed, std::string("cannot write the archive: ") + std::strerror(errno), path_); }
  std::string path_;
  int fd_ = -1;
};

struct Written {
  std::int64_t after = 0;   ///< sequence before the first row
  dao::Seal last;
};

/// Copies the rows to the file, checking each against the chain.
Result<Written> write_rows(store::ReadTx& tx, Instant before, const std::string& path) {
  Written out;
  MACHIYA_TRY(const auto cuts, dao::cuts(tx));
  std::string link = cuts.empty() ? first_link() : cuts.back().hash;
  out.after = out.last.sequence = cuts.empty() ? 0 : cuts.back().sequence;
  MACHIYA_TRY(ArchiveFile file, ArchiveFile::create(path));
  MACHIYA_CHECK(file.write(head_line(out.after, link)));
  Result<void> state;
  MACHIYA_CHECK(dao::each_link(tx, out.after, [&](const dao::Link& l) {
    if (!l.row_exists || l.row.at_us >= before.us) {
      if (!l.row_exists) state = Error(ErrorCode::integrity_broken, "row " + std::to_string(l.seal.row_id) + " is missing; nothing was archived");
      return false;
    }
    link = next_link(link, l.seal.sequence, l.row);
    if (link != l.seal.hash || l.seal.sequence != out.last.sequence + 1) {
      state = Error(ErrorCode::integrity_broken, "row " + std::to_string(l.seal.row_id) + " does not fit the chain; nothing was archived");
      return false;
    }
    out.last = l.seal;
    state = file.write(row_line(l.seal.sequence, l.seal.hash, l.row));
    return state.ok();
  }));
  MACHIYA_CHECK(state);
  if (out.last.sequence == out.after) return Error(ErrorCode::not_found, "there is no sealed row before this time");
  MACHIYA_CHECK(file.finish());
  return out;
}

/// Removes the rows that lie behind the last cut, also those of an archiving that was interrupted here.
Result<void> remove_behind_cut(store::Store& store) {
  for (bool more = true; more;) {
    MACHIYA_TRY(more, store.write([](store::Tx& tx) -> Result<bool> {
      MACHIYA_TRY(const auto cuts, dao::cuts(tx));
      MACHIYA_TRY(const std::int64_t first, dao::first_sequence(tx));
      const std::int64_t last = cuts.empty() ? 0 : cuts.back().sequence;
      if (first == 0 || first > last) return false;
      MACHIYA_CHECK(dao::remove_archived(tx, std::min(first + kRemoveAtOnce - 1, last)));
      return true;
    }));
  }
  return {};
}

}  // namespace

std::string signed_text(const Cut& c) {
  return "machiya-audit-cut-1\n" + std::to_string(c.number) + "\n" + std::to_string(c.sequence) + "\n" + to_hex(c.hash) + "\n" + std::to_string(c.at.us) + "\n" +
         c.key + "\n";
}

Result<Archived> archive_rows(store::Store& store, const Clock& clock, const vault::SigningKey& key, Instant before, const std::string& file) {
  if (clock.now().us - before.us < kLeastRetentionDays * kDay)
    return Error(ErrorCode::invalid_input, "rows stay in the database for at least " + std::to_string(kLeastRetentionDays) + " days");
  MACHIYA_CHECK(remove_behind_cut(store));
  auto written = store.read([&](store::ReadTx& tx) { return write_rows(tx, before, file); });
  if (!written.ok()) {
    if (written.error().code != ErrorCode::storage_failed || written.error().where != file) ::unlink(file.c_str());
    return std::move(written).error();
  }
  MACHIYA_TRY(Archived out, verify_archive(file));   // what was read back is what is cut off
  if (out.last_link != written->last.hash) return Error(ErrorCode::integrity_broken, "the archive does not hold what was written to it", file);
  // The cut first: from then on the rows are the archive's, whether removing them is interrupted or not.
  MACHIYA_CHECK(store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto known, dao::cuts(tx));
    if ((known.empty() ? 0 : known.back().sequence) != written->after) return Error(ErrorCode::conflict, "another archive was made meanwhile");
    Cut cut{static_cast<std::int64_t>(known.size()) + 1, written->last.sequence, written->last.hash, clock.now(), key.public_key(), {}};
    cut.signature = key.sign(signed_text(cut));
    return dao::insert_cut(tx, cut);
  }));
  MACHIYA_CHECK(remove_behind_cut(store));
  return out;
}

Result<Archived> verify_archive(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error(ErrorCode::not_found, "cannot read the archive", file);
  Archived out;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const auto broken = [&](const std::string& what) { return Error(ErrorCode::integrity_broken, what, file + ":" + std::to_string(number)); };
    const auto parsed = json::parse(line);
    if (!parsed.ok()) return broken("this line cannot be read");
    if (number == 1) {
      out.last = (*parsed)["after"].as_int();
      out.first = out.last + 1;
      MACHIYA_TRY(out.first_link, vault::from_base64url(parsed->text("hash")));
      out.last_link = out.first_link;
      if (line != head_line(out.last, out.first_link)) return broken("this is no archive of the audit");
      continue;
    }
    const StoredRow row = row_of(*parsed);
    out.last_link = next_link(out.last_link, out.last + 1, row);
    if (line != row_line(out.last + 1, out.last_link, row)) return broken("this row does not fit the chain");
    out.last += 1;
    out.rows += 1;
  }
  return out;
}

Result<bool> was_cut_off(store::Store& store, const Archived& archived) {
  MACHIYA_TRY(const auto cuts, store.read([](store::ReadTx& tx) { return dao::cuts(tx); }));
  return std::any_of(cuts.begin(), cuts.end(), [&](const Cut& cut) { return cut.sequence == archived.last && cut.hash == archived.last_link; });
}

}  // namespace machiya::audit
