#include "sense/snapshots/snapshot_text.h"

#include <algorithm>
#include <array>

#include "sense/entities/read.h"
#include "sense/entities/stamp.h"
#include "sense/history/duration.h"
#include "sense/query/query.h"
#include "sense/subscriptions/subscription_text.h"

namespace machiya::sense {
namespace {
using tree::Arena;
using tree::Member;
using tree::Value;
using Members = std::vector<Member>;

constexpr std::uint32_t kMostQueries = 100;
constexpr std::array<std::string_view, 12> kMembers = {"id", "type", "snapshotQueries", "snapshotTemporalQueries", "snapshotPriority", "snapshotLifetime",
                                                       "snapshotStatus", "snapshotQueriesDetails", "createdAt", "modifiedAt", "expiresAt", "lastUsedAt"};

Error bad(std::string why, std::string_view where) { return Error(ErrorCode::invalid_input, std::move(why), std::string(where)); }
Error not_done(std::string why, std::string_view where) { return Error(ErrorCode::method_not_allowed, std::move(why), std::string(where)); }
Error bad(Error error) {
  if (error.code == ErrorCode::malformed_request) error.code = ErrorCode::invalid_input;
  return error;
}

/// Queries of a client in the form that means the same under every context.
class QueryKeeper {
 public:
  QueryKeeper(const Terms& terms, Arena& arena) : arena_(arena), expand_([this, &terms](std::string_view name) { return std::string(terms.expand_term(name, arena_)); }) {}

  Result<Value> list(const Value& queries) {
    if (!queries.is_array() || queries.count == 0 || queries.count > kMostQueries)
      return bad("a list of at most " + std::to_string(kMostQueries) + " queries is expected", "snapshotQueries");
    std::vector<Value> out;
    for (const Value& q : queries.items()) {
      MACHIYA_TRY(const Value kept, query(q));
      out.push_back(kept);
    }
    return arena_.array(out);
  }

 private:
  Result<Value> query(const Value& q) {
    if (!q.is_object() || q["type"].text() != "Query") return bad("\"type\": \"Query\" is expected", "snapshotQueries");
    if (q.has("temporalQ")) return bad("a query in time stands in snapshotTemporalQueries", "snapshotQueries/temporalQ");
    Members out;
    for (const Member& m : q.members()) {
      MACHIYA_TRY(const Value value, member(m));
      out.push_back({m.key, value});
    }
    return arena_.object(out);
  }
  Result<Value> member(const Member& m) {
    if (m.key == "entities") return each(m.value, [this](const Value& v) { return selector(v); });
    if (m.key == "attrs") return each(m.value, [this](const Value& v) { return attribute(v); });
    if (m.key == "pick" || m.key == "omit") return m.value.is_string() ? projection(m.value, m.key) : each(m.value, [&](const Value& v) { return projection(v, m.key); });
    if (m.key == "q" || m.key == "csf") {
      auto filter = Filter::parse(m.value.text(), expand_, {}, m.key);
      if (!filter.ok()) return bad(filter.error());
      return arena_.string(filter->text());
    }
    if (m.key != "geoQ" || !m.value["geoproperty"].is_string()) return m.value;
    return with(m.value, "geoproperty", arena_.string(expand_(m.value["geoproperty"].text())));
  }
  Result<Value> attribute(const Value& name) {
    if (!name.is_string() || !is_name(name.text())) return bad("no name of an attribute", "attrs");
    return arena_.string(expand_(name.text()));
  }
  Result<Value> selector(const Value& entity) {
    if (!entity["type"].is_string()) return entity;   // judged where the query is asked
    auto types = TypeSelection::parse(entity["type"].text(), expand_);
    if (!types.ok()) return bad(types.error());
    return with(entity, "type", arena_.string(types->text()));
  }
  Result<Value> projection(const Value& text, std::string_view where) {
    auto read = Projection::parse(text.text(), expand_, where);
    if (!read.ok()) return bad(read.error());
    return arena_.string(read->text());
  }
  template <class F> Result<Value> each(const Value& list, const F& keep) {
    std::vector<Value> out;
    for (const Value& v : list.items()) {
      MACHIYA_TRY(const Value kept, keep(v));
      out.push_back(kept);
    }
    return list.is_array() ? arena_.array(out) : list;
  }
  Value with(const Value& object, std::string_view key, const Value& value) {
    Members out;
    for (const Member& m : object.members()) out.push_back({m.key, m.key == key ? value : m.value});
    return arena_.object(out);
  }

