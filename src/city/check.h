// `machiya check`: the linter of a city folder.
#pragma once
#include <iosfwd>
#include <string>
#include <vector>

#include "city/city.h"

namespace machiya::city {

/// machiya check [FOLDER] [--facts] [--json] [--no-warnings]
struct CheckArgs {
  std::string folder = "city/osaka";
  bool facts = false;       ///< list what the rules rest on; unconfirmed facts first
  bool json = false;
  bool warnings = true;
  bool help = false;
};
/// Reads the words behind the subcommand; invalid_input names the one that is not known.
Result<CheckArgs> parse_check_args(const std::vector<std::string>& words);
std::string_view check_help();

/// Prints every fault as file:line:column, then a summary. Exit code: 0 no error, 1 errors.
int run_check(const CheckArgs& args, const std::vector<Kind>& kinds, std::ostream& out);

}  // namespace machiya::city
