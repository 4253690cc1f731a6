// For the matrix of authorization: what ought to be allowed, worked out from the text of policy.yaml by an evaluator of its own. It shares
// nothing with platform/identity/decision.cpp, not even the reader of the file: a fault in either shows as a difference.
#pragma once
#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace machiya::app::authorization {

using Words = std::vector<std::string>;
inline bool among(const Words& list, const std::string& word) { return std::find(list.begin(), list.end(), word) != list.end(); }

/// Somebody who asks, as the test made them.
struct Asker {
  std::string name;                   ///< in the matrix
  enum Kind { visitor, citizen, staff, client } kind = visitor;
  std::string who;                    ///< person, account or client
  Words roles, scopes;
  std::string department, purpose;    ///< purpose: claimed; "": none
};

/// An object, as the test made it.
struct Thing {
  std::string department, person, procedure, assignee, maker, sender, session;
  bool ownerless = false, lapsed = false;            ///< lapsed: it was made for somebody for whom its maker acts no more
  std::map<std::string, Words> rights;               ///< of a register: "read" → roles
  struct Tie { std::string relation, who, procedure; bool in_force; };
  std::vector<Tie> ties;
};

/// policy.yaml read line by line: two spaces a level, lists in brackets.
class PolicyText {
 public:
  explicit PolicyText(const std::string& file) {
    std::ifstream in(file);
    std::string line, section, entry;
    while (std::getline(in, line)) {
      if (const auto hash = line.find('#'); hash != std::string::npos) line.erase(hash);
      const std::size_t indent = line.find_first_not_of(' ');
      if (indent == std::string::npos) continue;
      const std::string key = line.substr(indent, line.find(':') - indent);
      if (indent == 0) section = key;
      if (indent == 2) entry = key, known_[section].insert(key);
      for (const char* list : {"permissions", "purposes", "may", "for"})
        if (const auto at = line.find(std::string(list) + ": ["); at != std::string::npos) lists_[section + "/" + entry + "/" + list] = words(line.substr(line.find('[', at) + 1));
      if (const auto at = line.find("scope: "); at != std::string::npos) scopes_[entry] = line.substr(at + 7, line.find_last_not_of(" \r") - at - 6);
    }
  }

  /// May staff with this role use the permission with something of `department` ("": anywhere)?
  bool role_may(const Asker& asker, const std::string& role, const std::string& permission, const std::string& department) const {
    if (!matches(list("roles/" + role + "/permissions"), permission)) return false;
    return in_place(asker, role, department) && purpose_fits(asker, role, permission);
  }
  bool in_place(const Asker& asker, const std::string& role, const std::string& department) const {
    const auto scope = scopes_.find(role);
    return scope != scopes_.end() && (department.empty() || scope->second == "all" || asker.department == department);
  }
  bool any_role_may(const Asker& asker, const std::string& permission, const std::string& department) const {
    return std::any_of(asker.roles.begin(), asker.roles.end(), [&](const auto& role) { return role_may(asker, role, permission, department); });
  }
  /// Reading personal data wants a purpose that the role has and, when one is claimed, that one.
  bool purpose_fits(const Asker& asker, const std::string& role, const std::string& permission) const {
    const Words fitting = purposes_for(permission);
    if (fitting.empty()) return true;
    const Words own = list("roles/" + role + "/purposes");
    return std::any_of(fitting.begin(), fitting.end(), [&](const auto& purpose) { return among(own, purpose) && (asker.purpose.empty() || asker.purpose == purpose); });
  }
  bool relation_may(const std::string& relation, const std::string& action) const { return matches(list("relations/" + relation + "/may"), action); }
  std::set<std::string> names(const std::string& section) const {
    const auto found = known_.find(section);
    return found == known_.end() ? std::set<std::string>() : found->second;
  }

 private:
  static Words words(const std::string& text) {
    Words out;
    std::stringstream in(text.substr(0, text.find(']')));
    for (std::string word; std::getline(in, word, ',');) {
      word.erase(0, word.find_first_not_of(' '));
      word.erase(word.find_last_not_of(' ') + 1);
      out.push_back(word);
    }
    return out;
  }
  static bool matches(const Words& list, const std::string& permission) {
    const std::string family = permission.substr(0, permission.find('.')) + ".*";
    return among(list, permission) || among(list, family) || among(list, "*");
  }
  Words list(const std::string& where) const {
    const auto found = lists_.find(where);
    return found == lists_.end() ? Words() : found->second;
  }
  Words purposes_for(const std::string& permission) const {
    Words out;
    for (const auto& purpose : names("purposes"))
      if (matches(list("purposes/" + purpose + "/for"), permission)) out.push_back(purpose);
    return out;
  }
  std::map<std::string, Words> lists_;
  std::map<std::string, std::string> scopes_;
  std::map<std::string, std::set<std::string>> known_;
};

inline Words split_bars(const std::string& text) {
  Words out;
  std::stringstream in(text);
  for (std::string word; std::getline(in, word, '|');) out.push_back(word);
  return out;
}

enum class Expected { deny, allow, keep };   ///< keep: what was typed is kept, and the log-in is shown

/// What a route's declaration says for this asker and this thing.
class Oracle {
 public:
  explicit Oracle(const PolicyText& policy) : policy_(policy) {}

