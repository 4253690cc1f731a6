// Entities and what changed in them as bytes, for the log and for a database: the frozen form, version 1. Numbers are little-endian base-128, texts have
// their length before them, values are JSON text.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/entities/change.h"

namespace machiya::sense {

/// Appends the entity.
void encode_entity(const Entity& entity, std::string& out);
/// integrity_broken for anything else than encode_entity's bytes. `bytes` must outlive the draft, `arena` too.
Result<Draft> decode_entity(std::string_view bytes, tree::Arena& arena);

/// One write as the log keeps it: enough to make the image anew and to tell subscribers and history what happened.
struct Record {
  std::string_view tenant;                 ///< "" for the default one
  std::int64_t at_us = 0;                  ///< when it was written, µs since 1970
  EntityPtr before, after;                 ///< after: nullptr when deleted. `before` holds what `changes` point to, and the head of what was there
  std::vector<AttributeChange> changes;
  bool created() const { return before == nullptr; }
  bool deleted() const { return after == nullptr; }
  const Entity& entity() const { return after ? *after : *before; }
};
void encode_record(const Record& record, std::string& out);
/// `tenant` of the answer points into `bytes`. Of `before` only those instances are there that changed.
Result<Record> decode_record(std::string_view bytes, Names& names);

}  // namespace machiya::sense
