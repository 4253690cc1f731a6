// The embedded store: one SqliteWriter and a pool of reading connections.
#pragma once
#include <memory>

#include "platform/store/store.h"

namespace machiya::store {

Result<std::unique_ptr<Store>> open_sqlite(const Options& options, const std::string& path);
/// Copies the database at `from` to the new file `to`: online, consistent, checked, durable.
Result<void> copy_sqlite(const std::string& from, const std::string& to);
/// Fills the file `to`, which must not exist, from the backup at `from`, and checks it.
Result<void> restore_sqlite(const std::string& from, const std::string& to);
/// The file of "sqlite:/path/file.db"; empty when the URL is not one.
std::string sqlite_path(const std::string& url);

}  // namespace machiya::store
