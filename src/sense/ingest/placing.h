// An entity's mapped attributes on their way into the broker: as a draft, and against what is there. Inside ingest only.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sense/entities/change.h"
#include "sense/ingest/cause.h"
#include "sense/ingest/mapping.h"
#include "sense/jsonld/contexts.h"
#include "sense/models/model_check.h"

namespace machiya::sense::ingest {

/// One entity of one message. Lives until its write is done.
class Placing {
 public:
  /// Attributes that the information model or the city's model refuses are left out and told. `told`: taken, but the steward is to know.
  static std::unique_ptr<Placing> make(const MappedEntity& mapped, const TermsPtr& terms, const EntityTypes& types, Causes& causes, bool& told);

  const std::string& id() const { return id_; }
  bool empty() const { return draft_.attributes.empty(); }
  /// The write (EntityStore::Make): newer values replace; older ones are put aside for the history; equal ones of the same time change nothing.
  Result<Change> apply(const EntityPtr& current, const ChangeContext& context);
  /// After apply(): something was left as it is because it is there already, perhaps on its way to the disk only.
  bool known() const { return known_; }
  /// Is everything that was left as it is seen by readers, and so on disk?
  bool on_disk(const EntityPtr& seen) const;
  /// apply() will write what is there already once more.
  void insist() { again_ = true; }
  /// After apply(): what is older than the entity's own, as a draft for the history; without attributes when there is none.
  const Draft& past() const { return past_; }
  /// After apply(): values whose change was not plausible.
  const Causes& implausible() const { return causes_; }
  std::size_t taken() const { return taken_; }

 private:
  struct Rule {
    double per_minute = 0;
    Fate fate = Fate::mark;
    std::string name;       ///< as the profile writes it
    Instance marked;        ///< the same with its quality
  };
  bool read(const MappedEntity& mapped, const TermsPtr& terms, Causes& causes);
  void check(const EntityTypes& types, Causes& causes, bool& told);
  /// What becomes of one attribute; false when it does not go into the entity.
  bool place(DraftAttribute& attribute, const EntityPtr& current);

  std::string id_;
  TermsPtr terms_;
  tree::Arena arena_;
  Draft draft_, past_;
  std::map<std::string_view, Rule> rules_;   ///< by expanded name
  Causes causes_;
  std::size_t taken_ = 0;
  bool known_ = false, again_ = false;
};

}  // namespace machiya::sense::ingest
