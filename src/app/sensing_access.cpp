#include "app/sensing_access.h"

#include <algorithm>

#include "base/log.h"
#include "platform/audit/audit.h"
#include "platform/identity/identity.h"

namespace machiya::app {
namespace {

constexpr std::int64_t kClientsFor = 10 * kSecond;   // how long a revoked client's subscriptions are still told

/// "river-watch": a word that may stand in the audit.
std::string purpose_in(std::string_view said) {
  const bool word = !said.empty() && said.size() <= 60 && std::ranges::all_of(said, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  return word ? std::string(said) : std::string();
}

void write_row(audit::Audit& audit, const sense::ReadRow& row) {
  audit::Entry entry;
  entry.actor = row.actor, entry.action = "entity.read", entry.object = "entity-type:" + row.type, entry.purpose = row.purpose, entry.request = row.request;
  json::Value attributes = json::Value::array();
  for (const std::string& name : row.attributes) attributes.push(name);
  entry.facts = json::Value::object({{"attributes", std::move(attributes)}, {"entities", static_cast<std::int64_t>(row.count)}});
  audit.append_later(std::move(entry));
}

}  // namespace

SensingAccess::SensingAccess(Parts parts)
    : parts_(std::move(parts)),
      access_({parts_.city, [audit = &parts_.audit] { return !audit->backlogged(); }, [audit = &parts_.audit](const sense::ReadRow& row) { write_row(*audit, row); },
               parts_.misfits}) {}

sense::GatePtr SensingAccess::visitor() const { return access_.gate({}); }

sense::GatePtr SensingAccess::gate_of(const http::Request& request) const {
  const identity::Principal& who = identity::principal_of(request);
  sense::Viewer viewer;
  viewer.request = request.id;
  if (who.kind == identity::PrincipalKind::client) {
    viewer.kind = sense::Viewer::Kind::client, viewer.id = who.public_id, viewer.scopes = who.scopes;
    viewer.purpose = purpose_in(request.header("x-purpose"));
  } else if (who.kind == identity::PrincipalKind::staff) {
    viewer.kind = sense::Viewer::Kind::staff, viewer.id = who.public_id;
    viewer.may = [may = parts_.may, who](std::string_view permission, std::string_view department) { return may(who, permission, department); };
    viewer.purpose = parts_.purpose ? parts_.purpose(who, sense::kRestrictedPermission) : who.purpose;
  }
  return access_.gate(std::move(viewer));
}

std::optional<SensingAccess::Client> SensingAccess::living_client(std::string_view id) const {
  std::lock_guard hold(mutex_);
  const Instant now = parts_.clock.now();
  if (read_us_ == 0 || now.us - read_us_ > kClientsFor || now.us < read_us_) {
    auto all = parts_.store.read([&](store::ReadTx& tx) { return parts_.identity.clients(tx); });
    if (all.ok()) {
      clients_.clear(), read_us_ = now.us;
      for (auto& client : *all)
        if (!client.revoked && (!client.expires || now < *client.expires)) clients_.push_back({client.public_id, client.scopes});
    }
  }
  const auto it = std::ranges::find(clients_, id, &Client::id);
  return it == clients_.end() ? std::nullopt : std::optional(*it);
}

sense::GatePtr SensingAccess::gate_of_maker(const std::string& key) const {
  constexpr std::string_view kClient = "client:";
  if (!key.starts_with(kClient)) return visitor();
  auto client = living_client(std::string_view(key).substr(kClient.size()));
  if (!client) return nullptr;
  sense::Viewer viewer;
  viewer.kind = sense::Viewer::Kind::client, viewer.id = std::move(client->id), viewer.scopes = std::move(client->scopes);
  return access_.gate(std::move(viewer));
}

}  // namespace machiya::app
