// Open cases counted by the definitions they began with.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/store/store.h"

namespace machiya::cases {

struct OpenByDefinition {
  std::string procedure, procedure_hash, workflow, workflow_hash;
  int version = 0;
  std::int64_t cases = 0;
};
Result<std::vector<OpenByDefinition>> open_by_definition(store::ReadTx& tx);

}  // namespace machiya::cases
