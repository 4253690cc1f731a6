#include "ask/cases/component.h"

#include "ask/cases/case_events.h"
#include "platform/events/events.h"
#include "platform/jobs/jobs.h"

namespace machiya::cases {
namespace {

constexpr int kEraseAtOnce = 200;

void tell_inbox(Cases& cases, store::Tx& tx, const events::Event& e) {
  if (!cases.ports().live) return;
  tx.after_commit([&cases, topic = "inbox/" + e.payload.text("department")] { cases.ports().live(topic, "changed", "{}"); });
}

}  // namespace

void connect(Cases& cases, Statistics& statistics) {
  const Platform& p = cases.platform();
  statistics.subscribe(p.events);
  for (std::string_view type : {kCaseSubmitted, kCaseChanged})
    p.events.subscribe("case-inbox", std::string(type), [&cases](store::Tx& tx, const events::Event& e) -> Result<void> {
      tell_inbox(cases, tx, e);
      return {};
    });
  p.jobs.handle(std::string(kAutomaticJob), [&cases](const jobs::Job& job) {
    return cases.run_automatic(job.payload.text("number"), job.payload.text("action"), job.payload.text("state"));
  });
  p.jobs.handle(std::string(kRetentionJob), [&cases, &statistics](const jobs::Job&) -> Result<void> {
    for (;;) {
      MACHIYA_TRY(int erased, cases.erase_due(kEraseAtOnce));
      if (erased < kEraseAtOnce) break;
    }
    MACHIYA_CHECK(statistics.flush());
    return schedule_retention(cases);
  });
}

Result<void> schedule_retention(Cases& cases) {
  const Platform& p = cases.platform();
  // One round an hour; the key of the hour keeps several processes from doing the same.
  const std::int64_t hour = p.clock.now().us / kHour + 1;
  return p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(auto id, p.jobs.enqueue(tx, kRetentionJob, json::Value::object(), Instant{hour * kHour}, std::to_string(hour)));
    (void)id;
    return {};
  });
}

}  // namespace machiya::cases
