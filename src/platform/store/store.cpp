#include "platform/store/store.h"

#include "platform/store/pg_store.h"
#include "platform/store/sqlite_store.h"

namespace machiya::store {

Result<std::unique_ptr<Store>> Store::open(const Options& options) {
  if (const std::string path = sqlite_path(options.url); !path.empty()) return open_sqlite(options, path);
  if (is_postgres_url(options.url)) return open_postgres(options);
  return Error(ErrorCode::invalid_input, "the store must be sqlite:PATH or postgresql://…", "store.url");
}

Result<void> Store::restore(const Options& target, const std::string& path) {
  if (const std::string file = sqlite_path(target.url); !file.empty()) return restore_sqlite(path, file);
  if (is_postgres_url(target.url)) return load_postgres(target.url, path);
  return Error(ErrorCode::invalid_input, "the store must be sqlite:PATH or postgresql://…", "store.url");
}

}  // namespace machiya::store
