// What the house states about its audit every hour, signed: "the chain ends here". Copied out of reach of whoever can
// write to the database, it proves that no tail was cut off and nothing was written anew.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace machiya::audit {

/// One signed statement. They are numbered without gaps, so that a missing one is seen.
struct Statement {
  std::int64_t number = 0;     ///< 1, 2, 3 …
  std::int64_t sequence = 0;   ///< of the last seal; 0 while nothing is sealed
  std::string hash;            ///< of that seal, 32 bytes
  Instant at;
  std::string key;             ///< public key, base64url
  std::string signature;       ///< Ed25519, 64 bytes
};

/// Frozen format "machiya-audit-head-1": the lines number, sequence, hash (hex), time (µs since 1970) and key.
std::string signed_text(const Statement& statement);
/// One line of JSON, as it stands in the copy.
std::string to_line(const Statement& statement);
Result<Statement> parse_line(std::string_view line);

/// The copy of all statements, one a line, in a file that only grows.
class StatementFile {
 public:
  explicit StatementFile(std::string path) : path_(std::move(path)) {}
  /// All statements in the order of the file. Lines that are no statement are left out (a power cut tears the last one; it is
  /// then written again): who verifies sees their numbers missing. An absent file holds none.
  Result<std::vector<Statement>> read() const;
  /// Appends on a new line and waits until it is on the disk. A file that does not exist is made, readable by its group.
  Result<void> append(const std::vector<Statement>& statements) const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace machiya::audit