  Arena& arena_;
  NameExpander expand_;
};

/// And back to the names of whoever asks.
class QueryShower {
 public:
  QueryShower(const Terms& terms, Arena& arena) : terms_(terms), arena_(arena) {}
  Value list(const Value& queries) {
    std::vector<Value> out;
    for (const Value& q : queries.items()) {
      Members members;
      for (const Member& m : q.members()) members.push_back({m.key, member(m)});
      out.push_back(arena_.object(members));
    }
    return arena_.array(out);
  }

 private:
  Value names(const Value& text) { return text.is_string() ? arena_.string(compacted_names(text.text(), terms_)) : text; }
  Value attribute(const Value& iri) { return iri.is_string() ? arena_.string(terms_.compact_attribute(iri.text(), arena_)) : iri; }
  template <class F> Value each(const Value& list, const F& show) {
    if (!list.is_array()) return show(list);
    std::vector<Value> out;
    for (const Value& v : list.items()) out.push_back(show(v));
    return arena_.array(out);
  }
  Value only(const Value& object, std::string_view key, Value (QueryShower::*show)(const Value&)) {
    Members out;
    for (const Member& m : object.members()) out.push_back({m.key, m.key == key ? (this->*show)(m.value) : m.value});
    return object.is_object() ? arena_.object(out) : object;
  }
  Value member(const Member& m) {
    if (m.key == "entities") return each(m.value, [this](const Value& v) { return only(v, "type", &QueryShower::names); });
    if (m.key == "attrs") return each(m.value, [this](const Value& v) { return attribute(v); });
    if (m.key == "pick" || m.key == "omit" || m.key == "q" || m.key == "csf") return each(m.value, [this](const Value& v) { return names(v); });
    return m.key == "geoQ" ? only(m.value, "geoproperty", &QueryShower::attribute) : m.value;
  }

