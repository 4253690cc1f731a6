// Who may do what with a register: one rule for pages, API, import and export.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "ask/registers/register.h"
#include "base/json.h"
#include "platform/identity/identity.h"

namespace machiya::registers {

inline constexpr std::string_view kReadScope = "registers.read", kWriteScope = "registers.write";   ///< writing holds reading

/// The roles in which somebody meets a register: those of staff whose department owns it or whose role's scope is "all". An API
/// client is like staff of the roles and the department that it was given, as far as its scopes go.
class Access {
 public:
  Access(const Register& reg, const json::Value& policy, const identity::Principal& who);

  bool read() const { return any(reg_.rights.read); }
  bool write() const { return writes_ && read() && any(reg_.rights.write); }
  bool bulk() const { return write() && any(reg_.rights.bulk); }
  bool import() const { return write() && any(reg_.rights.import); }
  bool read(const Column& column) const { return read() && (column.read.empty() || any(column.read)); }
  /// Only what people enter can be written.
  bool write(const Column& column) const { return column.entered() && write() && (column.write.empty() || any(column.write)); }
  const identity::Principal& who() const { return who_; }

 private:
  bool any(const std::vector<std::string>& wanted) const;

  const Register& reg_;
  const identity::Principal& who_;   ///< of the call that this lives in
  bool writes_ = true;   ///< false for a client that may only read
  std::vector<std::string> roles_;
};

}  // namespace machiya::registers
