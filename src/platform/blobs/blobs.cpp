#include "platform/blobs/blobs.h"

#include <algorithm>

#include "base/log.h"
#include "platform/blobs/blob_dao.h"
#include "platform/blobs/blob_files.h"
#include "platform/blobs/picture_size.h"
#include "platform/blobs/ports.h"
#include "platform/jobs/jobs.h"
#include "platform/vault/vault.h"

namespace machiya::blobs {
namespace {
constexpr std::string_view kKind = "image";
constexpr int kAttempts = 3;
constexpr std::int64_t kOrphanAge = 24 * 3600;   // seconds; uploads under way are younger
constexpr std::string_view kPdf = "application/pdf";

std::string context_of(const std::string& public_id, std::string_view variant) { return "blob/" + public_id + "/" + std::string(variant); }

bool is_the_pictures_fault(ErrorCode code) {
  return code == ErrorCode::invalid_input || code == ErrorCode::unsupported_type || code == ErrorCode::too_large;
}

Blob blob_of(const blob_dao::Row& row) {
  Blob b;
  b.id = row.id;
  b.public_id = row.public_id;
  b.type = row.type;
  b.bytes = static_cast<std::uint64_t>(row.bytes);
  b.state = row.state;
  b.sha256 = row.file;
  b.owner = row.owner;
  b.width = static_cast<int>(row.width);
  b.height = static_cast<int>(row.height);
  b.as_uploaded = row.as_uploaded;
  b.refused = row.refused;
  return b;
}
}  // namespace

struct Blobs::Impl {
  store::Store& store;
  vault::Vault& vault;
  const Clock& clock;
  BlobFiles files;
  jobs::Jobs* jobs;
  vault::SystemRng rng;
  ImageRenderer* renderer = nullptr;
  DocumentCleaner* cleaner = nullptr;
  Scanner* scanner = nullptr;
  bool scan_required = true;

  Impl(store::Store& s, vault::Vault& v, const Clock& c, std::string folder, jobs::Jobs* j)
      : store(s), vault(v), clock(c), files(std::move(folder)), jobs(j) {}

