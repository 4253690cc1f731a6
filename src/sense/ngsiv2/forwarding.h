// Context providers in the answers and writes of one call: what this broker does not hold itself is asked of them, or handed on to them (FIWARE-NGSI v2.1,
// registrations; which requests are forwarded follows Orion's "Context Providers").
#pragma once
#include <string>
#include <vector>

#include "sense/ngsiv2/writing.h"
#include "sense/providers/providers.h"

namespace machiya::sense::ngsiv2 {

/// For questions. `attrs`: what the client wants to see of entities; empty: everything.
class AskingProviders {
 public:
  AskingProviders(Call& call, const EntityQuery& query, const std::vector<std::string>& attrs, const Ordering* order);
  /// Does any provider hold something of what is asked?
  bool any() const { return !questions_.empty(); }
  /// This broker's entities and theirs, made one where both know the same; filtered, in order, a page of it. Providers that fail add nothing.
  Found find(std::size_t offset, std::size_t limit);

 private:
  struct Question {
    ProviderPtr provider;
    std::vector<std::string> entities;   ///< JSON of each element
    std::vector<std::string> attrs;      ///< empty: all
    std::string id, type;                ///< of the only entity that is meant, when it is known
  };
  Call& call_;
  const EntityQuery& query_;
  const Ordering* order_;
  std::vector<std::string> attrs_;
  std::vector<Question> questions_;

  void ask(const ProviderPtr& provider, const ProvidedEntity& provided);
  void ask(const ProviderPtr& provider, const ProvidedEntity& provided, const EntitySelector& selector);
  void add(const ProviderPtr& provider, const std::string& id_json, const std::string& type_json, std::string id, std::string type);
  std::vector<EntityPtr> told_by(const Providers::Forward& forward, const federation::Reply& reply);
  EntityPtr told(const Provider& provider, const tree::Value& body);
};

/// An attribute that is written, as it would be sent.
struct Piece {
  std::string name, json;
};
/// The members of an entity's body that are attributes, normalized.
std::vector<Piece> pieces_of(const tree::Value& body, bool key_values);

/// Writes with what providers hold: attributes that are not here and that a provider registered go there, the others stay here. When a provider refuses or does
/// not answer, nothing is changed here. Errors as Writing's; unavailable.
class Handing {
 public:
  explicit Handing(Call& call) : call_(call) {}
  Result<void> change(const std::string& id, const std::string& type, const Update& update, const std::vector<Piece>& pieces);
  Result<void> set_value(const std::string& id, const std::string& type, const std::string& name, const tree::Value& value);
  std::vector<Result<void>> batch(const std::vector<Read>& entities, const std::vector<std::vector<Piece>>& pieces, const Update& how);

 private:
  struct Share {
    ProviderPtr provider;
    std::vector<const Piece*> pieces;
  };
  Call& call_;
  std::vector<ProviderPtr> holders(const std::string& id, const std::string& type) const;
  Result<std::vector<Share>> shares(const std::string& id, const std::string& type, const EntityPtr& there, const std::vector<Piece>& pieces) const;
  Result<void> hand_on(const std::string& id, const std::string& type, const std::vector<Share>& shares);
};

}  // namespace machiya::sense::ngsiv2
