// The worker's part: feed uploads to the disk, run the handler, make the answer, send what the socket takes.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>

#include "base/log.h"
#include "platform/http/connection.h"
#include "platform/metrics/metrics.h"

namespace machiya::http {
namespace {
constexpr std::size_t kFilePiece = 256 * 1024;
constexpr int kPiecesPerTurn = 16;               ///< then others get the thread
constexpr std::int64_t kSlowNs = 1'000'000;
constexpr std::int64_t kSendNs = 15'000;         ///< of an answer that is made

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
}  // namespace

std::int64_t Connection::expected_ns() const {
  if (exchange_->held) return kSendNs;
  if (exchange_->file || exchange_->form) return kSlowNs;
  return core_.stats_of(exchange_->route).usual_ns.load(std::memory_order_relaxed);
}

void Connection::run() {
  if (exchange_->file) return continue_file();
  if (exchange_->held) return answer_held();
  Exchange& ex = *exchange_;
  if (ex.ask_first) {
    ex.ask_first = false;
    ex.preset = core_.router.refuse_head(ex.request, *ex.route);
    if (!ex.preset) return finish_turn(Outcome::body);
    ex.keep_alive = false;   // the body stays unread
    return answer();
  }
  if (ex.form && !ex.preset) {
    auto fed = ex.form->feed(ex.chunk);
    ex.chunk.clear();
    if (!fed.ok()) {
      ex.preset = problem(fed.error(), ex.request);
      ex.keep_alive = false;
    } else if (!ex.body_complete) {
      return finish_turn(Outcome::body);
    }
  }
  answer();
}

Response Connection::make_response() {
  Exchange& ex = *exchange_;
  if (!ex.preset && ex.body_complete && !ex.request.header("content-type").empty()) {
    auto finished = ex.form ? ex.form->finish(ex.request) : finish_plain_body(ex.request, std::move(ex.chunk));
    if (!finished.ok()) ex.preset = problem(finished.error(), ex.request);
  } else if (!ex.preset) {
    ex.request.body = std::move(ex.chunk);
  }
  if (!ex.preset) return core_.router.dispatch(ex.request);
  return finished(std::move(*ex.preset));
}

/// Of an answer that no handler made.
Response Connection::finished(Response response) {
  try {
    core_.router.finish(exchange_->request, response);
  } catch (const std::exception& e) {
    response = core_.router.failure(exchange_->request, e.what());
  }
  return response;
}

void Connection::answer() {
  Exchange& ex = *exchange_;
  ex.began_ns = steady_ns();
  Response response = make_response();
  if (!ex.preset) learn_usual(steady_ns() - ex.began_ns);
  if (response.waits) return wait_for(std::move(response));
  send_response(std::move(response));
}

/// The thread goes on to other requests. The connection stays the worker's: what lets go puts it into the queue again.
void Connection::wait_for(Response response) {
  const std::shared_ptr<Waits> waits = response.waits;
  exchange_->held = std::move(response);
  core_.pool->expect();
  waits->when_ready([self = shared_from_this()] { self->core_.pool->push_expected(self); });
}

void Connection::answer_held() {
  Response response = std::move(*exchange_->held);
  exchange_->held.reset();
  const std::shared_ptr<Waits> waits = std::move(response.waits);
  if (auto other = waits->instead()) response = finished(std::move(*other));
  send_response(std::move(response));
}

void Connection::send_response(Response response) {
  Exchange& ex = *exchange_;
  if (!headers_are_safe(response)) response = core_.router.failure(ex.request, "unsafe header or status");
  if (core_.closing()) ex.keep_alive = false;
  AnswerContext context{core_.clock.now(), ex.keep_alive, ex.version, &core_.coded_files};
  auto prepared = prepare_answer(ex.request, response, context);
  if (!prepared.ok()) {
    response = problem(prepared.error(), ex.request);
    prepared = prepare_answer(ex.request, response, context);
  }
  Answer& answer = *prepared;
  record(answer.status, steady_ns() - ex.began_ns);
  if (answer.events) ex.keep_alive = false;
  ex.form.reset();  // the handler is done with the spool files
  ex.file = std::move(answer.file);
  ex.events = std::move(answer.events);
  send_bytes(std::move(answer.bytes));
}

/// Follows what its handler usually takes of a thread: one that was interrupted by the scheduler counts little, a row of slow ones fully.
void Connection::learn_usual(std::int64_t nanoseconds) {
  RouteStats& stats = core_.stats_of(exchange_->route);
  const std::int64_t old = stats.usual_ns.load(std::memory_order_relaxed);
  stats.usual_ns.store(old + std::clamp((nanoseconds - old) / 8, -old / 8, old / 4), std::memory_order_relaxed);
}

void Connection::record(int status, std::int64_t nanoseconds) {
  const Exchange& ex = *exchange_;
  RouteStats& stats = core_.stats_of(ex.route);
  stats.by_class[status / 100]->add();
  stats.seconds->observe(static_cast<double>(nanoseconds) / 1e9);
  if (!core_.options.access_log) return;
  log(LogLevel::info, "http-access",
      {{"id", ex.request.id},
       {"method", ex.known ? std::string(method_name(ex.request.method)) : "-"},
       {"route", ex.route ? ex.route->pattern : "-"},
       {"status", std::to_string(status)},
       {"us", std::to_string(nanoseconds / 1000)}});
}

/// Sends directly, which spares the way back over the io thread; the rest is left to that thread.
void Connection::send_bytes(std::string bytes) {
  Exchange& ex = *exchange_;
  for (int piece = 0;; ++piece) {
    std::size_t at = 0;
    while (at < bytes.size()) {
      const ssize_t n = transmit(bytes.data() + at, bytes.size() - at);
      if (n > 0) {
        at += static_cast<std::size_t>(n);
      } else if (errno != EINTR) {
        break;
      }
    }
    const bool whole = at == bytes.size();
    if (!whole && errno != EAGAIN) {  // the client is gone
      ex.file.reset();
      ex.body_complete = true;
      return finish_turn(Outcome::close);
    }
    if (ex.file && ex.file->left() == 0) ex.file.reset();
    if (!whole || ex.events || (ex.file && piece >= kPiecesPerTurn)) {
      out_ = std::move(bytes);
      out_at_ = at;
      return finish_turn(Outcome::write);
    }
    if (!ex.file) break;
    if (!ex.file->read(bytes, kFilePiece)) {  // the file shrank: the promised length cannot be kept
      ex.file.reset();
      return finish_turn(Outcome::close);
    }
  }
  finish_turn(ex.keep_alive ? Outcome::next : Outcome::close);
}

void Connection::continue_file() {
  std::string bytes;
  if (exchange_->file->read(bytes, kFilePiece)) return send_bytes(std::move(bytes));
  exchange_->file.reset();
  finish_turn(Outcome::close);
}

/// The last thing a worker does here: behind it, the io thread owns the connection.
void Connection::finish_turn(Outcome outcome) {
  outcome_ = outcome;
  active_ms_.store(steady_ms(), std::memory_order_relaxed);
  auto self = shared_from_this();
  const Turn before = turn_.exchange(Turn::io, std::memory_order_acq_rel);
  if (before == Turn::worker_then_io || outcome != Outcome::next) io_.mail(std::move(self), Mail::worker_done);
}

}  // namespace machiya::http
