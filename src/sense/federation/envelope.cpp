#include "sense/federation/envelope.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace machiya::sense::federation {
namespace {
using tree::Value;

constexpr std::string_view kFromRequest = "urn:ngsi-ld:request";
constexpr std::string_view kContextRel = "http://www.w3.org/ns/json-ld#context";

// Keys of source_info that are hints for us, and headers that are ours to say.
bool is_ours(std::string_view key) {
  constexpr std::array<std::string_view, 14> kOurs = {"jsonldcontext", "accept", "contenttype", "content-type", "content-length", "via", "link", "host", "connection", "transfer-encoding", "upgrade", "expect", "te",
                                                      "trailer"};
  const std::string name = lower_ascii(key);
  return std::ranges::find(kOurs, name) != kOurs.end();
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos; });
}

bool is_header_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

bool unreserved(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-._~").find(c) != std::string_view::npos; }

std::string encoded(std::string_view text, std::string_view also) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (unreserved(c) || also.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%', out += kHex[static_cast<unsigned char>(c) >> 4], out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

Value with_context(const Value& object, const Value& context, tree::Arena& arena) {
  std::vector<tree::Member> out;
  for (const tree::Member& m : object.members())
    if (m.key != "@context") out.push_back(m);
  out.push_back({"@context", context});
  return arena.object(out);
}

}  // namespace

std::vector<std::string> via_names(std::string_view header) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < header.size();) {
    const std::size_t end = std::min(header.find(',', at), header.size());
    const std::string_view element = trim(header.substr(at, end - at));
    const std::size_t blank = element.find_first_of(" \t");
    const std::string_view rest = blank == std::string_view::npos ? element : trim(element.substr(blank));
    if (!rest.empty()) out.emplace_back(rest.substr(0, rest.find_first_of(" \t")));
    at = end + 1;
  }
  return out;
}

bool has_passed(std::string_view via, std::string_view alias) {
  if (via.empty() || alias.empty()) return false;
  const auto names = via_names(via);
  return std::ranges::find(names, alias) != names.end();
}

Result<Speech> speech_for(const Registration& registration, const Asker& asker, Contexts& contexts) {
  Speech out;
  std::string_view said = registration.info("contentType");
  if (said.empty()) said = registration.info("content-type");
  out.ld_body = lower_ascii(said).starts_with("application/ld+json");
  if (const std::string_view url = registration.info("jsonldContext"); !url.empty()) {
    MACHIYA_TRY(out.terms, contexts.resolve_url(url));
    out.link = url, out.context = Value::string(url);
    return out;
  }
  out.terms = asker.terms, out.link = asker.context_url;
  out.context = out.link.empty() ? asker.context : Value::string(asker.context_url);
  if (out.link.empty()) out.ld_body = true;
  return out;
}

Headers headers_for(const Registration& registration, const Asker& asker, const Speech& speech, bool with_body) {
  Headers out;
  const std::string_view accept = registration.info("accept");
  out.emplace_back("Accept", accept.empty() || accept == kFromRequest ? "application/json" : accept);
  if (with_body) out.emplace_back("Content-Type", speech.ld_body ? "application/ld+json" : "application/json");
  if (!speech.link.empty() && !(with_body && speech.ld_body)) out.emplace_back("Link", "<" + speech.link + ">; rel=\"" + std::string(kContextRel) + "\"; type=\"application/ld+json\"");
  const std::string_view via = asker.header ? asker.header("via") : std::string_view();
  out.emplace_back("Via", (via.empty() ? "" : std::string(via) + ", ") + "1.1 " + asker.alias);
  bool tenant_said = false;
  for (const auto& [key, value] : registration.source_info) {
    if (is_ours(key) || !is_header_name(key)) continue;
    const std::string name = lower_ascii(key);
    const std::string_view text = value == kFromRequest ? (asker.header ? asker.header(name) : std::string_view()) : std::string_view(value);
    if (text.empty() || !is_header_value(text)) continue;
    if (name == "ngsild-tenant") {
      if (!registration.source_tenant.empty()) continue;
      tenant_said = true;
    }
    out.emplace_back(key, text);
  }
  if (!tenant_said && !registration.source_tenant.empty()) out.emplace_back("NGSILD-Tenant", registration.source_tenant);
  return out;
}

std::string body_text(const Value& body, const Speech& speech, tree::Arena& arena) {
  if (!speech.ld_body) return tree::to_text(body);
  if (body.is_object()) return tree::to_text(with_context(body, speech.context, arena));
  std::vector<Value> out;
  for (const Value& item : body.items()) out.push_back(item.is_object() && !item.has("@context") ? with_context(item, speech.context, arena) : item);
  return tree::to_text(arena.array(out));
}

std::string address_of(const Registration& registration, std::string_view target) {
  std::string out = registration.endpoint;
  while (out.ends_with('/')) out.pop_back();
  constexpr std::string_view kBase = "/ngsi-ld/v1";
  if (!out.ends_with(kBase)) out += kBase;
  return out + std::string(target);
}

std::string path_part(std::string_view text) { return encoded(text, "!$&'()*+,;=:@"); }

QueryText& QueryText::add(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  text_ += (text_.empty() ? '?' : '&');
  text_ += name, text_ += '=', text_ += encoded(value, ":,;!()*/@");
  return *this;
}

}  // namespace machiya::sense::federation
