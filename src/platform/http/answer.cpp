#include "platform/http/answer.h"

#include "base/text.h"
#include "platform/http/compress.h"
#include "platform/http/conditional.h"

namespace machiya::http {
namespace {
bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char c = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] + 32) : a[i];
    if (c != lower[i]) return false;
  }
  return true;
}

bool is_token(std::string_view name) {
  if (name.empty()) return false;
  for (char c : name)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
          std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos))
      return false;
  return true;
}

/// Framing and date belong to the server alone.
bool is_ours(std::string_view name) {
  for (std::string_view own : {"content-length", "transfer-encoding", "connection", "date", "keep-alive", "x-request-id"})
    if (equals_ignoring_case(name, own)) return true;
  return false;
}

const std::string& http_date(Instant now) {
  thread_local std::int64_t second = -1;
  thread_local std::string text;
  if (now.us / kSecond != second) {
    second = now.us / kSecond;
    text = to_http_date(now);
  }
  return text;
}

bool has_no_body(int status) { return status == 204 || status == 304; }

void write_head(const Request& request, const Response& response, const AnswerContext& context, std::uint64_t length, std::string& out) {
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\nDate: ";
  out += http_date(context.now);
  out += "\r\nX-Request-Id: ";
  out += request.id;
  for (const auto& [name, value] : response.headers) {
    if (is_ours(name)) continue;
    out += "\r\n";
    out += name;
    out += ": ";
    out += value;
  }
  if (!response.events && !has_no_body(response.status)) {
    out += "\r\nContent-Length: ";
    out += std::to_string(length);
  }
  if (!context.keep_alive || response.events) out += "\r\nConnection: close";
  else if (context.version == 10) out += "\r\nConnection: keep-alive";
  out += "\r\n\r\n";
}

/// If-None-Match and Range for a body whose handler gave it an ETag.
void apply_validators(const Request& request, Response& response) {
  if (response.status != 200) return;
  const std::string* etag = find_header(response, "etag");
  if (!etag) return;
  if (not_modified(request, *etag, std::nullopt)) {
    response.status = 304;
    response.body.clear();
    return;
  }
  Range range;
  switch (choose_range(request, response.body.size(), *etag, std::nullopt, range)) {
    case RangeAnswer::whole: return;
    case RangeAnswer::part:
      response.header("Content-Range", "bytes " + std::to_string(range.first) + '-' + std::to_string(range.last) + '/' + std::to_string(response.body.size()));
      response.body = response.body.substr(range.first, range.length());
      response.status = 206;
      return;
    case RangeAnswer::unsatisfiable:
      response.header("Content-Range", "bytes */" + std::to_string(response.body.size()));
      response.body.clear();
      response.status = 416;
      return;
  }
}

/// Bodies that say of themselves that they never change (RFC 8246) are coded once.
std::shared_ptr<const std::string> coded_body(const Request& request, Response& response, Coding coding, CodedFiles* cache) {
  const std::string* lifetime = find_header(response, "cache-control");
  const bool keep = cache && lifetime && response.status == 200 && lifetime->find("immutable") != std::string::npos;
  std::string key;
  if (keep) {
    key = "immutable\n" + request.target + '\n' + std::to_string(response.body.size()) + '\n' + std::string(coding_name(coding));
    if (auto known = cache->find(key)) return known;
  }
  auto coded = compress(coding, response.body);
  if (!coded) return nullptr;
  auto body = std::make_shared<const std::string>(std::move(*coded));
  if (keep) cache->keep(std::move(key), body);
  return body;
}

void apply_compression(const Request& request, Response& response, CodedFiles* cache) {
  if (response.status == 206 || response.body.size() < kMinCompressed) return;
  const std::string* type = find_header(response, "content-type");
  if (!type || !is_compressible(*type) || find_header(response, "content-encoding")) return;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  const Coding coding = choose_coding(request.header("accept-encoding"));
  if (coding == Coding::identity) return;
  const auto coded = coded_body(request, response, coding, cache);
  if (!coded) return;
  response.body = *coded;
  response.headers.emplace_back("Content-Encoding", coding_name(coding));
  // The coded bytes differ from the plain ones, so the tag of both can only be a weak one (RFC 9110 §8.8.1).
  if (std::string* etag = find_header(response, "etag"); etag && !starts_with(*etag, "W/")) etag->insert(0, "W/");
}
}  // namespace

std::string* find_header(Response& response, std::string_view lower_name) {
  for (auto& [name, value] : response.headers)
    if (equals_ignoring_case(name, lower_name)) return &value;
  return nullptr;
}

bool headers_are_safe(const Response& response) {
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name)) return false;
    for (unsigned char c : value)
      if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
  }
  return response.status >= 200 && response.status <= 599;
}

Result<Answer> prepare_answer(const Request& request, Response& response, const AnswerContext& context) {
  Answer answer;
  std::uint64_t length = 0;
  if (response.events) {
    response.headers.emplace_back("Content-Type", "text/event-stream");
    response.headers.emplace_back("Cache-Control", "no-store");
    response.headers.emplace_back("X-Accel-Buffering", "no");
    response.body.clear();
    answer.events = response.events;
  } else {
    if (!response.file.empty()) {
      MACHIYA_CHECK(resolve_file(request, response, context, answer.file, length));
    } else {
      apply_validators(request, response);
      apply_compression(request, response, context.coded_files);
    }
    if (!answer.file) length = response.body.size();
  }
  answer.status = response.status;
  answer.bytes.reserve(512 + (request.method == Method::head ? 0 : response.body.size()));
  write_head(request, response, context, length, answer.bytes);
  if (request.method == Method::head) {
    answer.file.reset();
    answer.events.reset();
  } else if (!has_no_body(response.status)) {
    answer.bytes += response.body;
  }
  return answer;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 507: return "Insufficient Storage";
    default: return "Status";
  }
}

}  // namespace machiya::http
