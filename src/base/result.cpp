#include "base/result.h"

#include <cstdio>
#include <cstdlib>

namespace machiya {

const ErrorInfo& error_info(ErrorCode code) {
  static constexpr ErrorInfo table[] = {
#define MACHIYA_ERROR(code, status, level, retryable, ja, en) {#code, status, LogLevel::level, retryable, ja, en},
#include "base/errors.def"
#undef MACHIYA_ERROR
  };
  return table[static_cast<std::size_t>(code)];
}

std::string Error::to_string() const {
  std::string out;
  if (!where.empty()) out += where + ": ";
  out += error_info(code).name;
  if (!detail.empty()) out += ": " + detail;
  return out;
}

void panic(const char* what, const char* file, int line) {
  std::fprintf(stderr, "machiya: broken invariant at %s:%d: %s\n", file, line, what);
  std::abort();
}

}  // namespace machiya
