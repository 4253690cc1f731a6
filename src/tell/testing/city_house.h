// For tests: a house that tells with a city: parts of the real one, staff, audit and texts.
#pragma once
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "city/test_folder.h"
#include "platform/audit/audit.h"
#include "platform/identity/principal.h"
#include "platform/locale/locale.h"
#include "tell/testing/house.h"

namespace machiya::tell::testing {

/// Takes the city over with its wards, departments and policy, and with what else is named of it: files and folders. It says that it has as many
/// initiatives as rooms came.
inline void bring_osaka(const city::TestFolder& files, const std::vector<std::string>& also) {
  namespace fs = std::filesystem;
  const std::string from = std::string(MACHIYA_SOURCE_DIR) + "/city/osaka/";
  int rooms = 0;
  std::vector<std::string> paths = {"wards.yaml", "departments.yaml", "policy.yaml"};
  paths.insert(paths.end(), also.begin(), also.end());
  for (const std::string& path : paths) {
    fs::create_directories((fs::path(files.path()) / path).parent_path());
    fs::copy(from + path, files.path() + "/" + path, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    rooms += path.ends_with("/room.yaml");
  }
  std::ifstream in(from + "city.yaml");
  std::string about((std::istreambuf_iterator<char>(in)), {});
  files.write("city.yaml", about.replace(about.find("initiatives: 79"), 15, "initiatives: " + std::to_string(rooms)));
}

inline identity::Principal staff(const std::string& name, const std::string& department) {
  identity::Principal out;
  out.kind = identity::PrincipalKind::staff, out.name = out.public_id = name, out.department = department;
  return out;
}

template <class Time>
class CityHouse : public House<Time> {
 protected:
  template <class... T>
  explicit CityHouse(unsigned seed, T&&... time) : House<Time>(seed, std::forward<T>(time)...) {
    this->migrate(audit::Audit::migrations());
    audit = std::make_unique<audit::Audit>(this->store(), this->clock);
    texts = std::move(*locale::Catalogue::load(std::string(MACHIYA_SOURCE_DIR) + "/web/locale"));
  }
  /// What stands in `files`.
  void load_city(const std::vector<city::Kind>& kinds) {
    auto report = files.load(kinds);
    for (const auto& fault : report.faults)
      if (fault.severity == Severity::error) ADD_FAILURE() << to_line(fault);
    city = report.city;
  }

  city::TestFolder files;
  std::shared_ptr<const city::City> city;
  std::unique_ptr<audit::Audit> audit;
  std::unique_ptr<locale::Catalogue> texts;
};

}  // namespace machiya::tell::testing
