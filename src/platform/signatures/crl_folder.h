// The revocation lists of a folder, read again when the folder changed.
#pragma once
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/jpki/certificates.h"

namespace machiya::signatures {

/// One list as the folder shows it. `changed` (st_ctime) moves even when a list is exchanged by one of the same size that keeps its own time.
struct CrlFile {
  std::string name;
  std::uint64_t size = 0;   ///< bytes
  Instant modified, changed;
  friend bool operator==(const CrlFile&, const CrlFile&) = default;
};
/// Every *.crl of a folder, by name. Causes in `where`: "crl-missing" (none, or the folder cannot be read), "crl-unreadable" (too large, or too many).
Result<std::vector<CrlFile>> crl_files(const std::string& folder);

/// Looks at the folder at every question, and reads and parses its lists only when the look differs from the last one. Thread-safe; whoever asks while
/// they are read waits.
class CrlFolder {
 public:
  using Look = std::function<Result<std::vector<CrlFile>>(const std::string& folder)>;
  using Parse = std::function<Result<jpki::RevocationLists>(const std::vector<std::string>& ders)>;
  /// `look` and `parse` are for tests.
  explicit CrlFolder(std::string folder, Look look = crl_files, Parse parse = jpki::RevocationLists::read);

  /// The lists that lie there. A look at a file that changed less than two seconds before `now`, or after it, says nothing of the next change (file
  /// systems count time in steps): what was read then is not kept. Causes: those of crl_files(); "crl-unreadable".
  Result<jpki::RevocationLists> lists(Instant now);

 private:
  struct Kept {
    std::vector<CrlFile> look;
    jpki::RevocationLists lists;
  };
  const std::string folder_;
  const Look look_;
  const Parse parse_;
  std::mutex mutex_;
  std::optional<Kept> kept_;
};

}  // namespace machiya::signatures
