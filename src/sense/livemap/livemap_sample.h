// For tests, the check server and the benchmark: a small city with a map of parkings (public) and one for staff.
#pragma once
#include <fstream>
#include <iterator>
#include <string>

#include "city/test_folder.h"

namespace machiya::sense::livemap::testing {

inline const char* kType = R"(entity-type: test-parking
version: 1
name: { ja: 駐輪場, en: Bicycle parking }
type: TestParking
owner: urban-transport
access: open
attributes:
  - { name: name, label: { ja: 名称, en: Name }, kind: text }
  - { name: location, label: { ja: 場所, en: Place }, kind: geo }
  - { name: spaces, label: { ja: 台数, en: Spaces }, kind: integer }
  - { name: free, label: { ja: 空き, en: Free }, kind: integer }
  - name: state
    label: { ja: 状態, en: State }
    kind: text
    choices: [ { choice: open, label: { ja: 営業中, en: Open now } }, { choice: closed, label: { ja: 休業, en: Closed } } ]
  - { name: keeper, label: { ja: 管理者, en: Keeper }, kind: text, access: restricted }
)";
inline const char* kPublicMap = R"(map: parkings
version: 1
name: { ja: 駐輪場の地図, en: Map of parkings }
about: { ja: 空きの数。, en: Free spaces. }
access: public
credit: { ja: 大阪市, en: City of Osaka }
past: { hours: 48, step-minutes: 10 }
layers:
  - layer: parkings
    name: { ja: 駐輪場, en: Parkings }
    entities: test-parking
    cluster-until: 13
    classify: free
    show:
      - { attribute: free, unit: { ja: 台, en: bicycles }, figures: [sum, average] }
      - { attribute: spaces, figures: [sum] }
      - { attribute: state }
    classes:
      - { class: shut, label: { ja: 休業, en: Closed }, when: 'state = "closed"', colour: grey, shape: cross }
      - { class: full, label: { ja: 満車, en: Full }, below: 1, colour: red, shape: square }
      - { class: few, label: { ja: 残りわずか, en: Few left }, from: 1, below: 10, colour: orange, shape: triangle }
      - { class: many, label: { ja: 空きあり, en: Free }, from: 10, colour: blue, shape: circle }
)";
inline const char* kStaffMap = R"(map: parkings-staff
version: 1
name: { ja: 駐輪場(職員用), en: Parkings (staff) }
access: staff
layers:
  - layer: parkings
    name: { ja: 駐輪場, en: Parkings }
    entities: test-parking
    show:
      - { attribute: free }
      - { attribute: keeper }
    classes:
      - { class: kept, label: { ja: 管理者あり, en: Has a keeper }, when: keeper != null, colour: blue, shape: circle }
)";

inline constexpr double kWest = 135.35, kEast = 135.62, kSouth = 34.58, kNorth = 34.78;

/// `root`: of the repository, for wards and departments.
inline void write_city(const city::TestFolder& files, const std::string& root) {
  for (const char* file : {"wards.yaml", "departments.yaml", "policy.yaml", "calendar.yaml", "01-life/field.yaml", "01-life/bicycle-parking-map/room.yaml"}) {
    std::ifstream in(root + "/city/osaka/" + file);
    files.write(file, std::string(std::istreambuf_iterator<char>(in), {}));
  }
  files.write("01-life/bicycle-parking-map/entities/test-parking.yaml", kType);
  files.write("01-life/bicycle-parking-map/maps/parkings.yaml", kPublicMap);
  files.write("01-life/bicycle-parking-map/maps/parkings-staff.yaml", kStaffMap);
}

}  // namespace machiya::sense::livemap::testing
