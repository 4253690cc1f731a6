#include "app/house.h"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "app/apply_ports.h"
#include "app/definitions_http.h"
#include "app/demonstration.h"
#include "app/doors.h"
#include "app/furniture.h"
#include "app/host_gate.h"
#include "app/key_exchange.h"
#include "app/security_panels.h"
#include "app/sign_in_kind.h"
#include "app/system_http.h"
#include "ask/apply/apply.h"
#include "ask/apply/procedure_kind.h"
#include "ask/cases/cases.h"
#include "ask/cases/component.h"
#include "ask/cases/scenario_runner.h"
#include "ask/registers/register.h"
#include "ask/registers/register_scenario_runner.h"
#include "ask/cases/seed.h"
#include "ask/cases/statistics.h"
#include "ask/cases/web.h"
#include "ask/registers/registers.h"
#include "ask/registers/seed.h"
#include "ask/registers/web.h"
#include "base/log.h"
#include "city/city_http.h"
#include "city/import_boundaries.h"
#include "console/audit_page.h"
#include "console/console.h"
#include "console/security_page.h"
#include "platform/audit/audit.h"
#include "platform/blobs/blobs.h"
#include "platform/blobs/clamd.h"
#include "platform/events/events.h"
#include "platform/http/hub.h"
#include "platform/http/http.h"
#include "platform/identity/emergencies.h"
#include "platform/identity/identity.h"
#include "platform/identity/identity_http.h"
#include "platform/jobs/jobs.h"
#include "platform/metrics/metrics.h"
#include "platform/oidc/oidc_http.h"
#include "platform/outbound/outbound.h"
#include "platform/vault/rotation.h"
#include "platform/vault/signing_key.h"
#include "platform/vault/vault.h"
#include "platform/worker/document_worker.h"
#include "platform/worker/image_worker.h"

namespace machiya::app {

struct House::Impl {
  Settings settings;
  std::shared_ptr<Furniture> furniture;
  SystemClock clock;
  vault::SystemRng rng;
  metrics::Registry metrics;
  http::Hub hub;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<vault::SigningKey> audit_key;
  std::unique_ptr<audit::Audit> audit;
  std::unique_ptr<events::Events> events;
  worker::ImageWorker images;   ///< starts its processes at the first picture
  worker::DocumentWorker documents;
  std::unique_ptr<jobs::Jobs> jobs;
  std::unique_ptr<KeyExchange> key_exchange;
  std::unique_ptr<blobs::Clamd> scanner;
  std::unique_ptr<blobs::Blobs> blobs;
  std::unique_ptr<outbound::Outbound> outbound;
  std::unique_ptr<identity::CodeSender> sender;
  std::unique_ptr<identity::Identity> identity;
  SignInClients sign_in_clients;
  std::unique_ptr<oidc::SignIn> sign_in;
  identity::PasswordRules passwords;
  std::unique_ptr<cases::CityDefinitions> definitions;
  std::unique_ptr<cases::Cases> cases;
  std::unique_ptr<cases::Statistics> statistics;
  std::unique_ptr<apply::Apply> apply;
  std::unique_ptr<registers::Registers> registers;
  std::unique_ptr<console::Console> console;
  http::Router router;
  bool running = false;
  std::thread upkeep;                      ///< every few seconds while running: statistics that were gathered in memory
  std::mutex upkeep_mutex;
  std::condition_variable upkeep_wakes;
  bool reading_only = false;

