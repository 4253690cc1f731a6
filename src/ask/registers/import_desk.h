// Imports on their way: the file that waits, what was decided about it, the check and the import in the background. One person's
// import is nobody else's. The file is erased when it was decided, or after a day.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "ask/registers/import_check.h"
#include "ask/registers/web.h"

namespace machiya::registers {

enum class ImportState : std::uint8_t {
  mapping,      ///< the columns are to be named
  checking,     ///< in the background
  faulty,       ///< an error file is offered
  ready,        ///< every cell is good: import or not
  importing,    ///< in the background
  done,         ///< may be undone
  undone,
  failed,       ///< `problem` says why
  interrupted   ///< the server ended while it imported: all rows are in, or none
};
std::string_view import_state_name(ImportState state);

/// One import as its page shows it.
struct Import {
  std::string id, register_id, owner, filename;
  Instant created;
  ImportState state = ImportState::mapping;
  ImportPlan plan;
  tables::Info info;
  std::uint64_t rows = 0;               ///< read so far, or in all
  std::vector<ImportFault> faults;      ///< at most kMaxFaults
  std::uint64_t fault_count = 0;
  std::string batch, reason;
  std::string problem;                  ///< word of tables::read_table or name of an error; "" for none
};
inline constexpr std::size_t kMaxFaults = 50'000;
inline constexpr std::int64_t kKeepImport = 24 * kHour;

/// Thread-safe. What `web` names must outlive it.
class ImportDesk {
 public:
  explicit ImportDesk(const Web& web);
  ~ImportDesk();
  ImportDesk(const ImportDesk&) = delete;
  ImportDesk& operator=(const ImportDesk&) = delete;

  /// Takes the spooled file over. Errors: those of tables::read_table.
  Result<std::string> take(const Register& reg, const http::UploadedFile& file, const identity::Principal& who);
  /// not_found for somebody else's.
  Result<Import> find(const Register& reg, std::string_view id, const identity::Principal& who);
  std::string file_path(std::string_view id) const;
  /// Names the columns and starts the check.
  Result<void> check(const Register& reg, std::string_view id, ImportPlan plan, const identity::Principal& who, std::string_view lang);
  /// Imports all rows or none. `conflict` unless every cell was good.
  Result<void> import(const Register& reg, std::string_view id, std::string_view reason, const identity::Principal& who, std::string_view lang,
                      std::string_view request);
  Result<void> undo(const Register& reg, std::string_view id, const identity::Principal& who, std::string_view request);
  /// Erases the file and forgets everything.
  Result<void> discard(const Register& reg, std::string_view id, const identity::Principal& who);
  /// Waits until nothing is under way.
  void settle();

 private:
  struct Work {
    std::shared_ptr<const Register> reg;
    std::string id, lang, request;
    identity::Principal who;
    bool import = false;
  };
  Result<void> enqueue(const Register& reg, Work work);
  void run(std::stop_token stop);
  void run_one(const Work& work);
  void finish_check(const std::string& id, Result<ImportCheck> checked);
  bool import_rows(const Work& work, const ImportContext& context, tables::Source& source, const ImportPlan& plan);
  /// Changes one import and writes it down.
  void change(const std::string& id, const std::function<void(Import&)>& edit);
  void keep(const Import& import);
  void load();
  void erase_file(const std::string& id);
  void sweep();
  std::string folder(std::string_view id) const;

  Web web_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, Import, std::less<>> imports_;
  std::deque<Work> queue_;
  std::string running_;                 ///< id
  ImportProgress progress_;             ///< of the running one
  std::jthread worker_;                 ///< last: ends first
};

}  // namespace machiya::registers
