// Any number of integer keys as one bound text, so that one prepared statement serves them all.
#pragma once
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
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

/// "IN (the keys of :name)"; `name` is bound to their key_list().
inline std::string in_keys(Engine engine, std::string_view name = "keys") {
  const std::string key(name);
  return engine == Engine::sqlite ? "IN (SELECT value FROM json_each(:" + key + "))" : "IN (SELECT unnest(CAST(CAST(:" + key + " AS TEXT) AS BIGINT[])))";
}

/// `select` gives one integer column "key"; its rows come as one text, which costs a fraction of rows: read them with keys_in().
inline std::string as_key_list(const std::string& select, Engine engine) {
  return (engine == Engine::sqlite ? "SELECT group_concat(key) FROM (" : "SELECT string_agg(CAST(key AS TEXT), ',') FROM (") + select + ") AS listed";
}
/// "3,2,1"; the order is that of the select on SQLite, and any on PostgreSQL.
inline std::vector<std::int64_t> keys_in(std::string_view text) {
  std::vector<std::int64_t> out;
  for (const char *at = text.data(), *end = at + text.size(); at < end;) {
    std::int64_t key = 0;
    const auto read = std::from_chars(at, end, key);
    if (read.ec != std::errc()) break;
    out.push_back(key), at = read.ptr + 1;
  }
  return out;
}

}  // namespace machiya::store
