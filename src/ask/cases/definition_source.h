// Where cases find the canonical texts of definitions: the loaded city, or a few texts in a test.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "city/city.h"

namespace machiya::cases {

struct DefinitionText {
  std::string id, hash;
  int version = 1, initiative = 0;
  std::shared_ptr<const std::string> canonical;
};

/// Thread-safe.
class DefinitionSource {
 public:
  virtual ~DefinitionSource() = default;
  /// Changes when any definition may have changed.
  virtual std::uint64_t revision() const = 0;
  virtual std::optional<DefinitionText> find(std::string_view kind, std::string_view id) const = 0;
  virtual std::vector<std::string> ids(std::string_view kind) const = 0;
};

/// The city in force.
class CityDefinitions final : public DefinitionSource {
 public:
  using Current = std::function<std::shared_ptr<const city::City>()>;
  explicit CityDefinitions(Current current) : current_(std::move(current)) {}
  std::uint64_t revision() const override;
  std::optional<DefinitionText> find(std::string_view kind, std::string_view id) const override;
  std::vector<std::string> ids(std::string_view kind) const override;

 private:
  Current current_;
};

}  // namespace machiya::cases
