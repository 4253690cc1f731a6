// For tests: an empty city folder that is removed afterwards.
#pragma once
#include <filesystem>
#include <fstream>
#include <string>

#include "base/temporary_folder.h"
#include "city/city.h"

namespace machiya::city {

class TestFolder {
 public:
  TestFolder() { write("city.yaml", "city: x\nname: X\n"); }

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
  TemporaryFolder place_{"city"};
  const std::string& path_ = place_.path();
};

}  // namespace machiya::city
