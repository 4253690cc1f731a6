// What cases need to know of a procedure and its workflow, compiled once per content hash. A case finishes on the version
// it began with: the canonical texts of procedure, decisions and workflow are kept in table definition_snapshot when the first
// case uses them.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ask/cases/definition_source.h"
#include "ask/cases/period.h"
#include "ask/cases/procedure_version.h"
#include "ask/cases/workflow.h"
#include "base/json.h"
#include "base/result.h"
#include "city/city.h"
#include "feel/feel.h"
#include "platform/store/store.h"

namespace machiya::cases {

/// A question as a case view shows it.
struct FieldInfo {
  std::string name;            ///< "dog_name"; within a repeat "members/born"
  std::string type;
  std::string page;
  city::Text label;
  std::vector<std::pair<std::string, city::Text>> options;
  std::string prefill;         ///< the fact of the applicant that it asks for ("person.name"); "" for none
};
struct PageInfo {
  std::string id;
  city::Text title;
  std::string repeat;          ///< name of the repeated list
  std::vector<std::string> fields;
};
/// The map settings of a report procedure.
struct MapInfo {
  bool is_public = false;
  std::string category, place, photo;   ///< names of the questions
};
struct ProcedureInfo {
  std::string id, hash;                 ///< hash: of the version, its decisions included (procedure_version.h)
  int version = 1, initiative = 0;
  std::string kind, owner, workflow;
  city::Text name, summary;
  Period target;
  std::vector<PageInfo> pages;
  std::vector<FieldInfo> fields;
  std::vector<std::pair<std::string, city::Text>> calculated;
  MapInfo map;
  std::int64_t per_person_open = 0;     ///< 0: no limit
  bool may_be_signed = false, must_be_signed = false;   ///< electronically
  feel::Scope scope;                    ///< what a guard sees
  const FieldInfo* field(std::string_view name) const;
};
/// Reads the canonical JSON of a procedure (blocks inlined). Never fails: `machiya check` has seen it.
std::shared_ptr<const ProcedureInfo> read_procedure(const json::Value& body, const std::string& hash, int initiative);
/// The names of a guard: answers, calculated values, fee, today, submitted, state.
feel::Scope guard_scope(const json::Value& procedure);

/// A procedure with the workflow of its cases and the compiled guards.
class Rules {
 public:
  std::shared_ptr<const ProcedureInfo> procedure;
  std::shared_ptr<const Workflow> workflow;
  std::string workflow_hash;
  /// True when the action has no guard or the guard is true.
  Result<bool> allows(const Action& action, const json::Value& values, std::int64_t fee, Instant received, std::string_view state,
                      Instant now) const;

 private:
  friend class Definitions;
  std::map<std::string, feel::Expression> guards_;
};

/// Thread-safe cache over the city in force and the snapshots.
class Definitions {
 public:
  explicit Definitions(const DefinitionSource& source) : source_(source) {}
  /// The rules in force for a procedure.
  Result<std::shared_ptr<const Rules>> current(std::string_view procedure);
  /// The rules that a case began with.
  Result<std::shared_ptr<const Rules>> of_case(store::ReadTx& tx, std::string_view procedure, std::string_view procedure_hash,
                                               std::string_view workflow_hash, int initiative);
  /// Keeps the texts of `rules` for later, once; call it in the transaction that begins a case.
  Result<void> remember(store::Tx& tx, const Rules& rules, Instant now);
  /// The texts of the version `hash` of a procedure, with the decisions that it computed with; not_found when it is not kept.
  /// Versions kept before decisions were have none.
  Result<VersionTexts> version_of(store::ReadTx& tx, std::string_view procedure, std::string_view hash);
  /// Canonical JSON of a definition by its hash.
  Result<json::Value> body_of(store::ReadTx& tx, std::string_view hash);
  const DefinitionSource& source() const { return source_; }

 private:
  Result<std::shared_ptr<const Rules>> build(const json::Value& procedure, const std::string& procedure_hash,
                                             const json::Value& workflow, const std::string& workflow_hash, int initiative);
  std::shared_ptr<const Rules> cached(const std::string& key);
  void keep(const std::string& key, std::shared_ptr<const Rules> rules);

  const DefinitionSource& source_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const Rules>> by_hash_;   ///< "procedure hash+workflow hash"
  std::unordered_map<std::string, std::shared_ptr<const Rules>> by_id_;     ///< of the city revision below
  std::uint64_t revision_ = 0;
  std::unordered_map<std::string, bool> remembered_;
};

}  // namespace machiya::cases
