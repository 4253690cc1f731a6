#include "city/check.h"

#include <algorithm>
#include <ostream>

namespace machiya::city {
namespace {

bool unconfirmed(const json::Value& fact) { return fact.text("status") != "confirmed"; }

json::Value to_json(const Fault& fault) {
  return json::Value::object({{"severity", fault.severity == Severity::error ? "error" : "warning"},
                              {"file", fault.file},
                              {"line", fault.line},
                              {"column", fault.column},
                              {"ja", fault.ja},
                              {"en", fault.en}});
}

std::vector<const json::Value*> sorted_facts(const City& city) {
  std::vector<const json::Value*> facts;
  for (const json::Value& fact : city.facts().items()) facts.push_back(&fact);
  std::stable_sort(facts.begin(), facts.end(), [](const json::Value* a, const json::Value* b) { return unconfirmed(*a) > unconfirmed(*b); });
  return facts;
}

void print_json(const LoadReport& report, bool with_facts, long errors, long warnings, std::ostream& out) {
  json::Value body = json::Value::object({{"ok", report.city != nullptr}, {"files", report.files}, {"errors", errors}, {"warnings", warnings}});
  json::Value faults = json::Value::array();
  for (const Fault& fault : report.faults) faults.push(to_json(fault));
  body.set("faults", std::move(faults));
  if (with_facts && report.city) {
    json::Value facts = json::Value::array();
    for (const json::Value* fact : sorted_facts(*report.city)) facts.push(*fact);
    body.set("facts", std::move(facts));
  }
  out << json::to_pretty(body) << '\n';
}

void print_facts(const City& city, std::ostream& out) {
  long open = 0;
  for (const json::Value* fact : sorted_facts(city)) {
    open += unconfirmed(*fact);
    out << (unconfirmed(*fact) ? "要確認  " : "確認済  ") << fact->text("file") << ": " << fact->text("fact") << " (" << fact->text("source") << ")\n";
  }
  out << city.facts().size() << " facts, " << open << " unconfirmed (要確認)\n";
}

}  // namespace

std::string_view check_help() {
  return "machiya check [FOLDER] [--facts] [--json] [--no-warnings]\n"
         "Reads a city folder (default city/osaka) and names every fault at file:line:column.\n"
         "  --facts        list what the rules rest on, unconfirmed facts (要確認) first\n"
         "  --json         the same as JSON\n"
         "  --no-warnings  errors only\n"
         "Exit code: 0 no error, 1 errors, 2 wrong usage.\n";
}

Result<CheckArgs> parse_check_args(const std::vector<std::string>& words) {
  CheckArgs args;
  bool folder = false;
  for (const std::string& word : words) {
    if (word == "--facts") args.facts = true;
    else if (word == "--json") args.json = true;
    else if (word == "--no-warnings") args.warnings = false;
    else if (word == "--help" || word == "-h") args.help = true;
    else if (word.empty() || word[0] == '-' || folder) return Error(ErrorCode::invalid_input, "unexpected argument: " + word);
    else args.folder = word, folder = true;
  }
  return args;
}

int run_check(const CheckArgs& args, const std::vector<Kind>& kinds, std::ostream& out) {
  LoadOptions options;
  options.lint = args.warnings;
  LoadReport report = load(args.folder, kinds, options);
  const auto dropped = [&](const Fault& fault) { return !args.warnings && fault.severity == Severity::warning; };
  report.faults.erase(std::remove_if(report.faults.begin(), report.faults.end(), dropped), report.faults.end());
  const long errors = std::count_if(report.faults.begin(), report.faults.end(), [](const Fault& f) { return f.severity == Severity::error; });
  const long warnings = static_cast<long>(report.faults.size()) - errors;
  if (args.json) {
    print_json(report, args.facts, errors, warnings, out);
    return errors == 0 ? 0 : 1;
  }
  for (const Fault& fault : report.faults) out << to_line(fault) << '\n';
  if (args.facts && report.city) print_facts(*report.city, out);
  out << report.files << " files, " << errors << " errors, " << warnings << " warnings: "
      << (errors == 0 ? "誤りはありません / no errors" : "誤りを直してください / please mend the errors") << '\n';
  return errors == 0 ? 0 : 1;
}

}  // namespace machiya::city