  Result<void> build_platform();
  void build_engines();
  cases::Platform cases_platform();
  cases::Ports cases_ports();
  std::shared_ptr<const interview::Procedure> procedure(const std::string& id) const;
  void wire_routes();
  city::LoadReport reload();
  /// What is done every few seconds, and the rarer work among it.
  void keep_up() {
    flush_statistics();
    key_exchange->tend();
    if (++rounds % 120 != 1) return;
    tend_index();
    if (auto gone = apply->drafts().expire(500); !gone.ok()) log(LogLevel::warn, "drafts-not-expired", {{"why", gone.error().to_string()}});
    if (auto gone = blobs->erase_unattached(500); !gone.ok()) log(LogLevel::warn, "files-not-erased", {{"why", gone.error().to_string()}});
    plan_reminders(false);
    plan_retention();
    if (auto swept = blobs->sweep(); !swept.ok()) log(LogLevel::warn, "files-not-swept", {{"why", swept.error().to_string()}});
  }
  void tend_index() {
    if (auto tended = registers->tend_index(); !tended.ok()) log(LogLevel::warn, "rows-not-indexed", {{"why", tended.error().to_string()}});
  }
  int rounds = 0;
  void plan_reminders(bool now) {
    if (auto done = registers->plan_reminders(now); !done.ok()) log(LogLevel::warn, "reminders-not-planned", {{"why", done.error().to_string()}});
  }
  void plan_retention() {
    if (auto done = registers->plan_retention(); !done.ok()) log(LogLevel::warn, "retention-not-planned", {{"why", done.error().to_string()}});
  }
  void flush_statistics() {
    if (auto done = statistics->flush(); !done.ok()) log(LogLevel::warn, "statistics-not-written", {{"why", done.error().to_string()}});
  }
  pages::Data frame(const http::Request& request) const;
  /// As visitors see this server.
  std::string base_url() const { return settings.base_url.empty() ? "http://" + settings.listen : settings.base_url; }
};

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

/// Does a scenario prove the room's definitions of one kind?
bool proved(const city::City& city, const city::Room& room, std::string_view kind) {
  for (const city::Loaded* scenario : city.all(kind))
    if (scenario->source.initiative == room.number) return true;
  return false;
}

/// The name of a register where citizens read it too: it leads to a page for staff.
city::Text for_staff(const interview::Texts& name) {
  const std::pair<std::string_view, std::string_view> marks[] = {{"ja", "(職員用)"}, {"ja-easy", "({市|し}の {人|ひと}が {使|つか}います)"}, {"en", " (staff)"},
                                                                 {"zh-Hans", "(职员用)"}, {"ko", " (직원용)"}, {"vi", " (dành cho nhân viên)"}};
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [lang, mark] : marks) out.emplace_back(lang, name.in(lang) + std::string(mark));
  return city::Text(std::move(out));
}

/// A room's services are its procedures and registers; those that no scenario proves do not count as running.
std::vector<city::RunningService> running_services(const city::City& city, const city::Room& room, bool healthy) {
  std::vector<city::RunningService> out;
  if (proved(city, room, "scenario"))
    for (const city::Loaded* procedure : city.all("procedure")) {
      const auto* compiled = city.get<apply::ProcedureDefinition>("procedure", procedure->source.id);
      if (procedure->source.initiative == room.number && compiled)
        out.push_back({city::Text(compiled->procedure->name.all()), "/procedures/" + procedure->source.id, healthy});
    }
  if (proved(city, room, "register-scenario"))
    for (const city::Loaded* loaded : city.all("register")) {
      const auto* reg = city.get<registers::Register>("register", loaded->source.id);
      if (loaded->source.initiative == room.number && reg != nullptr) out.push_back({for_staff(reg->name), "/staff/registers/" + loaded->source.id, healthy});
    }
  return out;
}

