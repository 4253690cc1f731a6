// Why do I get this, and how do I stop it: a page for each recipient and channel, and the one-click POST of RFC 8058. Nothing leaves on GET:
// mail scanners open every link. Who never was a recipient is answered like who has left, so that links tell nothing.
#include <algorithm>

#include "platform/audit/audit.h"
#include "tell/citizen/citizen.h"

namespace machiya::tell {
namespace {
using pages::Data;

constexpr std::string_view kBy = "mail-link";
std::string path_of(const http::Request& request) { return "/leave/" + std::string(request.param("recipient")) + "/" + std::string(request.param("channel")); }
}  // namespace

Result<std::optional<Citizen::Known>> Citizen::known(const http::Request& request) const {
  const auto city = w_.city();
  if (!city->find("channel", request.param("channel"))) return std::optional<Known>();   // a name that nobody defined gets no number
  MACHIYA_TRY(const int channel, w_.audiences.number("channel", request.param("channel")));
  MACHIYA_TRY(auto recipient, w_.store.read([&](store::ReadTx& tx) { return w_.audiences.by_leave_id(tx, request.param("recipient")); }));
  if (!recipient) return std::optional<Known>();
  for (const Subscribed& one : recipient->channels)
    if (one.channel == channel) return std::optional<Known>(Known{std::move(*recipient), one});
  return std::optional<Known>();
}

http::Response Citizen::leave_page(http::Request& request) {
  auto found = known(request);
  if (!found.ok()) return http::problem(found.error(), request);
  Data data = begin(request, "messages.leave.title");
  if (!*found) return render("tell/left", data, request);
  auto all = topics();
  if (!all.ok()) return http::problem(all.error(), request);
  auto history = w_.store.read([&](store::ReadTx& tx) { return w_.audiences.consents(tx, (*found)->recipient.id); });
  if (!history.ok()) return http::problem(history.error(), request);
  const std::string channel = channel_name(request.param("channel"), request.lang);
  data.set("channel", channel).set("action", path_of(request));
  Data chosen{Data::List{}};
  for (const TopicBit& one : *all)
    if ((*found)->subscribed.topics & one.bit) {
      const std::string& name = one.name.in(request.lang);
      chosen.push(Data().set("value", one.id).set("name", request.lang == "ja-easy" ? Data(pages::ruby(name)) : Data(name)));
    }
  if (!std::get<Data::List>(chosen.get()).empty()) data.set("topics", Data().set("items", std::move(chosen)));
  // The last time that they said yes to this channel, and by what.
  const auto agreed = std::find_if(history->rbegin(), history->rend(), [&](const Audiences::Consent& one) { return one.channel == (*found)->subscribed.channel && (one.what == "subscribed" || one.what == "confirmed"); });
  if (agreed != history->rend())
    data.set("since", Data().set("when", locale::format_date(date_in_japan(agreed->at), request.lang)).set("by", by_words(request, agreed->by_whom)));
  if (request.query("done")) data.set("flash", Data().set("kind", "success").set("text", words(request, "messages.leave.topic_done")));
  return render("tell/leave", data, request);
}

http::Response Citizen::leave(http::Request& request) {
  const auto topic = request.form("topic").value_or("");
  const bool everything = request.form("List-Unsubscribe") == "One-Click" || request.form("action") == "leave";
  if (!everything && topic.empty()) return http::problem(Error(ErrorCode::malformed_request, "List-Unsubscribe=One-Click is expected (RFC 8058 §3.1)"), request);
  auto found = known(request);
  if (!found.ok()) return http::problem(found.error(), request);
  auto all = topics();
  if (!all.ok()) return http::problem(all.error(), request);
  if (*found) {
    const Known& one = **found;
    auto done = w_.store.write([&](store::Tx& tx) -> Result<void> {
      if (everything) {
        MACHIYA_TRY(const bool left, w_.audiences.leave(tx, one.recipient.id, one.subscribed.channel, kBy));
        return left ? w_.audit.append(tx, {"visitor", "recipient.leave", "recipient:" + std::to_string(one.recipient.id), "", request.id, {}}) : Result<void>();
      }
      const auto bit = std::find_if(all->begin(), all->end(), [&](const TopicBit& t) { return t.id == topic; });
      if (bit == all->end() || !(one.subscribed.topics & bit->bit)) return {};
      MACHIYA_CHECK(w_.audiences.choose(tx, one.recipient.id, one.subscribed.channel, one.subscribed.topics & ~bit->bit, kBy));
      return w_.audit.append(tx, {"visitor", "recipient.topics", "recipient:" + std::to_string(one.recipient.id), "", request.id, {}});
    });
    // Left meanwhile by another request: that is what was asked for.
    if (!done.ok() && done.error().code != ErrorCode::not_found) return http::problem(done.error(), request);
  }
  if (!everything) return http::see_other(path_of(request) + "?done=topic");
  return render("tell/left", begin(request, "messages.leave.title"), request);
}

void Citizen::leave_routes(http::Router& router) {
  http::RouteOptions page;
  page.permission = "public", page.object = "leave-link";
  page.page_kind = "message-leave", page.sample = "/leave/00000000000000000000000000/mail";
  router.get("/leave/{recipient}/{channel}", page, [this](http::Request& r) { return leave_page(r); });
  http::RouteOptions post;
  post.permission = "public", post.object = "leave-link";
  post.csrf = false;   // RFC 8058 §3.2: mail programs send no cookie and no token; the address itself is the proof
  router.post("/leave/{recipient}/{channel}", post, [this](http::Request& r) { return leave(r); });
}

}  // namespace machiya::tell
