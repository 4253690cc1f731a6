// Retention: rows older than the city keeps them at hand move into an archive file; a signed cut says where the chain in the
// database now begins and which file holds what was before.
#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::vault {
class SigningKey;
}

namespace machiya::audit {

/// The guideline on information security of local governments (総務省, 令和7年3月) asks that logs are kept and protected, without a
/// number; a year is what the city's own programme takes as the least.
inline constexpr int kLeastRetentionDays = 365;

/// Rows up to `sequence` lie in an archive.
struct Cut {
  std::int64_t number = 0;     ///< 1, 2, 3 …
  std::int64_t sequence = 0;
  std::string hash;            ///< of the chain at `sequence`
  Instant at;
  std::string key;             ///< public key, base64url
  std::string signature;
};
/// Frozen format "machiya-audit-cut-1": the lines number, sequence, hash (hex), time (µs) and key.
std::string signed_text(const Cut& cut);

/// What one archive holds.
struct Archived {
  std::int64_t rows = 0;
  std::int64_t first = 0, last = 0;   ///< sequences
  std::string first_link, last_link;  ///< of the chain before the first row and at the last one
};

/// Writes every sealed row before `before` that still lies in the database to `file` (which must not exist), then signs the cut
/// and removes the rows. invalid_input for a time less than kLeastRetentionDays ago; not_found when there is nothing to archive.
/// Stops without removing anything when a row does not fit the chain (integrity_broken).
Result<Archived> archive_rows(store::Store& store, const Clock& clock, const vault::SigningKey& key, Instant before, const std::string& file);

/// Proves that `file` is whole: its chain fits from its first line to its last. It is the one that was cut off when `last_link` is
/// the hash of the signed cut at `last`. integrity_broken names the line.
Result<Archived> verify_archive(const std::string& file);
/// Whether a signed cut of this database ends where this archive ends. Whether the cut's signature counts is told by verify().
Result<bool> was_cut_off(store::Store& store, const Archived& archived);

}  // namespace machiya::audit
