// The file that holds the master key: 32 bytes as hex or base64 text, readable by its owner only.
#pragma once
#include <string>

#include "base/result.h"

namespace machiya::vault {

/// Reads the key (32 raw bytes); the caller wipes them. Creates the file with a fresh key when `create` and there is none.
Result<std::string> read_key_file(const std::string& path, bool create);

}  // namespace machiya::vault
