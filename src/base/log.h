// One log line as JSON on standard error: time, level, event, fields. Never personal data.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace machiya {

/// Lines below this level are dropped; default info. Thread-safe.
void set_log_level(LogLevel level);
/// Writes {"t":…,"level":…,"event":event, fields…} in one write(2). Thread-safe. `event` is kebab-case and constant.
void log(LogLevel level, std::string_view event, std::initializer_list<std::pair<std::string_view, std::string>> fields = {});

}  // namespace machiya
