#include <functional>

#include "sense/entities/stamp.h"
#include "sense/query/query.h"
#include "sense/subscriptions/subscription.h"
#include "sense/subscriptions/subscription_text.h"

namespace machiya::sense {
namespace {
using tree::Arena;
using tree::Member;
using tree::Value;
using Members = std::vector<Member>;

enum class Names : std::uint8_t { types, attributes };

// The name of an IRI, or empty when it has none that a query can hold.
std::string_view name_of(std::string_view iri, Names what, const Terms& terms, Arena& arena) {
  const std::string_view name = what == Names::types ? terms.compact_iri(iri, arena) : terms.compact_attribute(iri, arena);
  return name != iri && is_name(name) ? name : std::string_view();
}

std::string compacted(std::string_view text, Names what, const Terms& terms) {
  Arena arena;
  if (text.size() > 2 && text.front() == '<' && text.find('>') == text.size() - 1)
    return std::string(what == Names::types ? terms.compact_iri(text.substr(1, text.size() - 2), arena) : terms.compact_attribute(text.substr(1, text.size() - 2), arena));
  std::string out;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t close = text[at] == '<' && !quoted ? text.find('>', at) : std::string_view::npos;
    const std::string_view iri = close == std::string_view::npos ? std::string_view() : text.substr(at + 1, close - at - 1);
    if (text[at] == '"') quoted = !quoted;
    if (quoted && text[at] == '\\' && at + 1 < text.size()) out += text[at++];
    // "a<5": a comparison, no IRI in brackets.
    if (iri.empty() || iri.find(':') == std::string_view::npos || iri.find_first_of(" \"=;|") != std::string_view::npos) {
      out += text[at];
      continue;
    }
    const std::string_view name = name_of(iri, what, terms, arena);
    out += name.empty() ? text.substr(at, close - at + 1) : name;
    at = close;
  }
  return out;
}

/// Writes what is kept for somebody who has `terms`.
class Writer {
 public:
  explicit Writer(const Terms& terms) : terms_(terms) {}
  Arena arena;

  Value subscription(const Value& kept, const SubscriptionFacts& facts) {
    Members out;
    bool triggers = false;
    for (const Member& m : kept.members()) {
      if (m.key.front() == '~') continue;
      if (m.key == "entities") out.push_back({m.key, entities(m.value)});
      else if (m.key == "watchedAttributes") out.push_back({m.key, names(m.value)});
      else if (m.key == "q") out.push_back({m.key, query(m.value, kept["~q"])});
      else if (m.key == "csf") out.push_back({m.key, query(m.value, kept["~csf"])});
      else if (m.key == "geoQ") out.push_back({m.key, geo(m.value)});
      else if (m.key == "notification") out.push_back({m.key, notification(m.value, facts)});
      else out.push_back(m);
      triggers |= m.key == "notificationTrigger";
    }
    const bool of_sources = kept["~about"].text() == "registrations";
    if (of_sources && facts.defaults && !kept.has("isActive")) out.push_back({"isActive", Value::boolean(true)});
    if (!triggers && !of_sources) out.push_back({"notificationTrigger", arena.array({Value::string("attributeCreated"), Value::string("attributeUpdated")})});
    out.push_back({"status", Value::string(status(kept, facts))});
    if (facts.sys_attrs) out.push_back({"createdAt", arena.string(stamp_text(facts.created_us))}), out.push_back({"modifiedAt", arena.string(stamp_text(facts.modified_us))});
    return arena.object(out);
  }

 private:
  const Terms& terms_;

