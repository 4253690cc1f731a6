#include "platform/metrics/metrics.h"

#include <cmath>
#include <cstdio>
#include <map>
#include <mutex>

#include "base/result.h"

namespace machiya::metrics {
namespace {
/// HELP text: backslash and line feed are escaped (Prometheus text format 0.0.4).
void write_help(std::string_view text, std::string& out) {
  for (char c : text) {
    if (c == '\\') out += "\\\\";
    else if (c == '\n') out += "\\n";
    else out += c;
  }
}

std::string number(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  char buf[32];
  std::snprintf(buf, sizeof buf, "%.15g", v);
  return buf;
}

bool is_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':')) return false;
  return true;
}

void write_sample(std::string_view name, std::string_view labels, const std::string& value, std::string& out) {
  out += name;
  if (!labels.empty()) {
    out += '{';
    out += labels;
    out += '}';
  }
  out += ' ';
  out += value;
  out += '\n';
}
}  // namespace

std::string label(std::string_view name, std::string_view value) {
  MACHIYA_ASSERT(is_name(name));
  std::string out(name);
  out += "=\"";
  for (char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out + '"';
}

const double Histogram::kBounds[kBuckets] = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};

void Histogram::observe(double seconds) {
  int i = 0;
  while (i < kBuckets && seconds > kBounds[i]) ++i;
  counts_[i].fetch_add(1, std::memory_order_relaxed);
  sum_us_.fetch_add(static_cast<std::int64_t>(seconds * 1e6), std::memory_order_relaxed);
}

void Histogram::write(std::string_view name, std::string_view labels, std::string& out) const {
  const std::string bucket = std::string(name) + "_bucket";
  const std::string prefix = labels.empty() ? std::string() : std::string(labels) + ',';
  std::int64_t total = 0;
  for (int i = 0; i <= kBuckets; ++i) {
    total += counts_[i].load(std::memory_order_relaxed);
    write_sample(bucket, prefix + label("le", i < kBuckets ? number(kBounds[i]) : "+Inf"), std::to_string(total), out);
  }
  write_sample(std::string(name) + "_sum", labels, number(static_cast<double>(sum_us_.load(std::memory_order_relaxed)) / 1e6), out);
  write_sample(std::string(name) + "_count", labels, std::to_string(total), out);
}

namespace {
enum class Kind { counter, histogram, gauge };
constexpr std::string_view kKindNames[] = {"counter", "histogram", "gauge"};

/// All series of one name.
struct Family {
  Kind kind = Kind::counter;
  std::string help;
  std::map<std::string, std::unique_ptr<Counter>> counters;
  std::map<std::string, std::unique_ptr<Histogram>> histograms;
  std::function<double()> read;
};
}  // namespace

struct Registry::Impl {
  mutable std::mutex mutex;
  std::map<std::string, Family> families;

  Family& family(std::string name, Kind kind, std::string help) {
    MACHIYA_ASSERT(is_name(name));
    auto [it, fresh] = families.try_emplace(std::move(name));
    MACHIYA_ASSERT(fresh || it->second.kind == kind);  // one name, one type: the format demands it
    if (fresh) {
      it->second.kind = kind;
      it->second.help = std::move(help);
    }
    return it->second;
  }
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

Counter& Registry::counter(std::string name, std::string help, std::string labels) {
  std::lock_guard lock(impl_->mutex);
  auto& slot = impl_->family(std::move(name), Kind::counter, std::move(help)).counters[std::move(labels)];
  if (!slot) slot = std::make_unique<Counter>();
  return *slot;
}

Histogram& Registry::histogram(std::string name, std::string help, std::string labels) {
  std::lock_guard lock(impl_->mutex);
  auto& slot = impl_->family(std::move(name), Kind::histogram, std::move(help)).histograms[std::move(labels)];
  if (!slot) slot = std::make_unique<Histogram>();
  return *slot;
}

void Registry::gauge(std::string name, std::string help, std::function<double()> read) {
  std::lock_guard lock(impl_->mutex);
  impl_->family(std::move(name), Kind::gauge, std::move(help)).read = std::move(read);
}

void Registry::counter_read(std::string name, std::string help, std::function<double()> read) {
  std::lock_guard lock(impl_->mutex);
  impl_->family(std::move(name), Kind::counter, std::move(help)).read = std::move(read);
}

std::string Registry::exposition() const {
  std::lock_guard lock(impl_->mutex);
  std::string out;
  for (const auto& [name, family] : impl_->families) {
    out += "# HELP " + name + ' ';
    write_help(family.help, out);
    out += "\n# TYPE " + name + ' ';
    out += kKindNames[static_cast<int>(family.kind)];
    out += '\n';
    for (const auto& [labels, counter] : family.counters) write_sample(name, labels, std::to_string(counter->value()), out);
    for (const auto& [labels, histogram] : family.histograms) histogram->write(name, labels, out);
    if (family.read) write_sample(name, {}, number(family.read()), out);
  }
  return out;
}

}  // namespace machiya::metrics
