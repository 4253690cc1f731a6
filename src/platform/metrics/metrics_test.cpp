#include "platform/metrics/metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace machiya::metrics {
namespace {
std::size_t count(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(Metrics, HelpAndTypeStandOncePerName) {
  Registry r;
  r.counter("requests_total", "Requests.", label("code", "200")).add(3);
  r.counter("requests_total", "Requests.", label("code", "404")).add();
  EXPECT_EQ(r.exposition(),
            "# HELP requests_total Requests.\n# TYPE requests_total counter\n"
            "requests_total{code=\"200\"} 3\nrequests_total{code=\"404\"} 1\n");
}

TEST(Metrics, SameLabelsGiveTheSameCounter) {
  Registry r;
  EXPECT_EQ(&r.counter("a", "A."), &r.counter("a", "A."));
  EXPECT_NE(&r.counter("a", "A."), &r.counter("a", "A.", label("x", "1")));
}

TEST(Metrics, LabelsAndHelpAreEscaped) {
  EXPECT_EQ(label("route", "a\"b\\c\nd"), "route=\"a\\\"b\\\\c\\nd\"");
  Registry r;
  r.counter("x_total", "line\nback\\slash");
  EXPECT_NE(r.exposition().find("# HELP x_total line\\nback\\\\slash\n"), std::string::npos);
}

TEST(Metrics, HistogramBucketsAreCumulativeAndEndWithInf) {
  Registry r;
  Histogram& h = r.histogram("wait_seconds", "Waiting.", label("route", "/"));
  h.observe(0.0001);
  h.observe(0.0005);  // bounds are inclusive
  h.observe(0.3);
  h.observe(60);
  const std::string text = r.exposition();
  EXPECT_NE(text.find("wait_seconds_bucket{route=\"/\",le=\"0.0005\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("wait_seconds_bucket{route=\"/\",le=\"0.2\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("wait_seconds_bucket{route=\"/\",le=\"0.5\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("wait_seconds_bucket{route=\"/\",le=\"10\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("wait_seconds_bucket{route=\"/\",le=\"+Inf\"} 4\n"), std::string::npos);
  EXPECT_NE(text.find("wait_seconds_count{route=\"/\"} 4\n"), std::string::npos);
  EXPECT_NE(text.find("wait_seconds_sum{route=\"/\"} 60.3006\n"), std::string::npos) << text;
  EXPECT_EQ(count(text, "# TYPE wait_seconds histogram"), 1u);
}

TEST(Metrics, GaugesAreReadWhenAsked) {
  Registry r;
  double v = 1;
  r.gauge("depth", "Depth.", [&] { return v; });
  v = 2.5;
  EXPECT_NE(r.exposition().find("# TYPE depth gauge\ndepth 2.5\n"), std::string::npos);
}

TEST(Metrics, ProcessFiguresAreThere) {
  Registry r;
  add_process_metrics(r);
  const std::string text = r.exposition();
  EXPECT_NE(text.find("# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total "), std::string::npos);
  auto value = [&](const std::string& name) { return std::stod(text.substr(text.find("\n" + name + " ") + name.size() + 2)); };
  EXPECT_GT(value("process_resident_memory_bytes"), 100'000);
  EXPECT_GE(value("process_open_fds"), 3);
  EXPECT_GT(value("process_start_time_seconds"), 1.6e9);
}

TEST(Metrics, CountersAddUpOverThreads) {
  Registry r;
  Counter& c = r.counter("n_total", "N.");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) c.add();
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(c.value(), 40'000);
}
}  // namespace
}  // namespace machiya::metrics
