// HTTP/1.1 (RFC 9110, 9112) as the rest of the house sees it: a router of plain, synchronous handlers that run on
// worker threads; sockets, parsing, time-outs, compression and draining stay behind server.h.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace machiya::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options };
std::string_view method_name(Method m);

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A file of a multipart body, spooled to disk while it arrived. Removed with the request.
struct UploadedFile {
  std::string field;
  std::string filename;      ///< as sent: never used as a path
  std::string content_type;  ///< as claimed: blobs sniff the real one
  std::string path;          ///< of the spool file
  std::uint64_t size = 0;
};

/// One request. Valid until the handler returns.
struct Request {
  Method method = Method::get;
  std::string target;      ///< as sent
  std::string path;        ///< decoded, without the query; only "%2F" and "%25" stay escaped (params are decoded fully)
  std::string query_text;  ///< raw
  Pairs headers;           ///< names in lower case
  Pairs params;            ///< of the route pattern
  Pairs query_pairs;
  Pairs form_pairs;        ///< x-www-form-urlencoded or multipart text fields, in order
  std::vector<UploadedFile> files;
  std::string body;        ///< when it is no form
  std::string remote;      ///< client address (trusted hops applied)
  std::string id;          ///< request id, also answered as X-Request-Id
  std::string lang;        ///< chosen by the language gate: ja, ja-easy, en, zh-Hans, ko, vi
  bool secure = false;     ///< arrived over TLS (by us or a trusted proxy)
  bool answer_may_wait = false;     ///< who asks takes an answer that waits (Response::waits); else the handler itself waits
  std::shared_ptr<void> principal;  ///< set by the identity gate; read through identity::principal_of()

  std::string_view header(std::string_view name) const;  ///< "" when absent
  std::string_view param(std::string_view name) const;
  std::optional<std::string_view> query(std::string_view name) const;
  std::optional<std::string_view> form(std::string_view name) const;
  std::string_view cookie(std::string_view name) const;
  bool wants_json() const;      ///< Accept prefers application/json over text/html
  bool wants_fragment() const;  ///< progressive enhancement asks for a part of the page (X-Fragment: 1)
};

/// Where a server-sent event stream takes its events from. Implemented by Hub (hub.h).
class EventStream;

struct Response;

/// What an answer waits for without holding a thread, the disk for instance.
class Waits {
 public:
  virtual ~Waits() = default;
  /// Calls `go` once: when the answer may be sent, on whichever thread learns of it; at once when that is known already.
  virtual void when_ready(std::function<void()> go) = 0;
  /// Asked once behind that, on a worker thread: what is answered instead; nothing: what the handler made.
  virtual std::optional<Response> instead() = 0;
};

/// One answer. Build it with the functions below.
struct Response {
  int status = 200;
  Pairs headers;
  std::string body;
  std::string file;                      ///< when set, this file is sent (ranges and ETag by the server)
  std::shared_ptr<EventStream> events;   ///< when set, an SSE stream
  std::shared_ptr<Waits> waits{};        ///< when set, nothing is sent before it lets go; only where Request::answer_may_wait

  Response& header(std::string name, std::string value);       ///< adds
  Response& cookie(std::string_view name, std::string_view value, std::int64_t max_age_s, bool http_only = true);
};
Response html(std::string body, int status = 200);
Response json(const json::Value& body, int status = 200);
Response text(std::string body, std::string content_type = "text/plain; charset=utf-8", int status = 200);
Response see_other(std::string location);   ///< 303, for post/redirect/get
/// application/problem+json after RFC 9457; the status and title come from errors.def.
Response problem(const Error& error, const Request& request);

using Handler = std::function<Response(Request&)>;

/// What a route promises. Every route names its permission: "public", "contact", "verified", "person" (any signed-in
/// citizen), "staff:<permission>", "client:<scope>", and the object that it addresses; a system test reads the list.
struct RouteOptions {
  std::string permission = "";
  std::uint64_t body_limit = 64 * 1024;       ///< bytes of a whole body
  std::uint64_t file_limit = 0;               ///< bytes of one uploaded file; 0: no files. The body may then be 64 KiB larger than one file
  int rate_per_minute = 600;                  ///< per client and route; 0: no limit
  int timeout_s = 30;                         ///< for the whole request to arrive
  bool reads_personal_data = false;           ///< must leave an audit row
  int step_up_minutes = 0;                    ///< sensitive: the log-in must be no older, else it is asked for again; 0: any age
  bool shows_own_input = false;               ///< shows what the asking person typed themselves and has not sent: no audit row
  /// What the address names, and what is done with it, for the matrix of docs/authorization.md: "none" (nothing in particular),
  /// "case", "own-case", "draft", "report", "person", "register", "row", … (tests/authorization knows samples of each kind). A route
  /// without it fails the matrix.
  std::string object = "";
  std::string action = "";                    ///< what the policy calls it; "": the permission of the route
  bool csrf = true;                           ///< POST from a browser needs the token; false for token clients
  std::string page_kind;                      ///< name of the kind of page, for accessibility tests; "" for APIs
  std::string sample;                         ///< a sample path for tests, when the pattern has parameters
  /// The same for a route that addresses this object, with this action.
  RouteOptions on(std::string what, std::string does = {}) const {
    RouteOptions out = *this;
    out.object = std::move(what), out.action = std::move(does);
    return out;
  }
};

struct Route {
  Method method = Method::get;
  std::string pattern;   ///< "/cases/{number}"; "{path*}" takes the rest
  RouteOptions options;
  Handler handler;
};

/// All routes. Built once before the server starts; then read-only.
class Router {
 public:
  Router();
  ~Router();
  void add(Method method, std::string pattern, RouteOptions options, Handler handler);
  void get(std::string pattern, RouteOptions options, Handler handler) { add(Method::get, std::move(pattern), std::move(options), std::move(handler)); }
  void post(std::string pattern, RouteOptions options, Handler handler) { add(Method::post, std::move(pattern), std::move(options), std::move(handler)); }
  /// Gates run before the handler in the order added; the first that answers ends the request.
  using Gate = std::function<std::optional<Response>(Request&, const Route&)>;
  void gate(Gate gate);
  /// Asked on a worker thread before a body is read that is large, in chunks, or waits for "100 Continue": may this
  /// request send it? The request has its head only. The gates are asked again once the body is here.
  void head_gate(Gate gate);
  /// The first refusal of the head gates; nothing when the body may come.
  std::optional<Response> refuse_head(Request& request, const Route& route) const;
  /// Finishes every response (security headers, error pages in the visitor's language).
  using Finisher = std::function<void(const Request&, Response&)>;
  void finisher(Finisher finisher);
  /// The route for a path; nullptr when none. `allowed` collects methods for 405.
  const Route* match(Method method, std::string_view path, Pairs& params, std::vector<Method>& allowed) const;
  const std::vector<Route>& routes() const;
  /// Match, gates, handler, finishers: what the server calls, and unit tests without a socket.
  Response dispatch(Request& request) const;
  /// Runs the finishers only: for answers that are made before a handler could run.
  void finish(const Request& request, Response& response) const;
  /// 500 with the request id as incident id; logs `what` (which is never shown to the client).
  Response failure(const Request& request, std::string_view what) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// "a=1&b=%E7%8C%AB" -> pairs; broken escapes are kept as they stand.
Pairs parse_query(std::string_view text);
std::string url_decode(std::string_view text);
std::string url_encode(std::string_view text);

}  // namespace machiya::http
