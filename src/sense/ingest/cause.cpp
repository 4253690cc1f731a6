#include "sense/ingest/cause.h"

namespace machiya::sense::ingest {

json::Value to_json(const Causes& causes) {
  json::Value out = json::Value::array();
  for (const Cause& c : causes) out.push(json::Value::object({{"code", c.code}, {"place", c.place}, {"ja", c.ja}, {"en", c.en}}));
  return out;
}

Causes causes_in(const json::Value& list) {
  Causes out;
  for (const json::Value& one : list.items()) out.push_back({one.text("code"), one.text("place"), one.text("ja"), one.text("en")});
  return out;
}

std::string to_text(const Causes& causes) {
  constexpr std::size_t kMost = 10;
  std::string out;
  for (std::size_t i = 0; i < causes.size() && i < kMost; ++i) {
    if (i > 0) out += "; ";
    if (!causes[i].place.empty()) out += causes[i].place + ": ";
    out += causes[i].en;
  }
  if (causes.size() > kMost) out += "; and " + std::to_string(causes.size() - kMost) + " more";
  return out;
}

}  // namespace machiya::sense::ingest
