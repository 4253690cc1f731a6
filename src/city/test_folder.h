// For tests: an empty city folder that is removed afterwards.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "city/city.h"

namespace machiya::city {

class TestFolder {
 public:
  TestFolder() : path_((std::filesystem::temp_directory_path() / "machiya-city-XXXXXX").string()) {
    if (!mkdtemp(path_.data())) std::abort();
    write("city.yaml", "city: x\nname: X\n");
  }
  ~TestFolder() {
    std::error_code ec;
    std::filesystem::remove_all(path_, ec);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path whole = std::filesystem::path(path_) / file;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
  }
  LoadReport load(const std::vector<Kind>& kinds) const { return city::load(path_, kinds); }
  /// Every fault as a line; "" when there is none.
  std::string faults(const std::vector<Kind>& kinds) const {
    std::string out;
    for (const Fault& fault : load(kinds).faults) out += to_line(fault) + "\n";
    return out;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace machiya::city
