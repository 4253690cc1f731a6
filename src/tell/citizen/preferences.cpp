// /my/messages: what somebody who is logged in changes about how the city tells them things.
#include <algorithm>

#include "base/text.h"
#include "platform/audit/audit.h"
#include "tell/citizen/about.h"
#include "tell/citizen/citizen.h"

namespace machiya::tell {
namespace {
using pages::Data;
const std::string kPath = "/my/messages";
constexpr std::string_view kBy = "person";

int language_number(std::string_view lang) {
  const auto found = std::find(locale::kLanguages.begin(), locale::kLanguages.end(), lang);
  return found == locale::kLanguages.end() ? 0 : static_cast<int>(found - locale::kLanguages.begin());
}

bool among(const std::vector<std::string_view>& list, std::string_view value) { return std::find(list.begin(), list.end(), value) != list.end(); }
}  // namespace

http::Response Citizen::preferences(http::Request& request, const Own& own) {
  if (w_.audit.backlogged()) return http::problem(ErrorCode::unavailable, request);
  Data data = begin(request, "messages.title");
  data.set("nav_cases", true).set("breadcrumbs", Data().set("items", Data(Data::List{Data().set("href", "/my").set("label", text(request, "layout.my_cases"))})));
  if (auto filled = fill_preferences(request, own, data); !filled.ok()) return http::problem(filled.error(), request);
  const auto& who = identity::principal_of(request);
  w_.audit.append_later({who.actor(), "recipient.read", who.actor(), "own", request.id, {}});
  return render("tell/preferences", data, request, own.status);
}

/// Every change: the recipient is found or made, the work done, an audit row left, all in one transaction.
http::Response Citizen::change(http::Request& request, const char* what, const Change& work) {
  const auto& who = identity::principal_of(request);
  auto done = w_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const std::int64_t recipient, w_.audiences.recipient_of(tx, who.id, language_number(request.lang)));
    MACHIYA_CHECK(work(tx, recipient));
    return w_.audit.append(tx, {who.actor(), std::string("recipient.") + what, who.actor(), "", request.id, {}});
  });
  if (!done.ok()) return http::problem(done.error(), request);
  return http::see_other(kPath + "?done=" + what);
}

Result<int> Citizen::own_channel(const http::Request& request) const {
  const std::string_view id = request.form("channel").value_or("");
  const auto city = w_.city();
  if (!city->find("channel", id)) return Error(ErrorCode::invalid_input, "there is no such channel", "channel");
  return w_.audiences.number("channel", id);
}

http::Response Citizen::save_topics(http::Request& request) {
  const auto channel = own_channel(request);
  const auto all = topics();
  if (!channel.ok() || !all.ok()) return http::problem(channel.ok() ? all.error() : channel.error(), request);
  const std::int64_t chosen = chosen_topics(request, *all);
  return change(request, "topics", [&](store::Tx& tx, std::int64_t recipient) -> Result<void> {
    auto chose = w_.audiences.choose(tx, recipient, *channel, chosen, kBy);
    if (!chose.ok() && chose.error().code == ErrorCode::not_found) return Error(ErrorCode::conflict, "this channel was removed meanwhile", "channel");
    return chose;
  });
}

http::Response Citizen::leave_own(http::Request& request) {
  const auto channel = own_channel(request);
  if (!channel.ok()) return http::problem(channel.error(), request);
  return change(request, "leave", [&](store::Tx& tx, std::int64_t recipient) -> Result<void> {
    MACHIYA_TRY(const bool left, w_.audiences.leave(tx, recipient, *channel, kBy));
    (void)left;   // twice pressed is left once
    return request.form("channel") == "sms" ? sms_.forget(tx, identity::principal_of(request).id) : Result<void>();
  });
}

http::Response Citizen::move_up(http::Request& request) {
  const auto channel = own_channel(request);
  if (!channel.ok()) return http::problem(channel.error(), request);
  return change(request, "order", [&](store::Tx& tx, std::int64_t recipient) -> Result<void> {
    MACHIYA_TRY(const Recipient row, required(tx, recipient));
    std::vector<int> order;
    for (const Subscribed& one : row.channels) order.push_back(one.channel);
    const auto at = std::find(order.begin(), order.end(), *channel);
    if (at != order.end() && at != order.begin()) std::iter_swap(at, at - 1);
    return w_.audiences.prefer(tx, recipient, order);
  });
}

http::Response Citizen::save_language(http::Request& request) {
  const std::string lang(request.form("language").value_or(""));
  if (!locale::is_language(lang)) return http::problem(Error(ErrorCode::invalid_input, "there is no such language", "language"), request);
  return change(request, "language", [&](store::Tx& tx, std::int64_t recipient) { return w_.audiences.speak(tx, recipient, language_number(lang)); });
}

