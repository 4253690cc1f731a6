// The hash chain: each link is the BLAKE2b-256 of the link before it and of all columns of one row.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace machiya::audit {

/// The columns of one row as they are stored.
struct StoredRow {
  std::int64_t id = 0;
  std::int64_t at_us = 0;
  std::string actor, action, object, purpose, request, facts;
};

/// The link before the first row: 32 zero bytes.
std::string first_link();
/// Frozen format "machiya-audit-1": BLAKE2b-256 (RFC 7693) keyed by nothing, over the personalised prefix, the previous
/// link, sequence, id and time as 8 bytes little-endian each, then each text with its length as 8 bytes before it.
std::string next_link(std::string_view previous, std::int64_t sequence, const StoredRow& row);
std::string to_hex(std::string_view bytes);

}  // namespace machiya::audit
