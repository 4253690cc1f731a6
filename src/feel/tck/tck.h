// Runs the DMN Technology Compatibility Kit. The only part of feel that reads files.
#pragma once
#include <iosfwd>
#include <string>

namespace machiya::feel {

/// Runs every test case (*.xml with a .dmn beside it) below `dir`, prints each miss with its reason and ends with the
/// line "N passed, N failed" (cases of external Java functions are counted apart as excluded). Returns 0 when all
/// passed, 1 when some failed, 2 when there was nothing to run.
int run_tck(const std::string& dir, std::ostream& out);

}  // namespace machiya::feel
