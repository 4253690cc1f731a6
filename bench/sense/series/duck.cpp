#include "bench/sense/series/duck.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "bench/sense/series/city.h"

namespace machiya::bench {
namespace {

// The few functions of the C API that are used; handles are pointers there.
struct Result {
  std::uint64_t columns, rows, changed;
  void *data, *error, *inside;
};
struct Api {
  int (*open)(const char*, void**);
  int (*connect)(void*, void**);
  int (*query)(void*, const char*, Result*);
  const char* (*error)(Result*);
  void (*destroy)(Result*);
  int (*appender)(void*, const char*, const char*, void**);
  int (*append_i32)(void*, std::int32_t);
  int (*append_i64)(void*, std::int64_t);
  int (*append_f64)(void*, double);
  int (*end_row)(void*);
  int (*close_appender)(void**);
  void* (*fetch)(Result);
  std::uint64_t (*chunk_size)(void*);
  void* (*chunk_vector)(void*, std::uint64_t);
  void* (*vector_data)(void*);
  void (*destroy_chunk)(void**);
};

double processor_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

class LoadedDuck final : public Duck {
 public:
  explicit LoadedDuck(const Api& api) : api_(api) {
    check(api_.open(nullptr, &database_) == 0, "open");
    check(api_.connect(database_, &connection_) == 0, "connect");
    run("SET threads=1");
  }
  void fill(std::uint32_t meters, std::uint32_t hours, const std::string& type) override {
    run("DROP TABLE IF EXISTS reading");
    run("CREATE TABLE reading (meter INTEGER, hour_start BIGINT, litres " + type + ")");
    void* to = nullptr;
    check(api_.appender(connection_, nullptr, "reading", &to) == 0, "appender");
    for (std::uint32_t hour = 0; hour < hours; ++hour)
      for (std::uint32_t meter = 0; meter < meters; ++meter) {
        api_.append_i32(to, static_cast<std::int32_t>(meter));
        api_.append_i64(to, kDayStart + hour * 3600);
        if (type == "DOUBLE") api_.append_f64(to, litres(meter, hour));
        else api_.append_i32(to, static_cast<std::int32_t>(litres(meter, hour)));
        api_.end_row(to);
      }
    check(api_.close_appender(&to) == 0, "append");
    run("CHECKPOINT");
  }
  DuckAnswer day() override {
    const std::string sql = "SELECT count(*), CAST(sum(litres) AS DOUBLE), min(litres), max(litres), CAST(sum(litres * litres) AS DOUBLE), meter FROM reading WHERE hour_start >= " + std::to_string(kDayStart) +
                            " AND hour_start < " + std::to_string(kDayStart + 86400) + " GROUP BY meter";
    const double before = processor_seconds();
    Result result = run(sql, true);
    DuckAnswer out;
    out.seconds = processor_seconds() - before;   // reading the rows below is not counted
    for (void* chunk; (chunk = api_.fetch(result)) != nullptr; api_.destroy_chunk(&chunk)) {
      const std::uint64_t n = api_.chunk_size(chunk);
      const auto* sums = static_cast<const double*>(api_.vector_data(api_.chunk_vector(chunk, 1)));
      for (std::uint64_t i = 0; i < n; ++i) out.sum += sums[i];
      out.rows += n;
    }
    api_.destroy(&result);
    return out;
  }

 private:
  static void check(bool ok, const char* what) {
    if (!ok) std::fprintf(stderr, "duckdb: %s failed\n", what), std::exit(1);
  }
  Result run(const std::string& sql, bool keep = false) {
    Result result{};
    if (api_.query(connection_, sql.c_str(), &result) != 0) std::fprintf(stderr, "duckdb: %s\n", api_.error(&result)), std::exit(1);
    if (!keep) api_.destroy(&result);
    return result;
  }
  Api api_;
  void *database_ = nullptr, *connection_ = nullptr;
};

template <class F>
bool load(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace

std::unique_ptr<Duck> open_duck(const std::string& path) {
  void* lib = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (lib == nullptr) return nullptr;
  Api api{};
  const bool ok = load(lib, "duckdb_open", api.open) && load(lib, "duckdb_connect", api.connect) && load(lib, "duckdb_query", api.query) && load(lib, "duckdb_result_error", api.error) &&
                  load(lib, "duckdb_destroy_result", api.destroy) && load(lib, "duckdb_appender_create", api.appender) && load(lib, "duckdb_append_int32", api.append_i32) &&
                  load(lib, "duckdb_append_int64", api.append_i64) && load(lib, "duckdb_append_double", api.append_f64) && load(lib, "duckdb_appender_end_row", api.end_row) &&
                  load(lib, "duckdb_appender_destroy", api.close_appender) && load(lib, "duckdb_fetch_chunk", api.fetch) && load(lib, "duckdb_data_chunk_get_size", api.chunk_size) &&
                  load(lib, "duckdb_data_chunk_get_vector", api.chunk_vector) && load(lib, "duckdb_vector_get_data", api.vector_data) && load(lib, "duckdb_destroy_data_chunk", api.destroy_chunk);
  return ok ? std::make_unique<LoadedDuck>(api) : nullptr;
}

}  // namespace machiya::bench
