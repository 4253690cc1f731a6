#include "console/protection_pages.h"

#include <charconv>

#include "city/city.h"
#include "console/page.h"
#include "platform/audit/audit.h"
#include "platform/identity/decision.h"

namespace machiya::console {
namespace {

using http::Request;
using http::Response;
using pages::Data;

class Pages {
 public:
  explicit Pages(ProtectionPages parts) : p_(std::move(parts)) {}

  Response policy(Request& request, std::string_view said = {}) const {
    const auto state = p_.policy.state();
    if (!state.ok()) return http::problem(state.error(), request);
    note(request, "security:policy");
    Data data = p_.frame(request), versions{Data::List{}};
    for (const auto& version : state->unseen) versions.push(version_data(request, version));
    data.set("versions", std::move(versions)).set("any", !state->unseen.empty()).set("number", std::to_string(state->number));
    if (state->number > 0) data.set("since", locale::format_time(state->since, language(request)));
    if (state->seen_at) data.set("seen", Data().set("at", locale::format_time(*state->seen_at, language(request))).set("by", name_of(state->seen_by)));
    if (!said.empty()) data.set("flash", Data().set("kind", "success").set("text", text(request, said)));
    return render(request, "console/policy", "staff_protection.policy", std::move(data));
  }

  Response see(Request& request) const {
    const std::string typed = field(request, "version");
    std::int64_t number = 0;
    std::from_chars(typed.data(), typed.data() + typed.size(), number);
    const identity::Principal& who = identity::principal_of(request);
    const auto done = p_.policy.see(who, number, p_.identity.decide(who, kSecurityPermission, {}).purpose, request.id);
    return done.ok() ? http::see_other(std::string(kPolicyPath) + "?done=seen") : http::problem(done.error(), request);
  }

  Response parts(Request& request) const {
    note(request, "security:parts");
    Data data = p_.frame(request);
    const auto list = read_parts(p_.parts_file);
    if (!list.ok()) {
      data.set("absent", text(request, list.error().code == ErrorCode::not_found ? "staff_protection.parts.absent" : "staff_protection.parts.unread"));
    } else {
      Data rows{Data::List{}};
      for (const Part& part : list->parts)
        rows.push(Data().set("name", part.name).set("version", part.version).set("licence", licence(request, part.licence)).set("use", text(request, "staff_protection.parts." + std::string(word_of(part.use)))));
      data.set("list", Data().set("rows", std::move(rows)).set("made", list->made).set("count", std::to_string(list->parts.size())).set("href", std::string(kPartsPath) + "/spdx"));
      if (!p_.program.is(*list)) data.set("other_program", true);
    }
    return render(request, "console/parts", "staff_protection.parts", std::move(data));
  }

  Response download(Request& request) const {
    auto list = read_parts(p_.parts_file);
    if (!list.ok()) return http::see_other(std::string(kPartsPath));   // the page says why there is none
    note(request, "security:parts");
    Response r = http::text(std::move(list->document), "application/spdx+json");
    r.header("Content-Disposition", "attachment; filename=\"machiya.spdx.json\"");
    r.header("Cache-Control", "no-store");
    return r;
  }

