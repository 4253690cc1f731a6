#include "sense/history/write_past.h"

#include <algorithm>

#include "base/time.h"
#include "sense/entities/stamp.h"
#include "sense/history/form.h"
#include "sense/history/reading.h"

namespace machiya::sense {
namespace {

using history::Past;
using history::Track;
using Property = TemporalQuery::Property;

// The member that holds a list of values in time (§4.5.9).
std::string_view values_member(AttributeKind kind) {
  using enum AttributeKind;
  switch (kind) {
    case relationship: return "objects";
    case language_property: return "languageMaps";
    case vocab_property: return "vocabs";
    case json_property: return "jsons";
    case list_property: return "valueLists";
    case list_relationship: return "objectLists";
    default: return "values";
  }
}

class PastWriter {
 public:
  PastWriter(const PastShape& shape, std::string& out) : shape_(shape), out_(out) {}

  void entity(const HistoryEntity& e) {
    const history::Head& head = *e.head;
    const Selection& members = shape_.shape.members;
    out_ += '{';
    if (members.shows("id")) name("id"), tree::write_string(head.id, out_);
    if (members.shows("type")) name("type"), types(head.types);
    if (!head.scopes.empty() && members.shows("scope") && !scopes_evolve()) name("scope"), words(head.scopes);
    if (shape_.shape.sys_attrs) times(head);
    std::vector<bool> done(e.slices.size());
    for (std::size_t i = 0; i < e.slices.size(); ++i) {
      if (done[i]) continue;
      std::vector<const HistorySlice*> same;
      for (std::size_t k = i; k < e.slices.size(); ++k)
        if (e.slices[k].track->name == e.slices[i].track->name) same.push_back(&e.slices[k]), done[k] = true;
      attribute(same);
    }
    out_ += '}';
  }

 private:
  const PastShape& shape_;
  std::string& out_;
  tree::Arena scratch_{512};
  bool first_ = true;

  bool scopes_evolve() const { return shape_.bounded && shape_.property != Property::observed_at; }

  void name(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    tree::write_string(key, out_), out_ += ':';
  }
  void words(const std::vector<std::string>& list) {
    if (list.size() != 1) out_ += '[';
    for (std::size_t i = 0; i < list.size(); ++i) out_ += i > 0 ? "," : "", tree::write_string(list[i], out_);
    if (list.size() != 1) out_ += ']';
  }
  void types(const std::vector<std::string>& list) {
    std::vector<std::string> shown;
    for (const std::string& t : list) shown.emplace_back(shape_.shape.terms->compact_iri(t, scratch_));
    words(shown);
  }
  void times(const history::Head& head) {
    const Selection& members = shape_.shape.members;
    const auto one = [&](std::string_view key, std::int64_t us) {
      if (us != kNoTime && members.shows(key)) name(key), tree::write_string(stamp_text(us), out_);
    };
    one("createdAt", head.created_us), one("modifiedAt", head.modified_us), one("deletedAt", head.deleted_us);
  }

  void attribute(const std::vector<const HistorySlice*>& slices) {
    const std::string& iri = slices.front()->track->name;
    name(iri == history::kScopeTrack ? history::kScopeTrack : shape_.shape.terms->compact_attribute(iri, scratch_));
    if (shape_.form == PastForm::instances) return instances(slices);
    std::vector<std::string> parts;
    for (const HistorySlice* s : slices) shape_.form == PastForm::values ? values(*s, parts) : aggregates(*s, parts);
    if (parts.size() != 1) out_ += '[';
    for (std::size_t i = 0; i < parts.size(); ++i) out_ += i > 0 ? "," : "", out_ += parts[i];
    if (parts.size() != 1) out_ += ']';
  }

  void instances(const std::vector<const HistorySlice*>& slices) {
    out_ += '[';
    bool any = false;
    for (const HistorySlice* s : slices)
      for (const Past& p : s->instances) out_ += any ? "," : "", any = true, instance(p);
    out_ += ']';
  }

