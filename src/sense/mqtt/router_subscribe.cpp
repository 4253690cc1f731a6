// Subscriptions, and the retained messages that new ones get (§3.8, §3.10, §3.3.1.3, §4.8).
#include <algorithm>

#include "sense/mqtt/journal.h"
#include "sense/mqtt/router.h"

namespace machiya::sense::mqtt {
namespace {

/// "$share/NAME/FILTER" in its parts; the filter was found sound before.
void split(std::string_view asked, std::string_view& filter, std::string_view& share) {
  filter = asked;
  share = {};
  if (!asked.starts_with("$share/")) return;
  const auto end = asked.find('/', 7);
  share = asked.substr(7, end - 7);
  filter = asked.substr(end + 1);
}

}  // namespace

void Router::add_subscription(Session& session, std::string_view asked, const SubscriptionOptions& options) {
  std::string_view filter, share;
  split(asked, filter, share);
  (void)subscriptions_.add(filter, share, {&session, options});
  session.subscriptions.insert_or_assign(std::string(asked), Subscription{std::string(filter), std::string(share), options});
}

bool Router::remove_subscription(Session& session, std::string_view asked) {
  const auto it = session.subscriptions.find(asked);
  if (it == session.subscriptions.end()) return false;
  (void)subscriptions_.remove(it->second.filter, it->second.share, &session);
  session.subscriptions.erase(it);
  return true;
}

void Router::on(Link& link, const Subscribe& packet, Instant now) {
  Granted answer{Type::suback, packet.id, {}, {}};
  const std::uint32_t identifier = packet.properties.number(Id::subscription_id, 0);
  for (const auto& f : packet.filters) {
    const std::uint8_t reason = subscribe_one(link, f, identifier, now);
    answer.reasons.push_back(link.version == Version::v5 || reason < kUnspecifiedError ? reason : std::uint8_t{kUnspecifiedError});
  }
  // SUBACK promises that the subscription holds: it waits for the disk, too.
  Owed owed{&link, Type::suback, packet.id, 0, false, {}};
  encode(answer, link.version, owed.bytes);
  link.owed += 1;
  batch_.owed.push_back(std::move(owed));
}

std::uint8_t Router::subscribe_one(Link& link, const Filter& f, std::uint32_t identifier, Instant now) {
  Session& s = *link.session;
  std::string_view filter, share;
  split(f.filter, filter, share);
  if (f.filter.size() > options_.max_filter || levels_of(filter) > options_.max_levels) return kTopicFilterInvalid;
  if (!gate_.may_subscribe(link.principal, filter)) {
    stats_.refused += 1;
    return kNotAuthorized;
  }
  const bool known = s.subscriptions.find(f.filter) != s.subscriptions.end();
  if (!known && s.subscriptions.size() >= options_.max_subscriptions) return kQuotaExceeded;
  const SubscriptionOptions options{f.qos, f.no_local, f.retain_as_published, identifier};
  add_subscription(s, f.filter, options);
  if (s.persistent) JournalWriter(batch_.journal).subscribed(s.number, f.filter, options);
  if (share.empty() && (f.retain_handling == 0 || (f.retain_handling == 1 && !known)))   // [MQTT-3.3.1-9, -10, -11]; none for shared ones (§4.8.2)
    owe_retained(s, s.subscriptions.find(f.filter)->second, now);
  return f.qos;
}

void Router::owe_retained(Session& session, const Subscription& subscription, Instant now) {
  retained_.match(subscription.filter, [&](const MessagePtr& m) {
    if (m->expires_us != 0 && m->expires_us <= now.us) return;
    Target t{&session, 0, std::min(m->qos, subscription.options.qos), true, {}};
    if (subscription.options.identifier != 0) t.identifiers.push_back(subscription.options.identifier);
    if (t.qos > 0 && (t.number = reserve(session, m->bytes.size())) == 0) return;
    if (t.qos > 0 && session.persistent) {
      JournalWriter writer(batch_.journal);
      writer.message(*m, false, 0, 0, 1);
      writer.target(session.number, t.number, t.qos, true, t.identifiers);
    }
    batch_.routed.push_back({m, batch_.targets.size(), 1, false});
    batch_.targets.push_back(std::move(t));
  });
}

void Router::on(Link& link, const Unsubscribe& packet, Instant) {
  Granted answer{Type::unsuback, packet.id, {}, {}};
  Session& s = *link.session;
  for (const auto f : packet.filters) {
    const bool removed = remove_subscription(s, f);
    if (removed && s.persistent) JournalWriter(batch_.journal).unsubscribed(s.number, f);
    answer.reasons.push_back(removed ? kSuccess : kNoSubscriptionExisted);
  }
  Owed owed{&link, Type::unsuback, packet.id, 0, false, {}};
  encode(answer, link.version, owed.bytes);
  link.owed += 1;
  batch_.owed.push_back(std::move(owed));
}

}  // namespace machiya::sense::mqtt
