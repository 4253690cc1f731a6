// What both stores have in common: the names, and writing that waits. Inside series only.
#pragma once
#include "sense/series/catalogue.h"

namespace machiya::sense::series {

class NamedStore : public Store {
 public:
  Result<MeasurementId> measurement(std::string_view tenant, std::string_view name) final { return catalogue_.measurement(tenant, name); }
  std::optional<MeasurementId> find_measurement(std::string_view tenant, std::string_view name) const final { return catalogue_.find_measurement(tenant, name); }
  Result<SeriesId> open(MeasurementId measurement, std::string_view key) final;
  std::optional<SeriesId> find(MeasurementId m, std::string_view key) const final { return catalogue_.find(m, key); }
  Result<void> open_many(MeasurementId m, std::span<const std::string_view> keys, SeriesId* out) final { return catalogue_.open_many(m, keys, out); }
  std::string key(SeriesId series) const final { return catalogue_.key(series); }
  std::uint32_t series_count(MeasurementId m) const final { return catalogue_.count(m); }
  std::vector<MeasurementName> measurements() const final { return catalogue_.measurements(); }

  /// append_later(), and waits until it is done.
  Result<Appended> append(std::span<const Point> points) final;

 protected:
  Catalogue catalogue_;
};

}  // namespace machiya::sense::series
