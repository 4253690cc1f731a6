#include "app/drill.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "app/house.h"
#include "app/key_exchange.h"
#include "base/json.h"
#include "platform/audit/audit.h"
#include "platform/vault/rotation.h"

namespace machiya::app {
namespace {
namespace fs = std::filesystem;

std::string file_of(const std::string& data) { return data + "/drills.jsonl"; }

/// A folder of the drill's own, gone with it.
struct Scratch {
  std::string folder;
  ~Scratch() {
    std::error_code ec;
    if (!folder.empty()) fs::remove_all(folder, ec);
  }
};

/// Runs one part and keeps its time.
Result<void> timed(double& seconds, const std::function<Result<void>()>& part) {
  const auto begin = std::chrono::steady_clock::now();
  auto done = part();
  seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return done;
}

/// Audit chain and keys of the restored store.
Result<void> prove(const Settings& settings, const std::string& url, Drill& drill) {
  store::Options options;
  options.url = url;
  MACHIYA_TRY(const auto restored, store::Store::open(options));
  SystemClock clock;
  MACHIYA_TRY(const auto verdict, audit::Audit(*restored, clock).verify());
  drill.audit_rows = verdict.sealed;
  if (!verdict.intact) return Error(ErrorCode::integrity_broken, "audit: " + verdict.first_fault);
  MACHIYA_TRY(const auto vault, vault::Vault::open(settings.key_file, false));
  MACHIYA_CHECK(vault->bind_to(*restored, vault::Vault::Binding::reading));
  MACHIYA_TRY(const auto proof, vault::Rotation(*restored, *vault, clock, secret_columns()).prove());
  drill.data_keys = proof.keys;
  if (proof.closed != 0) return Error(ErrorCode::integrity_broken, std::to_string(proof.closed) + " keys or secrets do not open: " + proof.first_fault);
  return {};
}

json::Value to_json(const Drill& d) {
  json::Value out = json::Value::object();
  out.set("at", d.at.us).set("engine", d.engine).set("passed", d.passed).set("fault", d.fault).set("own_copy", d.own_copy);
  out.set("backup_s", d.backup_s).set("restore_s", d.restore_s).set("verify_s", d.verify_s);
  out.set("bytes", d.bytes).set("audit_rows", d.audit_rows).set("data_keys", d.data_keys);
  return out;
}
}  // namespace

Result<Drill> run_drill(const Settings& settings, const std::string& copy, const std::string& scratch) {
  Scratch place;
  place.folder = settings.data + "/drill-XXXXXX";
  if (!::mkdtemp(place.folder.data())) {
    place.folder.clear();
    return Error(ErrorCode::storage_failed, std::string("no folder for the drill: ") + std::strerror(errno), settings.data);
  }
  MACHIYA_TRY(const auto live, open_store(settings));
  if (scratch.empty() && live->engine() == store::Engine::postgres)
    return Error(ErrorCode::invalid_input, "on PostgreSQL the drill needs --scratch with the address of an empty database");
  Drill out;
  out.at = SystemClock().now();
  out.engine = live->engine() == store::Engine::sqlite ? "sqlite" : "postgresql";
  out.own_copy = copy.empty();
  const std::string from = copy.empty() ? place.folder + "/copy" : copy;
  store::Options target;
  target.url = scratch.empty() ? "sqlite:" + place.folder + "/restored.db" : scratch;
  Result<void> done;
  if (copy.empty()) done = timed(out.backup_s, [&] { return live->backup_to(from); });
  std::error_code ec;
  if (const auto size = fs::file_size(from, ec); !ec) out.bytes = static_cast<std::int64_t>(size);
  if (done.ok()) done = timed(out.restore_s, [&] { return store::Store::restore(target, from); });
  if (done.ok()) done = timed(out.verify_s, [&] { return prove(settings, target.url, out); });
  out.passed = done.ok();
  if (!done.ok()) out.fault = done.error().to_string();
  return out;
}

Result<void> keep_drill(const std::string& data, const Drill& drill) {
  const std::string line = json::to_text(to_json(drill)) + "\n";
  const int fd = ::open(file_of(data).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  const bool ok = fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  return ok ? Result<void>() : Error(ErrorCode::storage_failed, std::string("the drill could not be kept: ") + std::strerror(error), file_of(data));
}

Result<std::vector<Drill>> read_drills(const std::string& data, std::size_t most) {
  std::vector<Drill> out;
  std::ifstream in(file_of(data));
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    MACHIYA_TRY(const auto value, json::parse(line));
    Drill d;
    d.at = Instant{value["at"].as_int()};
    d.engine = value.text("engine");
    d.passed = value["passed"].as_bool();
    d.fault = value.text("fault");
    d.own_copy = value["own_copy"].as_bool();
    d.backup_s = value["backup_s"].as_double();
    d.restore_s = value["restore_s"].as_double();
    d.verify_s = value["verify_s"].as_double();
    d.bytes = value["bytes"].as_int();
    d.audit_rows = value["audit_rows"].as_int();
    d.data_keys = value["data_keys"].as_int();
    out.push_back(std::move(d));
  }
  std::reverse(out.begin(), out.end());
  if (out.size() > most) out.resize(most);
  return out;
}

}  // namespace machiya::app
