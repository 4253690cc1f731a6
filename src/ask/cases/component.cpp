#include "ask/cases/component.h"

#include <set>

#include "ask/cases/case_events.h"
#include "platform/events/events.h"
#include "platform/jobs/jobs.h"

namespace machiya::cases {
namespace {

constexpr int kEraseAtOnce = 200;

/// Open inboxes hear once of each batch.
Result<void> tell_inboxes(Cases& cases, store::Tx& tx, const events::Events::Batch& batch) {
  if (!cases.ports().live) return {};
  std::set<std::string> departments;
  for (const events::Event* e : batch) departments.insert(e->payload.text("department"));
  tx.after_commit([&cases, departments = std::move(departments)] {
    for (const std::string& department : departments) cases.ports().live("inbox/" + department, "changed", "{}");
  });
  return {};
}

}  // namespace

void connect(Cases& cases, Statistics& statistics) {
  const Platform& p = cases.platform();
  statistics.subscribe(p.events);
  p.events.subscribe_batch("case-inbox", {std::string(kCaseSubmitted), std::string(kCaseChanged)},
                           [&cases](store::Tx& tx, const events::Events::Batch& batch) { return tell_inboxes(cases, tx, batch); });
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
