// What the writes of change.h have in common: a draft of the entity, and which instances were touched.
#pragma once
#include <string>
#include <vector>

#include "sense/entities/change.h"

namespace machiya::sense::detail {

class Changing {
 public:
  Changing(EntityPtr before, const ChangeContext& context);
  Changing(const Changing&) = delete;

  Draft draft;
  tree::Arena arena;   ///< what is made on the way; the finished entity has its own memory

  /// Types, scopes and expiry that the body names: types are added (an entity never loses one, §5.6.2), scopes replaced.
  void take_head(const Draft& body);
  void set_scopes(std::vector<std::string_view> scopes);
  /// Puts an instance in its place by datasetId: a new one, or after the one that is there. Times and instanceId are ours.
  void put(std::string_view name, Instance instance);
  void remove(std::string_view name, std::string_view dataset_id);
  void accept(std::string_view name);
  void refuse(std::string_view name, std::string reason);
  Change finish();

 private:
  struct Touched {
    std::string_view name, dataset_id;
  };
  EntityPtr before_;
  const ChangeContext& context_;
  std::vector<Touched> touched_;
  Change out_;
  void touch(std::string_view name, std::string_view dataset_id);
  std::span<const Attribute> stamped(std::span<const Attribute> sub, std::span<const Attribute> before);
};

}  // namespace machiya::sense::detail
