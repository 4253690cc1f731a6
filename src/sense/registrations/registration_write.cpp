#include <algorithm>

#include "sense/entities/stamp.h"
#include "sense/registrations/registration_text.h"

namespace machiya::sense {
namespace {
using tree::Arena;
using tree::Member;
using tree::Value;
using Members = std::vector<Member>;

/// Writes what is kept for somebody who has `terms`.
class Writer {
 public:
  explicit Writer(const Terms& terms) : terms_(terms) {}
  Arena arena;

  Value registration(const Registration& r, const RegistrationShown& how) {
    Members out;
    for (const Member& m : r.members().members()) {
      if (m.key == "information") out.push_back({m.key, information(m.value)});
      else if (m.key.find(':') != std::string_view::npos) out.push_back({terms_.compact_attribute(m.key, arena), m.value});   // a csourceProperty
      else out.push_back(m);
    }
    if (how.defaults && !r.members().has("mode")) out.push_back({"mode", Value::string(mode_name(r.mode))});
    if (how.defaults && !r.members().has("operations")) out.push_back({"operations", arena.array({Value::string("federationOps")})});
    add_state(how.state, out);
    if (how.sys_attrs) time("createdAt", r.created_us, out), time("modifiedAt", r.modified_us, out);
    return arena.object(out);
  }

 private:
  const Terms& terms_;

  void time(std::string_view key, std::int64_t us, Members& out) {
    if (us != kNoTime) out.push_back({key, arena.string(stamp_text(us))});
  }
  void add_state(const SourceState& s, Members& out) {
    if (s.sent == 0) return;
    out.push_back({"status", Value::string(s.last_ok ? "ok" : "failed")});
    out.push_back({"timesSent", arena.number(static_cast<std::int64_t>(s.sent))});
    if (s.failed > 0) out.push_back({"timesFailed", arena.number(static_cast<std::int64_t>(s.failed))});
    time("lastSuccess", s.success_us, out), time("lastFailure", s.failure_us, out);
  }

  Value type(const Value& v) {
    if (v.is_string()) return arena.string(terms_.compact_iri(v.text(), arena));
    std::vector<Value> out;
    for (const Value& one : v.items()) out.push_back(type(one));
    return arena.array(out);
  }
  Value names(const Value& list) {
    std::vector<Value> out;
    for (const Value& iri : list.items()) out.push_back(arena.string(terms_.compact_attribute(iri.text(), arena)));
    return arena.array(out);
  }
  Value entities(const Value& list) {
    std::vector<Value> out;
    for (const Value& e : list.items()) {
      Members members(e.members().begin(), e.members().end());
      for (Member& m : members)
        if (m.key == "type") m.value = type(m.value);
      out.push_back(arena.object(members));
    }
    return arena.array(out);
  }
  Value information(const Value& list) {
    std::vector<Value> out;
    for (const Value& info : list.items()) {
      Members members;
      for (const Member& m : info.members()) members.push_back({m.key, m.key == "entities" ? entities(m.value) : names(m.value)});
      out.push_back(arena.object(members));
    }
    return arena.array(out);
  }
};

}  // namespace

std::string write_registration(const Registration& registration, const Terms& terms, const RegistrationShown& how) {
  Writer writer(terms);
  return tree::to_text(writer.registration(registration, how));
}

}  // namespace machiya::sense
