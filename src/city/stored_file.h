// A file of the data folder, written so that a crash leaves the old one or the new one.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::city {

/// Makes the folders, writes beside, syncs, renames. storage_failed (or storage_full) with the path.
Result<void> store_file(const std::string& path, std::string_view content);

}  // namespace machiya::city