  /// Seals with the blob's key and writes a durable file; gives its name.
  Result<std::string> keep(const blob_dao::Row& row, std::string_view variant, std::string_view content) {
    MACHIYA_TRY(const std::string sealed, store.read([&](store::ReadTx& tx) {
      return vault.seal(tx, row.data_key, context_of(row.public_id, variant), content);
    }));
    return files.write(sealed);
  }
  Result<std::string> fetch(const blob_dao::Row& row, std::string_view variant, const std::string& file) {
    MACHIYA_TRY(const std::string sealed, files.read(file));
    return store.read([&](store::ReadTx& tx) { return vault.open_sealed(tx, row.data_key, context_of(row.public_id, variant), sealed); });
  }
  Result<blob_dao::Row> row_of(std::string_view public_id) {
    MACHIYA_TRY(auto row, store.read([&](store::ReadTx& tx) { return blob_dao::find(tx, public_id); }));
    if (!row) return Error(ErrorCode::not_found, "there is no such file");
    return std::move(*row);
  }
  Result<void> scan(std::string_view content);
  Result<void> run_job(const jobs::Job& job);
  Result<void> run_document(const jobs::Job& job, blob_dao::Row row, std::string_view content);
  Result<void> refuse(const jobs::Job& job, blob_dao::Row row, const Error& error);
  Result<void> settle(const blob_dao::Row& row, const std::string& old_file);
};

Blobs::Blobs(store::Store& store, vault::Vault& vault, const Clock& clock, std::string folder, jobs::Jobs* jobs)
    : impl_(std::make_unique<Impl>(store, vault, clock, std::move(folder), jobs)) {}
Blobs::~Blobs() = default;

void Blobs::use_renderer(ImageRenderer& renderer) {
  MACHIYA_ASSERT(impl_->jobs != nullptr);
  impl_->renderer = &renderer;
  jobs::Kind kind;
  kind.name = std::string(kKind);
  kind.lease_s = 120;
  kind.max_attempts = kAttempts;
  impl_->jobs->declare(kind);
  impl_->jobs->handle(std::string(kKind), [impl = impl_.get()](const jobs::Job& job) { return impl->run_job(job); });
}

void Blobs::use_cleaner(DocumentCleaner& cleaner) {
  MACHIYA_ASSERT(impl_->renderer != nullptr);   // its job does this work too
  impl_->cleaner = &cleaner;
}

void Blobs::use_scanner(Scanner& scanner, bool required) {
  impl_->scanner = &scanner;
  impl_->scan_required = required;
}

Result<void> Blobs::Impl::scan(std::string_view content) {
  if (!scanner) return {};
  const auto verdict = scanner->scan(content);
  if (verdict.ok() && !verdict->infected) return {};
  if (verdict.ok()) {
    log(LogLevel::warn, "upload-infected", {{"name", verdict->name}});
    return Error(ErrorCode::invalid_input, "infected");
  }
  log(LogLevel::error, "upload-not-scanned", {{"why", verdict.error().to_string()}, {"taken", scan_required ? "no" : "yes"}});
  return scan_required ? Result<void>(verdict.error()) : Result<void>();
}

Result<Blob> Blobs::put(const std::string& spool_path, std::string_view, const Limits& limits, std::string_view owner, PhotoFacts* facts) {
  MACHIYA_TRY(const std::string content, read_whole(spool_path, limits.bytes));
  blob_dao::Row row;
  row.type = sniff_type(content);
  if (std::find(limits.types.begin(), limits.types.end(), row.type) == limits.types.end())
    return Error(ErrorCode::unsupported_type, row.type.empty() ? "this kind of file is not known" : row.type + " is not accepted here");
  row.as_uploaded = row.type == kPdf && !impl_->cleaner;
  row.state = row.as_uploaded ? "ready" : "pending";
  if (row.type != kPdf) {
    const auto size = picture_size(row.type, content);
    if (!size) return Error(ErrorCode::invalid_input, "the picture's header is broken");
    if (size->pixels() > limits.pixels) return Error(ErrorCode::limit_exceeded, "the picture has more than " + std::to_string(limits.pixels) + " pixels");
    if (!impl_->jobs) return Error(ErrorCode::unavailable, "pictures are not processed here");
    row.width = size->width;
    row.height = size->height;
  }
  MACHIYA_CHECK(impl_->scan(content));
  if (facts) *facts = row.type == "image/jpeg" ? read_exif(content) : PhotoFacts{};
  row.public_id = new_public_id(impl_->rng);
  row.owner = std::string(owner);
  row.bytes = static_cast<std::int64_t>(content.size());
  row.max_pixels = static_cast<std::int64_t>(limits.pixels);
  MACHIYA_TRY(row.data_key, impl_->store.write([&](store::Tx& tx) { return impl_->vault.create_key(tx); }));
  MACHIYA_TRY(row.file, impl_->keep(row, row.as_uploaded ? "" : "original", content));
  auto stored = impl_->store.write([&](store::Tx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(const std::int64_t id, blob_dao::insert(tx, row, impl_->clock.now()));
    if (!row.as_uploaded) {
      auto job = impl_->jobs->enqueue(tx, kKind, json::Value::object({{"blob", row.public_id}}));
      if (!job.ok()) return std::move(job).error();
    }
    return id;
  });
  if (!stored.ok()) {
    impl_->files.remove(row.file);
    return std::move(stored).error();
  }
  row.id = *stored;
  return blob_of(row);
}

/// Commits the outcome for a picture and removes the upload; a no-op when somebody erased or settled it meanwhile.
Result<void> Blobs::Impl::settle(const blob_dao::Row& row, const std::string& old_file) {
  MACHIYA_TRY(const bool changed, store.write([&](store::Tx& tx) { return blob_dao::update(tx, row, old_file); }));
  if (!changed) {
    if (row.file != old_file) files.remove(row.file);
    files.remove(row.thumbnail);
  } else if (row.file != old_file && row.original != old_file) {
    files.remove(old_file);
  }
  return {};
}

Result<void> Blobs::Impl::run_job(const jobs::Job& job) {
  auto found = row_of(job.payload.text("blob"));
  if (!found.ok()) return found.error().code == ErrorCode::not_found ? Result<void>() : Result<void>(found.error());  // erased meanwhile
  blob_dao::Row row = std::move(*found);
  if (row.state == "ready" || (row.state == "refused" && row.refused != "worker")) return {};
  const std::string upload = row.file;
  MACHIYA_TRY(const std::string content, fetch(row, "original", upload));
  if (row.type == kPdf) return run_document(job, std::move(row), content);
  auto image = renderer->render(content, row.type, static_cast<std::uint64_t>(row.max_pixels));
  if (image.ok()) {
    row.state = "ready";
    row.refused.clear();
    row.type = image->type;
    row.bytes = static_cast<std::int64_t>(image->content.size());
    row.width = image->width;
    row.height = image->height;
    MACHIYA_TRY(row.file, keep(row, "", image->content));
    MACHIYA_TRY(row.thumbnail, keep(row, "thumb", image->thumbnail));
    return settle(row, upload);
  }
  return refuse(job, std::move(row), image.error());
}

Result<void> Blobs::Impl::refuse(const jobs::Job& job, blob_dao::Row row, const Error& error) {
  const std::string upload = row.file;
  row.state = "refused";
  if (is_the_pictures_fault(error.code)) {
    row.refused = error.code == ErrorCode::too_large ? "too-large" : "broken";
    row.file.clear();
    return settle(row, upload);
  }
  if (job.attempt >= kAttempts) {  // a dead letter keeps the upload, so that an administrator can try again
    row.refused = "worker";
    MACHIYA_CHECK(settle(row, upload));
  }
  return error;
}

/// The upload stays beside the clean copy: what was applied with may have to be shown as it came.
Result<void> Blobs::Impl::run_document(const jobs::Job& job, blob_dao::Row row, std::string_view content) {
  if (!cleaner) return Error(ErrorCode::unavailable, "documents are not made anew here");
  const auto clean = cleaner->clean(content);
  if (!clean.ok()) return refuse(job, std::move(row), clean.error());
  const std::string upload = row.file;
  row.state = "ready";
  row.refused.clear();
  row.bytes = static_cast<std::int64_t>(clean->size());
  row.original = upload;
  MACHIYA_TRY(row.file, keep(row, "", *clean));
  return settle(row, upload);
}

Result<Blob> Blobs::find(std::string_view public_id) {
  MACHIYA_TRY(const blob_dao::Row row, impl_->row_of(public_id));
  return blob_of(row);
}

Result<std::string> Blobs::read(std::string_view public_id, std::string_view variant) {
  MACHIYA_TRY(const blob_dao::Row row, impl_->row_of(public_id));
  if (row.state == "pending") return Error(ErrorCode::unavailable, "the picture is still being prepared");
  if (row.state != "ready") return Error(ErrorCode::gone, "the picture was refused: " + row.refused);
  if (variant.empty()) return impl_->fetch(row, "", row.file);
  if (variant == "original" && !row.original.empty()) return impl_->fetch(row, "original", row.original);
  if (variant != "thumb" || row.thumbnail.empty()) return Error(ErrorCode::not_found, "there is no such variant");
  return impl_->fetch(row, "thumb", row.thumbnail);
}

Result<void> Blobs::erase(std::string_view public_id) {
  MACHIYA_TRY(const blob_dao::Row row, impl_->row_of(public_id));
  MACHIYA_CHECK(impl_->store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(impl_->vault.erase_key(tx, row.data_key));
    return blob_dao::remove(tx, row.id);
  }));
  impl_->files.remove(row.file);
  impl_->files.remove(row.thumbnail);
  impl_->files.remove(row.original);
  return {};
}

