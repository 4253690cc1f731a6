// Files as the store of series needs them: whole reads and writes, errors with their place. Inside series only.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::sense::series {

/// From errno: storage_full when the disk is full, else storage_failed.
Error disk_error(std::string_view what, const std::string& path);
Result<void> write_all(int fd, std::string_view bytes, const std::string& path);
/// `buffer` gets `length` bytes and kSlack zeros behind them. A file that ends before is integrity_broken.
Result<void> read_at(int fd, std::uint64_t offset, std::uint64_t length, std::string& buffer, const std::string& path);
/// The whole file; empty when it is not there.
Result<std::string> read_file(const std::string& path);

}  // namespace machiya::sense::series
