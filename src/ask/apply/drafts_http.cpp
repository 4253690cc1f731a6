// The list of unfinished applications, what can be done with one, and the files in it.
#include "ask/apply/apply.h"
#include "base/text.h"

namespace machiya::apply {

using pages::Data;

http::Response Apply::drafts_page(http::Request& request) {
  const auto& who = identity::principal_of(request);
  auto own = drafts_.of(who);
  if (!own.ok()) return http::problem(own.error(), request);
  Data data = page_data(request, text(request, "apply.drafts"));
  Data list{Data::List{}};
  for (const auto& draft : *own) {
    auto now = procedure(draft.procedure);
    if (!now.ok()) continue;
    list.push(Data().set("href", draft_path(draft)).set("name", rich(now->procedure->name.in(request.lang), request.lang)).set("when", locale::format_time(draft.changed, request.lang))
                  .set("until", locale::format_date(date_in_japan(draft.expires), request.lang)).set("action", draft_path(draft)).set("correction", !draft.case_number.empty()));
  }
  const bool nothing = std::get<Data::List>(list.get()).empty();
  data.set("drafts", std::move(list)).set("nothing", nothing);
  if (who.kind != identity::PrincipalKind::citizen) data.set("visitor", true).set("login_href", "/login?next=%2Fdrafts");
  if (request.query("sign") == "lost") data.set("flash", Data().set("kind", "error").set("text", text(request, "sign.why.lost")));
  if (request.query("saved")) data.set("flash", Data().set("kind", "success").set("text", text(request, "form.saved")));
  return render("apply/drafts", std::move(data), request);
}

http::Response Apply::draft_post(http::Request& request) {
  auto draft = drafts_.find(request.param("draft"));
  if (!draft.ok()) return refuse(draft.error(), request);
  const auto access = this->access(*draft, identity::principal_of(request));
  if (!access.ok()) return refuse(access.error(), request);
  if (*access == Access::none) return refuse(Error(ErrorCode::not_found), request);
  if (*access == Access::write_only) return refuse(Error(ErrorCode::unauthenticated), request);
  const auto action = request.form("action").value_or("");
  if (action == "remove" && !draft->sent()) {
    if (auto done = drafts_.discard(*draft); !done.ok()) return refuse(done.error(), request);
    return http::see_other("/drafts");
  }
  if (action == "next") {
    if (auto done = drafts_.dismiss_changes(draft->public_id); !done.ok()) return refuse(done.error(), request);
  }
  return http::see_other(draft_path(*draft));
}

http::Response Apply::draft_file(http::Request& request) {
  auto opened = open(request);
  if (!opened.ok()) return refuse(opened.error(), request);
  const auto wanted = request.param("blob");
  for (const auto& page : opened->state.pages)
    for (const auto& now : page.questions)
      for (const auto& item : now.question->takes_files() ? now.value.items() : json::Value::Array{}) {
        if (item.text("blob") != wanted) continue;
        auto content = p_.blobs.read(wanted, starts_with(item.text("type"), "image/") ? "thumb" : "");
        if (!content.ok()) content = p_.blobs.read(wanted);
        if (!content.ok()) return refuse(content.error(), request);
        const std::string type = blobs::sniff_type(*content);
        auto response = http::text(std::move(*content), type.empty() ? "application/octet-stream" : type);
        response.header("Cache-Control", "private, no-store").header("Content-Disposition", starts_with(type, "image/") ? "inline" : "attachment");
        return response;
      }
  return refuse(Error(ErrorCode::not_found, "no such file"), request);
}

}  // namespace machiya::apply
