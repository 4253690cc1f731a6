// A file that holds one key: 32 bytes as hex or base64 text, readable by its owner only.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::vault {

/// Reads the key (32 raw bytes); the caller wipes them. Creates the file with a fresh key when `create` and there is none.
/// `what` names the key in the messages ("master key").
Result<std::string> read_key_file(const std::string& path, bool create, std::string_view what = "master key");

}  // namespace machiya::vault
