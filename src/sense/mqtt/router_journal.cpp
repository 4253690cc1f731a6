#include "sense/mqtt/journal.h"
#include "sense/mqtt/router.h"

namespace machiya::sense::mqtt {
void JournalWriter::session(const Session& s) {
  of(Op::session, s.number);
  out_ += static_cast<char>(s.version);
  put_u32(out_, s.expiry_s);
  text(s.client_id);
  text(s.principal);
}
void JournalWriter::subscribed(std::uint32_t session, std::string_view asked, const SubscriptionOptions& options) {
  of(Op::subscribed, session);
  out_ += static_cast<char>(options.qos | (options.no_local ? 4u : 0u) | (options.retain_as_published ? 8u : 0u));
  put_u32(out_, options.identifier);
  text(asked);
}
void JournalWriter::unsubscribed(std::uint32_t session, std::string_view asked) {
  of(Op::unsubscribed, session);
  text(asked);
}
void JournalWriter::left(const Session& s) {
  of(Op::left, s.number);
  put_u32(out_, s.expiry_s);
  put_u64(static_cast<std::uint64_t>(s.expires_us));
}
void JournalWriter::message(const Message& m, bool store, std::uint32_t from, std::uint16_t incoming_id, std::uint32_t targets) {
  head(Op::message);
  out_ += static_cast<char>((store ? 1u : 0u) | static_cast<unsigned>(m.qos) << 1 | (m.retain ? 8u : 0u));
  put_u64(static_cast<std::uint64_t>(m.expires_us));
  put_u32(out_, m.topic_size);
  put_u32(out_, m.properties_size);
  text(m.bytes);
  put_u32(out_, from);
  put_u16(out_, incoming_id);
  put_u32(out_, targets);
}
void JournalWriter::target(std::uint32_t session, std::uint64_t number, std::uint8_t qos, bool retain, const std::vector<std::uint32_t>& identifiers) {
  put_u32(out_, session);
  put_u64(number);
  out_ += static_cast<char>(qos | (retain ? 4u : 0u));
  put_u16(out_, static_cast<std::uint16_t>(identifiers.size()));
  for (const auto i : identifiers) put_u32(out_, i);
}

Result<void> Router::replay(std::string_view journal, Instant now) {
  replaying_ = true;
  JournalReader in(journal);
  bool ok = true;
  while (ok && !in.empty()) {
    const std::uint8_t op = in.u8();
    ok = apply(op, in, now) && in.ok();
  }
  replaying_ = false;
  if (!ok) return Error(ErrorCode::integrity_broken, "the journal of the MQTT listener holds an entry that cannot be read");
  return {};
}

bool Router::apply(std::uint8_t op, JournalReader& in, Instant now) {
  switch (static_cast<Op>(op)) {
    case Op::message: return apply_message(in);
    case Op::next_number: next_number_ = std::max(next_number_, in.u32()); return true;
    case Op::session: {
      const std::uint32_t number = in.u32();
      const std::uint8_t version = in.u8();
      const std::uint32_t expiry = in.u32();
      const std::string client_id(in.text()), principal(in.text());
      if (!in.ok() || (version != 4 && version != 5)) return false;
      if (sessions_.contains(number)) return true;
      next_number_ = number;
      Session& s = new_session(client_id, principal, static_cast<Version>(version));
      s.persistent = true;
      s.expiry_s = expiry;
      return true;
    }
    case Op::ended: case Op::subscribed: case Op::unsubscribed: case Op::settled: case Op::received: case Op::released: case Op::left: case Op::resumed: case Op::incoming:
      return apply_session(op, in, now);
  }
  return false;
}

/// What is said of a session that a later checkpoint no longer knows is over.
bool Router::apply_session(std::uint8_t op, JournalReader& in, Instant now) {
  const auto found = sessions_.find(in.u32());
  Session* s = found == sessions_.end() ? nullptr : found->second.get();
  switch (static_cast<Op>(op)) {
    case Op::ended:
      if (s != nullptr) end_session(*s, now);
      return true;
    case Op::subscribed: {
      const std::uint8_t bits = in.u8();
      const std::uint32_t identifier = in.u32();
      const auto asked = in.text();
      if (!in.ok() || fault_of_filter(asked) != nullptr) return false;
      if (s != nullptr) add_subscription(*s, asked, {static_cast<std::uint8_t>(bits & 3), (bits & 4) != 0, (bits & 8) != 0, identifier});
      return true;
    }
    case Op::unsubscribed: {
      const auto asked = in.text();
      if (s != nullptr) (void)remove_subscription(*s, asked);
      return true;
    }
    case Op::left:
    case Op::resumed: {
      const std::uint32_t expiry = in.u32();
      const std::int64_t at = static_cast<Op>(op) == Op::left ? in.i64() : 0;
      if (s == nullptr) return true;
      s->expiry_s = expiry;
      set_deadline(*s, s->expires_us, at);
      return true;
    }
    default: break;
  }
  if (static_cast<Op>(op) == Op::incoming || static_cast<Op>(op) == Op::released) {
    const std::uint16_t id = in.u16();
    if (s != nullptr && static_cast<Op>(op) == Op::incoming) s->incoming.insert(id);
    else if (s != nullptr) s->incoming.erase(id);
    return true;
  }
  const std::uint64_t number = in.u64();
  if (s != nullptr)
    for (std::size_t i = 0; i < s->queue.size(); ++i) {
      if (s->queue[i].number != number) continue;
      if (static_cast<Op>(op) == Op::settled) settle(*s, i);
      else s->queue[i].received = true;
      break;
    }
  return true;
}

bool Router::apply_message(JournalReader& in) {
  const std::uint8_t flags = in.u8();
  auto m = std::make_shared<Message>();
  m->qos = flags >> 1 & 3;
  m->retain = (flags & 8) != 0;
  m->expires_us = in.i64();
  m->topic_size = in.u32();
  m->properties_size = in.u32();
  m->bytes = in.text();
  const std::uint32_t from = in.u32();
  const std::uint16_t incoming_id = in.u16();
  if (!in.ok() || std::size_t{m->topic_size} + m->properties_size > m->bytes.size()) return false;
  if (const auto it = sessions_.find(from); it != sessions_.end() && incoming_id != 0) it->second->incoming.insert(incoming_id);
  for (std::uint32_t n = in.u32(); n > 0 && in.ok(); --n) {
    const std::uint32_t number = in.u32();
    Delivery d{m, in.u64()};
    const std::uint8_t bits = in.u8();
    d.qos = bits & 3;
    d.retain = (bits & 4) != 0;
    d.sent_before = true;   // perhaps: the crash took the knowledge along
    for (std::uint16_t k = in.u16(); k > 0 && in.ok(); --k) d.identifiers.push_back(in.u32());
    const auto it = sessions_.find(number);
    if (!in.ok() || it == sessions_.end()) continue;
    it->second->last_number = d.number;
    it->second->queued_bytes += m->bytes.size();
    queued_total_ += m->bytes.size();
    it->second->queue.push_back(std::move(d));
  }
  if ((flags & 1) != 0) retained_.set(m->topic(), m->payload().empty() ? nullptr : m);
  return in.ok();
}

void Router::replayed(Instant now) {
  for (auto& [number, s] : sessions_)
    if (s->expires_us == 0 && s->expiry_s != 0xFFFFFFFF)   // connected when the house stopped: it may come back as long as it could have then
      set_deadline(*s, s->expires_us, now.us + std::int64_t{s->expiry_s} * kSecond);
}

std::string Router::checkpoint() const {
  std::string out;
  JournalWriter writer(out);
  writer.of(Op::next_number, next_number_);
  for (const auto& [number, s] : sessions_) {
    if (!s->persistent) continue;
    writer.session(*s);
    if (s->link == nullptr) writer.left(*s);
    for (const auto& [asked, subscription] : s->subscriptions) writer.subscribed(number, asked, subscription.options);
    for (const auto id : s->incoming) writer.of(Op::incoming, number, id);
    for (const auto& d : s->queue) {
      static const Message kNothing;
      writer.message(d.message ? *d.message : kNothing, false, 0, 0, 1);
      writer.target(number, d.number, d.qos, d.retain, d.identifiers);
      if (d.received) writer.delivery(Op::received, number, d.number);
    }
  }
  retained_.match("#", [&writer](const MessagePtr& m) { writer.message(*m, true, 0, 0, 0); });
  return out;
}

}  // namespace machiya::sense::mqtt
