// Any bytes as a SenML pack: records and mistakes together are no more than the pack has, every record has a name and a value or a sum.
#include <cmath>
#include <cstdlib>

#include "sense/payloads/senml.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace machiya::sense;
  machiya::tree::Arena arena;
  payloads::SenmlPack pack;
  auto done = payloads::read_senml({reinterpret_cast<const char*>(data), size}, 1'775'000'000'000'000, arena, pack);
  if (!done.ok()) return 0;
  for (const auto& record : pack.records) {
    if (record.name.empty() || !std::isfinite(record.number) || !std::isfinite(record.sum)) std::abort();
    if (record.kind == payloads::SenmlKind::none && !record.has_sum) std::abort();
  }
  std::size_t before = 0;
  for (const auto& error : pack.errors) {
    if (error.what.empty() || (before > 0 && error.record + 1 <= before)) std::abort();
    before = error.record + 1;
  }
  return 0;
}
