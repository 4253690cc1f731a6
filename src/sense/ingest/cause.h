// Why something that a device sent was not taken as it is.
#pragma once
#include <string>
#include <vector>

#include "base/json.h"

namespace machiya::sense::ingest {

struct Cause {
  std::string code;     ///< kebab-case, for good: "unreadable", "no-value", "range", "clock-ahead" …
  std::string place;    ///< where: "line 3", "record 2", the name of an attribute; "" the whole payload
  std::string ja, en;   ///< for a person; never the payload's values
};
using Causes = std::vector<Cause>;

json::Value to_json(const Causes& causes);
Causes causes_in(const json::Value& list);
/// "line 3: …; temperature: …", at most ten of them.
std::string to_text(const Causes& causes);

}  // namespace machiya::sense::ingest
