// Any number of integer keys as one bound text, so that one prepared statement serves them all:
//   SQLite:     … IN (SELECT value FROM json_each(:keys))
//   PostgreSQL: … IN (SELECT unnest(CAST(CAST(:keys AS TEXT) AS BIGINT[])))
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "platform/store/store.h"

namespace machiya::store {

/// "[1,2,3]" for json_each, "{1,2,3}" for an array.
inline std::string key_list(const std::vector<std::int64_t>& keys, Engine engine) {
  std::string out = engine == Engine::sqlite ? "[" : "{";
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i) out += ',';
    out += std::to_string(keys[i]);
  }
  out += engine == Engine::sqlite ? "]" : "}";
  return out;
}

}  // namespace machiya::store