  const Terms& terms_;
  Arena& arena_;
};

Result<void> read_priority(const Value& v, SnapshotBody what, SnapshotWish& out) {
  const double n = v.number();
  if (what == SnapshotBody::fragment && is_ngsi_null(v)) return out.priority = kUsualPriority, Result<void>();
  if (!v.is_number() || !(n >= kLowestPriority && n <= kHighestPriority) || n != static_cast<int>(n)) return bad("a whole number from 1 to 10 is expected", "snapshotPriority");
  return out.priority = static_cast<int>(n), Result<void>();
}

Result<void> read_lifetime(const Value& v, SnapshotBody what, SnapshotWish& out) {
  if (what == SnapshotBody::fragment && is_ngsi_null(v)) return out.lifetime = "", Result<void>();
  const auto duration = v.is_string() ? parse_duration(v.text()) : std::nullopt;
  if (!duration || duration->none()) return bad("a duration of ISO 8601 is expected", "snapshotLifetime");
  out.lifetime = std::string(v.text()), out.lifetime_us = duration->after(0);   // months as those of 1970: it is a wish
  return {};
}

std::optional<QueryOutcome> outcome_of(std::string_view name) {
  for (const QueryOutcome o : {QueryOutcome::success, QueryOutcome::empty, QueryOutcome::failure})
    if (outcome_name(o) == name) return o;
  return std::nullopt;
}

std::string details_text(const std::vector<QueryDetail>& details) {
  std::string out = "[";
  for (const QueryDetail& d : details) {
    out += (out.size() > 1 ? ",{\"resultStatus\":\"" : "{\"resultStatus\":\"") + std::string(outcome_name(d.outcome)) + "\"";
    if (!d.problem.empty()) out += ",\"problemDetails\":" + d.problem;
    out += '}';
  }
  return out + "]";
}

}  // namespace

std::string_view status_name(SnapshotStatus status) {
  constexpr std::array<std::string_view, 4> kNames = {"success", "partial", "empty", "failure"};
  return kNames[static_cast<std::size_t>(status)];
}

std::string_view outcome_name(QueryOutcome outcome) {
  constexpr std::array<std::string_view, 3> kNames = {"success", "empty", "failure"};
  return kNames[static_cast<std::size_t>(outcome)];
}

SnapshotStatus status_of(const std::vector<QueryDetail>& details) {
  const auto any = [&](QueryOutcome o) { return std::ranges::any_of(details, [o](const QueryDetail& d) { return d.outcome == o; }); };
  if (any(QueryOutcome::failure)) return any(QueryOutcome::success) || any(QueryOutcome::empty) ? SnapshotStatus::partial : SnapshotStatus::failure;
  return any(QueryOutcome::success) ? SnapshotStatus::success : SnapshotStatus::empty;
}

bool is_snapshot_member(std::string_view name) { return std::ranges::find(kMembers, name) != kMembers.end(); }

Result<SnapshotWish> read_snapshot(const Value& body, SnapshotBody what, const Terms& terms) {
  SnapshotWish out;
  const Value* type = body.find("type");
  if (type != nullptr ? type->text() != "Snapshot" : what == SnapshotBody::create) return bad("\"type\": \"Snapshot\" is expected", "type");
  if (const Value* id = body.find("id")) {
    if (what == SnapshotBody::fragment) return bad("the id of a snapshot does not change", "id");
    if (!id->is_string() || !is_uri(id->text())) return bad("an id is a URI", "id");
    out.id = id->text();
  }
  for (const char* name : {"snapshotQueries", "snapshotTemporalQueries"})
    if (what != SnapshotBody::create && body.has(name)) return bad("the queries of a snapshot do not change", name);
  for (const char* name : {"endpoint", "receiverInfo"})
    if (body.has(name)) return not_done("nobody is notified of snapshots: they are filled when the answer comes", name);
  if (body.has("snapshotTemporalQueries")) return not_done("snapshots have no history", "snapshotTemporalQueries");
  if (what == SnapshotBody::create) {
    Arena arena;
    const Value* queries = body.find("snapshotQueries");
    if (queries == nullptr) return bad("queries are expected", "snapshotQueries");
    MACHIYA_TRY(const Value kept, QueryKeeper(terms, arena).list(*queries));
    out.queries = tree::to_text(kept);
  }
  if (const Value* v = body.find("snapshotPriority")) MACHIYA_CHECK(read_priority(*v, what, out));
  if (const Value* v = body.find("snapshotLifetime")) MACHIYA_CHECK(read_lifetime(*v, what, out));
  return out;
}

std::string write_snapshot(const Snapshot& s, const Terms& terms) {
  Arena arena;
  auto queries = tree::parse(s.queries, arena);
  std::string out = "{\"id\":" + tree::quoted(s.id) + ",\"type\":\"Snapshot\",\"snapshotQueries\":";
  out += queries.ok() ? tree::to_text(QueryShower(terms, arena).list(*queries)) : "[]";
  out += ",\"snapshotPriority\":" + std::to_string(s.priority);
  if (!s.lifetime.empty()) out += ",\"snapshotLifetime\":" + tree::quoted(s.lifetime);
  out += ",\"snapshotStatus\":\"" + std::string(status_name(status_of(s.details))) + "\",\"snapshotQueriesDetails\":" + details_text(s.details);
  for (const auto& [name, us] : {std::pair{"createdAt", s.created_us}, {"modifiedAt", s.modified_us}, {"expiresAt", s.expires_us}, {"lastUsedAt", s.used_us}})
    out += ",\"" + std::string(name) + "\":\"" + stamp_text(us) + "\"";
  return out + "}";
}

std::string document_of(const Snapshot& s) {
  return "{\"queries\":" + s.queries + ",\"details\":" + details_text(s.details) + ",\"priority\":" + std::to_string(s.priority) + ",\"lifetime\":" + tree::quoted(s.lifetime) +
         ",\"lifetimeUs\":" + std::to_string(s.lifetime_us) + "}";
}

Result<void> read_document(std::string_view text, Snapshot& out) {
  Arena arena;
  const auto broken = [] { return Error(ErrorCode::integrity_broken, "a snapshot cannot be read", "sense_snapshot"); };
  auto read = tree::parse(text, arena);
  if (!read.ok() || !(*read)["queries"].is_array() || !(*read)["priority"].is_number()) return broken();
  out.queries = tree::to_text((*read)["queries"]);
  out.priority = static_cast<int>((*read)["priority"].number());
  out.lifetime = (*read)["lifetime"].text(), out.lifetime_us = static_cast<std::int64_t>((*read)["lifetimeUs"].number());
  for (const Value& d : (*read)["details"].items()) {
    const auto outcome = outcome_of(d["resultStatus"].text());
    if (!outcome) return broken();
    out.details.push_back({*outcome, d.has("problemDetails") ? tree::to_text(d["problemDetails"]) : std::string()});
  }
  return {};
}

}  // namespace machiya::sense