http::Response Citizen::save_about(http::Request& request) {
  const std::string ward(request.form("ward").value_or("")), age(request.form("age").value_or("")), town(request.form("town").value_or(""));
  const auto city = w_.city();
  const city::Ward* known = ward.empty() ? nullptr : city->ward(ward);
  json::Value events = json::Value::array();
  bool right = (ward.empty() || (known && known->id == ward)) && (age.empty() || among(about_ages(), age));
  for (const auto& [name, value] : request.form_pairs) {
    if (name != "events") continue;
    right = right && among(about_events(), value);
    events.push(value);
  }
  if (!right) return http::problem(Error(ErrorCode::invalid_input, "there is no such choice", "about"), request);
  json::Value attributes = json::Value::object({{"ward", ward}, {"age", age}, {"events", std::move(events)}});
  // A town belongs to its ward: one of another ward, chosen before the ward was changed, is not kept.
  if (known && !town.empty() && w_.reference) {
    const auto towns = w_.reference->towns_in(known->code);
    if (std::any_of(towns.begin(), towns.end(), [&](const locale::Town& t) { return t.town == town; })) attributes.set("town", town);
  }
  return change(request, "about", [&](store::Tx& tx, std::int64_t recipient) { return w_.audiences.describe(tx, recipient, attributes, kBy); });
}

http::Response Citizen::withdraw_about(http::Request& request) {
  return change(request, "withdrawn", [&](store::Tx& tx, std::int64_t recipient) { return w_.audiences.describe(tx, recipient, json::Value::object(), kBy); });
}

Result<Recipient> Citizen::required(store::ReadTx& tx, std::int64_t recipient) const {
  MACHIYA_TRY(auto found, w_.audiences.by_id(tx, recipient));
  if (!found) return Error(ErrorCode::conflict, "the recipient was erased meanwhile");
  return std::move(*found);
}

Result<std::int64_t> Citizen::first_topics(store::ReadTx& tx, std::int64_t recipient) const {
  MACHIYA_TRY(const Recipient row, required(tx, recipient));
  return row.channels.empty() ? std::int64_t{0} : row.channels.front().topics;
}

http::Response Citizen::add_mail(http::Request& request) {
  const auto& who = identity::principal_of(request);
  const auto channel = w_.audiences.number("channel", "mail");
  if (!channel.ok()) return http::problem(channel.error(), request);
  return change(request, "added", [&](store::Tx& tx, std::int64_t recipient) -> Result<void> {
    MACHIYA_TRY(const std::string email, w_.identity.email_of(tx, who.id));
    if (email.empty()) return Error(ErrorCode::conflict, "no address is known that they log in with", "email");
    MACHIYA_TRY(const std::int64_t chosen, first_topics(tx, recipient));
    MACHIYA_TRY(const Recipient row, required(tx, recipient));
    for (const Subscribed& one : row.channels)
      if (one.channel == *channel) return {};   // pressed twice: what they chose since stays
    MACHIYA_TRY(const std::int64_t owner, w_.audiences.subscribe(tx, recipient, *channel, email, chosen, row.lang, kBy));
    (void)owner;
    return {};
  });
}

http::Response Citizen::make_code(http::Request& request) {
  const auto& who = identity::principal_of(request);
  auto code = w_.store.write([&](store::Tx& tx) -> Result<std::string> {
    MACHIYA_CHECK(w_.audit.append(tx, {who.actor(), "recipient.code", who.actor(), "", request.id, {}}));
    return line_.new_code(tx, who.id);
  });
  if (!code.ok()) return http::problem(code.error(), request);
  Own own;
  own.channel = "line", own.code = *code;
  return preferences(request, own);
}

void Citizen::preference_routes(http::Router& router) {
  http::RouteOptions page;
  page.permission = "person", page.object = "none";
  page.page_kind = "messages-mine", page.reads_personal_data = true;
  router.get(kPath, page, [this](http::Request& r) { return preferences(r, {}); });
  http::RouteOptions post;
  post.permission = "person", post.object = "none", post.rate_per_minute = 60;
  const auto act = [&](const char* name, http::Response (Citizen::*handler)(http::Request&)) {
    router.post(kPath + "/" + name, post, [this, handler](http::Request& r) { return (this->*handler)(r); });
  };
  act("topics", &Citizen::save_topics);
  act("leave", &Citizen::leave_own);
  act("order", &Citizen::move_up);
  act("language", &Citizen::save_language);
  act("about", &Citizen::save_about);
  act("about/withdraw", &Citizen::withdraw_about);
  if (usable("mail")) act("mail", &Citizen::add_mail);
  // This shows the whole page again, in which one's own address stands.
  post.reads_personal_data = true;
  if (usable("line") && !w_.line_secret.empty()) act("line", &Citizen::make_code);
}

}  // namespace machiya::tell
