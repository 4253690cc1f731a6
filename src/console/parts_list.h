// The list of parts of the running server, as script/sbom made it when the server was built (SPDX 2.3, JSON). Read at each look; nothing is
// asked of the machine's packages.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace machiya::console {

enum class PartUse : std::uint8_t { linked, shipped, build, test };   ///< shipped: copied into what browsers load
/// "linked", "shipped", "build", "test".
std::string_view word_of(PartUse use);

struct Part {
  std::string name, version, licence;
  PartUse use = PartUse::build;
};
struct PartsList {
  std::string made;           ///< when, as the document says it
  std::string digest;         ///< SHA-256 of the program that it describes, in hex
  std::vector<Part> parts;    ///< by use, then name
  std::string document;       ///< as it stands in the file
};

/// Reads the document. integrity_broken for one that is no such list.
Result<PartsList> parse_parts(std::string document);
/// not_found when there is no such file.
Result<PartsList> read_parts(const std::string& file);

/// The running program. Its file (some 100 MB) is read when somebody looks for the first time and then never again: it does not change while it runs.
/// Thread-safe; whoever looks meanwhile waits.
class Program {
 public:
  /// "/proc/self/exe" remains the running one's file, whatever was put in its place.
  explicit Program(std::string file) : file_(std::move(file)) {}
  /// Does the list describe this program? Never when its file cannot be read.
  bool is(const PartsList& list) const;

 private:
  std::string file_;
  mutable std::once_flag once_;
  mutable std::string digest_;   ///< SHA-256 in hex
};

}  // namespace machiya::console
