// For tests: a folder of their own.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace machiya {

/// New among the system's temporary files, removed with all that is in it. Without one the test cannot go on: stops the program.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string_view name) : path_((std::filesystem::temp_directory_path() / ("machiya-" + std::string(name) + "-XXXXXX")).string()) {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~TemporaryFolder() {
    std::error_code ignored;   // a test may have removed it
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace machiya
