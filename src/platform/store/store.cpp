#include "platform/store/store.h"

#include "platform/store/sqlite_store.h"

namespace machiya::store {

Result<std::unique_ptr<Store>> Store::open(const Options& options) {
  if (const std::string path = sqlite_path(options.url); !path.empty()) return open_sqlite(options, path);
  return Error(ErrorCode::invalid_input, "the store must be sqlite:PATH or postgresql://…", "store.url");
}

}  // namespace machiya::store
