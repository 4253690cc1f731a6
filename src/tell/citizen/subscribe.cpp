// /subscribe: messages by mail without an account, by a link in a mail (double opt-in). The same answer whether an address is known or not.
#include "base/log.h"
#include "platform/identity/addresses.h"
#include "tell/citizen/citizen.h"
#include "tell/citizen/citizen_dao.h"

namespace machiya::tell {
namespace {
using pages::Data;
const std::string kPath = "/subscribe";
constexpr std::string_view kChannel = "mail";
int language_number(std::string_view lang) {
  for (std::size_t i = 0; i < locale::kLanguages.size(); ++i)
    if (locale::kLanguages[i] == lang) return static_cast<int>(i);
  return 0;
}
}  // namespace

http::Response Citizen::subscribe_page(http::Request& request, const std::vector<std::string>& wrong) const {
  auto all = topics();
  if (!all.ok()) return http::problem(all.error(), request);
  Data data = begin(request, "messages.subscribe.title");
  const auto& who = identity::principal_of(request);
  data.set("own", who.kind == identity::PrincipalKind::citizen);
  const std::string_view lang = request.form("language").value_or(request.lang);
  Data email = Data().set("type", "email").set("id", "email").set("name", "email").set("label", words(request, "messages.subscribe.email")).set("required", true).set("value", request.form("email").value_or(""));
  Data chosen = Data().set("type", "choices").set("id", "topics").set("name", "topics").set("label", words(request, "messages.topics")).set("required", true)
                    .set("options", topic_options(*all, chosen_topics(request, *all), "topics", request.lang));
  Data errors{Data::List{}};
  for (const std::string& name : wrong) {
    const Data what = words(request, "messages.subscribe." + name + "_wrong");
    (name == "email" ? email : chosen).set("error", what);
    errors.push(Data().set("href", "#" + name).set("text", what));
  }
  if (!wrong.empty()) data.set("errors", Data().set("items", std::move(errors)));
  Data fields{Data::List{}};
  fields.push(std::move(email)).push(std::move(chosen));
  fields.push(Data().set("type", "select").set("id", "language").set("name", "language").set("label", words(request, "messages.language")).set("required", true).set("options", language_options(lang)));
  data.set("fields", std::move(fields));
  return render("tell/subscribe", data, request, wrong.empty() ? 200 : 422);
}

http::Response Citizen::subscribe(http::Request& request) {
  const auto address = identity::normal_email(request.form("email").value_or(""));
  auto all = topics();
  if (!all.ok()) return http::problem(all.error(), request);
  const std::int64_t chosen = chosen_topics(request, *all);
  std::vector<std::string> wrong;
  if (!address.ok()) wrong.emplace_back("email");
  if (chosen == 0) wrong.emplace_back("topics");
  if (!wrong.empty()) return subscribe_page(request, wrong);
  const std::string_view wanted = request.form("language").value_or("");
  const std::string lang(locale::is_language(wanted) ? wanted : std::string_view(request.lang));
  const auto channel = w_.audiences.number("channel", kChannel);
  if (!channel.ok()) return http::problem(channel.error(), request);
  const Instant now = w_.clock.now();
  const std::string digest = w_.vault.digest("tell-mailed", *address);
  // "": enough was mailed to this mailbox; its owner is left in peace, and whoever asked learns nothing.
  auto token = w_.store.write([&](store::Tx& tx) -> Result<std::string> {
    MACHIYA_TRY(const std::int64_t mailed, citizen_dao::mailed_since(tx, digest, Instant{now.us - kHour}));
    if (mailed >= kMailsPerHour) return std::string();
    MACHIYA_CHECK(citizen_dao::note_mailed(tx, digest, now));
    MACHIYA_CHECK(citizen_dao::forget_mailed(tx, Instant{now.us - kDay}));
    return w_.audiences.ask(tx, *channel, *address, chosen, language_number(lang));
  });
  if (!token.ok()) return http::problem(token.error(), request);
  Data data = begin(request, "messages.subscribe.asked_title");
  if (!token->empty()) {
    const auto city = w_.city();
    const std::string link = w_.base_url + kPath + "/confirm/" + *token;
    const locale::Args args = {{"city", city->name().in(lang)}, {"link", link}};
    if (auto sent = w_.mail(*address, lang, w_.texts.text(lang, "messages.opt_in.subject", args), w_.texts.text(lang, "messages.opt_in.body", args)); !sent.ok())
      log(LogLevel::error, "opt-in-mail-not-sent", {{"why", sent.error().to_string()}, {"request", request.id}});
    if (w_.demonstration) data.set("shown_link", kPath + "/confirm/" + *token);
  }
  return render("tell/subscribe_asked", data, request);
}

http::Response Citizen::confirm(http::Request& request) {
  const std::string token(request.param("token"));
  Data data = begin(request, "messages.confirm.title");
  if (request.method == http::Method::get) {
    data.set("ask", Data().set("action", kPath + "/confirm/" + token));
    return render("tell/confirm", data, request);
  }
  auto done = w_.store.write([&](store::Tx& tx) -> Result<std::optional<Recipient>> {
    auto recipient = w_.audiences.confirm(tx, token, "mail-link");
    if (!recipient.ok() && recipient.error().code == ErrorCode::not_found) return std::optional<Recipient>();
    if (!recipient.ok()) return std::move(recipient).error();
    return w_.audiences.by_id(tx, *recipient);
  });
  if (!done.ok()) return http::problem(done.error(), request);
  if (!*done) return render("tell/confirm", data.set("old", true), request, 410);
  data.set("done", Data().set("leave", "/leave/" + (*done)->leave_id + "/" + std::string(kChannel)));
  return render("tell/confirm", data, request);
}

void Citizen::subscribe_routes(http::Router& router) {
  if (!usable(kChannel) || !w_.mail) return;
  http::RouteOptions page;
  page.permission = "public", page.object = "none", page.page_kind = "message-subscribe";
  router.get(kPath, page, [this](http::Request& r) { return subscribe_page(r); });
  http::RouteOptions post;
  post.permission = "public", post.object = "none";
  post.rate_per_minute = 10, post.shows_own_input = true;
  router.post(kPath, post, [this](http::Request& r) { return subscribe(r); });
  page.page_kind = "message-confirm", page.object = "opt-in", page.sample = "/subscribe/confirm/00000000000000000000000000";
  router.get(kPath + "/confirm/{token}", page, [this](http::Request& r) { return confirm(r); });
  post.object = "opt-in", post.rate_per_minute = 30, post.shows_own_input = false;
  router.post(kPath + "/confirm/{token}", post, [this](http::Request& r) { return confirm(r); });
}

}  // namespace machiya::tell
