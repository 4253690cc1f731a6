// Content-addressed files (photos, documents): type sniffed, limits on bytes and pixels, metadata read where asked
// and stripped on storing. Stored under the data folder by SHA-256, encrypted with the record's data key.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::vault {
class Vault;
}
namespace machiya::jobs {
class Jobs;
}

namespace machiya::blobs {

struct Limits {
  std::uint64_t bytes = 20u << 20;
  std::uint64_t pixels = 50'000'000;
  std::vector<std::string> types = {"image/jpeg", "image/png", "image/webp", "application/pdf"};
};
struct Blob {
  std::int64_t id = 0;
  std::string public_id;
  std::string type;          ///< sniffed
  std::uint64_t bytes = 0;
  std::string state;         ///< "pending" until the image worker has re-rendered it, then "ready" or "refused"
  std::string sha256;        ///< of the stored (sealed) content
  std::string owner;         ///< as given to put()
  int width = 0;             ///< pixels of a picture, 0 for documents
  int height = 0;
  bool as_uploaded = false;  ///< a document kept byte by byte (PDF without a cleaner): send it as a download only, never inline
  std::string refused;       ///< why, when refused: "broken", "too-large", "worker"
};
/// What EXIF said before it was stripped (only where a definition asks for it).
struct PhotoFacts {
  std::optional<double> latitude;
  std::optional<double> longitude;
  std::optional<Instant> taken;
};

class ImageRenderer;   // ports.h
class DocumentCleaner;
class Scanner;

/// Owners that begin so have put a file that nothing holds yet: it is erased after a day (erase_unattached).
inline constexpr std::string_view kUnattached = "waiting:";
inline constexpr std::int64_t kKeepUnattached = 24 * kHour;

/// Thread-safe.
class Blobs {
 public:
  /// `jobs` takes the work on pictures; without it pictures are refused (unavailable) and only documents are kept.
  Blobs(store::Store& store, vault::Vault& vault, const Clock& clock, std::string folder, jobs::Jobs* jobs = nullptr);
  ~Blobs();
  /// Declares the job kind "image" and runs it with `renderer` (platform/worker). Before jobs.start().
  void use_renderer(ImageRenderer& renderer);
  /// PDFs are made anew by `cleaner` (platform/worker) before anybody reads them; the upload stays sealed beside (variant "original").
  /// After use_renderer().
  void use_cleaner(DocumentCleaner& cleaner);
  /// Every upload is shown to `scanner` first. `required`: without a verdict nothing is taken; else it is taken and the log says so.
  void use_scanner(Scanner& scanner, bool required);
  /// Takes the spooled file: sniffs, checks the limits, stores, and enqueues the image job for pictures. The claimed
  /// type is not believed. `facts` (optional) gets position and time of a photo: they are personal data, ask only where
  /// a definition says so. Errors: too_large, limit_exceeded (pixels), unsupported_type, invalid_input (broken, or "infected"),
  /// unavailable (no verdict of the scanner).
  Result<Blob> put(const std::string& spool_path, std::string_view claimed_type, const Limits& limits, std::string_view owner,
                   PhotoFacts* facts = nullptr);
  Result<Blob> find(std::string_view public_id);
  /// The content, decrypted. `variant`: "", "thumb" (always JPEG, 320 pixels at most), or "original" (a PDF as it was uploaded, with whatever is
  /// active in it: only for those who may, and never inline). `unavailable` while pending, `gone` when refused.
  Result<std::string> read(std::string_view public_id, std::string_view variant = {});
  /// Erases key, row and files: backups hold only what nobody can read.
  Result<void> erase(std::string_view public_id);
  /// In the transaction that ends an owner: nothing holds its files any more. Gives their new owner, for erase_owned() after
  /// the commit.
  Result<std::string> release(store::Tx& tx, std::string_view owner);
  /// Erases every file of one owner; gives how many.
  Result<int> erase_owned(std::string_view owner);
  /// Those of `ids` that `from` owns belong to `to` from now on.
  Result<void> hand_over(const std::vector<std::string>& ids, std::string_view from, std::string_view to);
  /// Erases files that waited a day for something to hold them, at most `limit`; gives how many.
  Result<int> erase_unattached(int limit);
  /// Removes files that no row names (a crash between file and commit) and that are older than a day. Gives how many.
  Result<int> sweep();
  static std::vector<store::Migration> migrations();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
/// Reads position and time from a JPEG's EXIF block; pure, bounded (Exif 2.32, TIFF 6.0).
PhotoFacts read_exif(std::string_view jpeg);
/// "image/jpeg" …, or "" for anything unknown; by content only.
std::string sniff_type(std::string_view head);

}  // namespace machiya::blobs
