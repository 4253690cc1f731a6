// An aggregated temporal query over 10,000 points through the router (no socket), beside the same question as SQL to PostgreSQL on its socket.
//   temporal_bench FOLDER [postgresql://…]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include "base/time.h"
#include "bench/sense/temporal/peer_dao.h"
#include "platform/http/test_request.h"
#include "sense/broker/journal_store.h"
#include "sense/entities/change.h"
#include "sense/entities/stamp.h"
#include "sense/ngsild/ngsild.h"
#include "sense/ngsild/temporal_http.h"

using namespace machiya;
using namespace machiya::sense;

namespace {

constexpr int kEntities = 20, kPoints = 10'000, kRounds = 1000;
constexpr std::int64_t kFrom = 1'790'000'000'000'000 / kHour * kHour;

double value_of(int entity, int n) { return 20 + entity + 0.1 * (n % 97); }

template <class T> T must(Result<T> r) {
  if (!r.ok()) std::fprintf(stderr, "%s\n", r.error().to_string().c_str()), std::exit(1);
  return std::move(*r);
}
void must(const Result<void>& r) {
  if (!r.ok()) std::fprintf(stderr, "%s\n", r.error().to_string().c_str()), std::exit(1);
}

struct Times {
  double p50, p95;
};
// What this thread really worked: on a busy machine the wall clock tells of the neighbours.
double worked_ms() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

template <class F> Times measure(const char* what, const F& once, int rounds = kRounds) {
  std::vector<double> ms, work;
  for (int i = 0; i < rounds / 10; ++i) once(i);
  for (int i = 0; i < rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const double before = worked_ms();
    once(i);
    work.push_back(worked_ms() - before);
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::sort(ms), std::ranges::sort(work);
  const Times out{ms[ms.size() / 2], ms[ms.size() * 95 / 100]};
  std::printf("%-36s p50 %8.3f ms   p95 %8.3f ms   this thread's work p50 %7.3f ms   p95 %7.3f ms\n", what, out.p50, out.p95, work[work.size() / 2], work[work.size() * 95 / 100]);
  return out;
}

std::string id_of(int entity) { return "urn:ngsi-ld:Meter:" + std::to_string(entity); }

http::Response ask(http::Router& router, http::Method method, const std::string& target, const std::string& body = "") {
  http::Request request = http::testing::request(method, "/ngsi-ld/v1" + target);
  request.body = body;
  if (!body.empty()) request.headers = {{"content-type", "application/json"}, {"content-length", std::to_string(body.size())}};
  return router.dispatch(request);
}

void fill(http::Router& router) {
  for (int e = 0; e < kEntities; ++e) {
    std::string body = R"({"id":")" + id_of(e) + R"(","type":"Meter","level":[)";
    for (int n = 0; n < kPoints; ++n)
      body += (n > 0 ? "," : "") + std::string(R"({"type":"Property","value":)") + std::to_string(value_of(e, n)) + R"(,"observedAt":")" + stamp_text(kFrom + n * kMinute) + "\"}";
    const auto made = ask(router, http::Method::post, "/temporal/entities", body + "]}");
    if (made.status != 201) std::fprintf(stderr, "%s\n", made.body.c_str()), std::exit(1);
  }
}

// Many entities of another type, by way of the broker: what following it costs, and how long a query over all of them takes.
void fill_broker(EntityStore& entities, History& history, int count) {
  const auto begin = std::chrono::steady_clock::now();
  for (int round = 0; round < 4; ++round) {
    std::vector<EntityStore::Item> items;
    for (int e = 0; e < count; ++e)
      items.push_back({"urn:ngsi-ld:Gauge:" + std::to_string(e), [e, round](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
                         const std::string time = stamp_text(kFrom + round * kMinute), id = "urn:ngsi-ld:Gauge:" + std::to_string(e), value = std::to_string(e + round);
                         Instance i;
                         i.value = tree::Value::number(value), i.observed_at = *parse_stamp(time);
                         Draft draft;
                         draft.id = id, draft.types = {"https://uri.etsi.org/ngsi-ld/default-context/Gauge"}, draft.attributes = {{"https://uri.etsi.org/ngsi-ld/default-context/level", {i}}};
                         return current ? append_attributes(current, draft, false, context) : create_entity(draft, context);
                       }});
    for (const auto& r : entities.write_all("", items))
      if (!r.ok()) std::fprintf(stderr, "%s\n", r.error().to_string().c_str()), std::exit(1);
  }
  must(history.settle());
  std::printf("%d changes of %d entities written and followed in %.1f s\n", 4 * count, count, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "temporal_bench FOLDER [postgresql://…]\n"), 2;
  const std::string folder = argv[1];
  std::filesystem::create_directories(folder);
  auto database = must(store::Store::open({"sqlite:" + folder + "/bench.db"}));
  must(database->migrate(history_migrations()));
  auto numbers = must(series::open_files(folder + "/series"));
  SystemClock clock;
  SeededRng rng(1);
  auto entities = must(EntityStore::open(must(open_file_journal(folder + "/broker")), clock, rng));
  auto history = must(History::open(*database, *numbers, clock, rng));
  Contexts contexts(nullptr);
  ngsild::Broker broker{*entities, contexts, clock, rng};
  http::Router router;
  history->follow(*entities);
  ngsild::add_temporal_routes({router, broker, "public", "public"}, *history);
  const auto begin = std::chrono::steady_clock::now();
  fill(router);
  std::printf("%d x %d instances written in %.1f s\n", kEntities, kPoints, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  const std::string query = "?options=aggregatedValues&aggrMethods=avg,min,max&aggrPeriodDuration=PT1H&timerel=after&timeAt=" + stamp_text(kFrom);
  const auto once = [&](int i) {
    const auto answer = ask(router, http::Method::get, "/temporal/entities/" + id_of(i % kEntities) + query);
    if (answer.status != 200 || answer.body.size() < 1000) std::fprintf(stderr, "%s\n", answer.body.c_str()), std::exit(1);
  };
  const Times head = measure("ours, values in memory", once);
  must(numbers->flush());
  const Times ours = measure("ours, values in segments", once);
  constexpr int kMany = 50'000;
  fill_broker(*entities, *history, kMany);
  must(numbers->compact());
  const auto list = [&](const std::string& rest) {
    const auto answer = ask(router, http::Method::get, "/temporal/entities?type=Gauge&timerel=after&timeAt=" + stamp_text(kFrom + 2 * kMinute) + rest);
    if (answer.status != 200 || answer.body.size() < 1000) std::fprintf(stderr, "%s\n", answer.body.c_str()), std::exit(1);
  };
  measure("a page of 20 of 50,000 entities", [&](int) { list("&options=temporalValues"); });
  measure("the same, counted", [&](int) { list("&options=temporalValues&count=true"); }, kRounds / 10);
  if (argc < 3) return 0;
  auto peer = must(store::Store::open({argv[2]}));
  must(peer->migrate(bench::peer_migrations()));
  for (int e = 0; e < kEntities; ++e) {
    std::vector<bench::PeerPoint> points;
    for (int n = 0; n < kPoints; ++n) points.push_back({kFrom + n * kMinute, value_of(e, n)});
    must(bench::add_points(*peer, id_of(e), "level", points));
  }
  must(bench::analyze(*peer));
  const Times sql = measure("the same as SQL, PostgreSQL, warm", [&](int i) {
    if (must(bench::hours(*peer, id_of(i % kEntities), "level", kFrom)) < 160) std::exit(1);
  });
  std::printf("PostgreSQL : ours, p95: x %.1f (in segments), x %.1f (in memory)\n", sql.p95 / ours.p95, sql.p95 / head.p95);
}
