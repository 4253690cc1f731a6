#include "sense/federation/rename.h"

#include <vector>

#include "sense/entities/read.h"

namespace machiya::sense::federation {
namespace {
using tree::Member;
using tree::Value;

bool is_head(std::string_view key) { return key == "id" || key == "@id" || key == "scope" || key == "@context" || key == "createdAt" || key == "modifiedAt" || key == "expiresAt"; }

Value types(const Value& v, const Renaming& names, tree::Arena& arena) {
  if (v.is_string()) return arena.string(names.type(v.text()));
  std::vector<Value> out;
  for (const Value& item : v.items()) out.push_back(types(item, names, arena));
  return v.is_array() ? arena.array(out) : v;
}

// Has it what only an instance has? In the simplified form a value may be any object.
bool is_instance(const Value& v) {
  if (!v.is_object() || is_geometry(v)) return false;
  if (v["type"].is_string() && kind_of_name(v["type"].text())) return true;
  for (const char* key : {"value", "object", "languageMap", "vocab", "json", "valueList", "objectList"})
    if (v.has(key)) return true;
  return false;
}

Value instance(const Value& v, const Renaming& names, tree::Arena& arena) {
  if (!is_instance(v)) return v;
  std::vector<Member> out;
  for (const Member& m : v.members()) {
    if (m.key == "vocab" || m.key == "objectType") {
      out.push_back({m.key, types(m.value, names, arena)});
    } else if (is_own_member(m.key)) {
      out.push_back(m);
    } else {
      out.push_back({arena.text(names.attribute(m.key)), rename_attribute(m.value, names, arena)});
    }
  }
  return arena.object(out);
}

bool in_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80 || std::string_view("_:/#-@%").find(c) != std::string_view::npos; }

}  // namespace

std::string Renaming::attribute(std::string_view name) const {
  tree::Arena scratch;
  return std::string(to->compact_attribute(from->expand_term(name, scratch), scratch));
}

std::string Renaming::type(std::string_view name) const {
  tree::Arena scratch;
  return std::string(to->compact_iri(from->expand_term(name, scratch), scratch));
}

Value rename_attribute(const Value& body, const Renaming& names, tree::Arena& arena) {
  if (!body.is_array()) return instance(body, names, arena);
  std::vector<Value> out;
  for (const Value& item : body.items()) out.push_back(instance(item, names, arena));
  return arena.array(out);
}

Value rename_entity(const Value& body, const Renaming& names, tree::Arena& arena) {
  if (!names.needed()) return body;
  std::vector<Member> out;
  for (const Member& m : body.members()) {
    if (is_head(m.key)) {
      out.push_back(m);
    } else if (m.key == "type" || m.key == "@type") {
      out.push_back({m.key, types(m.value, names, arena)});
    } else {
      out.push_back({arena.text(names.attribute(m.key)), rename_attribute(m.value, names, arena)});
    }
  }
  return arena.object(out);
}

std::string rename_filter(std::string_view q, const Renaming& names) {
  if (!names.needed()) return std::string(q);
  std::string out;
  bool name_next = true, quoted = false;   // a name stands at the beginning, after ; | ( . [ {
  for (std::size_t at = 0; at < q.size();) {
    const char c = q[at];
    if (quoted) {
      quoted = c != '"', out += c, ++at;
      if (c == '\\' && at < q.size()) out += q[at++];
    } else if (name_next && in_name(c)) {
      std::size_t end = at;
      while (end < q.size() && in_name(q[end])) ++end;
      out += names.attribute(q.substr(at, end - at)), at = end, name_next = false;
    } else {
      quoted = c == '"';
      if (c == ';' || c == '|' || c == '(') name_next = true;
      if (name_next == false && (c == '=' || c == '<' || c == '>' || c == '!' || c == '~')) {
        // A value: up to the next term.
        while (at < q.size() && q[at] != ';' && q[at] != '|' && q[at] != ')' && q[at] != '"') out += q[at++];
        continue;
      }
      if (!quoted && (c == '.' || c == '[' || c == '{')) name_next = true;
      out += c, ++at;
    }
  }
  return out;
}

}  // namespace machiya::sense::federation
