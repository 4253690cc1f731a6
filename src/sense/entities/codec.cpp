#include "sense/entities/codec.h"

#include <algorithm>

namespace machiya::sense {
namespace {

constexpr char kVersion = 1;
using tree::Value;

// ---- writing

void put_number(std::uint64_t n, std::string& out) {
  for (; n >= 128; n >>= 7) out += static_cast<char>(n | 128);
  out += static_cast<char>(n);
}
// Times may be absent: 0 says so, everything else is one more than its zigzag.
void put_time(std::int64_t us, std::string& out) { put_number(us == kNoTime ? 0 : ((static_cast<std::uint64_t>(us) << 1) ^ static_cast<std::uint64_t>(us >> 63)) + 1, out); }
void put_text(std::string_view text, std::string& out) { put_number(text.size(), out), out += text; }
void put_stamp(const Stamp& stamp, std::string& out) {
  put_time(stamp.us, out);
  if (stamp.present()) put_text(stamp.text, out);
}
void put_value(const Value& value, std::string& out) {
  std::string text;
  tree::write(value, text);
  put_text(text, out);
}

enum Flag : unsigned { kDataset = 1, kUnit = 2, kObjectType = 4, kValueType = 8, kProof = 16, kObserved = 32, kExpires = 64, kSub = 128 };

void put_attributes(std::span<const Attribute> attributes, std::string& out);

void put_instance(const Instance& i, std::string& out) {
  const unsigned flags = (i.dataset_id.empty() ? 0u : kDataset) | (i.unit_code.empty() ? 0u : kUnit) | (i.object_type.is_null() ? 0u : kObjectType) | (i.value_type.is_null() ? 0u : kValueType) |
                         (i.proof.is_null() ? 0u : kProof) | (i.observed_at.present() ? kObserved : 0u) | (i.expires_at.present() ? kExpires : 0u) | (i.sub.empty() ? 0u : kSub);
  put_number(flags, out), out += static_cast<char>(i.kind);
  put_value(i.value, out), put_text(i.instance_id, out);
  put_time(i.created_us, out), put_time(i.modified_us, out);
  if (flags & kDataset) put_text(i.dataset_id, out);
  if (flags & kUnit) put_text(i.unit_code, out);
  if (flags & kObjectType) put_value(i.object_type, out);
  if (flags & kValueType) put_value(i.value_type, out);
  if (flags & kProof) put_value(i.proof, out);
  if (flags & kObserved) put_stamp(i.observed_at, out);
  if (flags & kExpires) put_stamp(i.expires_at, out);
  if (flags & kSub) put_attributes(i.sub, out);
}

void put_attributes(std::span<const Attribute> attributes, std::string& out) {
  put_number(attributes.size(), out);
  for (const Attribute& a : attributes) {
    put_text(a.name, out), put_number(a.instances.size(), out);
    for (const Instance& i : a.instances) put_instance(i, out);
  }
}

void put_head(const Entity& e, std::string& out) {
  put_text(e.id, out);
  put_number(e.types.size(), out);
  for (const std::string_view t : e.types) put_text(t, out);
  put_number(e.scopes.size(), out);
  for (const std::string_view s : e.scopes) put_text(s, out);
  put_time(e.created_us, out), put_time(e.modified_us, out), put_stamp(e.expires_at, out);
}

// ---- reading: a cursor that says once and for all that the bytes are wrong.

constexpr int kDeepest = 64;

class Reader {
 public:
  Reader(std::string_view bytes, tree::Arena& arena) : at_(bytes.data()), end_(bytes.data() + bytes.size()), arena_(arena) {}
  bool good() const { return good_; }
  bool finished() const { return good_ && at_ == end_; }

  std::uint64_t number() {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) break;
      const auto byte = static_cast<unsigned char>(*at_++);
      out |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) return out;
    }
    return fail();
  }
  // A count of things of at least one byte each.
  std::size_t count() {
    const std::uint64_t n = number();
    return n <= static_cast<std::uint64_t>(end_ - at_) ? n : fail();
  }
  unsigned byte() { return at_ < end_ ? static_cast<unsigned char>(*at_++) : fail(); }
  std::int64_t time() {
    const std::uint64_t n = number();
    return n == 0 ? kNoTime : static_cast<std::int64_t>((n - 1) >> 1) ^ -static_cast<std::int64_t>((n - 1) & 1);
  }
  std::string_view text() {
    const std::size_t n = count();
    const std::string_view out(at_, n);
    at_ += n;
    return out;
  }
  Stamp stamp() {
    Stamp out;
    out.us = time();
    if (out.present()) out.text = text();
    return out;
  }
  Value value() {
    auto read = tree::parse(text(), arena_, {.depth = 128});
    return read.ok() ? *read : (fail(), Value());
  }
  Instance instance(int depth) {
    Instance i;
    const std::uint64_t flags = number();
    const unsigned kind = byte();
    if (kind > static_cast<unsigned>(AttributeKind::list_relationship) || depth > kDeepest) fail();
    i.kind = static_cast<AttributeKind>(kind);
    i.value = value(), i.instance_id = text();
    i.created_us = time(), i.modified_us = time();
    if (flags & kDataset) i.dataset_id = text();
    if (flags & kUnit) i.unit_code = text();
    if (flags & kObjectType) i.object_type = value();
    if (flags & kValueType) i.value_type = value();
    if (flags & kProof) i.proof = value();
    if (flags & kObserved) i.observed_at = stamp();
    if (flags & kExpires) i.expires_at = stamp();
    if (!(flags & kSub) || !good_) return i;
    std::vector<Attribute> sub;
    for (std::size_t n = count(); n > 0 && good_; --n) {
      const std::string_view name = text();
      sub.push_back({name, arena_.list(instances(depth + 1))});
    }
    i.sub = arena_.list(sub);
    return i;
  }
  std::vector<Instance> instances(int depth) {
    std::vector<Instance> out;
    for (std::size_t n = count(); n > 0 && good_; --n) out.push_back(instance(depth));
    return out;
  }
  Draft head() {
    Draft out;
    out.id = text();
    for (std::size_t n = count(); n > 0 && good_; --n) out.types.push_back(text());
    for (std::size_t n = count(); n > 0 && good_; --n) out.scopes.push_back(text());
    out.created_us = time(), out.modified_us = time(), out.expires_at = stamp();
    return out;
  }
  void attributes(Draft& out) {
    for (std::size_t n = count(); n > 0 && good_; --n) {
      const std::string_view name = text();
      out.attributes.push_back({name, instances(0)});
    }
  }

 private:
  const char *at_, *end_;
  tree::Arena& arena_;
  bool good_ = true;
  unsigned fail() { return good_ = false, at_ = end_, 0; }
};

