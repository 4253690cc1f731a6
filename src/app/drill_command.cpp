// `machiya drill`: proves that a backup can be restored, and keeps how long it took.
#include <cstdio>

#include "app/command.h"
#include "app/drill.h"
#include "app/secret_settings.h"
#include "app/settings.h"

namespace machiya::app {

int drill(const Arguments& arguments) {
  if (arguments.words().size() > 1) return complain("drill takes one file, or none to take a backup itself", kUsage);
  const std::string scratch = arguments.value("scratch");
  if (url_has_password(scratch)) return complain("a password on the command line is seen by every user of this machine; use a .pgpass file", kUsage);
  auto settings = settings_from(arguments);
  if (!settings) return complain(settings.error().to_string(), kUsage);
  const auto done = run_drill(*settings, arguments.words().empty() ? "" : arguments.words()[0], scratch);
  if (!done) return complain(done.error().to_string());
  std::printf("%s: backup %.1f s, restore %.1f s, proof %.1f s; %lld MB, %lld audit rows intact, %lld data keys open: %s\n", done->engine.c_str(), done->backup_s, done->restore_s, done->verify_s,
              static_cast<long long>(done->bytes >> 20), static_cast<long long>(done->audit_rows), static_cast<long long>(done->data_keys), done->passed ? "passed" : done->fault.c_str());
  if (auto kept = keep_drill(settings->data, *done); !kept.ok()) return complain(kept.error().to_string());
  return done->passed ? kDone : kNotInOrder;
}

}  // namespace machiya::app