Result<std::string> Blobs::release(store::Tx& tx, std::string_view owner) {
  std::string waiting = std::string(kUnattached) + std::string(owner);
  MACHIYA_CHECK(blob_dao::release(tx, owner, waiting));
  return waiting;
}

Result<int> Blobs::erase_owned(std::string_view owner) {
  MACHIYA_TRY(const auto ids, impl_->store.read([&](store::ReadTx& tx) { return blob_dao::of_owner(tx, owner); }));
  for (const std::string& id : ids) MACHIYA_CHECK(erase(id));
  return static_cast<int>(ids.size());
}

Result<void> Blobs::hand_over(const std::vector<std::string>& ids, std::string_view from, std::string_view to) {
  if (ids.empty()) return {};
  return impl_->store.write([&](store::Tx& tx) -> Result<void> {
    for (const std::string& id : ids) MACHIYA_CHECK(blob_dao::hand_over(tx, id, from, to));
    return {};
  });
}

Result<int> Blobs::erase_unattached(int limit) {
  const Instant before{impl_->clock.now().us - kKeepUnattached};
  MACHIYA_TRY(const auto ids, impl_->store.read([&](store::ReadTx& tx) { return blob_dao::waiting_since(tx, kUnattached, before, limit); }));
  for (const std::string& id : ids) MACHIYA_CHECK(erase(id));
  return static_cast<int>(ids.size());
}

Result<int> Blobs::sweep() {
  std::vector<std::string> old;
  impl_->files.each([&](const std::string& name, std::int64_t modified_s) {
    if (name.size() == 64 && impl_->clock.now().us / kSecond - modified_s > kOrphanAge) old.push_back(name);
  });
  int removed = 0;
  for (const std::string& name : old) {
    MACHIYA_TRY(const bool named, impl_->store.read([&](store::ReadTx& tx) { return blob_dao::names_file(tx, name); }));
    if (named) continue;
    impl_->files.remove(name);
    ++removed;
  }
  if (removed > 0) log(LogLevel::info, "blob-orphans-removed", {{"count", std::to_string(removed)}});
  return removed;
}

std::vector<store::Migration> Blobs::migrations() { return blob_dao::migrations(); }

}  // namespace machiya::blobs
