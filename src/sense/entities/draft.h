// An entity that is being made or changed. Nothing in it owns memory: it points into a request's arena or into the entity that it was taken from, until
// finish() makes one piece of memory of it.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "sense/entities/entity.h"
#include "sense/entities/names.h"
#include "sense/tree/tree.h"

namespace machiya::sense {

struct DraftAttribute {
  std::string_view name;
  std::vector<Instance> instances;
  Instance* instance(std::string_view dataset_id);
};

struct Draft {
  std::string_view id;
  std::vector<std::string_view> types, scopes;
  std::int64_t created_us = kNoTime, modified_us = kNoTime;
  Stamp expires_at;
  std::vector<DraftAttribute> attributes;
  bool scopes_gone = false, expiry_gone = false;   ///< a fragment says the standard's null of them

  static Draft of(const Entity& entity);
  DraftAttribute* find(std::string_view name);
  /// Adds `type` unless it is there.
  void add_type(std::string_view type);
  /// A copy with its own memory. Words that entities share come from `names`.
  EntityPtr finish(Names& names) const;
};

/// Everything below `instance`, in `arena`.
Instance copy_instance(const Instance& instance, tree::Arena& arena, Names& names);

}  // namespace machiya::sense