  void instance(const Past& p) {
    Shape shape = shape_.shape;
    shape.format = Format::normalized;
    write_instance(p.instance, shape, out_);
    out_.pop_back();   // its }
    if (!p.instance.instance_id.empty()) out_ += ",\"instanceId\":", tree::write_string(p.instance.instance_id, out_);
    if (p.deleted_us != kNoTime && (shape.sys_attrs || shape_.property == Property::deleted_at)) out_ += ",\"deletedAt\":", tree::write_string(stamp_text(p.deleted_us), out_);
    out_ += '}';
  }

  // {"type": …, "datasetId": …, and then what the caller adds.
  std::string opened(const Track& track, std::string_view kind) const {
    std::string out = "{\"type\":\"" + std::string(kind) + "\"";
    if (!track.dataset.empty()) out += ",\"datasetId\":", tree::write_string(track.dataset, out);
    return out;
  }

  // One object for each kind that the attribute had: it seldom is more than one.
  void values(const HistorySlice& s, std::vector<std::string>& parts) const {
    Shape shape = shape_.shape;
    shape.format = Format::simplified;
    std::vector<AttributeKind> kinds;
    for (const Past& p : s.instances)
      if (std::ranges::find(kinds, p.instance.kind) == kinds.end()) kinds.push_back(p.instance.kind);
    for (const AttributeKind kind : kinds) {
      const bool translated = kind == AttributeKind::language_property && shape.language;
      std::string part = opened(*s.track, translated ? "Property" : kind_name(kind)) + ",\"" + std::string(translated ? "values" : values_member(kind)) + "\":[";
      bool any = false;
      for (const Past& p : s.instances) {
        if (p.instance.kind != kind) continue;
        part += any ? ",[" : "[", any = true;
        write_instance(p.instance, shape, part);
        part += ',', tree::write_string(moment(p), part), part += ']';
      }
      parts.push_back(part + "]}");
    }
  }

  // Where nothing was asked for, what has no observedAt stands at its createdAt.
  std::string moment(const Past& p) const {
    if (shape_.property == Property::observed_at && p.instance.observed_at.present()) return std::string(p.instance.observed_at.text);
    const std::int64_t us = history::time_of(p, shape_.property);
    return stamp_text(us != kNoTime ? us : p.deleted_us != kNoTime ? p.deleted_us : p.instance.created_us);
  }

  void aggregates(const HistorySlice& s, std::vector<std::string>& parts) {
    std::string part = opened(*s.track, kind_name(s.instances.empty() ? AttributeKind::property : s.instances.front().instance.kind));
    for (const AggregateColumn& column : s.aggregates) {
      part += ",\"" + std::string(method_name(column.method)) + "\":[";
      std::int64_t last_us = kNoTime;
      std::string last;   // a period ends where the next one begins
      for (std::size_t i = 0; i < column.cells.size(); ++i) {
        const AggregateCell& cell = column.cells[i];
        part += i > 0 ? ",[" : "[";
        cell.number ? number(*cell.number, part) : tree::write_string(cell.text, part);
        part += ",\"" + (cell.from_us == last_us ? last : moment_text(cell.from_us)) + "\",\"";
        last_us = cell.to_us, last = moment_text(cell.to_us);
        part += last + "\"]";
      }
      part += ']';
    }
    parts.push_back(part + "}");
  }
  void number(double d, std::string& out) {
    scratch_.clear();
    out += scratch_.number(d).text();
  }
};

}  // namespace

std::string moment_text(std::int64_t us) {
  if (us % kSecond == 0) return history::time_text(us, 0);
  return us % 1000 == 0 ? history::time_text(us, 3) : history::time_text(us, 6);
}

void write_past(const HistoryEntity& entity, const PastShape& shape, std::string& out) { PastWriter(shape, out).entity(entity); }

}  // namespace machiya::sense
