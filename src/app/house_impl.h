// What the house holds. For house.cpp and house_routes.cpp only.
#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/citizen_web.h"
#include "app/doors.h"
#include "app/furniture.h"
#include "app/house.h"
#include "app/key_exchange.h"
#include "app/security_panels.h"
#include "app/sensing_wing.h"
#include "app/sign_in_kind.h"
#include "app/system_http.h"
#include "app/telling.h"
#include "ask/apply/apply.h"
#include "ask/cases/cases.h"
#include "ask/cases/component.h"
#include "ask/cases/statistics.h"
#include "ask/registers/registers.h"
#include "console/console.h"
#include "platform/audit/audit.h"
#include "platform/blobs/blobs.h"
#include "platform/blobs/clamd.h"
#include "platform/events/events.h"
#include "platform/http/http.h"
#include "platform/http/hub.h"
#include "platform/identity/identity.h"
#include "platform/jobs/jobs.h"
#include "platform/metrics/metrics.h"
#include "platform/oidc/sign_in.h"
#include "platform/oidc/signature_request.h"
#include "platform/outbound/outbound.h"
#include "platform/signatures/judge.h"
#include "platform/vault/signing_key.h"
#include "platform/vault/vault.h"
#include "platform/worker/document_worker.h"
#include "platform/worker/image_worker.h"
#include "tell/callout/callout.h"
#include "tell/signage/signage.h"

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
  std::unique_ptr<outbound::Streams> streams;
  std::unique_ptr<identity::CodeSender> sender;
  std::unique_ptr<identity::Identity> identity;
  SignInClients sign_in_clients;
  std::unique_ptr<oidc::SignIn> sign_in;
  std::unique_ptr<signatures::Judge> judge;   ///< null: nothing is signed electronically
  std::unique_ptr<oidc::SignatureRequests> signature_requests;
  identity::PasswordRules passwords;
  std::unique_ptr<cases::CityDefinitions> definitions;
  std::unique_ptr<cases::Cases> cases;
  std::unique_ptr<cases::Statistics> statistics;
  std::unique_ptr<apply::Apply> apply;
  std::unique_ptr<registers::Registers> registers;
  std::unique_ptr<Telling> telling;
  std::unique_ptr<tell::CaseMessages> case_messages;
  std::unique_ptr<signage::Signage> signage;
  std::unique_ptr<callout::Callouts> callouts;
  std::unique_ptr<identity::SmtpSender> opt_in_mails;   ///< null in the demonstration
  std::unique_ptr<tell::CodeSms> sms_codes;             ///< null without the SMS channel
  std::unique_ptr<tell::Citizen> citizen;
  std::unique_ptr<SensingWing> sensing;                 ///< null: another process of the city holds it, or this one only reads
  std::unique_ptr<console::Console> console;
  console::Program program{"/proc/self/exe"};
  http::Router router;
  bool running = false;
  std::thread upkeep;                      ///< every few seconds while running: statistics that were gathered in memory
  std::mutex upkeep_mutex;
  std::condition_variable upkeep_wakes;
  bool reading_only = false;

  Result<void> build_platform();
  Result<void> build_engines();
  Result<void> build_telling();
  Result<void> build_citizen();
  Result<void> build_sensing();
  cases::Platform cases_platform();
  cases::Ports cases_ports();
  std::shared_ptr<const interview::Procedure> procedure(const std::string& id) const;
  void wire_routes();
  void wire_public(const Frame& frame_of);
  void wire_staff(const Frame& frame_of);
  void wire_log_in(const Frame& frame_of);
  void wire_signs();
  std::vector<console::NavItem> navigation();
  city::LoadReport reload();
  /// What is done every few seconds, and the rarer work among it.
  void keep_up();
  void tend_index();
  void plan_reminders(bool now);
  void plan_retention();
  /// So that what changed in it is shown to who answers for it (/staff/protection/policy).
  void keep_policy(const city::City& now, std::string_view why);
  void flush_statistics();
  int rounds = 0;   ///< of keep_up()

  pages::Data frame(const http::Request& request) const;
  /// The city as it is at each call: a reload replaces it.
  std::function<std::shared_ptr<const city::City>()> city_now() const { return [city = furniture->city.get()] { return city->current(); }; }
  /// As visitors see this server.
  std::string base_url() const { return settings.base_url.empty() ? "http://" + settings.listen : settings.base_url; }
};

}  // namespace machiya::app