Error broken() { return Error(ErrorCode::integrity_broken, "these are not the bytes of an entity"); }

enum : char { kCreated = 1, kDeleted = 2 };

// The part of `before` that a record keeps: its head and the instances that changed.
void put_before(const Record& r, std::string& out) {
  put_head(*r.before, out);
  put_number(static_cast<std::uint64_t>(std::ranges::count_if(r.changes, [](const AttributeChange& c) { return c.before != nullptr; })), out);
  for (const AttributeChange& c : r.changes)
    if (c.before != nullptr) put_text(c.name, out), put_number(1, out), put_instance(*c.before, out);
}

// Instances of one attribute stand one by one in a record: here they come together again.
void gather(Draft& draft) {
  std::vector<DraftAttribute> out;
  for (DraftAttribute& a : draft.attributes) {
    const auto there = std::ranges::find(out, a.name, &DraftAttribute::name);
    if (there == out.end()) {
      out.push_back(std::move(a));
    } else {
      there->instances.insert(there->instances.end(), a.instances.begin(), a.instances.end());
    }
  }
  draft.attributes = std::move(out);
}

const Instance* in(const EntityPtr& entity, std::string_view name, std::string_view dataset_id) {
  const Attribute* a = entity ? entity->attribute(name) : nullptr;
  return a != nullptr ? a->instance(dataset_id) : nullptr;
}

}  // namespace

void encode_entity(const Entity& entity, std::string& out) {
  out += kVersion;
  put_head(entity, out), put_attributes(entity.attributes, out);
}

Result<Draft> decode_entity(std::string_view bytes, tree::Arena& arena) {
  Reader reader(bytes, arena);
  if (reader.byte() != kVersion) return broken();
  Draft out = reader.head();
  reader.attributes(out);
  if (!reader.finished()) return broken();
  return out;
}

void encode_record(const Record& r, std::string& out) {
  out += kVersion;
  out += static_cast<char>((r.created() ? kCreated : 0) | (r.deleted() ? kDeleted : 0));
  put_text(r.tenant, out), put_time(r.at_us, out);
  if (!r.created()) put_before(r, out);
  if (!r.deleted()) put_head(*r.after, out), put_attributes(r.after->attributes, out);
  put_number(r.changes.size(), out);
  for (const AttributeChange& c : r.changes) out += static_cast<char>(c.what), put_text(c.name, out), put_text(c.dataset_id, out);
}

Result<Record> decode_record(std::string_view bytes, Names& names) {
  tree::Arena arena;
  Reader reader(bytes, arena);
  Record out;
  if (reader.byte() != kVersion) return broken();
  const unsigned flags = reader.byte();
  out.tenant = reader.text(), out.at_us = reader.time();
  const auto entity = [&] {
    Draft draft = reader.head();
    reader.attributes(draft);
    gather(draft);
    return reader.good() ? draft.finish(names) : nullptr;
  };
  if (!(flags & kCreated)) out.before = entity();
  if (!(flags & kDeleted)) out.after = entity();
  for (std::size_t n = reader.count(); n > 0 && reader.good(); --n) {
    const unsigned what = reader.byte();
    const std::string_view name = reader.text(), dataset = reader.text();
    AttributeChange c{static_cast<AttributeChange::What>(what), {}, {}, in(out.before, name, dataset), in(out.after, name, dataset)};
    if (what > 2 || (c.before == nullptr && c.after == nullptr)) return broken();
    if (what == static_cast<unsigned>(AttributeChange::What::deleted)) c.after = nullptr;
    const EntityPtr& holder = c.after != nullptr ? out.after : out.before;
    c.name = holder->attribute(name)->name, c.dataset_id = (c.after != nullptr ? c.after : c.before)->dataset_id;
    out.changes.push_back(c);
  }
  if (!reader.finished() || (out.before == nullptr && out.after == nullptr)) return broken();
  return out;
}

}  // namespace machiya::sense
