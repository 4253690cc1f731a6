// Faults found while a definition is checked: all of them, each with its place, in Japanese and English.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace machiya {

enum class Severity { error, warning };

/// One fault. `pointer` is an RFC 6901 pointer into the definition's JSON form (the loader turns it into
/// file:line:column); `line`/`column` are 1-based within the text at the pointer (a FEEL expression), 0 when unknown.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string pointer;
  std::string ja;
  std::string en;
  int line = 0;
  int column = 0;
};

/// Collects faults; a check never stops at the first one. Not thread-safe.
class Diagnostics {
 public:
  void error(std::string pointer, std::string ja, std::string en, int line = 0, int column = 0) {
    list_.push_back({Severity::error, std::move(pointer), std::move(ja), std::move(en), line, column});
    ++errors_;
  }
  void warning(std::string pointer, std::string ja, std::string en, int line = 0, int column = 0) {
    list_.push_back({Severity::warning, std::move(pointer), std::move(ja), std::move(en), line, column});
  }
  bool ok() const { return errors_ == 0; }
  const std::vector<Diagnostic>& list() const { return list_; }

 private:
  std::vector<Diagnostic> list_;
  int errors_ = 0;
};

}  // namespace machiya
