// The store over PostgreSQL 15.
#pragma once
#include <memory>
#include <string>

#include "platform/store/store.h"

namespace machiya::store {

Result<std::unique_ptr<Store>> open_postgres(const Options& options);
bool is_postgres_url(const std::string& url);
/// pg_dump of the database at `url` into the new file `path`, checked.
Result<void> dump_postgres(const std::string& url, const std::string& path);
/// pg_restore into the empty database at `url`.
Result<void> load_postgres(const std::string& url, const std::string& path);

}  // namespace machiya::store
