#include "app/security_panels.h"

#include <iterator>

#include "app/drill.h"
#include "ask/registers/registers.h"
#include "base/text.h"
#include "console/sign_in_anomalies.h"
#include "platform/audit/audit.h"
#include "platform/vault/key_ring.h"

namespace machiya::app {
namespace {

using console::Light;
using console::Panel;
using console::PanelLine;
using console::PanelQuery;
using Lines = Result<std::vector<PanelLine>>;

constexpr int kSignInDays = 7;
constexpr int kPage = 1000;          // audit rows a search
constexpr std::size_t kShown = 20;   // anomalies on the page; the audit has all
constexpr std::int64_t kStatementLate = 2 * kHour;
constexpr int kKeyDays = 366, kDrillDays = 100;   // docs/operators.md: the master key once a year, a drill every quarter
constexpr std::string_view kIncidents = "security-incidents", kCoverage = "literacy-coverage";

std::string filled(std::string text, std::string_view name, const std::string& value) {
  const std::size_t at = text.find(name);
  return at == std::string::npos ? text : text.replace(at, name.size(), value);
}

/// The head was signed, and copied out when there is a copy, within the last two hours.
bool statement_fresh(const SecurityParts& p) {
  const auto stated = p.audit.last_statement();
  return stated && p.clock.now().us - stated->us <= kStatementLate;
}

bool drilled_lately(const SecurityParts& p, const Drill& drill) { return p.clock.now().us - drill.at.us <= kDrillDays * kDay; }

/// Every row of staff's log-ins within the last days.
Result<std::vector<audit::Audit::Record>> staff_sign_ins(const SecurityParts& p) {
  audit::Search wanted;
  wanted.action = "session.*", wanted.actor = "staff:*";
  wanted.from = Instant{p.clock.now().us - kSignInDays * kDay};
  wanted.limit = kPage;
  std::vector<audit::Audit::Record> out;
  do {
    MACHIYA_TRY(auto found, p.audit.search(wanted));
    out.insert(out.end(), std::make_move_iterator(found.records.begin()), std::make_move_iterator(found.records.end()));
    wanted.before = found.next_before;
  } while (wanted.before > 0);
  return out;
}

std::string_view word(console::Anomaly kind) {
  switch (kind) {
    case console::Anomaly::guessed: return "guessed";
    case console::Anomaly::guessing: return "guessing";
    case console::Anomaly::spraying: return "spraying";
    case console::Anomaly::night: break;
  }
  return "night";
}

Result<std::string> name_of(const SecurityParts& p, const std::string& actor) {
  MACHIYA_TRY(const auto member, p.store.read([&](store::ReadTx& tx) { return p.identity.staff_member(tx, actor.substr(6)); }));
  return member ? member->display : std::string();
}

Lines sign_ins(const SecurityParts& p, const PanelQuery& q) {
  MACHIYA_TRY(auto rows, staff_sign_ins(p));
  std::vector<PanelLine> out;
  for (const auto& a : console::sign_in_anomalies(std::move(rows))) {
    if (out.size() == kShown) break;
    MACHIYA_TRY(const std::string name, name_of(p, a.actor));
    PanelLine line;
    line.label = q.text("staff_protection.anomaly." + std::string(word(a.kind))) + (name.empty() ? "" : ": " + name);
    line.value = filled(filled(q.text(a.count > 1 ? "staff_protection.times" : "staff_protection.at"), "{n}", std::to_string(a.count)), "{at}", locale::format_time(a.at, q.lang));
    line.light = a.kind == console::Anomaly::guessed ? Light::red : Light::yellow;
    line.href = "/staff/audit?action=session.*&actor=" + http::url_encode(a.actor);
    out.push_back(std::move(line));
  }
  if (out.empty()) out.push_back({q.text("staff_protection.no_anomaly"), "", Light::green, ""});
  return out;
}

Lines audit_lines(const SecurityParts& p, const PanelQuery& q) {
  const auto stated = p.audit.last_statement();
  const bool late = !statement_fresh(p);
  std::vector<PanelLine> out;
  out.push_back({q.text("staff_protection.audit.stated"), stated ? locale::format_time(*stated, q.lang) : q.text("staff_protection.audit.not_stated"), late ? Light::red : Light::green, "/staff/audit"});
  out.push_back({q.text("staff_protection.audit.lost"), std::to_string(p.audit.lost()), p.audit.lost() > 0 ? Light::red : Light::green, ""});
  const bool waits = p.audit.backlogged();
  out.push_back({q.text("staff_protection.audit.backlog"), q.text(waits ? "staff_protection.audit.backlogged" : "staff_protection.audit.stored"), waits ? Light::red : Light::green, ""});
  return out;
}

std::string days_old(const PanelQuery& q, Date since, Date today) { return filled(q.text("staff_protection.days_old"), "{days}", std::to_string(today.days - since.days)); }

Lines keys(const SecurityParts& p, const PanelQuery& q) {
  MACHIYA_TRY(const auto ring, vault::read_key_ring(p.settings.key_file, false));
  std::vector<PanelLine> out;
  for (const auto& generation : ring) {
    const auto made = parse_iso_date(generation.created);
    const bool old = !made || p.clock.today().days - made->days > kKeyDays;
    out.push_back({filled(q.text("staff_protection.key"), "{n}", std::to_string(generation.number)), made ? days_old(q, *made, p.clock.today()) : q.text("staff_protection.key_unknown"),
                   old ? Light::yellow : Light::green, ""});
  }
  return out;
}

Lines drills(const SecurityParts& p, const PanelQuery& q) {
  MACHIYA_TRY(const auto last, read_drills(p.settings.data, 1));
  if (last.empty()) return std::vector<PanelLine>{{q.text("staff_protection.no_drill"), "", Light::red, ""}};
  const Drill& d = last.front();
  const bool late = !drilled_lately(p, d);
  const std::string minutes = std::to_string(static_cast<int>((d.restore_s + d.verify_s) / 60) + 1);
  return std::vector<PanelLine>{{q.text("staff_protection.last_drill"), locale::format_time(d.at, q.lang), late ? Light::yellow : Light::green, ""},
                                {q.text("staff_protection.drill_result"), filled(q.text(d.passed ? "staff_protection.drill_passed" : "staff_protection.drill_failed"), "{minutes}", minutes),
                                 d.passed ? Light::green : Light::red, ""}};
}

Lines incidents(const SecurityParts& p, const PanelQuery& q) {
  std::vector<PanelLine> out;
  if (auto reg = p.registers.find(kIncidents, q.who); reg.ok()) {
    registers::Query open;
    open.with_ended = false;
    open.limit = 1;
    open.columns = {(*reg)->title};
    MACHIYA_TRY(const auto listed, p.registers.list(**reg, open, q.who));
    out.push_back({q.text("staff_protection.incidents.open"), std::to_string(listed.total), listed.total > 0 ? Light::yellow : Light::green, "/staff/registers/" + std::string(kIncidents)});
  }
  if (auto reg = p.registers.find(kCoverage, q.who); reg.ok())
    out.push_back({q.text("staff_protection.training"), "", Light::grey, "/staff/registers/" + std::string(kCoverage) + "?view=coverage"});
  return out;
}

}  // namespace

console::ProtectionPages protection_pages(const SecurityParts& p, const pages::Templates& templates, const locale::Catalogue& texts,
                                          std::function<pages::Data(const http::Request&)> frame, std::function<std::shared_ptr<const city::City>()> city) {
  const auto member = [p](const std::string& public_id) {
    const auto name = name_of(p, "staff:" + public_id);
    return name.ok() ? *name : std::string();
  };
  return {p.audit, p.identity, {p.store, p.audit, p.clock}, templates, texts, std::move(frame), std::move(city), member, p.settings.parts_list, p.program};
}

std::vector<Panel> security_panels(const SecurityParts& parts) {
  return {{"staff_protection.sign_ins", [parts](const PanelQuery& q) { return sign_ins(parts, q); }},
          {"staff_protection.audit", [parts](const PanelQuery& q) { return audit_lines(parts, q); }},
          {"staff_protection.keys", [parts](const PanelQuery& q) { return keys(parts, q); }},
          {"staff_protection.drills", [parts](const PanelQuery& q) { return drills(parts, q); }},
          {"staff_protection.incidents", [parts](const PanelQuery& q) { return incidents(parts, q); }},
          console::policy_panel({parts.store, parts.audit, parts.clock}),
          console::parts_panel(parts.settings.parts_list, parts.program)};
}

std::map<std::string, console::SettingCheck, std::less<>> setting_checks(const SecurityParts& p) {
  const Settings& s = p.settings;
  return {{"audit-copied", [p] { return !p.settings.audit_copy.empty() && statement_fresh(p); }},
          {"audit-complete", [p] { return p.audit.lost() == 0 && !p.audit.backlogged(); }},
          {"base-url-https", [&s] { return !s.tls_cert.empty() || starts_with(s.base_url, "https://"); }},
          {"mail-encrypted", [&s] { return starts_with(s.smtp_url, "smtps://") || (!s.smtp_url.empty() && s.smtp_starttls); }},
          {"production", [&s] { return !s.demonstration; }},
          {"proxy-known", [&s] { return !s.tls_cert.empty() || s.trusted_proxy_hops > 0; }},
          {"restore-drilled", [p] {
             const auto last = read_drills(p.settings.data, 1);
             return last.ok() && !last->empty() && last->front().passed && drilled_lately(p, last->front());
           }}};
}

}  // namespace machiya::app
