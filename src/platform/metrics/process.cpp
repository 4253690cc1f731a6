// Figures of this process from /proc (proc(5)) and getrusage(2).
#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "platform/metrics/metrics.h"

namespace machiya::metrics {

double resident_bytes() {
  std::ifstream in("/proc/self/statm");
  long total = 0, resident = 0;
  in >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_fds() {
  DIR* dir = ::opendir("/proc/self/fd");
  if (!dir) return 0;
  int count = 0;
  while (const dirent* entry = ::readdir(dir)) count += entry->d_name[0] != '.';
  ::closedir(dir);
  return count - 1;  // without the one of opendir itself
}

double start_time_seconds() {
  std::ifstream stat("/proc/self/stat");
  std::string line;
  std::getline(stat, line);
  const std::size_t after_name = line.rfind(')');
  if (after_name == std::string::npos) return 0;
  const char* at = line.c_str() + after_name + 1;
  unsigned long long ticks = 0;
  for (int field = 3; field <= 22; ++field) {  // field 22: start in ticks after boot
    while (*at == ' ') ++at;
    if (field == 22) ticks = std::strtoull(at, nullptr, 10);
    while (*at && *at != ' ') ++at;
  }
  std::ifstream boot("/proc/stat");
  unsigned long long boot_time = 0;
  for (std::string word; boot >> word;)
    if (word == "btime" && boot >> boot_time) break;
  return static_cast<double>(boot_time) + static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void add_process_metrics(Registry& registry) {
  registry.gauge("process_resident_memory_bytes", "Resident memory of the server process.", resident_bytes);
  registry.gauge("process_open_fds", "Open file descriptors.", open_fds);
  registry.gauge("process_start_time_seconds", "Start of the process, seconds since 1970.",
                 [start = start_time_seconds()] { return start; });
  registry.counter_read("process_cpu_seconds_total", "User and system CPU time.", cpu_seconds);
}

}  // namespace machiya::metrics
