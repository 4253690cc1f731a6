#include "app/audit_commands.h"

#include <cstdio>
#include <fstream>

#include "app/command.h"
#include "app/house.h"
#include "app/settings.h"
#include "base/text.h"
#include "platform/audit/archive.h"
#include "platform/audit/audit.h"
#include "platform/audit/formats.h"
#include "platform/audit/statement.h"
#include "platform/vault/signing_key.h"

namespace machiya::app {
namespace {

using Count = long long;

Result<Date> date_of(const Arguments& arguments, const char* name) {
  const auto date = parse_iso_date(arguments.value(name));
  if (!date) return Error(ErrorCode::invalid_input, std::string("--") + name + " needs a date such as 2026-04-01");
  return *date;
}

/// The keys that count: --key, else the server's own. An auditor who may not read the key file names the published key.
Result<std::vector<std::string>> trusted_keys(const Arguments& arguments, const Settings& settings) {
  std::vector<std::string> out;
  for (std::string_view key : split(arguments.value("key"), ','))
    if (!trim(key).empty()) out.emplace_back(trim(key));
  if (!out.empty()) return out;
  MACHIYA_TRY(const auto own, vault::SigningKey::open(settings.audit_key_path(), false));
  return std::vector{own->public_key()};
}

/// Holds an archive against the cut that was signed when it was made.
Result<void> check_archive(store::Store& store, const std::string& file) {
  MACHIYA_TRY(const audit::Archived archived, audit::verify_archive(file));
  MACHIYA_TRY(const bool cut_off, audit::was_cut_off(store, archived));
  if (!cut_off) return Error(ErrorCode::integrity_broken, "this archive was not cut off from this database", file);
  std::printf("%s: %lld rows, seals %lld to %lld: intact\n", file.c_str(), static_cast<Count>(archived.rows), static_cast<Count>(archived.first),
              static_cast<Count>(archived.last));
  return {};
}

/// Where an export to a log collector ended, so that the next one goes on there.
Result<std::int64_t> read_cursor(const std::string& file) {
  std::ifstream in(file);
  std::int64_t sequence = 0;
  if (!in) return sequence;
  if (!(in >> sequence) || sequence < 0) return Error(ErrorCode::invalid_input, "a cursor file holds one number", file);
  return sequence;
}

Result<std::int64_t> export_rows(audit::Audit& audit, const Arguments& arguments, audit::Format format, std::int64_t after) {
  std::int64_t last = after;
  const auto print = [&](const audit::Audit::Record& record) {
    last = std::max(last, record.sequence);
    const std::string line = audit::to_line(record, format) + "\n";
    return std::fwrite(line.data(), 1, line.size(), stdout) == line.size();
  };
  if (arguments.has("cursor")) {
    MACHIYA_CHECK(audit.each_after(after, print));
  } else {
    MACHIYA_TRY(const Date from, date_of(arguments, "from"));
    MACHIYA_TRY(const Date to, date_of(arguments, "to"));
    MACHIYA_CHECK(audit.each_sealed(start_of_day_in_japan(from), start_of_day_in_japan(add_days(to, 1)), print));
  }
  if (std::fflush(stdout) != 0) return Error(ErrorCode::storage_failed, "the output does not take more");
  return last;
}

}  // namespace

int audit_verify(const Arguments& arguments) {
  auto settings = settings_from(arguments);
  if (!settings) return complain(settings.error().to_string(), kUsage);
  auto store = open_store(*settings);
  if (!store) return complain(store.error().to_string());
  auto keys = trusted_keys(arguments, *settings);
  if (!keys) return complain(keys.error().to_string());
  SystemClock clock;
  audit::Options options;
  options.copy_to = arguments.value("heads", settings->audit_copy);
  audit::Audit audit(**store, clock, options);
  audit::Audit::Evidence evidence;
  evidence.keys = *keys;
  auto verdict = audit.verify(evidence);
  if (!verdict) return complain(verdict.error().to_string());
  std::printf("%lld sealed rows, %lld archived, %lld in the unsealed tail, %lld signed heads: %s\nhead %s\n", static_cast<Count>(verdict->sealed),
              static_cast<Count>(verdict->archived), static_cast<Count>(verdict->unsealed_tail), static_cast<Count>(verdict->statements),
              verdict->intact ? "intact" : verdict->first_fault.c_str(), verdict->head.c_str());
  if (options.copy_to.empty()) std::printf("without a copy of the signed heads (--heads) a database that was set back as a whole looks intact\n");
  if (!verdict->intact) return kNotInOrder;
  if (arguments.has("archive"))
    if (auto checked = check_archive(**store, arguments.value("archive")); !checked.ok()) return complain(checked.error().to_string(), kNotInOrder);
  return kDone;
}

int audit_key(const Arguments& arguments) {
  auto settings = settings_from(arguments);
  if (!settings) return complain(settings.error().to_string(), kUsage);
  auto key = vault::SigningKey::open(settings->audit_key_path(), true);
  if (!key) return complain(key.error().to_string());
  std::printf("%s\n", (*key)->public_key().c_str());
  return kDone;
}

int audit_archive(const Arguments& arguments) {
  if (arguments.words().size() != 1) return complain("audit archive needs the file to write", kUsage);
  auto settings = settings_from(arguments);
  if (!settings) return complain(settings.error().to_string(), kUsage);
  auto before = date_of(arguments, "before");
  if (!before) return complain(before.error().to_string(), kUsage);
  auto store = open_store(*settings);
  if (!store) return complain(store.error().to_string());
  auto key = vault::SigningKey::open(settings->audit_key_path(), false);
  if (!key) return complain(key.error().to_string());
  SystemClock clock;
  auto done = audit::archive_rows(**store, clock, **key, start_of_day_in_japan(*before), arguments.words()[0]);
  if (!done) return complain(done.error().to_string(), done.error().code == ErrorCode::invalid_input ? kUsage : kFailed);
  std::printf("%lld rows, seals %lld to %lld, moved to %s\n", static_cast<Count>(done->rows), static_cast<Count>(done->first), static_cast<Count>(done->last),
              arguments.words()[0].c_str());
  return kDone;
}

int audit_export(const Arguments& arguments) {
  const auto format = audit::format_named(arguments.value("format", "json"));
  if (!format) return complain("--format is json, cef or syslog", kUsage);
  auto settings = settings_from(arguments);
  if (!settings) return complain(settings.error().to_string(), kUsage);
  auto store = open_store(*settings);
  if (!store) return complain(store.error().to_string());
  const std::string cursor = arguments.value("cursor");
  auto after = cursor.empty() ? Result<std::int64_t>(0) : read_cursor(cursor);
  if (!after) return complain(after.error().to_string(), kUsage);
  SystemClock clock;
  audit::Audit audit(**store, clock);
  auto last = export_rows(audit, arguments, *format, *after);
  if (!last) return complain(last.error().to_string(), last.error().code == ErrorCode::invalid_input ? kUsage : kFailed);
  if (cursor.empty()) return kDone;
  // Only now: what was not handed over is exported again.
  std::ofstream out(cursor, std::ios::trunc);
  out << *last << "\n";
  return out.flush() ? kDone : complain("cannot write the cursor " + cursor);
}

}  // namespace machiya::app