  static std::string_view status(const Value& kept, const SubscriptionFacts& facts) {
    const Value& expires = kept["expiresAt"];
    if (expires.is_string() && parse_stamp(expires.text())->us <= facts.now_us) return "expired";
    return kept.has("isActive") && !kept["isActive"].truth ? "paused" : "active";
  }
  NameExpander expander() {
    return [this](std::string_view name) { return std::string(terms_.expand_term(name, arena)); };
  }
  // What was written when it means the same here, else the canonical text with the names of this context.
  Value either(const Value& canonical, const Value& written, Names what, const std::function<std::string(std::string_view)>& canonical_of) {
    if (written.is_string() && canonical_of(written.text()) == canonical.text()) return written;
    return arena.string(compacted(canonical.text(), what, terms_));
  }
  Value query(const Value& canonical, const Value& written) {
    return either(canonical, written, Names::attributes, [&](std::string_view text) {
      FilterOptions options;
      options.percent_too = true;
      auto read = Filter::parse(text, expander(), options);
      return read.ok() ? read->text() : std::string();
    });
  }
  Value type(const Value& canonical, const Value& written) {
    if (canonical.text().find('>') == canonical.text().size() - 1) return arena.string(compacted(canonical.text(), Names::types, terms_));
    return either(canonical, written, Names::types, [&](std::string_view text) {
      auto read = TypeSelection::parse(text, expander());
      return read.ok() ? read->text() : std::string();
    });
  }
  Value entities(const Value& list) {
    std::vector<Value> out;
    for (const Value& item : list.items()) {
      Members members;
      for (const Member& m : item.members()) {
        if (m.key.front() == '~') continue;
        members.push_back(m);
        if (m.key == "type") members.back().value = type(m.value, item["~type"]);
      }
      out.push_back(arena.object(members));
    }
    return arena.array(out);
  }
  Value names(const Value& list) {
    std::vector<Value> out;
    for (const Value& iri : list.items()) out.push_back(arena.string(terms_.compact_attribute(iri.text(), arena)));
    return arena.array(out);
  }
  Value geo(const Value& kept) {
    Members out;
    for (const Member& m : kept.members()) out.push_back({m.key, m.key == "geoproperty" ? arena.string(terms_.compact_attribute(m.value.text(), arena)) : m.value});
    return arena.object(out);
  }
  // Texts of a list, each for itself: "id", "name{x}".
  Value projection(const Value& canonical, const Value& written) {
    std::vector<std::string_view> texts;
    if (written.is_string()) texts.push_back(written.text());
    for (const Value& item : written.items()) texts.push_back(item.text());
    auto read = Projection::parse(texts, expander(), "pick");
    if (read.ok() && read->text() == canonical.text()) return written;
    std::vector<Value> out;
    int depth = 0;
    const std::string_view all = canonical.text();
    for (std::size_t from = 0, at = 0; at <= all.size(); ++at) {
      if (at < all.size() && all[at] == '{') ++depth;
      if (at < all.size() && all[at] == '}') --depth;
      if (at < all.size() && (all[at] != ',' || depth > 0)) continue;
      out.push_back(arena.string(compacted(all.substr(from, at - from), Names::attributes, terms_)));
      from = at + 1;
    }
    return arena.array(out);
  }

  Value notification(const Value& kept, const SubscriptionFacts& facts) {
    Members out;
    for (const Member& m : kept.members()) {
      if (m.key.front() == '~') continue;
      if (m.key == "attributes") out.push_back({m.key, names(m.value)});
      else if (m.key == "pick") out.push_back({m.key, projection(m.value, kept["~pick"])});
      else if (m.key == "omit") out.push_back({m.key, projection(m.value, kept["~omit"])});
      else out.push_back(m);
    }
    const auto time = [&](std::string_view key, std::int64_t us) {
      if (us != kNoTime) out.push_back({key, arena.string(stamp_text(us))});
    };
    if (facts.sent > 0) {
      out.push_back({"status", Value::string(facts.last_ok ? "ok" : "failed")});
      out.push_back({"timesSent", arena.number(static_cast<std::int64_t>(facts.sent))});
    }
    if (facts.failed > 0) out.push_back({"timesFailed", arena.number(static_cast<std::int64_t>(facts.failed))});
    time("lastNotification", facts.last_us), time("lastSuccess", facts.success_us), time("lastFailure", facts.failure_us);
    return arena.object(out);
  }
};

}  // namespace

std::string compacted_names(std::string_view text, const Terms& terms) { return compacted(text, Names::attributes, terms); }

std::string write_subscription(const std::string& kept, const Terms& terms, const SubscriptionFacts& facts) {
  Writer writer(terms);
  auto read = tree::parse(kept, writer.arena);
  return read.ok() ? tree::to_text(writer.subscription(*read, facts)) : std::string();
}

}  // namespace machiya::sense
