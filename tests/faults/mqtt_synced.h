// How much of each file has been synced, in memory that a killed process leaves behind.
#pragma once
#include <cstdint>

namespace machiya::faults {

struct SyncedFiles {
  static constexpr int kRows = 4'096;
  struct Row {
    std::uint64_t inode = 0, bytes = 0;
  };
  Row rows[kRows];
  /// Null when the table is full. One writer.
  Row* row_of(std::uint64_t inode) {
    for (auto& row : rows)
      if (row.inode == inode || row.inode == 0) {
        row.inode = inode;
        return &row;
      }
    return nullptr;
  }
};

}  // namespace machiya::faults
