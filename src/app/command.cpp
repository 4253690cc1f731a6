#include "app/command.h"

#include <cstdio>

namespace machiya::app {
namespace {

void print_overview() {
  std::printf("machiya: a city hall as software\n\nUsage: machiya COMMAND [options]\n\n");
  for (const Command& c : commands())
    std::printf("  %-26s %s\n", (std::string(c.name) + (c.words.empty() ? "" : " " + std::string(c.words))).c_str(), std::string(c.summary).c_str());
  std::printf("\nmachiya COMMAND --help tells more. Exit codes: 0 done, 1 not in order, 2 wrong usage, 3 could not be done.\n");
}

void print_help(const Command& c) {
  std::printf("machiya %s%s%s\n\n%s\n", std::string(c.name).c_str(), c.words.empty() ? "" : " ", std::string(c.words).c_str(), std::string(c.summary).c_str());
  if (!c.options.empty()) std::printf("\n%s", options_help(c.options).c_str());
}

const Command* find_command(const std::vector<std::string>& words, std::size_t& used) {
  for (std::size_t take : {std::size_t{2}, std::size_t{1}}) {
    if (words.size() < take) continue;
    const std::string name = take == 2 ? words[0] + " " + words[1] : words[0];
    for (const Command& c : commands())
      if (c.name == name) {
        used = take;
        return &c;
      }
  }
  return nullptr;
}

}  // namespace

int complain(const std::string& message, Exit exit) {
  std::fprintf(stderr, "machiya: %s\n", message.c_str());
  return exit;
}

int run_command(const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "help") {
    print_overview();
    return words.empty() ? kUsage : kDone;
  }
  std::size_t used = 0;
  const Command* command = find_command(words, used);
  if (!command) return complain("there is no command \"" + words[0] + "\"; see machiya --help", kUsage);
  const std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(used), words.end());
  for (const std::string& word : rest)
    if (word == "--help") {
      print_help(*command);
      return kDone;
    }
  auto arguments = Arguments::parse(rest, command->options);
  if (!arguments) return complain(arguments.error().detail + "; see machiya " + std::string(command->name) + " --help", kUsage);
  return command->run(*arguments);
}

}  // namespace machiya::app
