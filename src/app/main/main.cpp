// The program: a list of subcommands, see src/app/commands.cpp.
#include <string>
#include <vector>

#include "app/command.h"

int main(int argc, char** argv) { return machiya::app::run_command(std::vector<std::string>(argv + 1, argv + argc)); }
