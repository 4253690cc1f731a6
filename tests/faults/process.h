// A child process with pipes on its standard input and output.
#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace machiya::faults {

class Process {
 public:
  explicit Process(const std::vector<std::string>& argv);
  ~Process();   // kills what still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  /// The next line of its output without the end; false at the end of output.
  bool read_line(std::string& line);
  /// The same, and kills the process when `deadline` comes first; what it printed before can still be read.
  bool read_line_or_kill(std::string& line, std::chrono::steady_clock::time_point deadline);
  void write_line(const std::string& line);
  /// kill -9 and wait.
  void kill();
  /// Closes its input and waits; gives the exit code, or -signal.
  int finish();
  int pid() const { return pid_; }

 private:
  int wait();
  bool take_line(std::string& line);
  int pid_ = -1, in_ = -1, out_ = -1;
  std::string buffer_;
};

}  // namespace machiya::faults
