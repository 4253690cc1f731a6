// A Response made ready for the wire: conditional requests, ranges, compression, the head in one buffer.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/time.h"
#include "platform/http/http.h"

namespace machiya::http {

/// An open file and what is left to send of it. Owns the descriptor.
class FileSource {
 public:
  FileSource(int fd, std::uint64_t offset, std::uint64_t left) : fd_(fd), offset_(offset), left_(left) {}
  ~FileSource();
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  std::uint64_t left() const { return left_; }
  void select(std::uint64_t offset, std::uint64_t length) { offset_ = offset, left_ = length; }
  /// Replaces `out` by up to `size` bytes. Blocks on the disk. False when the file became shorter or broke.
  bool read(std::string& out, std::size_t size);

 private:
  int fd_;
  std::uint64_t offset_, left_;
};

/// What goes out: `bytes` first (head, and body unless HEAD), then the file or the events.
struct Answer {
  int status = 200;
  std::string bytes;
  std::unique_ptr<FileSource> file;
  std::shared_ptr<EventStream> events;
};

/// Compressed forms of files, at most `limit` bytes together. Thread-safe.
class CodedFiles {
 public:
  explicit CodedFiles(std::size_t limit = 16 * 1024 * 1024) : limit_(limit) {}
  std::shared_ptr<const std::string> find(const std::string& key) const;
  void keep(std::string key, std::shared_ptr<const std::string> body);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const std::string>> entries_;
  std::size_t size_ = 0, limit_;
};

struct AnswerContext {
  Instant now;
  bool keep_alive = true;
  int version = 11;
  CodedFiles* coded_files = nullptr;
};

/// True when names are tokens and values hold no control characters (response splitting).
bool headers_are_safe(const Response& response);
/// Consumes the response, whose headers must be safe. Blocks on the disk when a file is sent. A missing file gives
/// not_found (the caller answers with a problem).
Result<Answer> prepare_answer(const Request& request, Response& response, const AnswerContext& context);
std::string_view reason_phrase(int status);

/// Inside of prepare_answer: turns response.file into a body (small or coded files) or into `source` and headers.
Result<void> resolve_file(const Request& request, Response& response, const AnswerContext& context,
                          std::unique_ptr<FileSource>& source, std::uint64_t& length);
std::string* find_header(Response& response, std::string_view lower_name);

}  // namespace machiya::http