  bool gate(const std::string& permission, const Asker& asker) const {
    const Words words = split_bars(permission);
    return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
      if (word == "public") return true;
      if (word == "device") return false;   // nobody of the house has a key of a device: the handler refuses them
      if (word == "person" || word == "contact") return asker.kind == Asker::citizen;
      if (word == "staff") return asker.kind == Asker::staff;
      if (word.rfind("staff:", 0) == 0) return asker.kind == Asker::staff && policy_.any_role_may(asker, word.substr(6), "");
      if (word.rfind("client:", 0) == 0) return asker.kind == Asker::client && among(asker.scopes, word.substr(7));
      return false;
    });
  }

  /// `object` and `action` as the route declares them.
  Expected expected(const std::string& permission, const std::string& object, const std::string& action, const Asker& asker, const Thing& thing) const {
    if (!gate(permission, asker)) return Expected::deny;
    if (object == "none" || object == "report" || object == "person" || object == "any-case" || object == "any-row" || object == "emergency" || object == "leave-link" || object == "topic-feed" || object == "opt-in" || object == "trigger" || object == "signage" || object == "callout-answer" || object == "open-data" || object == "map" || object == "staff-map" || object == "subscription" || object == "department" || object == "callout") return Expected::allow;
    if (object == "published-message") return yes(thing.ownerless);
    if (object == "provider") return Expected::deny;   // the sample city has none to go to; module oidc proves the way through a real one
    if (object == "kept-form" || object == "new-file") return yes(!asker.who.empty() && thing.maker == asker.who);
    if (object == "delegation") return yes(asker.kind == Asker::citizen && tied(thing, asker));
    if (object == "import") return yes(right(thing, asker, "import") && thing.maker == asker.who);
    if (!thing.rights.empty()) return yes(right(thing, asker, action) || (action == "read" && opened(thing, asker)));
    const Words actions = split_bars(action);
    // The pages of those concerned: staff work elsewhere, and a program asks the API.
    if (object == "own-case" && (asker.kind == Asker::staff || asker.kind == Asker::client)) return yes(thing.ownerless && among(actions, "case.status") && policy_.relation_may("holder", "case.status"));
    if (object == "sent-case" && asker.kind == Asker::staff) return yes(thing.ownerless && policy_.relation_may("holder", "case.status"));
    if (std::any_of(actions.begin(), actions.end(), [&](const auto& one) { return may(asker, one, thing); })) return Expected::allow;
    const bool signed_out = asker.kind == Asker::visitor && !thing.person.empty();
    return signed_out && among(actions, "draft.add") && policy_.relation_may("signed-out", "draft.add") ? Expected::keep : Expected::deny;
  }

  /// A case or a draft.
  bool may(const Asker& asker, const std::string& action, const Thing& thing) const {
    if (thing.lapsed) return false;
    if (asker.kind == Asker::staff && policy_.any_role_may(asker, action, thing.department)) return !thing.department.empty();
    const auto related = [&](const std::string& relation) { return policy_.relation_may(relation, action); };
    if (asker.kind == Asker::citizen && thing.person == asker.who && related("owner")) return true;
    if (asker.kind == Asker::visitor && !thing.session.empty() && thing.session == asker.who && related("owner")) return true;
    if (thing.ownerless && related("holder")) return true;
    if (asker.kind == Asker::client && thing.sender == asker.who && related("sender")) return true;
    if (asker.kind == Asker::staff && thing.assignee == asker.who && related("case-member") &&
        std::any_of(asker.roles.begin(), asker.roles.end(), [&](const auto& role) { return policy_.purpose_fits(asker, role, action); }))
      return true;
    return std::any_of(thing.ties.begin(), thing.ties.end(), [&](const Thing::Tie& tie) {
      return tie.who == asker.who && tie.in_force && related(tie.relation) && (tie.procedure.empty() || tie.procedure == thing.procedure);
    });
  }

  /// A row that stands open to a member of staff for an hour, to be read.
  bool opened(const Thing& thing, const Asker& asker) const {
    return asker.kind == Asker::staff && policy_.relation_may("emergency", "register.read") &&
           std::any_of(thing.ties.begin(), thing.ties.end(), [&](const Thing::Tie& tie) { return tie.relation == "emergency" && tie.who == asker.who && tie.in_force; });
  }

  /// A register's own lists of roles. Writing holds reading; bulk edits and imports hold writing.
  bool right(const Thing& thing, const Asker& asker, const std::string& what) const {
    if (asker.kind == Asker::client && !among(asker.scopes, "registers.write") && !(among(asker.scopes, "registers.read") && (what == "read" || what == "export"))) return false;
    if (asker.kind != Asker::staff && asker.kind != Asker::client) return false;
    const auto listed = [&](const std::string& list) {
      return std::any_of(asker.roles.begin(), asker.roles.end(), [&](const auto& role) { return among(thing.rights.at(list), role) && policy_.in_place(asker, role, thing.department); });
    };
    const bool reads = std::any_of(asker.roles.begin(), asker.roles.end(), [&](const auto& role) {
      return among(thing.rights.at("read"), role) && policy_.in_place(asker, role, thing.department) && policy_.purpose_fits(asker, role, "register.read");
    });
    if (!reads) return false;
    if (what == "read" || what == "export") return true;
    if (what == "act") return listed("write") && policy_.any_role_may(asker, thing.procedure, thing.department);   // procedure: the permission of the sample's action
    return listed("write") && (what == "write" || listed(what));
  }

 private:
  static Expected yes(bool allowed) { return allowed ? Expected::allow : Expected::deny; }
  static bool tied(const Thing& thing, const Asker& asker) {
    return thing.person == asker.who || std::any_of(thing.ties.begin(), thing.ties.end(), [&](const auto& tie) { return tie.who == asker.who; });
  }
  const PolicyText& policy_;
};

}  // namespace machiya::app::authorization
