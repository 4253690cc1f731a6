// /staff/dead-letters: jobs that failed for good, and events that are not delivered: again, or given up with a reason.
#include <charconv>

#include "console/console.h"
#include "console/page.h"
#include "platform/audit/audit.h"
#include "platform/events/events.h"
#include "platform/jobs/jobs.h"

namespace machiya::console {

using http::Request;
using http::Response;
using pages::Data;

namespace {

constexpr int kRows = 200;             // of each kind; the counts above the tables say how many there are
constexpr std::size_t kReason = 500;   // bytes

std::int64_t number(const Request& request, std::string_view name) {
  const std::string text = field(request, name);
  std::int64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::string_view word(events::Events::Open::State state) {
  switch (state) {
    case events::Events::Open::State::parked: return "parked";
    case events::Events::Open::State::retrying: return "retrying";
    case events::Events::Open::State::waiting: break;
  }
  return "waiting";
}

}  // namespace

Result<void> Console::fill_dead_letters(const Request& request, Data& data) const {
  const std::string lang = language(request);
  MACHIYA_TRY(const auto jobs, p_.jobs.counts());
  MACHIYA_TRY(const auto dead, p_.jobs.dead(kRows));
  MACHIYA_TRY(const auto events, p_.events.counts());
  MACHIYA_TRY(const auto open, p_.events.open(kRows));
  const auto figure = [&](Data& list, std::string_view label, std::int64_t n) { list.push(Data().set("label", text(request, label)).set("n", n)); };
  Data job_counts = Data(Data::List{}), event_counts = Data(Data::List{}), job_rows = Data(Data::List{}), event_rows = Data(Data::List{});
  figure(job_counts, "staff_console.jobs_dead", jobs.dead), figure(job_counts, "staff_console.jobs_leased", jobs.leased);
  figure(job_counts, "staff_console.jobs_waiting", jobs.waiting);
  figure(event_counts, "staff_console.events_parked", events.parked), figure(event_counts, "staff_console.events_retrying", events.retrying);
  figure(event_counts, "staff_console.events_waiting", events.waiting);
  for (const jobs::DeadJob& d : dead)
    job_rows.push(Data().set("id", d.id).set("kind", d.kind).set("error", d.error).set("attempts", d.attempts).set("died", locale::format_time(d.died, lang)));
  for (const auto& o : open) {
    Data row;
    const std::string state(word(o.state));
    row.set("event", o.event_id).set("type", o.type).set("consumer", o.consumer).set("key", o.key).set("error", o.error).set("attempts", o.attempts);
    row.set("id", std::to_string(o.event_id) + "-" + o.consumer).set("at", locale::format_time(o.at, lang));
    row.set("tag", Data().set("kind", o.state == events::Events::Open::State::parked ? "stopped" : "waiting").set("label", text(request, "staff_console.event_" + state)));
    if (o.state == events::Events::Open::State::parked) row.set("parked", true);
    event_rows.push(std::move(row));
  }
  if (!dead.empty()) data.set("any_job", true);
  if (!open.empty()) data.set("any_event", true);
  data.set("job_counts", std::move(job_counts)).set("event_counts", std::move(event_counts)).set("jobs", std::move(job_rows)).set("events", std::move(event_rows));
  return {};
}

Response Console::dead_letters(Request& request, std::string_view refused) const {
  Data data = frame(request);
  if (auto filled = fill_dead_letters(request, data); !filled.ok()) return http::problem(filled.error(), request);
  if (!refused.empty()) data.set("flash", Data().set("kind", "error").set("text", text(request, refused)));
  return render(request, "console/dead_letters", "staff_console.dead_letters", std::move(data), refused.empty() ? 200 : 422);
}

/// The change and its audit row in one transaction; the reason is what the person typed, and names no citizen.
Response Console::change_dead_letter(Request& request) const {
  const std::string action = field(request, "action"), reason = field(request, "reason"), consumer = field(request, "consumer");
  const bool discard = action == "discard", of_event = !consumer.empty();
  if (!discard && action != "retry") return http::problem(Error(ErrorCode::invalid_input, "retry or discard", "action"), request);
  if (discard && (reason.empty() || reason.size() > kReason)) return dead_letters(request, "staff_console.reason_needed");
  const std::int64_t id = number(request, of_event ? "event" : "id");
  audit::Entry entry;
  entry.actor = identity::principal_of(request).actor();
  entry.action = std::string(of_event ? "event." : "job.") + action;
  entry.object = (of_event ? "event:" : "job:") + std::to_string(id);
  entry.request = request.id;
  entry.facts = json::Value::object();
  if (of_event) entry.facts.set("consumer", consumer);
  if (discard) entry.facts.set("reason", reason);
  auto done = p_.store.write([&](store::Tx& tx) -> Result<void> {
    if (of_event) MACHIYA_CHECK(discard ? p_.events.discard_parked(tx, id, consumer) : p_.events.retry_parked(tx, id, consumer));
    else MACHIYA_CHECK(discard ? p_.jobs.discard(tx, id) : p_.jobs.revive(tx, id));
    return p_.audit.append(tx, entry);
  });
  // Somebody else was quicker: the page as it is now says so.
  if (!done.ok() && done.error().code == ErrorCode::not_found) return dead_letters(request, "staff_console.dead_gone");
  if (!done.ok()) return http::problem(done.error(), request);
  return http::see_other("/staff/dead-letters");
}

}  // namespace machiya::console
