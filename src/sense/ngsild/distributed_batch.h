// Batches that this broker and registered sources do together (§5.6.7–§5.6.10, §5.6.20): each entity is split as a single write of it would be; what goes to one
// source goes there as one batch.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sense/ngsild/distribution.h"

namespace machiya::sense::ngsild {

/// One entity of a batch.
struct BatchPart {
  std::string id;
  tree::Value body;      ///< as it stands in the request; null where only ids are named
  TermsPtr terms;
};

class DistributedBatch {
 public:
  /// `target`: "/entityOperations/create" with its parameters.
  DistributedBatch(Call& call, Operation operation, std::string target, std::vector<BatchPart> parts);
  /// What is to be done here of this entity: its body, perhaps cut; nothing when all of it is elsewhere.
  std::optional<tree::Value> here(std::size_t part) const;
  bool cut(std::size_t part) const { return plans_[part].local && !parts_[part].body.is_null() && plans_[part].left.size() != attrs_[part].size(); }
  /// Sends to the sources, and tells of each entity together with what was done here: `result` has that already. An entity is a success when no part failed.
  /// `created`: ids that are new here; those that are new elsewhere are added.
  void finish(BatchResult& result, std::vector<std::string>& created);

 private:
  struct Bundle {
    RegistrationPtr source;
    std::vector<std::size_t> parts;
    std::vector<std::vector<std::string>> attrs;   // of each; those that go there
    std::vector<bool> whole;
  };
  void plan();
  federation::Asker asker() const;
  Result<federation::Request> request_for(const Bundle& bundle, const federation::Asker& asker);
  void take(const Bundle& bundle, const federation::Reply& reply, BatchResult& result, std::vector<std::string>& created);
  void fail(std::size_t part, const std::string& registration, const std::string& problem, BatchResult& result);

  Call& call_;
  federation::Federation* all_;
  Operation operation_;
  std::string target_;
  std::vector<BatchPart> parts_;
  std::vector<std::vector<std::string>> attrs_;   // expanded, of each part
  std::vector<federation::WritePlan> plans_;
  std::vector<Bundle> bundles_;
  std::vector<bool> failed_;
  bool one_context_ = true;   // all elements have the same
};

}  // namespace machiya::sense::ngsild
