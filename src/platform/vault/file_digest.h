// The digest of a whole file.
#pragma once
#include <string>

namespace machiya::vault {

/// SHA-256 in hex, read in pieces: a file of any size takes the same memory. "" when it cannot be read to its end.
std::string file_digest(const std::string& file);

}  // namespace machiya::vault
