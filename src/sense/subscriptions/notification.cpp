#include "sense/subscriptions/notification.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "sense/entities/read.h"
#include "sense/entities/stamp.h"
#include "sense/subscriptions/match.h"
#include "sense/subscriptions/v2_form.h"

namespace machiya::sense {
namespace {
using tree::Arena;
using tree::Value;

constexpr std::string_view kLocation = "https://uri.etsi.org/ngsi-ld/location";

std::string_view previous_member(AttributeKind kind) {
  using enum AttributeKind;
  switch (kind) {
    case relationship: return "previousObject";
    case language_property: return "previousLanguageMap";
    case vocab_property: return "previousVocab";
    case json_property: return "previousJson";
    case list_property: return "previousValueList";
    case list_relationship: return "previousObjectList";
    default: return "previousValue";
  }
}

void write_words(const Value& v, const Terms& terms, std::string& out) {
  Arena arena;
  if (v.is_string()) return tree::write_string(terms.compact_iri(v.text(), arena), out);
  if (!v.is_array()) return tree::write(v, out);
  out += '[';
  const char* comma = "";
  for (const Value& item : v.items()) out += comma, write_words(item, terms, out), comma = ",";
  out += ']';
}

/// The entity as a notification shows it: what was deleted is there once more, with the standard's null (§4.5.0, §5.8.6).
class View {
 public:
  View(const Subscription& s, const Record& record) : s_(s), record_(record) {
    entity_ = record.entity();
    if (std::ranges::none_of(record.changes, [](const AttributeChange& c) { return c.what == AttributeChange::What::deleted; })) {
      if (record.deleted()) entity_.attributes = {};
      return;
    }
    std::vector<Attribute> attributes;
    if (!record.deleted()) attributes.assign(entity_.attributes.begin(), entity_.attributes.end());
    for (const AttributeChange& c : record.changes)
      if (c.what == AttributeChange::What::deleted && shows_deleted(c)) add(attributes, c);
    entity_.attributes = arena_.list(attributes);
  }
  const Entity& entity() const { return entity_; }

  // previousValue …, deletedAt.
  std::string more(const Instance& i) const {
    std::string out;
    const AttributeChange* change = change_of(i);
    if (change == nullptr) return out;
    if (s_.show_changes && change->before != nullptr) {
      out += ",\"" + std::string(previous_member(change->before->kind)) + "\":";
      change->before->kind == AttributeKind::vocab_property ? write_words(change->before->value, *s_.terms, out) : tree::write(change->before->value, out);
    }
    if (s_.sys_attrs && change->what == AttributeChange::What::deleted) out += ",\"deletedAt\":" + tree::quoted(stamp_text(record_.at_us));
    return out;
  }

 private:
  const Subscription& s_;
  const Record& record_;
  Arena arena_{512};
  Entity entity_;
  struct Deleted {
    std::string_view name, dataset_id;
    const AttributeChange* change;
  };
  std::vector<Deleted> deleted_;   // their instances are known by name and dataset: spans of the arena are copied when an attribute grows

  // Of a deleted entity, what the subscription asks for: attributes that were deleted, or what they were before.
  bool shows_deleted(const AttributeChange& c) const {
    if (!record_.deleted()) return (s_.triggers & (kAttributeDeleted | kEntityUpdated)) != 0;
    return ((s_.triggers & kAttributeDeleted) != 0 || s_.show_changes) && (s_.watched.empty() || watches(s_, c.name));
  }

  Value null_of(AttributeKind kind) {
    const Value null = Value::string(kNgsiNull);
    return kind == AttributeKind::language_property ? arena_.object({{"@none", null}}) : null;
  }

  void add(std::vector<Attribute>& attributes, const AttributeChange& c) {
    Instance null;
    null.kind = c.before->kind, null.value = null_of(null.kind);
    null.dataset_id = c.dataset_id, null.instance_id = c.before->instance_id, null.created_us = c.before->created_us, null.modified_us = c.before->modified_us;
    auto it = std::ranges::find(attributes, c.name, &Attribute::name);
    if (it == attributes.end()) it = attributes.insert(attributes.end(), Attribute{c.name, {}});
    std::vector<Instance> instances(it->instances.begin(), it->instances.end());
    instances.push_back(null);
    it->instances = arena_.list(instances);
    deleted_.push_back({c.name, c.dataset_id, &c});
  }

