// Counters, gauges and histograms in the Prometheus text format (version 0.0.4). Never personal data in labels.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace machiya::metrics {

class Counter {
 public:
  void add(std::int64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Durations in seconds over fixed buckets.
class Histogram {
 public:
  static constexpr int kBuckets = 14;
  static const double kBounds[kBuckets];   ///< seconds: 0.0005 … 10
  void observe(double seconds);
  void write(std::string_view name, std::string_view labels, std::string& out) const;

 private:
  std::atomic<std::int64_t> counts_[kBuckets + 1]{};
  std::atomic<std::int64_t> sum_us_{0};
};

/// Owns all metrics of one process. Registration happens at start; references stay valid. Thread-safe.
/// The same name and labels give the same object; one name has one type.
class Registry {
 public:
  Registry();
  ~Registry();
  Counter& counter(std::string name, std::string help, std::string labels = {});   ///< labels: `route="x",code="200"`
  Histogram& histogram(std::string name, std::string help, std::string labels = {});
  void gauge(std::string name, std::string help, std::function<double()> read);
  /// A counter whose total is kept elsewhere (CPU time, a database's own figure).
  void counter_read(std::string name, std::string help, std::function<double()> read);
  std::string exposition() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// `name="value"` with the value escaped; join several with ','.
std::string label(std::string_view name, std::string_view value);

/// process_resident_memory_bytes, process_cpu_seconds_total, process_open_fds, process_start_time_seconds.
void add_process_metrics(Registry& registry);

}  // namespace machiya::metrics