Result<cases::StoredFile> stored_file(blobs::Blobs& blobs, std::string_view id, std::string_view variant) {
  MACHIYA_TRY(const auto blob, blobs.find(id));
  MACHIYA_TRY(auto content, blobs.read(id, variant));
  return cases::StoredFile{variant == "thumb" ? "image/jpeg" : blob.type, std::move(content)};
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

pages::Data House::Impl::frame(const http::Request& request) const {
  const std::string lang = request.lang.empty() ? "ja" : request.lang;
  const identity::Principal& who = identity::principal_of(request);
  pages::Data data;
  // Held for the whole function: a reload may replace the city meanwhile.
  const auto city = furniture->city->current();
  data.set("city_name", city->name().in(lang)).set("demo", settings.demonstration).set("csrf", who.csrf);
  if (who.kind == identity::PrincipalKind::citizen) data.set("user", true);
  if (who.kind == identity::PrincipalKind::staff) {
    const city::Department* department = city->department(who.department);
    pages::Data staff;
    staff.set("name", who.name).set("department", department ? department->name.in(lang) : who.department);
    const json::Value& purpose = city->policy()["purposes"][who.purpose]["name"];
    staff.set("purpose", !purpose.is_null() ? city::Text(purpose).in(lang) : who.purpose.empty() ? furniture->texts->text(locale::staff_language(lang), "staff_purpose.by_itself_short") : who.purpose);
    data.set("staff", std::move(staff));
  }
  return data;
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

void House::Impl::build_engines() {
  definitions = std::make_unique<cases::CityDefinitions>([city = furniture->city.get()] { return city->current(); });
  cases::Cases::declare(*events, *jobs);
  cases = std::make_unique<cases::Cases>(cases_platform(), cases_ports());
  statistics = std::make_unique<cases::Statistics>(*store, clock);
  cases::connect(*cases, *statistics);
  apply::Platform platform{*store, *vault, *audit, *blobs, *identity, *furniture->templates, *furniture->texts, furniture->reference.get(), clock, rng,
                           [this](const http::Request& request) { return frame(request); },
                           [city = furniture->city.get()] { return city->current(); },
                           base_url()};
  apply = std::make_unique<apply::Apply>(std::move(platform), apply_ports(*cases, *statistics, *identity, *store, [city = furniture->city.get()] { return city->current(); }));
  registers::Registers::declare(*events, *jobs);
  registers = std::make_unique<registers::Registers>(registers::Platform{
      *store, *vault, *audit, *events, *jobs, *identity, clock, rng, [city = furniture->city.get()] { return city->current(); },
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
}

void House::Impl::wire_routes() {
  const Frame frame_of = [this](const http::Request& request) { return frame(request); };
  if (!settings.demonstration) add_host_gate(router, hosts_from(settings.base_url, settings.staff_url).value());   // checked with the settings
  add_language_gate(router);
  router.gate(identity->gate());
  router.head_gate(identity->head_gate());
  add_finishers(router, *furniture->templates, *furniture->texts, frame_of);
  add_system_routes(router, SystemParts{*store, metrics, *furniture->assets, *furniture->templates, *furniture->city, frame_of, settings.demonstration, settings.metrics_clients});
  city::FrontDoor door;
  door.city = [city = furniture->city.get()] { return city->current(); };
  door.runs_here = [this](const city::Room& room) { return running_services(*furniture->city->current(), room, !store->refusing_writes()); };
  door.frame = frame_of;
  if (auto stored = city::stored_boundaries(settings.data); !stored.ok()) {
    log(LogLevel::error, "boundaries-refused", {{"why", stored.error().to_string()}});
  } else if (*stored) {
    door.boundaries = [areas = *stored] { return areas; };
  }
  city::add_routes(router, *furniture->templates, *furniture->texts, std::move(door));
  apply->add_routes(router);
  std::vector<console::NavItem> navigation = console::case_pages();
  navigation.push_back({"staff_console.work", "staff_registers.title", std::string(registers::kBase), std::string(registers::kPermission)});
  navigation.push_back({"staff_console.work", "staff_reminders.title", "/staff/reminders", std::string(registers::kPermission), [this](const identity::Principal& who) {
                          constexpr int kMost = 100;
                          const auto open = registers->open_reminders(who, kMost);
                          return !open.ok() || *open == 0 ? std::string() : *open < kMost ? std::to_string(*open) : std::to_string(kMost - 1) + "+";
                        }});
  for (console::NavItem& item : console::system_pages()) navigation.push_back(std::move(item));
  navigation.push_back({"staff_console.system", "staff_emergency.queue", "/staff/emergencies", "breakglass.review", [this](const identity::Principal& who) {
                          const auto waiting = store->read([&](store::ReadTx& tx) { return identity->emergencies().waiting(tx, who, *identity->policy()); });
                          return !waiting.ok() || *waiting == 0 ? std::string() : std::to_string(*waiting);
                        }});
  navigation.push_back({"staff_console.system", "staff_protection.title", "/staff/protection", std::string(console::kSecurityPermission)});
  navigation.push_back({"staff_console.system", "staff_audit.title", "/staff/audit", "audit.read"});
  navigation.push_back({"staff_console.system", "staff_definitions.title", "/staff/definitions", "admin.definitions"});
  console = std::make_unique<console::Console>(console::Parts{*store, *audit, *events, *identity, *jobs, *furniture->templates, *furniture->texts, clock, frame_of,
                                                              [city = furniture->city.get()] { return city->current(); },
                                                              {std::string(apply::kScope), std::string(registers::kReadScope), std::string(registers::kWriteScope)}, &passwords},
                                               std::move(navigation));
  console->add_routes(router);
  const Frame staff_frame = [this](const http::Request& request) { return console->frame(request); };
  console::add_audit_routes(router, {*store, *audit, *identity, *furniture->templates, *furniture->texts, clock, staff_frame, [city = furniture->city.get()] { return city->current(); }});
  const SecurityParts security{settings, *store, *audit, *identity, *registers, clock};
  console::add_security_routes(router, {*audit, *furniture->templates, *furniture->texts, staff_frame, [city = furniture->city.get()] { return city->current(); },
                                        security_panels(security), setting_checks(security)});
  add_definitions_routes(router, DefinitionsPage{*furniture->templates, *furniture->texts, staff_frame,
                                                 [city = furniture->city.get()] { return city->current(); }, [this] { return reload(); }});
  const registers::Web register_web{*registers, *store, *blobs, *furniture->templates, *furniture->texts, furniture->reference.get(), clock, staff_frame,
                                    [city = furniture->city.get()] { return city->current(); }, settings.data + "/spool",
                                    base_url()};
  const cases::Web web{*cases, *statistics, *furniture->templates, *furniture->texts, staff_frame, frame_of,
                       [city = furniture->city.get()] { return city->current(); }, hub,
                       [this](std::string_view blob, std::string_view variant) { return stored_file(*blobs, blob, variant); },
                       [this](const std::string& id) { return procedure(id); },
                       settings.data + "/spool",
                       [register_web](const http::Request& request, std::string_view text) { return registers::found_rows(register_web, request, text); },
                       std::string(registers::kBase)};
  cases::add_staff_routes(router, web);
  cases::add_report_routes(router, web);
  registers::add_register_routes(router, register_web);
  registers::add_import_routes(router, register_web);
  registers::add_api_routes(router, register_web);
  // The pages of logging in have the frame of all pages, and the providers that are there now.
  const Frame login_frame = [this](const http::Request& request) { return oidc::with_providers(frame(request), *sign_in, *furniture->texts, request); };
  identity::add_routes(router, *identity, *furniture->templates, *furniture->texts, login_frame, staff_frame);
  oidc::add_routes(router, *sign_in, *identity, *furniture->templates, *furniture->texts, frame_of);
}

House::House() : impl_(std::make_unique<Impl>()) {}
House::~House() { stop(); }

Result<std::unique_ptr<House>> House::open(const Settings& settings, std::shared_ptr<Furniture> furniture, Use use) {
  std::unique_ptr<House> house(new House());
  house->impl_->settings = settings;
  house->impl_->reading_only = use == Use::reading;
  house->impl_->furniture = std::move(furniture);
  MACHIYA_CHECK(house->impl_->build_platform());
  house->impl_->build_engines();
  house->impl_->wire_routes();
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
  impl_->tend_index();
  impl_->key_exchange->tend();
  impl_->audit->start();
  impl_->events->start();
  impl_->plan_reminders(true);
  impl_->plan_retention();
  impl_->jobs->start(3);   // two may wait for pictures
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
    if (running) plan_reminders(true);   // a definition may remind of something else now
  }
  if (report.city && running) tend_index();
  sign_in->forget();
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

int House::scenarios(const std::string& procedure, bool verbose, std::ostream& out) {
  cases::ScenarioParts parts{impl_->furniture->city->current(), impl_->settings.city, *impl_->store, *impl_->vault, impl_->cases_ports().is_working_day,
                             [this](const std::string& id) { return impl_->procedure(id); }};
  cases::ScenarioFilter filter;
  filter.procedure = procedure;
  auto results = cases::run_scenarios(parts, filter);
  auto more = registers::run_scenarios(parts, filter);
  results.insert(results.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
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
