// Browser notifications: /my/messages/push takes a browser's subscription, /channels/push/renewal a new one in the place of an old one when the browser's
// push service changed it by itself (event pushsubscriptionchange of the Push API, §10.4), and /push-worker.js is the service worker that says so.
#include "platform/audit/audit.h"
#include "tell/audiences/lost_address.h"
#include "tell/citizen/citizen.h"

namespace machiya::tell {
namespace {
constexpr std::string_view kChannel = "push", kRenewedBy = "browser";
constexpr std::uint64_t kMostRenewalBytes = 16 * 1024;   // two subscriptions of at most 8 KiB

/// PushSubscription.toJSON() with what is needed of it and in one form, so that a browser that subscribes again is known again.
std::string one_form(const json::Value& given) {
  return json::to_canonical(json::Value::object({{"endpoint", given.text("endpoint")},
                                                 {"keys", json::Value::object({{"p256dh", given["keys"].text("p256dh")}, {"auth", given["keys"].text("auth")}})}}));
}
}  // namespace

http::Response Citizen::add_push(http::Request& request) {
  const auto parsed = json::parse(request.form("subscription").value_or(""));
  const std::string given = parsed.ok() ? one_form(*parsed) : std::string();
  if (!parsed.ok() || !w_.push_takes(given).ok()) {
    Own own;
    own.channel = kChannel, own.error = "messages.push.refused", own.status = 422;
    return preferences(request, own);
  }
  const auto channel = w_.audiences.number("channel", kChannel);
  if (!channel.ok()) return http::problem(channel.error(), request);
  return change(request, "added", [&](store::Tx& tx, std::int64_t recipient) -> Result<void> {
    MACHIYA_TRY(const Recipient row, required(tx, recipient));
    MACHIYA_TRY(std::int64_t chosen, first_topics(tx, recipient));
    for (const Subscribed& one : row.channels)
      if (one.channel == *channel) chosen = one.topics;   // one more browser
    MACHIYA_TRY(const std::int64_t owner, w_.audiences.subscribe(tx, recipient, *channel, given, chosen, row.lang, "person"));
    (void)owner;
    return {};
  });
}

/// The proof is the whole old subscription: its authentication secret (128 bits, RFC 8291 §3.2) is known to the browser and to this house alone, not even to
/// the push service. So no cookie is asked for, and nothing that a page elsewhere could send along counts.
http::Response Citizen::renew_push(http::Request& request) {
  const auto body = json::parse(request.body, {4, 64});
  if (!body.ok() || !body->is_object()) return http::problem(Error(ErrorCode::malformed_request, "{\"old\": …, \"new\": …} is expected"), request);
  const std::string before = one_form((*body)["old"]), after = one_form((*body)["new"]);
  // Judged before anything is looked up, so that a refusal says nothing about the old one.
  if (const auto takes = w_.push_takes(after); !takes.ok()) return http::problem(Error(takes.error().code, "the new subscription is none, or of a push service that is not listed", "new"), request);
  const auto channel = w_.audiences.number("channel", kChannel);
  if (!channel.ok()) return http::problem(channel.error(), request);
  auto done = w_.store.write([&](store::Tx& tx) { return renew(tx, *channel, before, after, request.id); });
  if (!done.ok()) return http::problem(done.error(), request);
  return http::text("");   // renewed, known already or never heard of: the same answer
}

Result<void> Citizen::renew(store::Tx& tx, int channel, const std::string& before, const std::string& after, const std::string& request) {
  if (before == after) return {};
  MACHIYA_TRY(const auto in_use, w_.audiences.by_address(tx, channel, before));
  std::optional<LostAddress> lost;
  if (!in_use) {   // the push service answered one of our messages that it is no more (404, 410) before the browser told the new one
    MACHIYA_TRY(lost, lost_address(tx, w_.vault, channel, before));
  }
  if (!in_use && !lost) return {};   // unknown, stopped, or renewed before
  const std::int64_t recipient = in_use ? *in_use : lost->recipient;
  MACHIYA_TRY(const auto owner, w_.audiences.by_address(tx, channel, after));
  if (owner && *owner != recipient) return {};   // somebody proved by their log-in that it is theirs
  if (!owner) MACHIYA_CHECK(put_new(tx, recipient, channel, after, lost));
  MACHIYA_TRY(const auto reached, w_.audiences.addresses(tx, channel, {recipient}, w_.clock.now()));
  for (const Reached& one : reached)
    if (one.address == before) MACHIYA_CHECK(w_.audiences.failed(tx, recipient, channel, one.id, false, "renewed"));
  MACHIYA_CHECK(settle_lost_address(tx, w_.vault, channel, before));   // it proves one renewal
  return w_.audit.append(tx, {"visitor", "recipient.renewed", "recipient:" + std::to_string(recipient), "", request, {}});
}

Result<void> Citizen::put_new(store::Tx& tx, std::int64_t recipient, int channel, const std::string& address, const std::optional<LostAddress>& lost) {
  MACHIYA_TRY(const Recipient row, required(tx, recipient));
  std::int64_t topics = lost ? lost->topics : 0;
  std::vector<int> order;
  bool had = false, placed = false;
  for (const Subscribed& one : row.channels) {
    if (lost && !placed && one.rank >= lost->rank) order.push_back(channel), placed = true;
    if (one.channel == channel) topics = one.topics, had = true;
    order.push_back(one.channel);
  }
  if (!placed) order.push_back(channel);
  MACHIYA_TRY(const std::int64_t same, w_.audiences.subscribe(tx, recipient, channel, address, topics, row.lang, kRenewedBy));
  (void)same;
  return had ? Result<void>() : w_.audiences.prefer(tx, recipient, order);   // the channel had gone with its last address: where it stood
}

void Citizen::push_routes(http::Router& router) {
  if (!usable(kChannel) || w_.push_key.empty() || !w_.push_takes) return;
  http::RouteOptions post;
  post.permission = "person", post.object = "none", post.rate_per_minute = 60, post.reads_personal_data = true;   // shows the whole page again
  router.post("/my/messages/push", post, [this](http::Request& r) { return add_push(r); });
  http::RouteOptions renewal;
  renewal.permission = "public", renewal.object = "none", renewal.rate_per_minute = 30, renewal.body_limit = kMostRenewalBytes;
  renewal.csrf = false;   // a service worker has no page with a token; the old subscription is the proof
  router.post("/channels/push/renewal", renewal, [this](http::Request& r) { return renew_push(r); });
  http::RouteOptions script;
  script.permission = "public", script.object = "none";
  router.get("/push-worker.js", script, [this](http::Request&) {
    auto r = http::text(w_.push_worker, "text/javascript; charset=utf-8");
    r.header("Cache-Control", "no-cache");   // browsers ask for a new worker by themselves; a kept one would stay for a day
    return r;
  });
}

}  // namespace machiya::tell
