// Blocks of the file of names: compressed (zlib), each with a checksum. Inside series only; the format is frozen (README.md).
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::sense::series {

std::string pack_names(std::string_view names);
/// Each block of the file, unpacked, in order. integrity_broken when one does not match its checksum.
Result<void> unpack_names(std::string_view file, const std::function<Result<void>(std::string_view names)>& each);

}  // namespace machiya::sense::series
