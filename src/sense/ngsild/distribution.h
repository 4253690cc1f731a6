// How an operation of the interface is answered together with registered sources (§4.3.6): what of a Call goes to them, and what becomes of it. Which part goes
// where is the federation's (plan.h); a handler gives its own part of the work.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sense/entities/change.h"
#include "sense/federation/federation.h"
#include "sense/ngsild/asking.h"
#include "sense/ngsild/call.h"
#include "sense/ngsild/results.h"

namespace machiya::sense::ngsild {

/// Who answers: a tenant is a source of its own, so that a loop is seen where one tenant asks another (table 5.2.40-1). A token of RFC 9110.
std::string alias_of(const Call& call);
/// The request as sources are to see it. Points into the call.
federation::Asker asker_of(const Call& call);
/// The address of a context that has one: a URL, or a list with one that is no core context; "" otherwise.
std::string only_url(const tree::Value& context);
/// The federation, when the request may leave: sources are registered, and it does not say local=true (§6.3.18) nor asks a snapshot (§5.5.15). nullptr otherwise.
federation::Federation* leaving(const Call& call);
/// Expanded names of the attributes of a body.
std::vector<std::string> attributes_of(Call& call, const tree::Value& body, const Terms& terms);
/// The body with these attributes only; what is no attribute stays.
tree::Value body_with(const tree::Value& body, const std::vector<std::string>& attrs, const Terms& terms, tree::Arena& arena);
/// Those of the request's body, when it may leave; nothing otherwise.
std::vector<std::string> attributes_leaving(Call& call);
/// Those of these parameters that the request has: "?options=…".
std::string parameters_of(const Call& call, std::initializer_list<std::string_view> names);

/// Was the body cut since, so that it must be read again?
class BodyCut {
 public:
  explicit BodyCut(const Call& call) : call_(call), whole_(call.body.entries) {}
  bool done() const { return call_.body.entries != whole_; }

 private:
  const Call& call_;
  const tree::Member* whole_;
};

/// "/entities/{id}" and what stands behind it.
std::string entity_path(std::string_view id, std::string_view behind = {});
/// Types of the entity: what the body says, else the entity that is here, else the parameter; empty: unknown.
std::vector<std::string> types_of(Call& call, const std::string& id, const tree::Value& body);

/// The problem that a source told, or one that says why it told none: JSON of ProblemDetails.
std::string problem_of(const federation::Reply& reply);
/// Its detail in a few words, for a reason of an UpdateResult.
std::string reason_of(const federation::Reply& reply);
/// Error of parts that a proxied source owns and cannot do (§5.6.1.4 and the like).
Error conflict_of(const federation::Share& share);
/// Every one of these was a loop, and nothing else was done.
bool all_loops(const std::vector<federation::Reply>& replies);
Error loop_error();

/// One write of one entity.
struct OneWrite {
  Operation operation;
  std::string method;              ///< "POST" …
  std::string target;              ///< behind /ngsi-ld/v1, with its parameters
  std::string id;
  std::vector<std::string> attrs;  ///< expanded; those that it names; empty: the entity itself
  bool with_body = false;
  bool one_attribute = false;      ///< the body is an attribute, whose name stands in the path behind "/attrs/"
  bool history = false;            ///< of the entity's evolution: "/temporal" stands before it, and sources of history are meant, too
  std::vector<std::string> types = {};   ///< of the evolution; of an entity they are looked up
  int* elsewhere = nullptr;        ///< given the status of the first source that did it
};
/// The part that is done here. Runs with Call::body cut to what stays.
using LocalWrite = std::function<Result<Change>(Call&)>;
using Answered = std::function<http::Response(Call&, const Change&)>;

/// Writes of whole entities: `done` answers when all went well, else 207 with a BatchOperationResult (§6.3.17).
Result<http::Response> write_entity(Call& call, const OneWrite& write, const LocalWrite& local, const Answered& done);
/// Writes of attributes: the same with an UpdateResult.
Result<http::Response> write_attributes(Call& call, const OneWrite& write, const LocalWrite& local, const Answered& done);

/// What all sources and this broker know of one entity.
struct Gathered {
  EntityPtr entity;                              ///< nullptr: nobody has it
  std::vector<federation::Warning> warnings;
  std::vector<std::string> sources;              ///< ids of registrations that had something; "@none": this broker
};
Gathered gather(Call& call, federation::Federation& federation, const std::string& id, const Asking& asking);

/// All entities that a query finds here and elsewhere: those of this broker first, in its order, then the others by their ids.
struct Everywhere {
  std::vector<EntityPtr> entities;
  std::vector<std::vector<std::string>> sources;   ///< of each entity
  std::vector<federation::Warning> warnings;
};
/// BadRequestData: an order was asked for, which nobody can keep over several sources (§4.23). limit_exceeded: too many entities.
Result<std::optional<Everywhere>> find_everywhere(Call& call, const Asking& asking);

/// §5.6.21 at the sources: what failed there. Conflict when proxied ones cannot do it.
Result<BatchResult> purge_elsewhere(Call& call, const Asking& asking);

void add_warnings(http::Response& response, const std::vector<federation::Warning>& warnings);

}  // namespace machiya::sense::ngsild
