// What one asker may see and write. The engines ask it wherever they would show, match, count or change something; who decides stands behind it (access).
// A nullptr in place of a gate: everything. Then nothing is asked, and nothing costs anything.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/entities/codec.h"

namespace machiya::sense {

/// Of one request, or of a subscription. What somebody may not see does not exist for them. Any thread may ask; `read` belongs to the request's thread.
class Gate {
 public:
  virtual ~Gate() = default;
  /// Who it is, for what is kept (subscriptions, entity maps): text of the access engine, the same for the same asker.
  virtual const std::string& key() const = 0;
  /// Is there any tenant for them but the default one?
  virtual bool sees_tenants() const = 0;
  /// May they know of an entity of these types (expanded)?
  virtual bool sees(std::span<const std::string_view> types) const = 0;
  /// And of this attribute (expanded) of it?
  virtual bool sees(std::span<const std::string_view> types, std::string_view attribute) const = 0;
  /// May they write entities of these types? forbidden.
  virtual Result<void> may_write(std::span<const std::string_view> types) const = 0;
  /// May this change be made, and does what comes of it fit? `after` nullptr: it is deleted. forbidden; invalid_input names every misfit. Under the store's lock: quick.
  virtual Result<void> check(const EntityPtr& before, const EntityPtr& after) const = 0;
  /// An entity of these types was read with this attribute ("": with all that they may see): for the purpose log. What everybody may read leaves nothing.
  virtual void read(std::span<const std::string_view> types, std::string_view attribute) = 0;
  /// What was read is written down. unavailable: it cannot be, so the answer must not be given.
  virtual Result<void> written_down() = 0;
};
using GatePtr = std::shared_ptr<Gate>;

/// The entity as it is seen through the gate: itself, a part of it, or nullptr. What is seen of a part was modified when what is left of it was.
EntityPtr seen(const Gate* gate, const EntityPtr& entity);
/// The record as it is seen: nothing when none of it is, or nothing that is seen has changed.
std::optional<Record> seen(const Gate* gate, const Record& record);
/// What is shown of the entity was read; `shown` says which attributes are.
void read_through(Gate* gate, const Entity& entity, const std::function<bool(std::string_view attribute)>& shown);

}  // namespace machiya::sense
