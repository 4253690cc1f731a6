#include "platform/audit/statement.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/json.h"
#include "platform/audit/chain.h"
#include "platform/vault/vault.h"

namespace machiya::audit {

std::string signed_text(const Statement& s) {
  return "machiya-audit-head-1\n" + std::to_string(s.number) + "\n" + std::to_string(s.sequence) + "\n" + to_hex(s.hash) + "\n" +
         std::to_string(s.at.us) + "\n" + s.key + "\n";
}

std::string to_line(const Statement& s) {
  // Sorted members without white space: the copy is the same text whoever writes it.
  return json::to_canonical(json::Value::object({{"number", s.number}, {"sequence", s.sequence}, {"hash", vault::base64url(s.hash)},
                                                 {"at_us", s.at.us}, {"at", to_iso_utc(s.at)}, {"key", s.key},
                                                 {"signature", vault::base64url(s.signature)}}));
}

Result<Statement> parse_line(std::string_view line) {
  MACHIYA_TRY(const json::Value v, json::parse(line));
  Statement s;
  s.number = v["number"].as_int();
  s.sequence = v["sequence"].as_int();
  s.at.us = v["at_us"].as_int();
  s.key = v.text("key");
  MACHIYA_TRY(s.hash, vault::from_base64url(v.text("hash")));
  MACHIYA_TRY(s.signature, vault::from_base64url(v.text("signature")));
  // Whatever else stands in the line was not stated by us.
  if (to_line(s) != line) return Error(ErrorCode::integrity_broken, "a line that was not written like this");
  return s;
}

Result<std::vector<Statement>> StatementFile::read() const {
  std::vector<Statement> out;
  std::ifstream in(path_, std::ios::binary);
  if (!in) {
    if (errno == ENOENT) return out;
    return Error(ErrorCode::unavailable, std::string("cannot read the copy of the audit's heads: ") + std::strerror(errno), path_);
  }
  std::string line;
  while (std::getline(in, line))
    if (auto statement = parse_line(line); statement.ok()) out.push_back(std::move(*statement));
  return out;
}

Result<void> StatementFile::append(const std::vector<Statement>& statements) const {
  const int fd = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
  std::string text;
  char last = '\n';
  if (fd >= 0 && ::lseek(fd, -1, SEEK_END) >= 0 && ::read(fd, &last, 1) == 1 && last != '\n') text += '\n';   // behind a torn line
  for (const Statement& s : statements) text += to_line(s) + "\n";
  const bool done = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int cause = errno;
  if (fd >= 0) ::close(fd);
  if (!done) return Error(ErrorCode::storage_failed, std::string("cannot copy the audit's head out: ") + std::strerror(cause), path_);
  return {};
}

}  // namespace machiya::audit
