// Subcommands of `machiya`: each one function, an explicit list in commands.cpp.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "app/arguments.h"

namespace machiya::app {

/// Exit codes: 0 done; 1 the thing checked is not in order (faults found, tests failed); 2 wrong usage; 3 could not be done.
enum Exit : int { kDone = 0, kNotInOrder = 1, kUsage = 2, kFailed = 3 };

struct Command {
  std::string_view name;        ///< "audit verify" has two words
  std::string_view words;       ///< positional words, as help shows them
  std::string_view summary;
  std::vector<OptionSpec> options;
  int (*run)(const Arguments& arguments);
};
const std::vector<Command>& commands();

/// Finds the command, handles --help, parses and runs.
int run_command(const std::vector<std::string>& words);
/// Prints "machiya: …" to standard error and gives `exit`.
int complain(const std::string& message, Exit exit = kFailed);

int serve(const Arguments& arguments);
int broker(const Arguments& arguments);
// drill_command.cpp
int drill(const Arguments& arguments);
// line_menu_command.cpp
int line_menu_place(const Arguments& arguments);
int line_menu_show(const Arguments& arguments);
// keys_commands.cpp
int keys_status(const Arguments& arguments);
int keys_rotate(const Arguments& arguments);
int keys_activate(const Arguments& arguments);
int keys_retire(const Arguments& arguments);
int keys_verify(const Arguments& arguments);

}  // namespace machiya::app
