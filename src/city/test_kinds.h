// Kinds for the tests of the loader: they keep the body and nothing else.
#pragma once
#include "city/city.h"
#include "city/schema.h"

namespace machiya::city {

struct KeptBody final : Definition {
  json::Value body;
};

inline Kind test_kind(const std::string& name, const std::string& folder) {
  Kind kind;
  kind.name = name;
  kind.folder = folder;
  kind.schema = std::string(schema_text(name));
  kind.compile = [](const json::Value& body, const Source&, Diagnostics&) {
    auto kept = std::make_shared<KeptBody>();
    kept->body = body;
    return kept;
  };
  return kind;
}

inline std::vector<Kind> test_kinds() {
  return {test_kind("decision", "decisions"), test_kind("block", "blocks"), test_kind("workflow", "workflows"), test_kind("procedure", "forms"),
          test_kind("register", "registers"), test_kind("scenario", "scenarios"), test_kind("register-scenario", "scenarios"), test_kind("message-scenario", "scenarios"), test_kind("alarm-scenario", "scenarios"), test_kind("device-scenario", "scenarios"), test_kind("guideline", "guidelines"),
          test_kind("topics", "audiences"), test_kind("segment", "audiences"), test_kind("channel", "channels"), test_kind("message", "messages"), test_kind("outlet", "outlets"), test_kind("playlist", "playlists"), test_kind("line-menu", "menus"), test_kind("entity-type", "entities"), test_kind("device-profile", "devices"), test_kind("map", "maps")};
}

}  // namespace machiya::city
