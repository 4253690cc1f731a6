// One client: a kept connection, a cookie jar, variables, and its place in the script.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "tests/load/reply.h"
#include "tests/load/run.h"

namespace machiya::load {

/// What the clients of all threads share.
struct Shared {
  const Options& options;
  std::atomic<std::int64_t> next_pass{0};
  std::atomic<bool> stop{false};
};

class Client {
 public:
  Client(Shared& shared, Report& report, int number, int epoll);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  /// Opens the connection and sends the first request. False when the address does not answer.
  bool start();
  void on_ready(std::uint32_t events);
  bool is_finished() const { return finished_; }

 private:
  bool connect();
  void disconnect();
  void next_step();
  void send_step();
  void flush();
  void receive();
  void on_reply();
  void on_lost();
  void take_captures(const Step& step);
  void take_line(std::int64_t pass);
  void take_cookies();
  void finish();
  const Step& step() const;

  Shared& shared_;
  Report& report_;
  const int number_;
  const int epoll_;
  int fd_ = -1;
  bool finished_ = false;
  bool looping_ = false;
  bool fresh_ = true;     ///< nothing has been answered on this connection yet
  bool retried_ = false;
  std::size_t at_ = 0;
  std::int64_t sent_us_ = 0, pass_us_ = 0;
  std::string out_;
  std::size_t out_at_ = 0;
  ReplyReader reply_;
  std::map<std::string, std::string, std::less<>> variables_;
  std::map<std::string, std::string> cookies_;
  std::string fixed_cookie_;
};

std::int64_t now_us();

}  // namespace machiya::load
