// Who may do what with a register: one rule for pages, API, import and export.
#pragma once
#include <string>
#include <vector>

#include "ask/registers/register.h"
#include "base/json.h"
#include "platform/identity/identity.h"

namespace machiya::registers {

/// The roles in which somebody meets a register: those of staff whose department owns it or whose role's scope is "all"; an API
/// client acts in a role for every department when it has the scope "register.<role>" ("register.clerk").
class Access {
 public:
  Access(const Register& reg, const json::Value& policy, const identity::Principal& who);

  bool read() const { return any(reg_.rights.read); }
  bool write() const { return read() && any(reg_.rights.write); }
  bool bulk() const { return write() && any(reg_.rights.bulk); }
  bool import() const { return write() && any(reg_.rights.import); }
  bool read(const Column& column) const { return read() && (column.read.empty() || any(column.read)); }
  /// Only what people enter can be written.
  bool write(const Column& column) const { return column.entered() && write() && (column.write.empty() || any(column.write)); }

 private:
  bool any(const std::vector<std::string>& wanted) const;

  const Register& reg_;
  std::vector<std::string> roles_;
};

}  // namespace machiya::registers
