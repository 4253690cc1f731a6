#include "platform/http/form_body.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "platform/http/target.h"

namespace machiya::http {
namespace {
std::string random_name() {
  unsigned char bytes[16];
  if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return {};
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "upload-";
  for (unsigned char b : bytes) {
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  return out;
}

Error disk_error() { return Error(errno == ENOSPC || errno == EDQUOT ? ErrorCode::storage_full : ErrorCode::storage_failed, "upload"); }
}  // namespace

FormBody::FormBody(std::string boundary, MultipartLimits limits, std::string spool_dir)
    : spool_dir_(std::move(spool_dir)), parser_(std::move(boundary), limits, *this) {}

FormBody::~FormBody() {
  close_file();
  for (const std::string& path : paths_) ::unlink(path.c_str());
}

void FormBody::close_file() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<void> FormBody::begin(const PartHead& head) {
  if (!head.is_file) {
    pairs_.emplace_back(head.name, std::string());
    return {};
  }
  UploadedFile file;
  file.field = head.name;
  file.filename = head.filename;
  file.content_type = head.content_type;
  file.path = (spool_dir_.empty() ? std::string("/tmp") : spool_dir_) + '/' + random_name();
  fd_ = ::open(file.path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0) return disk_error();
  paths_.push_back(file.path);
  files_.push_back(std::move(file));
  return {};
}

Result<void> FormBody::data(std::string_view bytes) {
  if (fd_ < 0) {
    pairs_.back().second += bytes;
    return {};
  }
  files_.back().size += bytes.size();
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return disk_error();
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> FormBody::end() {
  if (fd_ < 0) {
    if (!is_clean_text(pairs_.back().second)) return Error(ErrorCode::malformed_request, "a form field is not UTF-8 text");
    return {};
  }
  close_file();
  // Browsers send an empty nameless file for a file field that was left alone: no file was given.
  if (files_.back().size == 0 && files_.back().filename.empty()) files_.pop_back();
  return {};
}

Result<void> FormBody::finish(Request& request) {
  MACHIYA_CHECK(parser_.finish());
  request.form_pairs = std::move(pairs_);
  request.files = std::move(files_);
  return {};
}

Result<void> finish_plain_body(Request& request, std::string body) {
  const std::string_view type = request.header("content-type");
  if (lower_ascii(trim(type.substr(0, type.find(';')))) != "application/x-www-form-urlencoded") {
    request.body = std::move(body);
    return {};
  }
  if (std::count(body.begin(), body.end(), '&') >= 10'000) return Error(ErrorCode::limit_exceeded, "too many fields in the form");
  request.form_pairs = parse_query(body);
  for (const auto& [name, value] : request.form_pairs)
    if (!is_clean_text(name) || !is_clean_text(value)) return Error(ErrorCode::malformed_request, "a form field is not UTF-8 text");
  return {};
}

}  // namespace machiya::http
