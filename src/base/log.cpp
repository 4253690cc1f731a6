#include "base/log.h"

#include <unistd.h>

#include <atomic>

#include "base/json.h"
#include "base/time.h"

namespace machiya {
namespace {
std::atomic<LogLevel> minimum{LogLevel::info};
constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};
}  // namespace

void set_log_level(LogLevel level) { minimum = level; }

void log(LogLevel level, std::string_view event, std::initializer_list<std::pair<std::string_view, std::string>> fields) {
  if (level < minimum.load(std::memory_order_relaxed)) return;
  std::string line = "{\"t\":\"" + to_iso_utc(SystemClock().now()) + "\",\"level\":\"";
  line += kNames[static_cast<int>(level)];
  line += "\",\"event\":";
  json::write_string(event, line);
  for (const auto& [key, value] : fields) {
    line += ',';
    json::write_string(key, line);
    line += ':';
    json::write_string(value, line);
  }
  line += "}\n";
  [[maybe_unused]] auto written = ::write(2, line.data(), line.size());
}

}  // namespace machiya
