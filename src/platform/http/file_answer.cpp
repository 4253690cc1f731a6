// Files as answers: validators from size and change time, one range, coded forms kept in memory.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/text.h"
#include "platform/http/answer.h"
#include "platform/http/compress.h"
#include "platform/http/conditional.h"

namespace machiya::http {
namespace {
constexpr std::uint64_t kSmallFile = 64 * 1024;        ///< read whole and sent with the head
constexpr std::uint64_t kCodableFile = 2 * 1024 * 1024;

std::string_view type_by_name(std::string_view path) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 21> types = {{
      {".html", "text/html; charset=utf-8"}, {".css", "text/css; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"}, {".json", "application/json"}, {".geojson", "application/geo+json"},
      {".svg", "image/svg+xml; charset=utf-8"}, {".png", "image/png"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".webp", "image/webp"},
      {".ico", "image/x-icon"}, {".pdf", "application/pdf"}, {".csv", "text/csv; charset=utf-8"}, {".txt", "text/plain; charset=utf-8"},
      {".xml", "application/xml"}, {".woff2", "font/woff2"}, {".wasm", "application/wasm"}, {".webmanifest", "application/manifest+json"},
      {".zip", "application/zip"}, {".mp4", "video/mp4"}}};
  for (const auto& [end, type] : types)
    if (path.size() > end.size() && path.substr(path.size() - end.size()) == end) return type;
  return "application/octet-stream";
}

std::string hex(std::uint64_t v) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  do out.insert(out.begin(), digits[v & 15]);
  while (v >>= 4);
  return out;
}

struct OpenFile {
  std::unique_ptr<FileSource> source;
  std::uint64_t size = 0;
  Instant modified;
};

Result<OpenFile> open_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return Error(errno == ENOENT || errno == ENOTDIR ? ErrorCode::not_found : ErrorCode::storage_failed);
  struct stat info {};
  OpenFile out;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return Error(ErrorCode::not_found);
  }
  out.size = static_cast<std::uint64_t>(info.st_size);
  out.modified = Instant{info.st_mtim.tv_sec * kSecond + info.st_mtim.tv_nsec / 1000};
  out.source = std::make_unique<FileSource>(fd, 0, out.size);
  return out;
}

/// The coded form from the cache or made now. False when the file goes out as it is.
bool use_coded(const Request& request, Response& response, OpenFile& file, const std::string& etag, CodedFiles* cache) {
  const Coding coding = choose_coding(request.header("accept-encoding"));
  if (coding == Coding::identity || !cache) return false;
  const std::string key = response.file + '\n' + etag + '\n' + std::string(coding_name(coding));
  auto body = cache->find(key);
  if (!body) {
    std::string plain;
    if (!file.source->read(plain, file.size)) return false;
    auto coded = compress(coding, plain);
    if (!coded) {
      response.body = std::move(plain);  // read already, so send it from here
      return true;
    }
    body = std::make_shared<const std::string>(std::move(*coded));
    cache->keep(key, body);
  }
  response.body = *body;
  response.headers.emplace_back("Content-Encoding", coding_name(coding));
  if (std::string* tag = find_header(response, "etag"); tag && !starts_with(*tag, "W/")) tag->insert(0, "W/");
  return true;
}
}  // namespace

FileSource::~FileSource() { ::close(fd_); }

bool FileSource::read(std::string& out, std::size_t size) {
  out.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size, left_)));
  std::size_t have = 0;
  while (have < out.size()) {
    const ssize_t n = ::pread(fd_, out.data() + have, out.size() - have, static_cast<off_t>(offset_ + have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    have += static_cast<std::size_t>(n);
  }
  offset_ += have;
  left_ -= have;
  return true;
}

std::shared_ptr<const std::string> CodedFiles::find(const std::string& key) const {
  std::lock_guard lock(mutex_);
  auto it = entries_.find(key);
  return it == entries_.end() ? nullptr : it->second;
}

void CodedFiles::keep(std::string key, std::shared_ptr<const std::string> body) {
  std::lock_guard lock(mutex_);
  if (size_ + body->size() > limit_) {  // rare: the files of a city fit many times over
    entries_.clear();
    size_ = 0;
  }
  if (body->size() > limit_) return;
  size_ += body->size();
  if (auto [it, fresh] = entries_.emplace(std::move(key), body); !fresh) size_ -= body->size();
}

Result<void> resolve_file(const Request& request, Response& response, const AnswerContext& context,
                          std::unique_ptr<FileSource>& source, std::uint64_t& length) {
  MACHIYA_TRY(OpenFile file, open_file(response.file));
  if (!find_header(response, "content-type")) response.header("Content-Type", std::string(type_by_name(response.file)));
  if (!find_header(response, "etag")) response.header("ETag", '"' + hex(file.size) + '-' + hex(static_cast<std::uint64_t>(file.modified.us)) + '"');
  response.header("Last-Modified", to_http_date(file.modified));
  response.header("Accept-Ranges", "bytes");
  const std::string etag = *find_header(response, "etag");
  const bool codable = is_compressible(*find_header(response, "content-type")) && file.size >= kMinCompressed && file.size <= kCodableFile &&
                       !find_header(response, "content-encoding");
  if (response.status == 200 && not_modified(request, etag, file.modified)) {
    if (codable) response.header("Vary", "Accept-Encoding");
    response.status = 304;
    return {};
  }
  Range range;
  const RangeAnswer answer = response.status == 200 ? choose_range(request, file.size, etag, file.modified, range) : RangeAnswer::whole;
  if (answer == RangeAnswer::unsatisfiable) {
    response.header("Content-Range", "bytes */" + std::to_string(file.size));
    response.status = 416;
    return {};
  }
  if (answer == RangeAnswer::part) {
    response.header("Content-Range", "bytes " + std::to_string(range.first) + '-' + std::to_string(range.last) + '/' + std::to_string(file.size));
    response.status = 206;
    file.source->select(range.first, length = range.length());
    source = std::move(file.source);
    return {};
  }
  if (codable) {
    response.header("Vary", "Accept-Encoding");
    if (use_coded(request, response, file, etag, context.coded_files)) return {};
  }
  length = file.source->left();
  if (file.size <= kSmallFile && request.method != Method::head) {
    if (!file.source->read(response.body, file.size)) return Error(ErrorCode::storage_failed);
    return {};
  }
  source = std::move(file.source);
  return {};
}

}  // namespace machiya::http
