// One throw-away PostgreSQL 15 cluster for this process and the processes that it starts.
#pragma once
#include <string>

namespace machiya::store::testing {

/// The connection string of the cluster without a database ("postgresql://postgres@/%DB%?host=…" with %DB% to replace):
/// MACHIYA_TEST_PG when set, else a cluster is started now and removed when this process is gone, however it ends.
const std::string& cluster_url();
/// That URL for one database.
std::string database_url(const std::string& name);

/// Returns when nobody is connected to the database of `url` any more. What a process that was killed had sent before its end is
/// still carried out by its sessions, a COMMIT too: who counts before they have ended counts too early. Ends the program after 60 s.
void wait_for_sessions_to_end(const std::string& url);

}  // namespace machiya::store::testing
