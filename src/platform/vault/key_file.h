// Files that hold keys: 32 bytes as hex or base64 text, readable by their owner only.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::vault {

/// Reads the key (32 raw bytes); the caller wipes them. Creates the file with a fresh key when `create` and there is none.
/// `what` names the key in the messages ("master key").
Result<std::string> read_key_file(const std::string& path, bool create, std::string_view what = "master key");

/// The text of such a file, at most 16 KiB; the caller wipes it. Creates and refuses as read_key_file().
Result<std::string> read_private_file(const std::string& path, bool create, std::string_view what);
/// Puts `text` in its place in one durable step, mode 0600, same owner. The folder must be writable.
Result<void> replace_private_file(const std::string& path, std::string_view text, std::string_view what);
/// 32 bytes from hex or base64 text; invalid_input names `where`, never the text.
Result<std::string> decode_key(std::string_view text, const std::string& where);

}  // namespace machiya::vault
