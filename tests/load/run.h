// A bounded load run against one loopback address.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "tests/load/histogram.h"
#include "tests/load/script.h"

namespace machiya::load {

/// "http://127.0.0.1:8080/path": the only hosts are 127.0.0.0/8, [::1] and localhost (which means 127.0.0.1).
struct Place {
  std::string host;  ///< numeric
  std::uint16_t port = 80;
  std::string authority;
  std::string path;
};
Result<Place> parse_place(std::string_view url);

struct Options {
  Place place;
  Script script;
  int connections = 64;
  int threads = 1;
  double seconds = 0;          ///< at most 600; 0: until `passes`
  std::int64_t passes = 0;     ///< loops over the script in all; 0: until `seconds`
  std::vector<std::string> cookies;  ///< client i sends cookie i modulo the list
};

/// What happened. Latencies are of single requests, and of whole passes through the loop.
struct Report {
  double seconds = 0;
  std::int64_t requests = 0, passes = 0, errors = 0, unexpected = 0, reconnects = 0;
  std::uint64_t bytes = 0;
  std::map<int, std::int64_t> statuses;
  Histogram request_us, pass_us;
  std::vector<std::string> samples;  ///< the first few unexpected answers

  void merge(const Report& other);
  json::Value to_json(const Options& options) const;
};

/// Runs until the bound is reached. Errors: invalid_input for options without a bound, unavailable when nobody answers.
Result<Report> run(const Options& options);

}  // namespace machiya::load
