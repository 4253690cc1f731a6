#include "platform/audit/formats.h"

#include "base/text.h"

namespace machiya::audit {
namespace {

/// `text` with a backslash before each of `special`, and line ends as spaces: a row can never begin a second line.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return out;
}

/// What a person should look at: emergency access, refusals, and everything about keys and rights.
bool notable(const Audit::Record& record) {
  for (std::string_view begin : {"break_glass.", "breakglass.", "staff.", "client.", "key.", "policy."})
    if (starts_with(record.entry.action, begin)) return true;
  return false;
}

std::string cef(const Audit::Record& r) {
  const auto value = [](std::string_view text) { return escaped(text, "\\="); };
  const std::string action = escaped(r.entry.action, "\\|");
  return "CEF:0|Machiya|Machiya|1|" + action + "|" + action + "|" + (notable(r) ? "6" : "2") + "|rt=" + std::to_string(r.at.us / 1000) + " externalId=" +
         std::to_string(r.sequence) + " suser=" + value(r.entry.actor) + " cs1Label=object cs1=" + value(r.entry.object) + " cs2Label=purpose cs2=" +
         value(r.entry.purpose) + " cs3Label=request cs3=" + value(r.entry.request) + " msg=" + value(json::to_canonical(r.entry.facts));
}

/// 32473 is the enterprise number that RFC 5612 keeps for examples: the city has none of its own.
std::string syslog(const Audit::Record& r) {
  constexpr int kFacility = 13, kNotice = 5, kInformational = 6;
  const auto value = [](std::string_view text) { return "\"" + escaped(text, "\"\\]") + "\""; };
  return "<" + std::to_string(8 * kFacility + (notable(r) ? kNotice : kInformational)) + ">1 " + to_iso_utc(r.at) + " - machiya - audit [audit@32473 sequence=" +
         value(std::to_string(r.sequence)) + " actor=" + value(r.entry.actor) + " action=" + value(r.entry.action) + " object=" + value(r.entry.object) + " purpose=" +
         value(r.entry.purpose) + " request=" + value(r.entry.request) + " facts=" + value(json::to_canonical(r.entry.facts)) + "]";
}

std::string json_line(const Audit::Record& r) {
  return json::to_text(json::Value::object({{"sequence", r.sequence}, {"at", to_iso_utc(r.at)}, {"actor", r.entry.actor}, {"action", r.entry.action},
                                            {"object", r.entry.object}, {"purpose", r.entry.purpose}, {"request", r.entry.request}, {"facts", r.entry.facts}}));
}

}  // namespace

std::optional<Format> format_named(std::string_view name) {
  if (name == "json") return Format::json;
  if (name == "cef") return Format::cef;
  if (name == "syslog") return Format::syslog;
  return std::nullopt;
}

std::string to_line(const Audit::Record& record, Format format) {
  switch (format) {
    case Format::cef: return cef(record);
    case Format::syslog: return syslog(record);
    case Format::json: break;
  }
  return json_line(record);
}

}  // namespace machiya::audit