 private:
  std::string text(const Request& request, std::string_view key) const { return p_.texts.text(language(request), key); }
  void note(const Request& request, const char* what) const {
    const identity::Principal& who = identity::principal_of(request);
    p_.audit.append_later({who.actor(), "security.read", what, p_.identity.decide(who, kSecurityPermission, {}).purpose, request.id, {}});
  }
  Response render(const Request& request, std::string_view name, std::string_view title, Data data) const {
    data.set("title", text(request, title)).set("csrf", identity::principal_of(request).csrf);
    Response r = http::html(p_.templates.render(name, data, language(request)).html);
    r.header("Cache-Control", "no-store");
    return r;
  }
  /// A licence that only Debian's own file tells is a reference into the document.
  std::string licence(const Request& request, const std::string& declared) const {
    return declared.find("LicenseRef-") != std::string::npos || declared == "NOASSERTION" ? text(request, "staff_protection.parts.licence_inside") : declared;
  }
  std::string name_of(const std::string& actor) const;
  Data version_data(const Request& request, const identity::PolicyHistory::Version& version) const {
    const auto city = p_.city();
    Data rows{Data::List{}};
    for (const auto& change : version.changes) {
      const auto& line = change.line;
      const std::string label = city ? city::Text(city->policy()[line.section][line.entry]["name"]).in(language(request)) : std::string();
      Data row = Data().set("entry", label.empty() ? line.entry : label + " (" + line.entry + ")").set("section", text(request, "staff_protection.policy." + line.section));
      row.set("part", line.part.empty() ? "" : text(request, "staff_protection.policy.part." + line.part)).set("value", line.value);
      row.set("tag", Data().set("kind", change.added ? "running" : "refused").set("label", text(request, change.added ? "staff_protection.policy.added" : "staff_protection.policy.removed")));
      rows.push(std::move(row));
    }
    Data out = Data().set("number", std::to_string(version.number)).set("before", std::to_string(version.number - 1)).set("at", locale::format_time(version.at, language(request)));
    return out.set("why", text(request, version.why == "reload" ? "staff_protection.policy.reload" : "staff_protection.policy.start")).set("rows", std::move(rows));
  }

  ProtectionPages p_;
};

std::string Pages::name_of(const std::string& actor) const {
  if (!starts_with(actor, "staff:")) return actor;
  const auto member = p_.member(actor.substr(6));
  return member.empty() ? actor : member;
}

http::RouteOptions route(std::string page_kind) {
  http::RouteOptions o;
  o.permission = "staff:" + std::string(kSecurityPermission), o.object = "none";
  o.page_kind = std::move(page_kind);
  return o;
}

}  // namespace

void add_protection_routes(http::Router& router, ProtectionPages parts) {
  const auto pages = std::make_shared<Pages>(std::move(parts));
  router.get(std::string(kPolicyPath), route("staff-protection-policy"), [pages](Request& r) { return pages->policy(r, r.query("done") == "seen" ? "staff_protection.policy.done" : ""); });
  router.post(std::string(kPolicyPath), route(""), [pages](Request& r) { return pages->see(r); });
  router.get(std::string(kPartsPath), route("staff-protection-parts"), [pages](Request& r) { return pages->parts(r); });
  router.get(std::string(kPartsPath) + "/spdx", route(""), [pages](Request& r) { return pages->download(r); });
}

Panel policy_panel(const identity::PolicyHistory& policy) {
  return {"staff_protection.policy", [policy](const PanelQuery& q) -> Result<std::vector<PanelLine>> {
            MACHIYA_TRY(const auto state, policy.state());
            if (state.number == 0) return std::vector<PanelLine>{{q.text("staff_protection.policy.none"), "", Light::grey, ""}};
            std::size_t changes = 0;
            for (const auto& version : state.unseen) changes += version.changes.size();
            const std::string value = q.text(changes > 0 ? "staff_protection.policy.unseen" : "staff_protection.policy.all_seen");
            return std::vector<PanelLine>{{q.text("staff_protection.policy.changes"), changes > 0 ? std::to_string(changes) + " " + value : value, changes > 0 ? Light::yellow : Light::green, std::string(kPolicyPath)}};
          }};
}

Panel parts_panel(std::string parts_file, const Program& program) {
  return {"staff_protection.parts", [file = std::move(parts_file), &program](const PanelQuery& q) -> Result<std::vector<PanelLine>> {
            const auto list = read_parts(file);
            const std::string label = q.text("staff_protection.parts.list");
            if (!list.ok()) {
              const bool absent = list.error().code == ErrorCode::not_found;
              return std::vector<PanelLine>{{label, q.text(absent ? "staff_protection.parts.absent" : "staff_protection.parts.unread"), absent ? Light::grey : Light::red, std::string(kPartsPath)}};
            }
            const bool same = program.is(*list);
            return std::vector<PanelLine>{{label, q.text(same ? "staff_protection.parts.same" : "staff_protection.parts.other"), same ? Light::green : Light::red, std::string(kPartsPath)}};
          }};
}

}  // namespace machiya::console
