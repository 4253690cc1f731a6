#include "app/house.h"

#include <chrono>
#include <filesystem>

#include "app/apply_ports.h"
#include "app/demonstration.h"
#include "app/house_impl.h"
#include "ask/apply/procedure_kind.h"
#include "ask/cases/scenario_runner.h"
#include "ask/cases/seed.h"
#include "ask/records/records_dao.h"
#include "ask/registers/register_scenario_runner.h"
#include "ask/registers/seed.h"
#include "ask/registers/web.h"
#include "base/log.h"
#include "sense/ingest/device_scenario.h"
#include "sense/rules/alarm_scenario.h"
#include "sense/rules/alarms.h"
#include "platform/identity/policy_history.h"
#include "tell/audiences/opt_in_expiry.h"
#include "tell/audiences/seed.h"
#include "tell/messages/definitions.h"
#include "tell/scenarios/runner.h"

namespace machiya::app {
namespace {

/// What anybody would try first here: names of the city, its departments and roles, and of this software.
std::vector<std::string> words_of_this_place(const city::City& city) {
  std::vector<std::string> out = {"machiya", "町家", "admin", "password", "passwort", "welcome", "staff", "pass", "login", "secret", "qwerty", "asdfgh", "123456", "abcdef"};
  for (const char* lang : {"ja", "en"}) out.push_back(city.name().in(lang));
  for (const city::Department& d : city.departments()) {
    out.push_back(d.id);
    for (const char* lang : {"ja", "en"}) out.push_back(d.name.in(lang));
  }
  for (const auto& [role, about] : city.policy()["roles"].members()) out.push_back(role);
  return out;
}

identity::Options identity_options(const Settings& settings, const city::City& city) {
  identity::Options options;
  options.demonstration = settings.demonstration;
  if (settings.demonstration) options.demonstration_totp = std::string(kDemonstrationTotp);
  options.policy_text = json::to_text(city.policy());
  options.base_url = settings.base_url, options.staff_url = settings.staff_url;
  return options;
}

void append(std::vector<store::Migration>& to, std::vector<store::Migration> more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace

std::vector<store::Migration> all_migrations() {
  std::vector<store::Migration> out;
  append(out, vault::Vault::migrations());
  append(out, audit::Audit::migrations());
  append(out, events::Events::migrations());
  append(out, jobs::Jobs::migrations());
  append(out, blobs::Blobs::migrations());
  append(out, identity::Identity::migrations());
  append(out, oidc::SignIn::migrations());
  append(out, cases::Cases::migrations());
  append(out, apply::Apply::migrations());
  append(out, registers::Registers::migrations());
  append(out, registers::page_migrations());
  append(out, Telling::migrations());
  append(out, signage::Signage::migrations());
  append(out, callout::Callouts::migrations());
  append(out, tell::Citizen::migrations());
  append(out, SensingWing::migrations());
  return out;
}

Result<std::unique_ptr<store::Store>> open_store(const Settings& settings) {
  std::error_code ec;
  std::filesystem::create_directories(settings.data + "/spool", ec);
  if (ec) return Error(ErrorCode::storage_failed, "cannot make the data folder: " + ec.message(), settings.data);
  store::Options options;
  options.url = settings.store_url();
  options.pg_writers = settings.pg_writers;
  return store::Store::open(options);
}

Result<void> House::Impl::build_platform() {
  MACHIYA_TRY(store, open_store(settings));
  if (!reading_only) MACHIYA_CHECK(store->migrate(all_migrations()));
  MACHIYA_TRY(vault, vault::Vault::open(settings.key_file, settings.demonstration));
  MACHIYA_CHECK(vault->bind_to(*store, reading_only ? vault::Vault::Binding::reading : vault::Vault::Binding::serving));
  if (!reading_only) {
    MACHIYA_TRY(audit_key, vault::SigningKey::open(settings.audit_key_path(), true));
    if (settings.audit_copy.empty()) log(LogLevel::warn, "audit-heads-not-copied", {{"setting", "audit-copy"}});
  }
  audit = std::make_unique<audit::Audit>(*store, clock, audit::Options{audit_key.get(), settings.audit_copy});
  events = std::make_unique<events::Events>(*store, clock);
  jobs = std::make_unique<jobs::Jobs>(*store, clock);
  key_exchange = std::make_unique<KeyExchange>(*store, *vault, *audit, *jobs, clock);
  blobs = std::make_unique<blobs::Blobs>(*store, *vault, clock, settings.data + "/blobs", jobs.get());
  blobs->use_renderer(images);
  blobs->use_cleaner(documents);
  if (!settings.scan_socket.empty()) {
    MACHIYA_TRY(scanner, blobs::Clamd::open({settings.scan_socket}));
    blobs->use_scanner(*scanner, settings.scan_required);
  }
  MACHIYA_TRY(outbound, door_out(settings));
  MACHIYA_TRY(streams, streams_out(settings));
  MACHIYA_TRY(judge, signature_judge(settings, *outbound, clock));
  MACHIYA_TRY(sign_in_clients, app::sign_in_clients(settings));
  sender = code_sender(settings, *outbound, *furniture->texts, clock);
  identity = std::make_unique<identity::Identity>(*store, *vault, *audit, clock, *sender, identity_options(settings, *furniture->city->current()));
  MACHIYA_TRY(passwords, identity::PasswordRules::load(settings.root + "/build/data/passwords.txt", words_of_this_place(*furniture->city->current())));
  metrics.gauge("machiya_audit_lost_rows", "Read records that could not be kept; must stay 0.", [this] { return static_cast<double>(audit->lost()); });
  metrics.gauge("machiya_audit_statement_age_seconds", "Age of the last signed and copied head of the audit; -1 before the first.", [this] {
    const auto last = audit->last_statement();
    return last ? static_cast<double>(clock.now().us - last->us) / kSecond : -1.0;
  });
  metrics.gauge("machiya_store_queued_writes", "Writes that wait for the writer.", [this] { return static_cast<double>(store->stats().queued); });
  if (settings.demonstration && !reading_only) MACHIYA_CHECK(ensure_demonstration_staff(*store, *identity, *furniture->city->current()));
  return {};
}

std::shared_ptr<const interview::Procedure> House::Impl::procedure(const std::string& id) const {
  const auto city = furniture->city->current();
  const auto* found = city->get<apply::ProcedureDefinition>("procedure", id);
  return found ? found->procedure : nullptr;
}

cases::Platform House::Impl::cases_platform() {
  return cases::Platform{*store, *vault, *audit, *events, *jobs, *identity, clock, rng};
}

cases::Ports House::Impl::cases_ports() {
  cases::Ports ports;
  ports.definitions = definitions.get();
  ports.is_working_day = [reference = furniture->reference.get()](Date date) { return locale::is_working_day(date, *reference); };
  ports.departments = [city = furniture->city.get()] {
    std::vector<std::string> out;
    const auto held = city->current();
    for (const auto& department : held->departments()) out.push_back(department.id);
    return out;
  };
  ports.live = [this](std::string_view topic, std::string_view event, std::string_view data) { hub.publish(topic, event, data); };
  ports.erase_blob = [this](const std::string& blob) { return blobs->erase(blob); };
  ports.end_draft = [this](store::Tx& tx, const std::string& draft, const std::string& number) { return apply->end_draft(tx, draft, number); };
  return ports;
}

Result<void> House::Impl::build_engines() {
  definitions = std::make_unique<cases::CityDefinitions>(city_now());
  cases::Cases::declare(*events, *jobs);
  cases = std::make_unique<cases::Cases>(cases_platform(), cases_ports());
  statistics = std::make_unique<cases::Statistics>(*store, clock);
  cases::connect(*cases, *statistics);
  apply::Platform platform{*store, *vault, *audit, *blobs, *identity, *furniture->templates, *furniture->texts, furniture->reference.get(), clock, rng,
                           [this](const http::Request& request) { return frame(request); },
                           city_now(),
                           base_url()};
  signature_requests = std::make_unique<oidc::SignatureRequests>(*outbound, clock, rng, base_url(), [this] { return sign_in_providers(*furniture->city->current(), sign_in_clients); });
  apply::Ports ports = apply_ports(*cases, *statistics, *identity, *store, city_now());
  ports.signing = signing_ports(judge.get(), *signature_requests);
  apply = std::make_unique<apply::Apply>(std::move(platform), std::move(ports));
  registers::Registers::declare(*events, *jobs);
  registers = std::make_unique<registers::Registers>(registers::Platform{
      *store, *vault, *audit, *events, *jobs, *identity, clock, rng, city_now(),
      [reference = furniture->reference.get()](Date date) { return locale::is_working_day(date, *reference); }, blobs.get(),
      [this](const identity::Principal& who, std::string_view permission, std::string_view department) { return cases->may(who, permission, department); },
      static_cast<std::size_t>(settings.register_index_mb) << 20});
  sign_in = std::make_unique<oidc::SignIn>(*store, *vault, *identity, *outbound, clock, rng, base_url(), oidc::Ports{
      [this] { return sign_in_providers(*furniture->city->current(), sign_in_clients); },
      [this](store::Tx& tx, const identity::Principal& person, const json::Value& facts, std::string_view provider, std::string_view request) {
        return cases->records().merge_facts(tx, person.id, facts, "system", provider, request);
      }});
  identity->on_login([this](store::Tx& tx, const identity::Principal& before, const identity::Principal& after) {
    return apply->drafts().bind(tx, before, after);
  });
  return build_telling();
}

Result<void> House::Impl::build_telling() {
  const auto may = [this](const identity::Principal& who, std::string_view permission, std::string_view department) { return cases->may(who, permission, department); };
  const auto changed = [this](std::int64_t message) {
    if (const auto id = telling->campaigns().public_id_of(message); id.ok() && !id->empty()) hub.publish("message/" + *id, "changed", "");
    else callouts->message_changed(message);
  };
  const auto placed = [this] { signage->changed(); };
  const auto own = [this](store::ReadTx& tx, const std::string& message, const std::vector<std::int64_t>& recipients) { return callouts->tokens(tx, message, recipients); };
  MACHIYA_TRY(telling, Telling::open({settings, *store, *vault, *audit, *outbound, *furniture->texts, clock, rng, city_now(), base_url(), may, changed, placed, own, !reading_only}));
  callouts = std::make_unique<callout::Callouts>(callout::Parts{*store, *vault, *audit, telling->audiences(), telling->ledger(), *furniture->texts, clock, rng, city_now(), base_url(), may,
                                                                [this] { return telling->channels(); }, [this] { telling->sender().wake(); },
                                                                [this](const std::string& id) { hub.publish("callout/" + id, "changed", ""); }});
  signage = std::make_unique<signage::Signage>(signage::Parts{*store, telling->campaigns(), *audit, clock, rng, city_now(), may,
                                                              [this](const tell::Campaign& campaign) { return telling->notice(campaign); },
                                                              [this](std::int64_t revision) { hub.publish(signage::kHubTopic, "changed", std::to_string(revision)); }});
  telling->campaigns().use_towns([reference = furniture->reference.get()](std::string_view code) {
    std::vector<std::string> out;
    const auto towns = reference->towns_in(code);
    for (const locale::Town& one : towns) out.push_back(one.town);
    return out;
  });
  telling->campaigns().use_applicants([this](store::ReadTx& tx, const identity::Principal& who, const std::vector<std::string>& numbers) -> Result<std::vector<std::int64_t>> {
    std::vector<std::int64_t> out;
    for (const std::string& number : numbers) {
      MACHIYA_TRY(const auto row, records::find_record(tx, number));
      out.push_back(row && row->person && cases->may(who, "case.read", row->department) ? *row->person : 0);
    }
    return out;
  });
  if (reading_only) return {};
  metrics.counter_read("machiya_tell_rows_made_total", "Rows of the delivery ledger made since the start.", [this] { return static_cast<double>(telling->sender().made().rows); });
  metrics.gauge("machiya_tell_longest_transaction_seconds", "Longest transaction that made such rows, without its commit.", [this] { return static_cast<double>(telling->sender().made().longest_us) / kSecond; });
  metrics.counter_read("machiya_tell_transactions_total", "Transactions that made rows.", [this] { return static_cast<double>(telling->sender().made().transactions); });
  metrics.counter_read("machiya_tell_long_transactions_total", "Those longer than 20 ms.", [this] { return static_cast<double>(telling->sender().made().over_20_ms); });
  case_messages = std::make_unique<tell::CaseMessages>(tell::CaseMessageParts{
      telling->audiences(), telling->ledger(), *furniture->texts, clock, rng, city_now(), base_url(),
      [](store::ReadTx& tx, std::string_view number) -> Result<std::optional<std::int64_t>> {
        MACHIYA_TRY(const auto row, records::find_record(tx, number));
        return row ? row->person : std::nullopt;
      },
      [this](store::ReadTx& tx, std::int64_t person) { return identity->email_of(tx, person); },
      [this](const std::string& id) {
        const auto found = procedure(id);
        return found ? city::Text(found->name.all()) : city::Text(json::Value(id));
      },
      [this] { telling->sender().wake(); }, telling->channel_bits()});
  MACHIYA_CHECK(case_messages->connect(*events));
  return build_citizen();
}

Result<void> House::Impl::build_citizen() {
  opt_in_mails = opt_in_sender(settings, *outbound, *furniture->texts, clock);
  sms_codes = code_sms(*telling, clock, rng);
  declare_line_replies(*jobs, *telling);
  tell::CitizenWeb web{*store, *vault, *audit, *identity, telling->audiences(), telling->ledger(), telling->campaigns(), *furniture->templates, *furniture->texts, furniture->reference.get(), clock, rng,
                       [this](const http::Request& request) { return frame(request); }, city_now(), base_url()};
  MACHIYA_CHECK(plug_channels(web, settings, *telling, *jobs, opt_in_mails.get(), sms_codes.get(), *furniture->assets));
  citizen = std::make_unique<tell::Citizen>(std::move(web));
  return build_sensing();
}

Result<void> House::Impl::build_sensing() {
  if (!settings.sense) return {};
  const auto may = [this](const identity::Principal& who, std::string_view permission, std::string_view department) { return cases->may(who, permission, department); };
  MACHIYA_TRY(sensing, SensingWing::open({settings, *store, *audit, *events, *jobs, hub, metrics, *outbound, *streams, *furniture->templates, *furniture->texts, clock, rng, city_now(), may,
                                               [reference = furniture->reference.get()](Date day) {
                                                 const bool working = locale::is_working_day(day, *reference), rest = weekday(day) == 0 || reference->holiday_name(day, false).has_value();
                                                 return working ? sense::forecast::DayKind::working : !rest && weekday(day) == 6 ? sense::forecast::DayKind::saturday : sense::forecast::DayKind::holiday;
                                               },
                                               *identity, [this](const identity::Principal& who, std::string_view permission) { return cases->purpose_of(who, permission); }, base_url()}));
  return {};
}

void House::Impl::keep_up() {
  flush_statistics();
  key_exchange->tend();
  if (sensing) sensing->keep_up();
  if (++rounds % 120 != 1) return;
  tend_index();
  if (auto gone = apply->drafts().expire(500); !gone.ok()) log(LogLevel::warn, "drafts-not-expired", {{"why", gone.error().to_string()}});
  if (auto gone = blobs->erase_unattached(500); !gone.ok()) log(LogLevel::warn, "files-not-erased", {{"why", gone.error().to_string()}});
  if (auto gone = tell::expire_opt_ins(*store, *vault, clock, 500); !gone.ok()) log(LogLevel::warn, "opt-ins-not-expired", {{"why", gone.error().to_string()}});
  if (auto gone = citizen->tidy(500); !gone.ok()) log(LogLevel::warn, "telephone-numbers-not-expired", {{"why", gone.error().to_string()}});
  if (auto gone = telling->campaigns().tend_lists(); !gone.ok()) log(LogLevel::warn, "message-lists-not-tended", {{"why", gone.error().to_string()}});
  plan_reminders(false);
  plan_retention();
  if (sensing) sensing->tend();
  if (auto swept = blobs->sweep(); !swept.ok()) log(LogLevel::warn, "files-not-swept", {{"why", swept.error().to_string()}});
}

void House::Impl::tend_index() {
  if (auto tended = registers->tend_index(); !tended.ok()) log(LogLevel::warn, "rows-not-indexed", {{"why", tended.error().to_string()}});
}

void House::Impl::plan_reminders(bool now) {
  if (auto done = registers->plan_reminders(now); !done.ok()) log(LogLevel::warn, "reminders-not-planned", {{"why", done.error().to_string()}});
}

void House::Impl::plan_retention() {
  if (auto done = registers->plan_retention(); !done.ok()) log(LogLevel::warn, "retention-not-planned", {{"why", done.error().to_string()}});
}

void House::Impl::keep_policy(const city::City& now, std::string_view why) {
  const identity::PolicyHistory history(*store, *audit, clock);
  if (auto kept = history.keep(json::to_text(now.policy()), why); !kept.ok()) log(LogLevel::error, "policy-not-kept", {{"why", kept.error().to_string()}});
}

void House::Impl::flush_statistics() {
  if (auto done = statistics->flush(); !done.ok()) log(LogLevel::warn, "statistics-not-written", {{"why", done.error().to_string()}});
}

House::House() : impl_(std::make_unique<Impl>()) {}
House::~House() { stop(); }

Result<std::unique_ptr<House>> House::open(const Settings& settings, std::shared_ptr<Furniture> furniture, Use use) {
  std::unique_ptr<House> house(new House());
  house->impl_->settings = settings;
  house->impl_->reading_only = use == Use::reading;
  house->impl_->furniture = std::move(furniture);
  MACHIYA_CHECK(house->impl_->build_platform());
  MACHIYA_CHECK(house->impl_->build_engines());
  house->impl_->wire_routes();
  house->impl_->wire_signs();
  return house;
}

void House::start() {
  if (impl_->running) return;
  impl_->running = true;
  impl_->upkeep = std::thread([this] {
    std::unique_lock lock(impl_->upkeep_mutex);
    while (!impl_->upkeep_wakes.wait_for(lock, std::chrono::seconds(5), [this] { return !impl_->running; }))
      impl_->keep_up();
  });
  impl_->keep_policy(*impl_->furniture->city->current(), "start");
  impl_->tend_index();
  impl_->key_exchange->tend();
  impl_->audit->start();
  impl_->events->start();
  impl_->plan_reminders(true);
  impl_->plan_retention();
  impl_->jobs->start(3);   // two may wait for pictures
  impl_->telling->start();
  impl_->signage->start();
  impl_->callouts->start_clock();
  if (impl_->sensing) impl_->sensing->start();
}

void House::stop() {
  if (!impl_->running) return;
  {
    std::lock_guard lock(impl_->upkeep_mutex);
    impl_->running = false;
  }
  impl_->upkeep_wakes.notify_all();
  impl_->upkeep.join();
  impl_->flush_statistics();
  if (auto kept = impl_->identity->maintain(); !kept.ok()) log(LogLevel::warn, "sessions-not-kept", {{"why", kept.error().to_string()}});
  if (impl_->sensing) impl_->sensing->close();
  impl_->callouts->stop_clock();
  impl_->signage->stop();
  impl_->telling->stop();
  impl_->jobs->stop();
  impl_->events->stop();
  impl_->audit->stop();
}

void House::yield_writer() {
  stop();
  impl_->store->yield_writer();
}

city::LoadReport House::Impl::reload() {
  if (running) key_exchange->tend();
  city::LoadReport report = furniture->city->reload();
  if (report.city) {
    if (auto policy = identity->reload_policy(json::to_text(report.city->policy())); !policy.ok())
      log(LogLevel::error, "policy-refused", {{"why", policy.error().to_string()}});
    else keep_policy(*report.city, "reload");
    if (running) plan_reminders(true);   // a definition may remind of something else now
  }
  if (report.city && running) tend_index();
  if (report.city && running) signage->changed();
  if (report.city && sensing) sensing->use(*report.city);
  sign_in->forget();
  signature_requests->forget();
  log(report.city ? LogLevel::info : LogLevel::error, report.city ? "city-loaded" : "city-refused",
      {{"files", std::to_string(report.files)}, {"faults", std::to_string(report.faults.size())}});
  return report;
}

city::LoadReport House::reload() { return impl_->reload(); }

Result<cases::SeedReport> House::seed(int wanted, std::function<void(int, int)> progress) {
  cases::SeedParts parts{impl_->furniture->city->current(), impl_->cases_platform(), impl_->cases_ports(), [this](const std::string& id) { return impl_->procedure(id); }};
  parts.cases = wanted;
  parts.progress = std::move(progress);
  return cases::seed_demonstration(parts);
}

Result<registers::SeedReport> House::seed_registers() { return registers::seed_demonstration({*impl_->registers, impl_->furniture->city->current(), impl_->clock}); }

Result<std::int64_t> House::seed_counters(std::function<void(std::int64_t, std::int64_t)> progress) {
  return impl_->sensing ? impl_->sensing->seed_counters(std::move(progress)) : Result<std::int64_t>(std::int64_t{0});
}

Result<std::int64_t> House::seed_recipients(std::int64_t people, std::function<void(std::int64_t, std::int64_t)> progress) {
  tell::SeedOptions options;
  options.people = people, options.progress = std::move(progress);
  const auto city = impl_->furniture->city->current();
  for (const tell::Topic* topic : tell::topics_of(*city)) options.topics.push_back(topic->id);
  for (const city::Ward& ward : city->wards()) options.wards.push_back(ward.id);
  return tell::seed_recipients(*impl_->store, impl_->telling->audiences(), options);
}

Result<void> House::judge_alarms() { return impl_->sensing ? impl_->sensing->alarms().pump() : Result<void>(); }

int House::scenarios(const std::string& procedure, bool verbose, std::ostream& out) {
  cases::ScenarioParts parts{impl_->furniture->city->current(), impl_->settings.city, *impl_->store, *impl_->vault, impl_->cases_ports().is_working_day,
                             [this](const std::string& id) { return impl_->procedure(id); }};
  cases::ScenarioFilter filter;
  filter.procedure = procedure;
  auto results = cases::run_scenarios(parts, filter);
  auto more = registers::run_scenarios(parts, filter);
  results.insert(results.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  if (!procedure.empty()) return cases::report_scenarios(results, verbose, out);
  // What other wings' scenarios found, at its place in the file.
  const auto add = [&](const auto& found) {
    for (const auto& one : found) {
      cases::ScenarioResult result{one.file, one.name, "", one.initiative, {}};
      for (const auto& [pointer, problem] : one.problems) result.problems.push_back(cases::scenario_place(parts.folder, one.file, pointer) + ": " + problem);
      results.push_back(std::move(result));
    }
  };
  const auto may = [this](const identity::Principal& who, std::string_view permission, std::string_view department) { return impl_->cases->may(who, permission, department); };
  add(tell::run_message_scenarios({parts.city, parts.store, parts.vault, *impl_->furniture->texts, may}));
  add(sense::ingest::run_device_scenarios(*parts.city));
  add(sense::rules::run_alarm_scenarios({parts.city, impl_->settings.data, may}));
  return cases::report_scenarios(results, verbose, out);
}

http::Router& House::router() { return impl_->router; }
http::Hub& House::hub() { return impl_->hub; }
metrics::Registry& House::metrics() { return impl_->metrics; }
store::Store& House::store() { return *impl_->store; }
identity::Identity& House::identity() { return *impl_->identity; }
audit::Audit& House::audit() { return *impl_->audit; }
events::Events& House::events() { return *impl_->events; }
jobs::Jobs& House::jobs() { return *impl_->jobs; }
cases::Cases& House::cases() { return *impl_->cases; }
city::Holder& House::city() { return *impl_->furniture->city; }
const Clock& House::clock() { return impl_->clock; }

}  // namespace machiya::app
