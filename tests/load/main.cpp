// machiya_load: see --help.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "tests/load/run.h"

namespace {
constexpr const char* kHelp =
    "machiya_load [options] http://127.0.0.1:PORT/path\n"
    "Puts a loopback server under a bounded load and prints one JSON object.\n"
    "  --connections N   clients, each on its own kept connection (64)\n"
    "  --threads N       threads of the generator (1)\n"
    "  --seconds S       end after S seconds (at most 600)\n"
    "  --requests M      end after M passes through the script (of one request: requests)\n"
    "  --cookies FILE    one Cookie value a line; client i uses line i modulo the number of lines;\n"
    "                    a line \"cookie<TAB>value\": each pass takes the next line, {line} is its value\n"
    "  --body FILE       POST this text to the path; {n}, {client} are filled in\n"
    "  --type TYPE       its content type (application/x-www-form-urlencoded)\n"
    "  --header LINE     one more header for each request; {n}, {client} are filled in\n"
    "  --script FILE     a sequence of requests a client, see tests/load/README.md; the URL's path is not used\n"
    "Exit code: 0 when every answer was as expected, 1 when not, 2 for wrong usage.\n";

int usage(const std::string& why) {
  std::fprintf(stderr, "machiya_load: %s\n%s", why.c_str(), kHelp);
  return 2;
}

bool read_file(const char* path, std::string& out) {
  std::ifstream in(path, std::ios::binary);
  out.assign(std::istreambuf_iterator<char>(in), {});
  return static_cast<bool>(in) || in.eof();
}
}  // namespace

int main(int argc, char** argv) {
  using namespace machiya;
  load::Options options;
  std::string url, script, body, type, cookies;
  std::vector<load::Template> headers;
  bool has_body = false;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--help") return std::fputs(kHelp, stdout), 0;
    if (arg.rfind("--", 0) != 0) {
      if (!url.empty()) return usage("one address only");
      url = arg;
      continue;
    }
    if (i + 1 == argc) return usage(arg + " needs a value");
    const char* value = argv[++i];
    if (arg == "--connections") options.connections = std::atoi(value);
    else if (arg == "--threads") options.threads = std::atoi(value);
    else if (arg == "--seconds") options.seconds = std::atof(value);
    else if (arg == "--requests" || arg == "--passes") options.passes = std::atoll(value);
    else if (arg == "--type") type = value;
    else if (arg == "--header") {
      auto line = load::Template::parse(value);
      if (!line.ok()) return usage("broken variable in " + arg);
      headers.push_back(std::move(*line));
    }
    else if (arg == "--cookies" && read_file(value, cookies)) continue;
    else if (arg == "--body" && read_file(value, body)) has_body = true;
    else if (arg == "--script" && read_file(value, script)) continue;
    else return usage("unknown or unreadable: " + arg + ' ' + value);
  }
  auto place = load::parse_place(url);
  if (!place.ok()) return usage(place.error().detail);
  options.place = std::move(*place);
  for (std::string_view line : split(cookies, '\n'))
    if (!trim(line).empty()) options.cookies.emplace_back(trim(line));
  if (!script.empty()) {
    auto parsed = load::parse_script(script);
    if (!parsed.ok()) return usage(parsed.error().to_string());
    options.script = std::move(*parsed);
  } else {
    load::Step step;
    auto target = load::Template::parse(options.place.path);
    auto text = load::Template::parse(body);
    if (!target.ok() || !text.ok()) return usage("broken variable in the path or the body");
    step.target = std::move(*target);
    step.body = std::move(*text);
    step.method = has_body ? "POST" : "GET";
    step.has_body = has_body;
    if (!type.empty()) step.type = type;
    options.script.loop.push_back(std::move(step));
  }
  for (auto* steps : {&options.script.first, &options.script.loop})
    for (auto& step : *steps) step.headers.insert(step.headers.end(), headers.begin(), headers.end());
  auto report = load::run(options);
  if (!report.ok()) return std::fprintf(stderr, "machiya_load: %s\n", report.error().to_string().c_str()), report.error().code == ErrorCode::invalid_input ? 2 : 1;
  std::printf("%s\n", json::to_pretty(report->to_json(options)).c_str());
  return report->errors + report->unexpected > 0;
}
