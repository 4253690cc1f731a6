// Which part of a request goes to which source, and what stays here (ETSI GS CIM 009 V1.8.1 §4.3.6 and the behaviour of each operation in §5.6 and §5.7). Pure.
#pragma once
#include <string>
#include <vector>

#include "sense/registrations/matching.h"

namespace machiya::sense::federation {

/// Was it registered without names of attributes, so that all of the entity's are there?
bool holds_every_attribute(const Match& match);

/// What one source is given of a write.
struct Share {
  RegistrationPtr registration;
  bool whole = false;                ///< everything that the request says, or the entity itself
  std::vector<std::string> attrs;    ///< expanded; those of the request that go there
};

struct WritePlan {
  std::vector<Share> forwarded;      ///< to sources that can do it
  std::vector<Share> refused;        ///< a proxied source owns these and cannot do it: Conflict (§5.6.1.4 and the like)
  std::vector<std::string> left;     ///< attributes that stay here
  bool local = true;                 ///< is there anything to do here?
  bool proxied = false;              ///< a part is owned by a source, so that its absence here is no error
  bool distributed() const { return !forwarded.empty() || !refused.empty(); }
};
/// `matches` as Registrations::matching gives them, asked without an operation; `attrs` are those that the request names. Exclusive sources come first and
/// own what they registered; redirect sources own what they match of the rest, each of them gets it; inclusive ones get what matches of what then is left,
/// and so does this broker. Auxiliary sources are never written to (§4.3.6.2).
WritePlan plan_write(const std::vector<Match>& matches, Operation operation, const std::vector<std::string>& attrs);

/// What one source is asked of a query: one group of entities with its attributes.
struct Question {
  RegistrationPtr registration;
  std::vector<std::string> ids;         ///< any of these; empty: unknown
  std::string id_pattern;               ///< used without ids
  std::vector<std::string> types;       ///< expanded, any of them; empty: what the query says
  std::vector<std::string> attrs;       ///< expanded; empty: all
  bool every_attr = false;              ///< the source may have every attribute, so that it can judge any filter
};
/// Narrowed to what the registrations say: ids, patterns, types and attributes that the source does not have are not asked for.
std::vector<Question> plan_questions(const std::vector<Match>& matches, const Wanted& wanted);

}  // namespace machiya::sense::federation
