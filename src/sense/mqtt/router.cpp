#include "sense/mqtt/router.h"

#include <algorithm>
#include <limits>
#include "sense/mqtt/journal.h"

namespace machiya::sense::mqtt {

void Router::Batch::clear() { *this = Batch(); }

Router::Router(const RouterOptions& options, MqttGate& gate, Rng& rng) : options_(options), gate_(gate), rng_(rng) {}
Router::~Router() = default;

Link& Router::open(Instant now) {
  auto link = std::make_unique<Link>();
  link->place = links_.size();
  link->last_heard_us = now.us;
  links_.push_back(std::move(link));
  return *links_.back();
}

void Router::closed(Link& link, Instant now) {
  if (link.gone) return;
  if (link.session != nullptr) detach(link, true, now);
  link.gone = true;
  link.owner = nullptr;
  if (link.dirty) std::erase(dirty_, &link);
  auto owned = std::move(links_[link.place]);
  if (link.place + 1 != links_.size()) {
    links_[link.place] = std::move(links_.back());
    links_[link.place]->place = link.place;
  }
  links_.pop_back();
  bury(std::move(owned));
}

void Router::bury(std::unique_ptr<Link> link) { buried_links_.emplace_back(sequence_ + 1, std::move(link)); }
void Router::bury(std::unique_ptr<Session> session) { buried_sessions_.emplace_back(sequence_ + 1, std::move(session)); }

std::vector<Link*> Router::take_dirty() {
  for (Link* link : dirty_) link->dirty = false;
  std::vector<Link*> taken;
  taken.swap(dirty_);
  return taken;
}

void Router::receive(Link& link, std::uint8_t head, std::string_view body, Instant now) {
  if (link.close || link.session == nullptr) return;
  link.last_heard_us = now.us;
  Fault why;
  if (head >> 4 == static_cast<unsigned>(Type::publish)) {
    if (!decode_publish(head, body, link.version, publish_, why)) return fault(link, why, now);
    stats_.received += 1;
    return on(link, publish_, now);
  }
  Packet packet;
  if (!decode(head, body, link.version, packet, why)) return fault(link, why, now);
  on_packet(link, packet, now);
}

void Router::on_packet(Link& link, Packet& packet, Instant now) {
  if (const auto* p = std::get_if<Ack>(&packet)) {
    if (p->type == Type::pubrel) return on_pubrel(link, *p);
    return on_receipt(link, *p, now);
  }
  if (const auto* p = std::get_if<Ping>(&packet); p != nullptr && p->type == Type::pingreq) {   // [MQTT-3.12.4-1]
    encode(Ping{Type::pingresp}, link.version, link.out);
    return touch(link);
  }
  if (const auto* p = std::get_if<Subscribe>(&packet)) return on(link, *p, now);
  if (const auto* p = std::get_if<Unsubscribe>(&packet)) return on(link, *p, now);
  if (const auto* p = std::get_if<Disconnect>(&packet)) return on(link, *p, now);
  if (std::holds_alternative<Connect>(packet)) return fault(link, {kProtocolError, "MQTT-3.1.0-2", "a second CONNECT"}, now);
  if (std::holds_alternative<Auth>(packet)) return fault(link, {kProtocolError, "MQTT-4.12.0-6", "AUTH without an authentication method"}, now);
  fault(link, {kProtocolError, "MQTT5 §2.1.2", "a packet that only a server sends"}, now);
}

void Router::fault(Link& link, const Fault& fault, Instant now) {
  if (link.close) return;
  stats_.faults += 1;
  disconnect(link, fault.reason, fault.text, now);
}

void Router::drained(Link& link, Instant now) {
  if (!link.starved) return;
  link.starved = false;
  if (link.session != nullptr) pump(*link.session, now);
}

std::optional<Router::Submission> Router::cut(Instant now) {
  if (batch_.journal.empty() && batch_.owed.empty() && batch_.routed.empty() && batch_.passed.empty()) {
    const std::uint64_t oldest = submitted_.empty() ? std::numeric_limits<std::uint64_t>::max() : submitted_.front()->sequence;
    while (!buried_links_.empty() && buried_links_.front().first < oldest) buried_links_.pop_front();
    while (!buried_sessions_.empty() && buried_sessions_.front().first < oldest) buried_sessions_.pop_front();
    return std::nullopt;
  }
  batch_.sequence = ++sequence_;
  submitted_.push_back(std::make_unique<Batch>(std::move(batch_)));
  batch_.clear();
  Batch& cut = *submitted_.back();
  if (cut.journal.empty() && cut.passed.empty()) {   // nothing to wait for but what went before
    completed(cut.sequence, now);
    return std::nullopt;
  }
  return Submission{cut.sequence, cut.journal, &cut.passed};
}

void Router::completed(std::uint64_t sequence, Instant now) {
  if (submitted_.empty() || sequence < submitted_.front()->sequence) return;
  submitted_[sequence - submitted_.front()->sequence]->complete = true;
  complete_ready(now);
}

void Router::not_taken(std::uint64_t sequence, Instant now) {
  if (submitted_.empty() || sequence < submitted_.front()->sequence) return;
  submitted_[sequence - submitted_.front()->sequence]->failed = true;
  completed(sequence, now);
}

void Router::complete_ready(Instant now) {
  while (!submitted_.empty() && submitted_.front()->complete) complete_front(now);
}

void Router::complete_front(Instant now) {
  const auto batch = std::move(submitted_.front());
  submitted_.pop_front();
  for (auto& o : batch->owed) {
    Link& link = *o.link;
    link.owed -= 1;
    if (link.gone || link.close) continue;
    if (batch->failed && (o.type == Type::puback || o.type == Type::pubrec) && o.reason < kUnspecifiedError) {
      // Its message must come again: nothing may remember that it has been here.
      if (o.type == Type::pubrec && link.session != nullptr && link.session->incoming.erase(o.id) > 0 && link.session->persistent)
        JournalWriter(batch_.journal).of(Op::released, link.session->number, o.id);
      disconnect(link, kImplementationError, "the message was not taken", now);
      continue;
    }
    if (o.ends_message && link.unacknowledged > 0) link.unacknowledged -= 1;
    if (o.bytes.empty()) encode_ack(o.type, o.id, o.reason, link.version, link.out);
    else link.out += o.bytes;
    touch(link);
  }
  for (auto& r : batch->routed) {
    if (r.store) retained_.set(r.message->topic(), r.message->payload().empty() ? nullptr : r.message);
    for (std::size_t i = 0; i < r.targets; ++i) deliver(r.message, batch->targets[r.first_target + i], now);
  }
}

void Router::shut_down(std::uint8_t reason) {
  for (auto& link : links_) {
    if (link->close) continue;
    if (link->session != nullptr && link->version == Version::v5) encode(Disconnect{reason, {}}, link->version, link->out);
    link->close = true;
    touch(*link);
  }
}

void Router::tick(Instant now) {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    Link& link = *links_[i];
    if (link.silence_us == 0 || !wants_more(link) || now.us - link.last_heard_us <= link.silence_us) continue;
    disconnect(link, kKeepAliveTimeout, "nothing was heard for one and a half times keep alive", now);   // [MQTT-3.1.2-22]
  }
  while (!deadlines_.empty() && deadlines_.begin()->first <= now.us) {
    const std::uint32_t number = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    const auto it = sessions_.find(number);
    if (it == sessions_.end()) continue;
    Session& s = *it->second;
    if (s.will_due_us != 0 && s.will_due_us <= now.us) publish_will(s, now);
    if (s.expires_us != 0 && s.expires_us <= now.us) end_session(s, now);
  }
}

RouterStats Router::stats() const {
  RouterStats s = stats_;
  s.links = links_.size();
  s.sessions = sessions_.size();
  s.retained = retained_.count();
  return s;
}

}  // namespace machiya::sense::mqtt
