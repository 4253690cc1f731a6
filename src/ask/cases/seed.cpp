#include "ask/cases/seed.h"

#include <atomic>
#include <mutex>
#include <thread>

#include "ask/cases/seed_people.h"
#include "ask/cases/submission.h"
#include "platform/identity/identity.h"

namespace machiya::cases {
namespace {

constexpr int kDaysBack = 150;
constexpr int kMaxActs = 5;

/// A clock of one thread.
class SeedClock final : public Clock {
 public:
  Instant now() const override { return t; }
  Instant t;
};

/// Answers that are known to be complete, with the day on which they are.
struct Pattern {
  std::string procedure;
  std::shared_ptr<const interview::Procedure> compiled;
  json::Value answers;
  Date day;
};

std::vector<Pattern> patterns_of(const SeedParts& parts) {
  std::vector<Pattern> out;
  for (const city::Loaded* loaded : parts.city->all("scenario")) {
    const auto* s = dynamic_cast<const Scenario*>(loaded->definition.get());
    if (!s || s->steps.empty() || s->steps[0].kind != ScenarioStep::Kind::apply || !s->steps[0].send) continue;
    if (s->steps[0].then.has("errors") || s->steps[0].then.has("stop") || s->then.has("errors") || s->then.has("stop")) continue;
    if (auto compiled = parts.procedure(s->procedure)) out.push_back({s->procedure, compiled, with_file_ids(s->steps[0].answers), s->today});
  }
  return out;
}

/// Works through its share of the cases with a clock of its own.
class Worker {
 public:
  Worker(const SeedParts& parts, const std::vector<Pattern>& patterns)
      : parts_(parts), patterns_(patterns), today_(parts.platform.clock.now()),
        cases_(Platform{parts.platform.store, parts.platform.vault, parts.platform.audit, parts.platform.events, parts.platform.jobs,
                        parts.platform.identity, clock_, parts.platform.rng},
               parts.ports) {}