  const AttributeChange* change_of(const Instance& i) const {
    for (const AttributeChange& c : record_.changes) {
      if (c.after != nullptr && c.after == &i) return &c;
      if (c.after == nullptr || record_.deleted()) continue;
      // What is shown may be a copy of the entity's instance, made when another dataset of the attribute was deleted.
      if (c.after->instance_id == i.instance_id && c.after->dataset_id == i.dataset_id && !i.instance_id.empty()) return &c;
    }
    for (const Deleted& d : deleted_)
      if (d.change->before->instance_id == i.instance_id && d.dataset_id == i.dataset_id && i.kind == d.change->before->kind && is_null(i)) return d.change;
    return nullptr;
  }
  static bool is_null(const Instance& i) { return is_ngsi_null(i.value) || is_ngsi_null(i.value["@none"]); }
};

Shape shape_of(const Subscription& s) {
  Shape out;
  out.terms = s.terms.get(), out.format = s.format, out.sys_attrs = s.sys_attrs, out.members = s.members;
  if (!s.datasets.empty()) out.datasets = &s.datasets;
  if (s.has_language) out.language = [&s](const Value& map) { return s.language.choose(map); };
  return out;
}

// §4.5.23.3: those that relationships lead to, level by level, each once.
void gather(const Subscription& s, const Entity& entity, const Shape& shape, int levels, const EntityLookup& linked, std::set<std::string>& seen, std::vector<std::string>& out) {
  if (levels == 0) return;
  for (const Attribute& a : entity.attributes) {
    if (!shape.members.shows(a.name)) continue;
    for (const Instance& i : a.instances) {
      if (i.kind != AttributeKind::relationship && i.kind != AttributeKind::list_relationship) continue;
      for (const Value& item : i.value.is_array() ? i.value.items() : std::span<const Value>(&i.value, 1)) {
        const std::string_view uri = item.is_object() ? item["object"].text() : item.text();
        const EntityPtr other = seen.insert(std::string(uri)).second ? linked(uri) : nullptr;
        if (!other) continue;
        Shape beyond = shape_of(s);
        beyond.members = shape.members.beyond(a.name);
        write_entity(*other, beyond, out.emplace_back());
        gather(s, *other, beyond, levels - 1, linked, seen, out);
      }
    }
  }
}

std::vector<std::string> written(const Subscription& s, const Entity& entity, Shape& shape, const EntityLookup& linked) {
  if (s.join == Subscription::Join::inline_ && linked) shape.linked = linked, shape.join_level = s.join_level;
  std::vector<std::string> out(1);
  s.endpoint.accept == Endpoint::Accept::geo_json ? write_feature(entity, shape, kLocation, {}, out.front()) : write_entity(entity, shape, out.front());
  if (s.join == Subscription::Join::flat && linked) {
    std::set<std::string> seen{std::string(entity.id)};
    gather(s, entity, shape, s.join_level, linked, seen, out);
  }
  return out;
}

bool prefers_json(const Subscription& s) {
  return std::ranges::any_of(s.endpoint.receiver, [](const auto& p) { return lower_ascii(p.first) == "prefer" && p.second.find("body=json") != std::string::npos; });
}

}  // namespace

std::vector<std::string> data_of(const Subscription& s, const Entity& entity, const EntityLookup& linked) {
  Shape shape = shape_of(s);
  return written(s, entity, shape, linked);
}

std::vector<std::string> data_of(const Subscription& s, const Record& record, const EntityLookup& linked) {
  if (s.v2) return s.v2->data(record);
  const View view(s, record);
  Shape shape = shape_of(s);
  if (s.show_changes || s.sys_attrs) shape.more = [&view](const Instance& i) { return view.more(i); };
  auto out = written(s, view.entity(), shape, linked);
  if (record.deleted() && s.members.shows("deletedAt")) {
    std::string& text = out.front();
    const std::size_t end = s.endpoint.accept == Endpoint::Accept::geo_json ? text.size() - 2 : text.size() - 1;
    text.insert(end, std::string(text[end - 1] == '{' ? "" : ",") + "\"deletedAt\":" + tree::quoted(stamp_text(record.at_us)));
  }
  return out;
}

Parcel parcel_of(const Subscription& s, const std::string& id, std::int64_t notified_us, const std::vector<std::string>& data, std::string_view reason) {
  if (s.v2) return s.v2->parcel(s, id, data);
  using Accept = Endpoint::Accept;
  Parcel out;
  out.uri = s.endpoint.uri, out.tenant = s.tenant, out.notifier = s.endpoint.notifier, out.timeout_us = s.endpoint.timeout_us;
  const char* type = reason.empty() ? "Notification" : "ContextSourceNotification";
  out.body = "{\"id\":" + tree::quoted(id) + ",\"type\":\"" + type + "\",\"subscriptionId\":" + tree::quoted(s.id) + ",\"notifiedAt\":" + tree::quoted(stamp_text(notified_us)) + ",\"data\":";
  const bool geo = s.endpoint.accept == Accept::geo_json && reason.empty();   // registrations are no features
  out.body += geo ? "{\"type\":\"FeatureCollection\",\"features\":[" : "[";
  const char* comma = "";
  for (const std::string& one : data) out.body += comma, out.body += one, comma = ",";
  out.body += "]";
  if (!reason.empty()) out.body += ",\"triggerReason\":" + tree::quoted(reason);
  if (geo) out.body += prefers_json(s) ? "}" : ",\"@context\":" + s.context + "}";
  if (s.endpoint.accept == Accept::ld_json) out.body += ",\"@context\":" + s.context;
  out.body += "}";
  out.content_type = geo ? "application/geo+json" : s.endpoint.accept == Accept::ld_json ? "application/ld+json" : "application/json";
  if (s.endpoint.accept == Accept::json || (s.endpoint.accept == Accept::geo_json && (!geo || prefers_json(s))))
    out.headers.emplace_back("Link", "<" + s.context_url + ">; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\"");
  if (!s.tenant.empty()) out.headers.emplace_back("NGSILD-Tenant", s.tenant);
  out.headers.insert(out.headers.end(), s.endpoint.receiver.begin(), s.endpoint.receiver.end());
  return out;
}

}  // namespace machiya::sense
