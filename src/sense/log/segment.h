// Inside of the log: one file of it. The format is frozen (README.md).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/log/append_log.h"

namespace machiya::sense::segments {

inline constexpr std::size_t kFileHead = 16;     ///< "MCHLOG1\n", number of the first record
inline constexpr std::size_t kRecordHead = 20;   ///< length u32, CRC-32C u32 (of all other bytes), number u64, place in its group u32; little endian

/// Fills in the head in front of `size` bytes of payload. A group is what one fdatasync covers: a record's group tells that everything
/// before the group was on disk when the record was written.
void fill_head(char* head, std::size_t size, std::uint64_t number, std::uint32_t place_in_group);

/// storage_full or storage_failed for an errno.
Error storage_error(int error, const std::string& what);

/// "00000000000000000001.log".
std::string file_name(std::uint64_t first);
/// 0 for other names.
std::uint64_t first_of_name(std::string_view name);

/// Makes the file with its head, on disk together with its name in the folder. Gives the descriptor.
Result<int> create(const std::string& folder, std::uint64_t first);

struct Scan {
  std::uint64_t next = 0;     ///< number behind the last sound record
  std::uint64_t end = 0;      ///< offset behind it
  std::uint64_t size = 0;     ///< of the file; more than `end` when something unreadable follows
};
/// Reads a file's records `from` ≤ number < `until` through `visit`. not_found when the file is gone; integrity_broken when its head is
/// wrong, or when something unreadable is followed by a record that was written after the unreadable one had been synced.
Result<Scan> scan(const std::string& folder, std::uint64_t first, std::uint64_t from, std::uint64_t until, const AppendLog::Visitor& visit);

}  // namespace machiya::sense::segments