  Result<void> make(int i, SeedReport& report) {
    SeededRng rng(parts_.seed * 7'919 + static_cast<std::uint64_t>(i));
    const Pattern& pattern = patterns_[rng.below(patterns_.size())];
    const FictitiousPerson person = fictitious_person(parts_.seed, static_cast<int>(rng.below(static_cast<std::uint64_t>(parts_.residents))) + 1);
    const Date day = add_days(date_in_japan(today_), -static_cast<int>(rng.below(kDaysBack)));
    clock_.t = Instant{start_of_day_in_japan(day).us + static_cast<std::int64_t>(rng.below(12 * 60)) * kMinute + 8 * kHour};
    if (clock_.t > today_) clock_.t = today_;
    MACHIYA_TRY(Submission s, submission(pattern, person, day, rng));
    if (pattern.compiled->assurance != "none") {
      const auto assurance = pattern.compiled->assurance == "verified" ? identity::Assurance::verified : identity::Assurance::contact;
      MACHIYA_TRY(s.applicant, parts_.platform.store.write([&](store::Tx& tx) { return parts_.platform.identity.ensure_person(tx, person.email, assurance); }));
    }
    // A second run makes nothing twice.
    s.channel = "demo", s.idempotency_key = "seed-" + std::to_string(parts_.seed) + "-" + std::to_string(i);
    if (s.applicant.kind == identity::PrincipalKind::visitor) s.applicant.session = s.idempotency_key;
    if (pattern.compiled->signing == interview::Signing::required) s.signature = rehearsed_signature(s, clock_.t);
    MACHIYA_TRY(Receipt receipt, cases_.submit(s));
    if (receipt.repeated) return {};
    ++report.cases;
    return work_on(receipt.number, s.department, rng, report);
  }

 private:
  Result<Submission> submission(const Pattern& pattern, const FictitiousPerson& person, Date day, Rng& rng) {
    interview::Situation situation;
    situation.now = clock_.t;
    const json::Value answers = for_person(pattern.answers, person, day.days - pattern.day.days, rng);
    std::vector<std::string> ids;
    for (int i = 0; i < 32; ++i) ids.push_back(new_public_id(rng));
    MACHIYA_TRY(auto entries, interview::read_values(*pattern.compiled, answers, situation, "applicant", ids));
    interview::Log log;
    for (interview::Answer& a : entries) log.append(std::move(a));
    MACHIYA_TRY(auto state, interview::evaluate(*pattern.compiled, log, situation));
    if (!state.complete || state.stop) return Error(ErrorCode::invalid_input, pattern.procedure + " is not complete on " + to_iso(day));
    return make_submission(*pattern.compiled, state, log);
  }

  static identity::Principal staff(const char* role, const std::string& department) {
    identity::Principal who;
    who.kind = identity::PrincipalKind::staff;
    who.public_id = std::string("demo-") + role + "-" + department, who.name = std::string(role) + "-" + department;
    who.roles = {role}, who.department = department;
    return who;
  }

  /// What the office did since: some cases are untouched, some decided, some wait for a correction.
  Result<void> work_on(const std::string& number, const std::string& department, Rng& rng, SeedReport& report) {
    const identity::Principal clerk = staff("clerk", department), approver = staff("approver", department);
    for (int act = 0; act < kMaxActs; ++act) {
      clock_.t.us += static_cast<std::int64_t>(1 + rng.below(9)) * kDay;
      if (clock_.t > today_ || rng.below(100) < 12) return {};
      MACHIYA_TRY(CaseView view, cases_.view_staff(number, clerk, ""));
      std::vector<const Action*> open;
      for (const Choice& c : cases_.choices(view, clerk))
        if (c.allowed && (!c.action->needs_fields || rng.below(100) < 35)) open.push_back(c.action);
      if (open.empty()) return {};
      const Action& action = *open[rng.below(open.size())];
      Act what;
      what.action = action.id, what.revision = view.revision;
      if (action.needs_note) what.note = "書類を確認した。";
      if (action.needs_reason || action.needs_fields) what.reason = action.needs_fields ? "記載の内容を確かめてください。" : "要件に当てはまらないため。";
      if (action.needs_fields) what.fields = {first_field(view)};
      MACHIYA_TRY(CaseView after, cases_.act(number, what, clerk));
      if (!after.proposal.empty()) {
        if (rng.below(100) < 20) return {};   // waits for the second pair of eyes
        clock_.t.us += kDay;
        if (clock_.t > today_) return {};
        MACHIYA_TRY(after, cases_.confirm(number, true, {}, approver));
      }
      if (!after.asked.empty()) return ++report.in_correction, Result<void>();
      if (after.ended) return ++report.decided, Result<void>();
    }
    return {};
  }
  static std::string first_field(const CaseView& view) {
    const std::string& name = view.rules->procedure->fields.front().name;
    return name.substr(0, name.find('/'));
  }

  const SeedParts& parts_;
  const std::vector<Pattern>& patterns_;
  Instant today_;
  SeedClock clock_;
  Cases cases_;
};

}  // namespace

Result<SeedReport> seed_demonstration(const SeedParts& parts) {
  const std::vector<Pattern> patterns = patterns_of(parts);
  if (patterns.empty()) return Error(ErrorCode::definition_error, "no scenario of the city can be sent");
  SeedReport total;
  std::mutex mutex;
  std::atomic<int> next{0}, done{0};
  auto run = [&] {
    Worker worker(parts, patterns);
    SeedReport mine;
    for (int i = next++; i < parts.cases; i = next++) {
      if (auto made = worker.make(i, mine); !made.ok()) {
        ++mine.skipped;
        if (mine.first_problem.empty()) mine.first_problem = made.error().to_string();
      }
      if (const int n = ++done; parts.progress && (n % 100 == 0 || n == parts.cases)) {
        std::lock_guard lock(mutex);
        parts.progress(n, parts.cases);
      }
    }
    std::lock_guard lock(mutex);
    total.cases += mine.cases, total.decided += mine.decided, total.in_correction += mine.in_correction, total.skipped += mine.skipped;
    if (total.first_problem.empty()) total.first_problem = mine.first_problem;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < parts.threads; ++i) threads.emplace_back(run);
  for (std::thread& t : threads) t.join();
  return total;
}

}  // namespace machiya::cases
