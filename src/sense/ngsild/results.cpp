#include "sense/ngsild/results.h"

namespace machiya::sense::ngsild {

std::string update_result(const Change& change) {
  std::string out = "{\"updated\":" + tree::array_of(change.done) + ",\"notUpdated\":[";
  for (const Change::NotDone& n : change.not_done) {
    if (out.back() != '[') out += ',';
    out += "{\"attributeName\":", tree::write_string(n.name, out);
    out += ",\"reason\":", tree::write_string(n.reason, out);
    out += '}';
  }
  return out + "]}";
}

std::string BatchResult::text() const {
  std::string out = "{\"success\":" + tree::array_of(success) + ",\"errors\":[";
  for (const auto& [id, error] : errors) {
    if (out.back() != '[') out += ',';
    out += "{\"entityId\":", tree::write_string(id, out);
    out += ",\"error\":" + problem_json(error) + "}";
  }
  for (const std::string& e : further) out += (out.back() == '[' ? "" : ",") + e;
  return out + "]}";
}

}  // namespace machiya::sense::ngsild
