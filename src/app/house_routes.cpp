// Which rooms answer which addresses, and the frame of their pages.
#include "app/definitions_http.h"
#include "app/host_gate.h"
#include "app/house_impl.h"
#include "app/line_allowance.h"
#include "app/system_http.h"
#include "ask/apply/procedure_kind.h"
#include "ask/cases/web.h"
#include "ask/registers/register.h"
#include "ask/registers/web.h"
#include "base/log.h"
#include "city/city_http.h"
#include "city/import_boundaries.h"
#include "console/audit_page.h"
#include "console/security_page.h"
#include "platform/identity/emergencies.h"
#include "platform/identity/identity_http.h"
#include "platform/oidc/oidc_http.h"
#include "sense/ingest/web.h"
#include "sense/livemap/definition.h"
#include "sense/livemap/web.h"
#include "rooms/technology_trials/web.h"
#include "sense/rules/web.h"
#include "sense/subscriptions/pages/web.h"
#include "tell/campaigns/web.h"
#include "tell/outlets/web.h"
#include "tell/callout/web.h"
#include "tell/signage/web.h"

namespace machiya::app {
namespace {

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

/// A room's services are its procedures and registers, and what it tells the city; those that no scenario proves do not count as running.
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
  if (const city::Loaded* ledger = city.find("register", trials::kRegister); ledger && ledger->source.initiative == room.number && proved(city, room, "alarm-scenario")) out.push_back({room.name, std::string(trials::kPublicBase), healthy});
  if (proved(city, room, "device-scenario"))
    for (const city::Loaded* loaded : city.all("map")) {
      const auto* map = city.get<sense::livemap::Map>("map", loaded->source.id);
      if (loaded->source.initiative == room.number && map != nullptr && !map->staff) out.push_back({map->name, "/maps/" + map->id, healthy});
    }
  if (proved(city, room, "message-scenario")) out.push_back({room.name, "/messages", healthy});
  return out;
}

Result<cases::StoredFile> stored_file(blobs::Blobs& blobs, std::string_view id, std::string_view variant) {
  MACHIYA_TRY(const auto blob, blobs.find(id));
  MACHIYA_TRY(auto content, blobs.read(id, variant));
  return cases::StoredFile{variant == "thumb" ? "image/jpeg" : blob.type, std::move(content)};
}
}  // namespace

