#include "tell/outlets/form.h"

#include <algorithm>

#include "base/json.h"
#include "tell/bulletins/signage.h"

namespace machiya::tell {
namespace {
using bulletins::Notice;
using json::Value;

bool stops(const OutletDefinition& outlet, const std::string& rule) {
  return std::any_of(outlet.stops.begin(), outlet.stops.end(), [&](const std::string& one) { return one == "*" || one == rule; });
}

/// The first problem that keeps it from going.
std::string refusal(const OutletDefinition& outlet, const std::vector<bulletins::Problem>& problems) {
  for (const bulletins::Problem& problem : problems)
    if (stops(outlet, problem.rule)) return problem.rule;
  return {};
}

/// A form that cannot be made. `why` names the field of the notice.
Form refused(std::string part, const Error& why) {
  Form out;
  out.part = std::move(part), out.refused = why.where.empty() ? "form" : why.where;
  out.problems.push_back({out.refused, "text", 0, 0, "この手段の形にできません(" + why.to_string() + ")", "it cannot be put into the form of this outlet (" + why.to_string() + ")"});
  return out;
}

Form made(const Result<std::string>& text, const char* type) {
  if (!text.ok()) return refused("", text.error());
  Form out;
  out.content_type = type, out.body = *text;
  return out;
}

Value list(const std::vector<std::string>& all) {
  Value out = Value::array();
  for (const std::string& one : all) out.push(one);
  return out;
}

/// What every gateway is told of a message besides its text.
Value head_of(const char* format, const Notice& notice, const std::vector<std::string>& municipalities) {
  Value out = Value::object({{"format", format}, {"message", notice.id}, {"thread", notice.thread.empty() ? notice.id : notice.thread}, {"status", std::string(bulletins::word(notice.status))},
                             {"act", std::string(bulletins::word(notice.act))}, {"sent", to_iso_japan(notice.sent)}});
  out.set("municipalities", list(municipalities));
  return out;
}

/// The same notice with the wards said out, where an outlet wants codes.
Notice aimed(const Notice& notice, const city::City& city) {
  Notice out = notice;
  const bool coded = std::any_of(notice.areas.begin(), notice.areas.end(), [](const bulletins::Area& area) { return !area.codes.empty(); });
  if (coded) return out;
  out.areas.clear();
  for (const city::Ward& ward : city.wards()) {
    bulletins::Names names;
    for (const auto& [lang, name] : ward.name.all()) names.emplace_back(lang, name);
    out.areas.push_back({std::move(names), {}, {{std::string(bulletins::kJisMunicipality), ward.code}}});
  }
  return out;
}

Form area_mail_form(const OutletDefinition& outlet, const Notice& notice, const bulletins::FormatRule& rule) {
  const auto mail = bulletins::area_mail(notice, rule);
  if (!mail.ok()) return refused(rule.id, mail.error());
  Value body = head_of("machiya-area-mail-1", notice, mail->municipalities);
  body.set("carrier", rule.id).set("title", mail->title).set("body", mail->body);
  return {rule.id, "application/json", json::to_text(body), mail->problems, refusal(outlet, mail->problems)};
}

Form wireless_form(const OutletDefinition& outlet, const Notice& notice, const city::City& city) {
  const auto speech = bulletins::wireless_text(notice, outlet.station);
  if (!speech.ok()) return refused("", speech.error());
  Value body = head_of("machiya-wireless-1", notice, municipalities_of(notice, city));
  body.set("sentences", list(speech->sentences)).set("text", speech->text).set("seconds", static_cast<std::int64_t>(speech->seconds + 0.5));
  return {"", "application/json", json::to_text(body), speech->problems, refusal(outlet, speech->problems)};
}

Form l_alert_form(const OutletDefinition& outlet, const Notice& notice, const FormSettings& settings) {
  bulletins::Envelope envelope = outlet.envelope;
  envelope.sender_id = settings.sender;
  return made(bulletins::edxl_de(notice, envelope), "application/xml");
}

/// The fields of src/tell/webhook/README.md, in Japanese: whoever listens reads the page for other languages.
Form webhook_form(const Notice& notice) {
  if (auto right = bulletins::check(notice); !right.ok()) return refused("", right.error());
  const bulletins::Wording& w = bulletins::wording_for(notice, "ja");
  const Value body = Value::object({{"message", notice.id}, {"lang", w.lang}, {"title", bulletins::marked_title(notice, w)}, {"body", bulletins::plain(w.body, w.lang)}, {"short", ""}, {"link", notice.url},
                                    {"sender", w.sender}, {"emergency", notice.hazard.has_value()}});
  return {"", "application/json", json::to_text(body), {}, ""};
}

Form signage_form(const Notice& notice) {
  const auto page = bulletins::signage(notice);
  if (!page.ok()) return refused("", page.error());
  return {"", "application/json", json::to_text(*page), {}, ""};
}

Form feed_form(const Notice& notice) {
  if (auto right = bulletins::check(notice); !right.ok()) return refused("", right.error());
  return {"", "text/plain", notice.url, {}, ""};
}

}  // namespace

std::vector<std::string> municipalities_of(const Notice& notice, const city::City& city) {
  std::vector<std::string> out;
  const Notice all = aimed(notice, city);
  for (const bulletins::Area& area : all.areas)
    for (const auto& [name, code] : area.codes)
      if (name == bulletins::kJisMunicipality) out.push_back(code);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<Form> forms_of(const OutletDefinition& outlet, const Notice& notice, const city::City& city, const FormSettings& settings) {
  std::vector<Form> out;
  switch (outlet.kind) {
    case OutletKind::cap: out.push_back(made(bulletins::cap12(notice), "application/cap+xml")); break;
    case OutletKind::feeds: out.push_back(feed_form(notice)); break;
    case OutletKind::signage: out.push_back(signage_form(notice)); break;
    case OutletKind::l_alert: out.push_back(l_alert_form(outlet, aimed(notice, city), settings)); break;
    case OutletKind::wireless: out.push_back(wireless_form(outlet, notice, city)); break;
    case OutletKind::webhook: out.push_back(webhook_form(notice)); break;
    case OutletKind::area_mail:
      for (const bulletins::FormatRule& rule : outlet.carriers) out.push_back(area_mail_form(outlet, aimed(notice, city), rule));
  }
  return out;
}

}  // namespace machiya::tell
