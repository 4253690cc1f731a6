// CRC-32C (Castagnoli, RFC 3720 §12.1): finds every burst of up to 32 bits, and processors compute it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace machiya::sense {

/// Of `size` bytes; `before` is the value of what stands before them (0 at the start).
std::uint32_t crc32c(const void* bytes, std::size_t size, std::uint32_t before = 0);
/// The same without the processor's instruction, for tests and other processors.
std::uint32_t crc32c_by_table(const void* bytes, std::size_t size, std::uint32_t before = 0);

}  // namespace machiya::sense
