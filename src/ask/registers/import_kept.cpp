#include "ask/registers/import_kept.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/log.h"

namespace machiya::registers {

void keep_import(const Import& import, const std::string& path) {
  json::Value targets = json::Value::array();
  for (const std::string& target : import.plan.targets) targets.push(target);
  const json::Value out = json::Value::object({{"id", import.id},
                                               {"register", import.register_id},
                                               {"owner", import.owner},
                                               {"filename", import.filename},
                                               {"created", import.created.us},
                                               {"state", import_state_name(import.state)},
                                               {"heading_row", static_cast<std::int64_t>(import.plan.heading_row)},
                                               {"targets", std::move(targets)},
                                               {"rows", static_cast<std::int64_t>(import.rows)},
                                               {"batch", import.batch},
                                               {"problem", import.problem}});
  const std::string beside = path + ".new";
  std::error_code failed;
  {
    std::ofstream file(beside, std::ios::trunc);
    std::filesystem::permissions(beside, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, failed);
    file << json::to_text(out);
    file.flush();
    if (!file) failed = std::make_error_code(std::errc::io_error);
  }
  if (!failed) std::filesystem::rename(beside, path, failed);
  // The import goes on in memory; only a restart would not know it.
  if (failed) log(LogLevel::warn, "import.not-kept", {{"import", import.id}});
}

Result<Import> kept_import(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  MACHIYA_TRY(const json::Value body, json::parse(text.str()));
  const auto state = import_state_of(body.text("state"));
  Import out;
  out.id = body.text("id"), out.register_id = body.text("register"), out.owner = body.text("owner"), out.filename = body.text("filename");
  if (!state || out.id.empty() || path.find(out.id) == std::string::npos) return Error(ErrorCode::invalid_input, "import");
  out.state = *state, out.created.us = body["created"].as_int(), out.batch = body.text("batch"), out.problem = body.text("problem");
  out.rows = static_cast<std::uint64_t>(body["rows"].as_int()), out.plan.heading_row = static_cast<std::uint64_t>(body["heading_row"].as_int(1));
  for (const json::Value& target : body["targets"].items()) out.plan.targets.push_back(target.as_string());
  return out;
}

}  // namespace machiya::registers
