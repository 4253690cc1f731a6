// For tests: a city with types of entities; and the one example that shows all that a definition may say.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "city/test_folder.h"
#include "sense/models/entity_type.h"

namespace machiya::sense {

inline constexpr const char* kTestDepartments = "source: X\ndepartments:\n  - { id: construction, name: { ja: 建設局, en: Construction Bureau } }\n";
inline constexpr const char* kTestPolicy =
    "purposes:\n  maintain: { name: { ja: 保守 }, for: [entity.read] }\n"
    "roles:\n  clerk: { name: { ja: 担当者 }, permissions: [entity.read], scope: all, purposes: [maintain] }\n";

/// A public type with attributes that are not.
inline constexpr const char* kTestParking = R"(entity-type: bicycle-parking
version: 1
name: { ja: 自転車駐車場, en: Bicycle parking }
type: BicycleParking
iri: https://example.org/vocab/BicycleParking
owner: construction
access: open
attributes:
  - { name: title, label: { ja: 名称, en: Name }, kind: language-map, required: yes }
  - { name: location, label: { ja: 位置, en: Place }, kind: geo, required: yes }
  - { name: capacity, label: { ja: 収容台数, en: Spaces }, kind: integer, min: 0, max: 5000 }
  - { name: available, label: { ja: 空き台数, en: Free spaces }, kind: integer, min: 0, max: 5000, series: yes, retention: P2Y }
  - { name: temperature, label: { ja: 気温, en: Temperature }, kind: number, unit: CEL, min: -40, max: 60, series: yes }
  - { name: status, label: { ja: 状態, en: State }, kind: text, choices: [ { choice: open, label: { ja: 営業中, en: open } }, { choice: closed, label: { ja: 休止, en: closed } } ] }
  - { name: covered, label: { ja: 屋根, en: Roof }, kind: boolean }
  - { name: seenAt, label: { ja: 確認日時, en: Seen at }, kind: date-time }
  - { name: near, label: { ja: 最寄り, en: Near }, kind: relation, to: Station }
  - { name: operatorPhone, label: { ja: 管理者の電話, en: Operator's telephone }, kind: text, max: 20, access: { scope: parking.read, permission: entity.read, purposes: [maintain] } }
  - { name: takings, label: { ja: 売上, en: Takings }, kind: number, min: 0, series: yes, access: restricted }
open:
  name: bicycle-parking
  licence: CC-BY-4.0
  updates: continuous
  about: { ja: 市内の自転車駐車場の場所と空き, en: Where bicycles can be parked and how many spaces are free }
  keywords: [自転車, 駐輪場]
  gbfs:
    system: test_parking
    opening_hours: 24/7
    contact: parking@example.org
    vehicles: no
    languages: [ja, en]
    station_information: { name: title, capacity: capacity, lat: location, lon: location }
    station_status: { num_docks_available: available, last_reported: seenAt }
)";
/// A type that visitors do not see at all.
inline constexpr const char* kTestPump = R"(entity-type: pump
version: 1
name: { ja: 揚水ポンプ, en: Pump }
type: Pump
owner: construction
check: lenient
access: { scope: pumps.read, permission: entity.read }
attributes:
  - { name: pressure, label: { ja: 圧力, en: Pressure }, kind: number, unit: BAR, series: yes }
  - { name: drains, label: { ja: 排水先, en: Drains }, kind: relation, to: BicycleParking }
)";

/// A folder with these files as entities/*.yaml; `more` are further definitions.
inline void write_test_types(const city::TestFolder& folder, const std::vector<std::pair<std::string, std::string>>& more = {}) {
  folder.write("departments.yaml", kTestDepartments);
  folder.write("policy.yaml", kTestPolicy);
  folder.write("entities/bicycle-parking.yaml", kTestParking);
  folder.write("entities/pump.yaml", kTestPump);
  for (const auto& [name, text] : more) folder.write("entities/" + name + ".yaml", text);
}

/// The loaded city; its faults are in `faults` when it is null.
inline std::shared_ptr<const city::City> test_types_city(std::string* faults = nullptr, const std::vector<std::pair<std::string, std::string>>& more = {}) {
  const city::TestFolder folder;
  write_test_types(folder, more);
  const city::LoadReport report = folder.load({entity_type_kind()});
  if (faults)
    for (const city::Fault& fault : report.faults) *faults += to_line(fault) + "\n";
  return report.city;
}

}  // namespace machiya::sense
