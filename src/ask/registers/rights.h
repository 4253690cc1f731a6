// Who may do what with a register: one rule for pages, API, import and export.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ask/registers/register.h"
#include "base/json.h"
#include "platform/identity/identity.h"

namespace machiya::registers {

inline constexpr std::string_view kReadScope = "registers.read", kWriteScope = "registers.write";   ///< writing holds reading

/// The relation of policy.yaml by which somebody reads a row that was opened to them in an emergency, and the purpose of what they read so.
inline constexpr std::string_view kEmergency = "emergency";

/// The rule of module cases: may somebody do this with the cases of a department? ("case.list", "case.read", "case.export")
using MayCase = std::function<bool(const identity::Principal& who, std::string_view permission, std::string_view department)>;

/// The roles in which somebody meets a register: those of staff whose department owns it or whose role's scope is "all". An API
/// client is like staff of the roles and the department that it was given, as far as its scopes go.
/// Of a register of cases nothing is decided here: who may list, read or export the cases of a department, by `may_case`, does so with
/// its rows. Nobody writes them: they change by corrections and by the actions of the case.
/// Lives no longer than `reg`, `who` and `may_case`.
class Access {
 public:
  Access(const Register& reg, std::shared_ptr<const city::City> city, std::shared_ptr<const identity::Policy> policy, const identity::Principal& who, const MayCase& may_case);

  bool read() const { return reg_.of_cases ? !departments("case.list").empty() : emergency_ || any(reg_.rights.read); }
  bool write() const { return !reg_.of_cases && writes_ && read() && any(reg_.rights.write); }
  bool bulk() const { return write() && any(reg_.rights.bulk); }
  bool import() const { return write() && any(reg_.rights.import); }
  bool take_away() const { return reg_.of_cases ? !departments("case.export").empty() : !emergency_ && read(); }
  bool read(const Column& column) const;
  /// Only what people enter can be written.
  bool write(const Column& column) const { return column.entered() && write() && (column.write.empty() || any(column.write)); }
  /// From now on for one row that stands open in an emergency: to be read, nothing else. A column that only some readers of the register see
  /// stays closed to somebody who has none of their roles in any department.
  void open_in_emergency();
  const identity::Principal& who() const { return who_; }
  /// For which purpose rows are read, for the audit.
  const std::string& purpose() const { return purpose_; }

  // Cases. What a case keeps beside its answers is seen by whoever sees it in a list; its answers by those who may open it.
  static bool is_answer(const Column& column) { return column.kind != ColumnKind::head || column.personal; }
  bool may(std::string_view permission, const std::string& department) const { return may_case_ && may_case_(who_, permission, department); }
  /// Departments whose cases somebody may do this with.
  std::vector<std::string> departments(std::string_view permission) const;
  /// True when those are all that the city has.
  bool everywhere(std::string_view permission) const;

 private:
  bool any(const std::vector<std::string>& wanted) const;

  const Register& reg_;
  std::shared_ptr<const city::City> city_;
  const identity::Principal& who_;   ///< of the call that this lives in
  const MayCase& may_case_;
  bool writes_ = true;               ///< false for a client that may only read
  bool emergency_ = false;
  std::string purpose_;
  std::vector<std::string> roles_;
};

}  // namespace machiya::registers
