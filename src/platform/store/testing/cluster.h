// One throw-away PostgreSQL 15 cluster for this process and the processes that it starts.
#pragma once
#include <string>

namespace machiya::store::testing {

/// The connection string of the cluster without a database ("postgresql://postgres@/%DB%?host=…" with %DB% to replace):
/// MACHIYA_TEST_PG when set, else a cluster is started now and removed when this process is gone, however it ends.
const std::string& cluster_url();
/// That URL for one database.
std::string database_url(const std::string& name);

}  // namespace machiya::store::testing