pages::Data House::Impl::frame(const http::Request& request) const {
  const std::string lang = request.lang.empty() ? "ja" : request.lang;
  const identity::Principal& who = identity::principal_of(request);
  pages::Data data;
  // Held for the whole function: a reload may replace the city meanwhile.
  const auto city = furniture->city->current();
  data.set("city_name", city->name().in(lang)).set("demo", settings.demonstration).set("csrf", who.csrf);
  if (sensing) data.set("senses", true);
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
std::vector<console::NavItem> House::Impl::navigation() {
  std::vector<console::NavItem> out = console::case_pages();
  out.push_back({"staff_console.work", "staff_registers.title", std::string(registers::kBase), std::string(registers::kPermission)});
  out.push_back({"staff_console.work", "staff_reminders.title", "/staff/reminders", std::string(registers::kPermission), [this](const identity::Principal& who) {
                          constexpr int kMost = 100;
                          const auto open = registers->open_reminders(who, kMost);
                          return !open.ok() || *open == 0 ? std::string() : *open < kMost ? std::to_string(*open) : std::to_string(kMost - 1) + "+";
                        }});
  out.push_back({"staff_console.work", "staff_messages.title", std::string(tell::kMessagesBase), std::string(tell::kReadMessages)});
  out.push_back({"staff_console.work", "staff_callout.title", std::string(callout::kStaffBase), std::string(callout::kRead)});
  if (sensing) out.push_back({"staff_console.work", "maps.title", "/staff/maps", std::string(sense::livemap::kReadMaps)});
  if (sensing) out.push_back({"staff_console.work", "staff_alarms.title", std::string(sense::rules::kStaffBase), std::string(sense::rules::kRead)});
  if (sensing) out.push_back({"staff_console.work", "staff_devices.title", std::string(sense::ingest::kDevicesBase), std::string(sense::ingest::kReadDevices)});
  if (sensing) out.push_back({"staff_console.work", "staff_trials.title", std::string(trials::kStaffBase), std::string(registers::kPermission)});
  out.push_back({"staff_console.work", "staff_signage.title", std::string(signage::kStaffBase), std::string(signage::kManage)});
  for (console::NavItem& item : console::system_pages()) out.push_back(std::move(item));
  if (sensing) out.push_back({"staff_console.system", "staff_subscriptions.title", std::string(sense::subscription_pages::kBase), std::string(sense::subscription_pages::kPermission)});
  out.push_back({"staff_console.system", "staff_emergency.queue", "/staff/emergencies", "breakglass.review", [this](const identity::Principal& who) {
                          const auto waiting = store->read([&](store::ReadTx& tx) { return identity->emergencies().waiting(tx, who, *identity->policy()); });
                          return !waiting.ok() || *waiting == 0 ? std::string() : std::to_string(*waiting);
                        }});
  out.push_back({"staff_console.system", "staff_protection.title", "/staff/protection", std::string(console::kSecurityPermission)});
  out.push_back({"staff_console.system", "staff_audit.title", "/staff/audit", "audit.read"});
  out.push_back({"staff_console.system", "staff_definitions.title", "/staff/definitions", "admin.definitions"});
  return out;
}

void House::Impl::wire_public(const Frame& frame_of) {
  city::FrontDoor door;
  door.city = city_now();
  door.runs_here = [this](const city::Room& room) { return running_services(*furniture->city->current(), room, !store->refusing_writes()); };
  door.frame = frame_of;
  if (auto stored = city::stored_boundaries(settings.data); !stored.ok()) {
    log(LogLevel::error, "boundaries-refused", {{"why", stored.error().to_string()}});
  } else if (*stored) {
    door.boundaries = [areas = *stored] { return areas; };
  }
  door.alerts = [this](const http::Request& request) { return citizen->alerts(request); };
  city::add_routes(router, *furniture->templates, *furniture->texts, std::move(door));
  apply->add_routes(router);
  citizen->add_routes(router);
}

void House::Impl::wire_staff(const Frame& frame_of) {
  console = std::make_unique<console::Console>(console::Parts{*store, *audit, *events, *identity, *jobs, *furniture->templates, *furniture->texts, clock, frame_of, city_now(),
                                                              {std::string(apply::kScope), std::string(registers::kReadScope), std::string(registers::kWriteScope), std::string(tell::kAlertsScope), std::string(signage::kAlertScope), std::string(callout::kTriggerScope), std::string(tell::kMailReportsScope), std::string(kReadEntitiesScope), std::string(kWriteEntitiesScope)}, &passwords},
                                               navigation());
  console->add_routes(router);
  const Frame staff_frame = [this](const http::Request& request) { return console->frame(request); };
  console::add_audit_routes(router, {*store, *audit, *identity, *furniture->templates, *furniture->texts, clock, staff_frame, city_now()});
  const SecurityParts security{settings, *store, *audit, *identity, *registers, program, clock};
  console::add_security_routes(router, {*audit, *furniture->templates, *furniture->texts, staff_frame, city_now(), security_panels(security), setting_checks(security)});
  console::add_protection_routes(router, protection_pages(security, *furniture->templates, *furniture->texts, staff_frame, city_now()));
  add_definitions_routes(router, DefinitionsPage{*furniture->templates, *furniture->texts, staff_frame, city_now(), [this] { return reload(); }});
  const registers::Web register_web{*registers, *store, *blobs, *furniture->templates, *furniture->texts, furniture->reference.get(), clock, staff_frame, city_now(),
                                    settings.data + "/spool", base_url()};
  const cases::Web web{*cases, *statistics, *furniture->templates, *furniture->texts, staff_frame, frame_of, city_now(), hub,
                       [this](std::string_view blob, std::string_view variant) { return stored_file(*blobs, blob, variant); },
                       [this](const std::string& id) { return procedure(id); },
                       settings.data + "/spool",
                       [register_web](const http::Request& request, std::string_view text) { return registers::found_rows(register_web, request, text); },
                       std::string(registers::kBase), judge.get()};
  cases::add_staff_routes(router, web);
  cases::add_report_routes(router, web);
  registers::add_register_routes(router, register_web);
  registers::add_import_routes(router, register_web);
  registers::add_api_routes(router, register_web);
  const auto may = [this](const identity::Principal& who, std::string_view permission, std::string_view department) { return cases->may(who, permission, department); };
  const auto stored = city::stored_boundaries(settings.data);   // refused ones were told in wire_public()
  const tell::OutletWeb outlet_web{telling->campaigns(), telling->outlets(), *furniture->texts, clock, city_now(), [areas = stored.ok() ? *stored : nullptr] { return areas; }};
  const auto about_message = [outlet_web, line_quota = line_quota_watch(*furniture->city->current(), settings, *outbound, clock)](const http::Request& request, const tell::Campaign& campaign, pages::Data& data) {
    tell::add_outlets(outlet_web, request, campaign, data);
    add_line_allowance(line_quota.get(), *outlet_web.city(), outlet_web.texts, request, campaign, data);
  };
  tell::add_campaign_routes(router, {telling->campaigns(), telling->ledger(), telling->audiences(), telling->sender(), *store, hub, *furniture->templates, *furniture->texts, clock, staff_frame, city_now(), may,
                                     telling->channels(), about_message,
                                     [this](const std::string& message, const std::string& outlet, const std::string& part) { return telling->outlets().again(message, outlet, part); }, outlet_web.boundaries});
  tell::add_alert_routes(router, outlet_web);
  tell::add_mail_report_routes(router, telling->mail_returns());
  if (sensing) sensing->add_routes(router, {[this](const http::Request& request) { return frame(request); }, staff_frame});
  if (sensing)
    trials::add_routes(router, {*registers, sensing->broker().entities(), sensing->broker().history(), sensing->broker().numbers(), sensing->alarms(), *furniture->templates, *furniture->texts, clock,
                                [this](const http::Request& request) { return frame(request); }, staff_frame, city_now(), outlet_web.boundaries, may});
}

void House::Impl::wire_log_in(const Frame& frame_of) {
  // The pages of logging in have the frame of all pages, and the providers that are there now.
  const Frame login_frame = [this](const http::Request& request) { return oidc::with_providers(frame(request), *sign_in, *furniture->texts, request); };
  identity::add_routes(router, *identity, *furniture->templates, *furniture->texts, login_frame, [this](const http::Request& request) { return console->frame(request); });
  oidc::add_routes(router, *sign_in, *identity, *furniture->templates, *furniture->texts, frame_of);
}

void House::Impl::wire_routes() {
  const Frame frame_of = [this](const http::Request& request) { return frame(request); };
  if (!settings.demonstration) add_host_gate(router, hosts_from(settings.base_url, settings.staff_url).value());   // checked with the settings
  add_language_gate(router);
  router.gate(identity->gate());
  router.head_gate(identity->head_gate());
  add_finishers(router, *furniture->templates, *furniture->texts, frame_of);
  add_system_routes(router, SystemParts{*store, metrics, *furniture->assets, *furniture->templates, *furniture->city, frame_of, settings.demonstration, settings.metrics_clients});
  wire_public(frame_of);
  wire_staff(frame_of);
  wire_log_in(frame_of);
}

}  // namespace machiya::app
