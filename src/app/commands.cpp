#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "app/audit_commands.h"
#include "app/command.h"
#include "app/furniture.h"
#include "app/house.h"
#include "app/kinds.h"
#include "app/settings.h"
#include "base/log.h"
#include "ask/cases/upgrade_report.h"
#include "city/check.h"
#include "city/import_boundaries.h"
#include "city/import_towns.h"
#include "platform/audit/audit.h"
#include "platform/audit/tables.h"
#include "platform/store/roles.h"
#include "platform/identity/identity.h"
#include "platform/identity/no_sender.h"
#include "platform/identity/staff_accounts.h"
#include "feel/tck/tck.h"
#include "platform/vault/vault.h"
#include "platform/worker/worker_main.h"

namespace machiya::app {
namespace {

std::vector<OptionSpec> with_settings(std::vector<OptionSpec> own) {
  const auto& shared = settings_options();
  own.insert(own.end(), shared.begin(), shared.end());
  return own;
}

int check(const Arguments& arguments) {
  city::CheckArgs args;
  args.facts = arguments.has("facts");
  args.json = arguments.has("json");
  args.warnings = !arguments.has("no-warnings");
  if (arguments.words().size() > 1) return complain("check takes one folder", kUsage);
  if (!arguments.words().empty()) {
    args.folder = arguments.words()[0];
  } else {
    auto settings = settings_from(Arguments());
    if (!settings) return complain(settings.error().to_string());
    args.folder = settings->city;
  }
  return city::run_check(args, all_kinds(), std::cout) == 0 ? kDone : kNotInOrder;
}

/// Settings and an open, migrated store for commands that work on data.
struct Opened {
  Settings settings;
  std::unique_ptr<store::Store> store;
};
Result<Opened> open_data(const Arguments& arguments, bool migrate) {
  Opened out;
  MACHIYA_TRY(out.settings, settings_from(arguments));
  MACHIYA_TRY(out.store, open_store(out.settings));
  if (migrate) MACHIYA_CHECK(out.store->migrate(all_migrations()));
  return out;
}

int migrate(const Arguments& arguments) {
  auto opened = open_data(arguments, true);
  if (!opened) return complain(opened.error().to_string());
  if (!arguments.has("grant")) return kDone;
  if (auto done = store::grant_server_role(*opened->store, arguments.value("grant"), audit::only_added_to()); !done.ok()) return complain(done.error().to_string());
  std::printf("the server may run as %s: it reads and adds to the audit and changes nothing in it\n", std::string(arguments.value("grant")).c_str());
  return kDone;
}

int backup(const Arguments& arguments) {
  if (arguments.words().size() != 1) return complain("backup needs the file to write", kUsage);
  auto opened = open_data(arguments, false);
  if (!opened) return complain(opened.error().to_string());
  if (auto done = opened->store->backup_to(arguments.words()[0]); !done.ok()) return complain(done.error().to_string());
  std::printf("written and checked: %s (copy blobs and the key file as well: docs/operators.md)\n", arguments.words()[0].c_str());
  return kDone;
}

int restore(const Arguments& arguments) {
  if (arguments.words().size() != 1) return complain("restore needs the file to read", kUsage);
  auto settings = settings_from(arguments);
  if (!settings) return complain(settings.error().to_string(), kUsage);
  store::Options target;
  target.url = settings->store_url();
  if (auto done = store::Store::restore(target, arguments.words()[0]); !done.ok()) return complain(done.error().to_string());
  std::printf("restored into %s; now run: machiya audit verify\n", settings->store.empty() ? target.url.c_str() : "the given store");
  return kDone;
}

int staff_add(const Arguments& arguments) {
  for (const char* needed : {"name", "role"})
    if (!arguments.has(needed)) return complain(std::string("staff add needs --") + needed, kUsage);
  auto opened = open_data(arguments, true);
  if (!opened) return complain(opened.error().to_string());
  auto vault = vault::Vault::open(opened->settings.key_file, opened->settings.demonstration);
  if (!vault) return complain(vault.error().to_string());
  if (auto bound = (*vault)->bind_to(*opened->store); !bound.ok()) return complain(bound.error().to_string());
  SystemClock clock;
  audit::Audit audit(*opened->store, clock);
  identity::NoSender sender;   // nobody logs in here
  identity::Options options;
  options.demonstration = false;
  options.policy_text = std::string(identity::demonstration_policy());
  identity::Identity identity(*opened->store, **vault, audit, clock, sender, options);
  const auto made = opened->store->write([&](store::Tx& tx) {
    return identity.staff_accounts().install(tx, {arguments.value("name"), arguments.value("display", arguments.value("name")), arguments.value("department"), {arguments.value("role")}});
  });
  if (!made.ok()) return complain(made.error().to_string());
  std::printf("password     %s\nTOTP secret  %s\n(shown once; the password serves for %d days, for one log-in, which replaces it)\n", made->password.c_str(), made->totp.c_str(),
              identity::StaffAccounts::kHandOverDays);
  return kDone;
}

int tck(const Arguments& arguments) {
  if (arguments.words().size() != 1) return complain("tck needs the folder of the DMN TCK", kUsage);
  const int code = feel::run_tck(arguments.words()[0], std::cout);
  return code == 0 ? kDone : code == 1 ? kNotInOrder : kFailed;
}

/// Scenarios run on a fresh store of their own: a temporary SQLite file, or --store for an empty PostgreSQL database.
int scenario(const Arguments& arguments) {
  auto settings = settings_from(arguments);
  if (!settings) return complain(settings.error().to_string(), kUsage);
  std::string folder = (std::filesystem::temp_directory_path() / "machiya-scenario-XXXXXX").string();
  if (!mkdtemp(folder.data())) return complain("cannot make a temporary folder");
  struct Cleaner {
    std::string folder;
    ~Cleaner() { std::error_code ec; std::filesystem::remove_all(folder, ec); }
  } cleaner{folder};
  settings->data = folder;
  settings->key_file = folder + ".key";
  settings->audit_copy.clear();
  Cleaner key{settings->key_file}, audit_key{settings->audit_key_path()};
  auto furniture = load_furniture(*settings);
  if (!furniture) return complain(furniture.error().to_string(), kNotInOrder);
  set_log_level(LogLevel::error);
  auto house = House::open(*settings, *furniture);
  if (!house) return complain(house.error().to_string());
  return (*house)->scenarios(arguments.value("only"), arguments.has("verbose"), std::cout) == 0 ? kDone : kNotInOrder;
}

int report_upgrade(const Arguments& arguments) {
  auto settings = settings_from(arguments);
  if (!settings) return complain(settings.error().to_string(), kUsage);
  auto furniture = load_furniture(*settings);
  if (!furniture) return complain(furniture.error().to_string(), kNotInOrder);
  auto house = House::open(*settings, *furniture, House::Use::reading);
  if (!house) return complain(house.error().to_string());
  auto lines = cases::upgrade_report((*house)->cases());
  if (!lines) return complain(lines.error().to_string());
  for (const cases::UpgradeLine& line : *lines) {
    std::printf("%s: %lld open cases began with version %d, version %d is in force; they finish on theirs\n", line.procedure.c_str(),
                static_cast<long long>(line.open_cases), line.began_with, line.now);
    for (const std::string& difference : line.differences) std::printf("  %s\n", difference.c_str());
  }
  if (lines->empty()) std::printf("every open case is on the definitions in force\n");
  return kDone;
}

int import_file(const Arguments& arguments, bool boundaries) {
  if (arguments.words().size() != 1) return complain("import needs the file to read", kUsage);
  auto settings = settings_from(arguments);
  if (!settings) return complain(settings.error().to_string(), kUsage);
  auto furniture = load_furniture(*settings);
  if (!furniture) return complain(furniture.error().to_string(), kNotInOrder);
  const auto current = (*furniture)->city->current();
  const city::City& city = *current;
  const std::string& file = arguments.words()[0];
  if (boundaries) {
    auto done = city::import_boundaries(file, city, settings->data);
    if (!done) return complain(done.error().to_string(), kNotInOrder);
    std::printf("%zu wards imported; a running server shows them after a restart\n", done->wards.size());
  } else {
    auto done = city::import_towns(file, city, settings->data);
    if (!done) return complain(done.error().to_string(), kNotInOrder);
    std::printf("%zu towns imported\n", done->list.size());
  }
  return kDone;
}
int import_boundaries(const Arguments& arguments) { return import_file(arguments, true); }
int import_towns(const Arguments& arguments) { return import_file(arguments, false); }

int worker_process(const Arguments& arguments) {
  if (!arguments.has("kind")) return complain("worker needs --kind", kUsage);
  return worker::run_worker(arguments.value("kind"), worker::worker_kinds());
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> list = {
      {"serve", "", "Serves the city; without --config as a demonstration on loopback.", with_settings({{"demo", "", "seed 5,000 fictitious residents and cases, and rows of every register"}, {"recipients", "N", "seed so many fictitious recipients of messages (5,000 with --demo)"}}), serve},
      {"broker", "", "Serves the context broker alone (NGSI-LD), without log-in: on loopback, elsewhere with --open.",
       with_settings({{"context-map", "FILE", "lines \"URL PATH\": contexts that are read from files"}, {"open", "", "everybody who reaches it may read and write"}}), broker},
      {"check", "[FOLDER]", "Checks a city folder: every fault as file:line:column.",
       {{"facts", "", "list what the rules rest on, unconfirmed facts first"}, {"json", "", "machine-readable"}, {"no-warnings", "", "errors only"}}, check},
      {"scenario", "", "Proves the city's services: runs its scenarios through the real engines.",
       with_settings({{"only", "PROCEDURE", "the scenarios of one procedure"}, {"verbose", "", "also print those that passed"}}), scenario},
      {"report-upgrade", "", "Shows what the definitions in force mean for open cases that began with older ones.", with_settings({}), report_upgrade},
      {"import boundaries", "FILE", "Takes ward boundaries from your copy of the national N03 file (GeoJSON).", with_settings({}), import_boundaries},
      {"import towns", "FILE", "Takes town points from your copy of the national town-point file (CSV).", with_settings({}), import_towns},
      {"tck", "DIR", "Runs the DMN Technology Compatibility Kit; ends with \"N passed, N failed\".", {}, tck},
      {"worker", "", "Works for a server in an unprivileged process (started by the server itself).", {{"kind", "KIND", "image"}}, worker_process},
      {"migrate", "", "Brings the database to this program's schema, as its owner; the server does it itself when it is the owner.",
       with_settings({{"grant", "ROLE", "PostgreSQL: what the server needs, to the role that it runs as; it can then not change the audit"}}), migrate},
      {"backup", "FILE", "Writes a consistent copy of the running database.", with_settings({}), backup},
      {"restore", "FILE", "Fills an empty store from a backup and checks it.", with_settings({}), restore},
      {"audit verify", "", "Proves that no audit row was changed, removed or reordered.",
       with_settings({{"key", "KEY,…", "public keys whose signatures count (default: the server's own)"}, {"heads", "FILE", "the copy of the signed heads (default: audit-copy)"}, {"archive", "FILE", "also prove this archive"}}), audit_verify},
      {"audit key", "", "Prints the public key that signs the audit's heads; makes the key when there is none.", with_settings({}), audit_key},
      {"audit archive", "FILE", "Moves audit rows older than a day of at least a year ago into an archive file.", with_settings({{"before", "DATE", "rows before this day"}}), audit_archive},
      {"audit export", "", "Prints audit rows for a log collector.",
       with_settings({{"format", "NAME", "json (default), cef or syslog"}, {"from", "DATE", "first day"}, {"to", "DATE", "last day"}, {"cursor", "FILE", "instead of days: what came since the last export with this file"}}), audit_export},
      {"drill", "[FILE]", "Restores a backup elsewhere, proves it and keeps the verdict; takes the backup itself without FILE.",
       with_settings({{"scratch", "URL", "empty store to restore into (default: a temporary SQLite file)"}}), drill},
      {"line-menu place", "", "Puts the city's rich menu below its chat in LINE: draws the pictures, makes the tabs, then replaces what stood there.", with_settings({}), line_menu_place},
      {"line-menu show", "", "Shows the city's rich menu and whether LINE has it; exit code 1 when LINE has another one or none.",
       with_settings({{"preview", "FILE.png", "instead of asking LINE, write the pictures: FILE-TAB.png for each tab"}}), line_menu_show},
      {"keys status", "", "Shows the master keys of the key file and how far an exchange is.", with_settings({}), keys_status},
      {"keys rotate", "", "Adds a master key to the key file; a running server begins to exchange the old one within seconds.",
       with_settings({{"staged", "", "only opens with it: copy the file to every machine, then keys activate"}}), keys_rotate},
      {"keys activate", "", "Lets a staged master key be used.", with_settings({}), keys_activate},
      {"keys retire", "", "Removes older master keys from the key file once nothing stands under them.",
       with_settings({{"now", "", "do not wait for reads that began before the exchange ended"}}), keys_retire},
      {"keys verify", "", "Proves that every data key and every small secret of the database opens with the key file.", with_settings({}), keys_verify},
      {"staff add", "", "Creates a staff account; prints its password and TOTP secret once.",
       with_settings({{"name", "NAME", "log-in name"}, {"display", "TEXT", "name shown to colleagues"}, {"role", "ROLE", "of policy.yaml"}, {"department", "ID", "of departments.yaml"}}), staff_add},
  };
  return list;
}

}  // namespace machiya::app
