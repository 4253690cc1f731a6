// Public reports of faults in streets and parks (おしえ太郎): what the public sees of cases whose procedure has `map.public`.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ask/cases/cases.h"

namespace machiya::cases {

/// A report as the public sees it: never a name, never free text; the photo only when a clerk released it.
struct PublicReport {
  std::string number, procedure, category, category_label, state, state_label, status;   ///< status: "open" or "closed" (Open311)
  double lat = 0, lon = 0;
  double metres = 0;                ///< from the place asked about, for nearby()
  Instant received, changed;
  std::optional<Instant> ended, due;
  std::string photo;                ///< public id of the released photo; "" while it is hidden
  std::string department;
  bool ended_well = false;
};
struct ReportFilter {
  std::string procedure, category, state;
  bool open_only = false;
  std::optional<Instant> since, until;
  std::string after;                ///< number of the last report of the page before
  int limit = 100;
  std::string lang = "ja";
};

/// Thread-safe.
class Reports {
 public:
  explicit Reports(Cases& cases) : cases_(cases) {}
  /// Procedures whose cases are shown on the public map.
  std::vector<std::shared_ptr<const Rules>> procedures() const;
  Result<std::vector<PublicReport>> list(const ReportFilter& filter);
  Result<PublicReport> find(std::string_view number, std::string_view lang);
  /// Open reports of the same category within `metres`, nearest first: "has it been reported already?" (port of apply).
  Result<std::vector<PublicReport>> nearby(std::string_view procedure, std::string_view category, double lat, double lon, double metres,
                                           std::string_view lang);
  /// Shows or hides the photo (permission photo.release) or takes the report off the map (report.release). Audited.
  Result<void> moderate(std::string_view number, records::Publicity publicity, const identity::Principal& who, std::string_view request);

 private:
  Result<PublicReport> of(store::ReadTx& tx, const records::RecordRow& row, std::string_view lang) const;
  Cases& cases_;
};

/// Metres between two places (haversine, mean radius 6,371,008.8 m).
double metres_between(double lat1, double lon1, double lat2, double lon2);

}  // namespace machiya::cases
