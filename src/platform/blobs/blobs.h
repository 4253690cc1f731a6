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
  std::string sha256;        ///< of the stored content
};
/// What EXIF said before it was stripped (only where a definition asks for it).
struct PhotoFacts {
  std::optional<double> latitude;
  std::optional<double> longitude;
  std::optional<Instant> taken;
};

/// Thread-safe.
class Blobs {
 public:
  Blobs(store::Store& store, vault::Vault& vault, const Clock& clock, std::string folder);
  ~Blobs();
  /// Takes the spooled file: sniffs, checks the limits, stores, and enqueues the image job for pictures.
  Result<Blob> put(const std::string& spool_path, std::string_view claimed_type, const Limits& limits, std::string_view owner);
  Result<Blob> find(std::string_view public_id);
  /// The content, decrypted. `variant`: "" or "thumb".
  Result<std::string> read(std::string_view public_id, std::string_view variant = {});
  Result<void> erase(std::string_view public_id);
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
