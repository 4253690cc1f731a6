// One client connection: reads requests on its io thread, has them answered on a worker thread, one at a time and in
// order, and sends the answers. Exactly one side owns it at any moment (`turn_`).
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "platform/http/event_stream.h"
#include "platform/http/form_body.h"
#include "platform/http/message_parser.h"
#include "platform/http/server_core.h"
#include "platform/http/tls.h"

namespace machiya::http {

/// One request on its way to its answer.
struct Exchange {
  Request request;
  const Route* route = nullptr;
  bool known = false;               ///< a request line was understood: worth an access line
  int version = 11;
  bool keep_alive = true;
  std::optional<Response> preset;   ///< an answer decided before any handler ran
  std::unique_ptr<FormBody> form;   ///< multipart on its way to the disk
  std::string chunk;                ///< body bytes for the worker
  bool ask_first = false;           ///< the worker asks the head gates before the body is read
  bool continue_due = false;        ///< the client waits for "100 Continue"
  bool body_complete = false;
  std::uint64_t body_seen = 0;
  std::uint64_t body_limit = 0;
  std::unique_ptr<FileSource> file;
  std::shared_ptr<EventStream> events;
  std::int64_t began_ns = 0;        ///< the handler's begin, steady
  std::optional<Response> held;     ///< made, and waiting for what its `waits` says
};

class Connection final : public Watcher, public Work, public std::enable_shared_from_this<Connection> {
 public:
  Connection(ServerCore& core, IoThread& io, int fd, std::string remote, std::unique_ptr<TlsSession> tls);
  ~Connection() override;

  // io thread
  void start();
  void on_readable() override;
  void on_writable() override;
  void on_mail(Mail what);
  void on_tick();
  void on_drain();  ///< the server's Drain has changed
  void on_cut();    ///< ends what is in progress: the drain's time is over
  void close();

  // worker thread
  void run() override;
  std::int64_t expected_ns() const override;

 private:
  enum class Phase { idle, head, body, working, writing, streaming, lingering, closed };
  enum class Turn { io, worker, worker_then_io };
  /// What the io thread has to do after the worker.
  enum class Outcome { next, write, body, close };

  // connection.cpp: reading and the phases
  void read_some();
  void consume(std::string_view data);
  std::size_t process(std::string_view data);
  void resume();
  void wait_readable();
  void on_end_of_input();
  void on_worker_done();
  void next_request();
  void discard_input();

  // connection_end.cpp
  void linger();
  void half_close();
  void rest();
  void pass_on();
  void leave();
  void abandon_exchange();
  bool input_waits() const;

  // connection_socket.cpp: the socket, in the clear or through TLS
  ssize_t receive(char* out, std::size_t size);
  ssize_t transmit(const char* bytes, std::size_t size);
  void end_sending();

  // connection_write.cpp: sending from the io thread
  bool write_out();
  void after_write();
  void start_streaming();
  void send_events();

  // connection_head.cpp: decisions at the head of a request
  bool on_head();
  bool on_body_bytes();
  void fill_request(Head& head);
  std::optional<Error> check_head(const Head& head);
  std::optional<Response> check_rate();
  bool prepare_body(const Head& head);
  bool asks_first(const Head& head) const;
  void invite_body();
  void refuse(const Error& error);
  void hand_over();

  // connection_work.cpp: on the worker
  void answer();
  void wait_for(Response response);
  void answer_held();
  void send_response(Response response);
  Response make_response();
  Response finished(Response response);
  void learn_usual(std::int64_t nanoseconds);
  void record(int status, std::int64_t nanoseconds);
  void continue_file();
  void send_bytes(std::string bytes);
  void finish_turn(Outcome outcome);

  ServerCore& core_;
  IoThread& io_;
  const int fd_;
  FdWatch watch_;
  const std::string peer_;
  const std::unique_ptr<TlsSession> tls_;   ///< nothing in the clear
  std::size_t slot_ = 0;  ///< place in io_.connections

  Phase phase_ = Phase::idle;
  bool reading_ = false;  ///< a readiness wait is pending
  std::atomic<Turn> turn_{Turn::io};
  Outcome outcome_ = Outcome::next;
  std::atomic<std::int64_t> active_ms_{0};  ///< last progress
  std::int64_t started_ms_ = 0;             ///< first byte of the request
  std::unique_ptr<MessageParser> parser_;
  std::string in_;   ///< received, not yet parsed
  std::string out_;  ///< to be sent
  std::size_t out_at_ = 0;
  std::unique_ptr<Exchange> exchange_;
};

}  // namespace machiya::http
